"""The record of an import: begun, brought up to date with every batch, ended, and found again to go on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import orjson

from db.errors import Conflict
from db.importers.report import Report
from db.models import ImportStatus

# One import at a time in a database: two would judge each other's people while they come.
LOCK: Final = 7_205_759_403_792_794
# A server notices at the end of a statement that the import was killed: who goes on at once waits for that.
LOCK_SECONDS: Final = 10

_LAST: Final = """
    SELECT id, status, report, checkpoint, options FROM import_runs
    WHERE source = $1 AND NOT options ? 'dry_run' ORDER BY created_at DESC, id DESC LIMIT 1
"""
_BEGIN: Final = """
    INSERT INTO import_runs (source, started_by_id, options, report) VALUES ($1, $2, $3, $4) RETURNING id
"""
_AGAIN: Final = (
    "UPDATE import_runs SET status = 'running', error_message = NULL, finished_at = NULL WHERE id = $1"
)
_PROGRESS: Final = """
    UPDATE import_runs
    SET report = $2, checkpoint = $3, rows_read = $4, rows_written = $5, rows_skipped = $6, status = $7,
        error_message = $8, finished_at = CASE WHEN $7 = 'running' THEN NULL ELSE now() END
    WHERE id = $1
"""
_LEFT: Final = """
    UPDATE import_runs SET status = 'failed', error_message = 'It was broken off.', finished_at = now()
    WHERE source = $1 AND status = 'running' AND options ? 'dry_run'
"""
_FAILED: Final = """
    UPDATE import_runs SET status = $2, error_message = $3, finished_at = now() WHERE id = $1
"""


@dataclass(slots=True)
class Checkpoint:
    """How far an import has come: what has been passed, and where in each step."""

    done: set[str] = field(default_factory=set)
    positions: dict[str, list[str]] = field(default_factory=dict)
    fresh: dict[str, bool] = field(default_factory=dict)
    """Whether no row of the step's table was here when it began."""
    lines: set[str] = field(default_factory=set)
    """The lines of the mapping that spoke of somebody who was read."""

    def as_data(self) -> dict[str, Any]:
        """The checkpoint as JSON."""
        return {
            "done": sorted(self.done),
            "positions": self.positions,
            "fresh": self.fresh,
            "lines": sorted(self.lines),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """A checkpoint read back."""
        return cls(
            set(data.get("done", ())),
            dict(data.get("positions", {})),
            dict(data.get("fresh", {})),
            set(data.get("lines", ())),
        )


@dataclass(slots=True)
class Run:
    """One import. `id` is None for a dry run that leaves no trace.

    A dry run that is recorded has a connection of its own for that, since all else is rolled back.
    """

    id: UUID | None
    report: Report
    checkpoint: Checkpoint
    recorder: "asyncpg.Connection | None" = None

    async def save(
        self,
        connection: "asyncpg.Connection",
        snapshot: tuple[Any, ...],
        status: ImportStatus = ImportStatus.RUNNING,
        fault: str | None = None,
    ) -> None:
        """Write down a snapshot, in the transaction of the rows that it counts."""
        if self.id is not None:
            await (self.recorder or connection).execute(_PROGRESS, self.id, *snapshot, status.value, fault)

    def snapshot(self) -> tuple[Any, ...]:
        """What `save` writes, as it is now: a batch is counted while the one before it is still written."""
        report = self.report
        return (
            orjson.dumps(report.as_data()).decode(),
            orjson.dumps(self.checkpoint.as_data()).decode(),
            report.rows_read,
            report.rows_written,
            report.rows_skipped,
        )

    async def end(self, connection: "asyncpg.Connection", status: ImportStatus, fault: str | None) -> None:
        """Write down how it ended, leaving the last checkpoint in place."""
        if self.id is not None:
            await (self.recorder or connection).execute(_FAILED, self.id, status.value, fault)


async def lock(connection: "asyncpg.Connection") -> None:
    """Be the only import of the database as long as the connection lives. Raises Conflict."""
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    except asyncpg.LockNotAvailableError:
        raise Conflict("Another import is at work in this database: wait until it has ended.") from None


async def begin_dry(
    recorder: "asyncpg.Connection | None", report: Report, options: Mapping[str, Any], started_by: UUID | None
) -> Run:
    """A dry run, recorded over a connection of its own or not at all; it is never gone on with."""
    if recorder is None:
        return Run(None, report, Checkpoint())
    await recorder.execute(_LEFT, report.system)
    said = orjson.dumps({**options, "dry_run": True}).decode()
    told = orjson.dumps(report.as_data()).decode()
    made = await recorder.fetchval(_BEGIN, report.system, started_by, said, told)
    return Run(made, report, Checkpoint(), recorder)


async def begin(
    connection: "asyncpg.Connection",
    report: Report,
    options: Mapping[str, Any],
    started_by: UUID | None,
    *,
    restart: bool,
) -> Run:
    """The run that was broken off, if the last one was and had the same options; else a new one."""
    last = await connection.fetchrow(_LAST, report.system)
    if last is not None and not restart and last["status"] != ImportStatus.COMPLETED.value:
        checkpoint = Checkpoint.from_data(orjson.loads(last["checkpoint"]))
        if orjson.loads(last["options"]) == dict(options) and (checkpoint.done or checkpoint.positions):
            former = Report.from_data(orjson.loads(last["report"]))
            former.resumed += 1
            await connection.execute(_AGAIN, last["id"])
            return Run(last["id"], former, checkpoint)
    if last is not None and last["status"] == ImportStatus.RUNNING.value:
        await connection.execute(
            _FAILED,
            last["id"],
            ImportStatus.FAILED.value,
            "It was broken off, and another was begun after it.",
        )
    made = await connection.fetchval(
        _BEGIN,
        report.system,
        started_by,
        orjson.dumps(dict(options)).decode(),
        orjson.dumps(report.as_data()).decode(),
    )
    return Run(made, report, Checkpoint())
