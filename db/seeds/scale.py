"""`atrium seed scale`: any number of made-up users, written by binary COPY."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL

from db.errors import Conflict, Unavailable
from db.seeds.population import add_user, user_id
from db.seeds.progress import Progress, silent
from db.seeds.rows import ANCHOR
from db.seeds.shape import COLUMNS, COUNTERS, DAYS, ROWS, SPAN, Records

# While the server keeps the indexes of one batch, the next is made and sent on the other connection.
_CONNECTIONS: Final = 2
_BATCH: Final = 8

# A crash may lose the last batches, which the next run makes again: no need to wait for the disk.
_SETTINGS: Final = {
    "application_name": "atrium",
    "atrium.events": "off",
    "statement_timeout": "0",
    "synchronous_commit": "off",
    "TimeZone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Scaled:
    """Users made, users that were there already, rows written, seconds taken."""

    users: int
    present: int
    rows: int
    seconds: float


async def seed_scale(url: URL, users: int, progress: Progress = silent, seed: int = 0) -> Scaled:
    """Make the users 1 to `users` of `seed`, each with `shape.ROWS` rows; they join in turn over two years.

    A batch of users is written whole or not at all and users that are there are left alone, so a run that was
    broken off is finished by the next one. Raises Unavailable when the server cannot be reached, and Conflict
    when somebody else has the name or the address that one of the users would get.
    """
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        connections = [await _connect(url, stack) for _ in range(_CONNECTIONS)]
        trusted = await _trusted(connections[0])
        missing = await _missing(connections[0], users, seed)
        await connections[0].execute("SELECT ensure_partitions(0, $1)", (ANCHOR - SPAN).date())
        writer = _Writer(seed, users, missing, progress, trusted=trusted)
        try:
            async with asyncio.TaskGroup() as group:
                for connection in connections:
                    group.create_task(writer.write(connection))
        except* asyncpg.UniqueViolationError as errors:
            writer.collision = errors.exceptions[0]
        if writer.collision is not None:
            raise Conflict(
                "Somebody has a name, an address or an id that one of the made-up users would get. "
                "Choose another seed."
            ) from writer.collision
        # Until the server has counted the new rows, it plans as if there were none.
        await connections[0].execute(f"ANALYZE {', '.join(COLUMNS)}")
    return Scaled(len(missing), users - len(missing), writer.done, time.monotonic() - began)


async def _connect(url: URL, stack: AsyncExitStack) -> "asyncpg.Connection[asyncpg.Record]":
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = await asyncpg.connect(dsn, server_settings=_SETTINGS)
    except (OSError, asyncpg.PostgresError) as error:
        raise Unavailable(f"The database cannot be reached: {error}") from error
    stack.push_async_callback(connection.close)
    return connection


async def _trusted(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    """Whether this role may write without triggers and foreign key checks, as replicas do."""
    return bool(
        await connection.fetchval(
            "SELECT has_parameter_privilege('session_replication_role', 'SET')",
        )
    )


async def _missing(connection: "asyncpg.Connection[asyncpg.Record]", users: int, seed: int) -> list[int]:
    """Numbers of the users that are not there yet."""
    ids = {number: user_id(seed, number) for number in range(1, users + 1)}
    present = {
        row["id"]
        for row in await connection.fetch("SELECT id FROM users WHERE id = ANY($1)", list(ids.values()))
    }
    return [number for number, identity in ids.items() if identity not in present]


class _Writer:
    """Batches still to be written, shared by the connections."""

    def __init__(
        self, seed: int, users: int, numbers: Iterable[int], progress: Progress, *, trusted: bool
    ) -> None:
        self.seed = seed
        self.pace = (SPAN - timedelta(days=DAYS)) / users
        self.trusted = trusted
        self.numbers = deque(numbers)
        self.total = len(self.numbers) * ROWS
        self.done = 0
        self.progress = progress
        self.collision: BaseException | None = None
        progress("rows", 0, self.total)

    async def write(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Write batches on one connection until none is left."""
        while self.numbers:
            batch = [self.numbers.popleft() for _ in range(min(_BATCH, len(self.numbers)))]
            records: Records = defaultdict(list)
            for number in batch:
                add_user(records, self.seed, number, ANCHOR - SPAN + self.pace * (number - 1))
            async with connection.transaction():
                if self.trusted:
                    # Every parent is written in this very transaction, where nobody can delete it, and the
                    # counters come with the rows: checks and triggers would only repeat what is known.
                    await connection.execute("SET LOCAL session_replication_role = replica")
                for table in COLUMNS:
                    await self._copy(connection, table, records[table])

    async def _copy(
        self, connection: "asyncpg.Connection[asyncpg.Record]", table: str, rows: list[tuple[Any, ...]]
    ) -> None:
        columns = COLUMNS[table]
        kept = 0 if self.trusted else COUNTERS.get(table, 0)
        if kept:
            columns, rows = columns[:-kept], [row[:-kept] for row in rows]
        await connection.copy_records_to_table(table, records=rows, columns=columns)
        self.done += len(rows)
        self.progress("rows", self.done, self.total)
