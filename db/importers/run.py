"""Running an import from its first row to its report; broken off anywhere, it goes on from the last batch."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import URL

from db import faults
from db.errors import DataError
from db.importers import people, reconcile
from db.importers.batch import Batch
from db.importers.connections import Connector
from db.importers.lookups import Lookups
from db.importers.options import OnConflict, Options
from db.importers.records import Carried, Facts, Known
from db.importers.report import Report, TableReport
from db.importers.runs import Run, begin, begin_dry, lock
from db.importers.source import LOST, Chunk, Connection, Source
from db.importers.staging import Staging
from db.importers.steps import Step, System
from db.importers.values import EPOCH
from db.importers.vault import Vault
from db.importers.writing import Writing, lost
from db.models import ImportStatus
from db.seeds.progress import Progress, silent

Stubs: TypeAlias = dict[tuple[str, str, str], Known]
Begun: TypeAlias = Callable[[UUID | None], Awaitable[None]]
"""Is told the id of a run, which a dry run that leaves no trace has not."""

WRITERS: Final = 3
# Rows that are mapped at a stretch, some milliseconds.
_BREATH: Final = 32


async def _untold(run_id: UUID | None) -> None:
    """Tell nobody."""


async def run_import(
    connect: Connector,
    system: System,
    sources: Sequence[URL],
    options: Options,
    *,
    vault: Vault,
    origin: str,
    progress: Progress = silent,
    started_by: UUID | None = None,
    begun: Begun = _untold,
    restart: bool = False,
    recorded: bool = False,
    writers: int = WRITERS,
) -> Report:
    """Bring a system's rows in; the account of it. `origin` is how the report names the source.

    `connect` leads to the database here; as many batches as there are `writers` are written at a time where
    they have nothing in common, each over a connection of its own, and another one is for reading. `begun` is
    told of the run before its first row is read; where that fails, so does the run.

    A dry run leaves a record of itself if it is to be `recorded`, and else no trace.

    Goes on with the last run of the system when that was broken off and had the same options, unless
    `restart` is set. Raises Misconfigured, Conflict, Invalid or Unavailable; what was written by then is
    whole, and nothing is half written.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(_rarely_collected())
        writer = await connect(stack)
        await lock(writer)
        source = await stack.enter_async_context(Source.open(system.name, sources))
        source.check(system.steps, options)
        reader, others = writer, list[Connection]()
        if options.dry_run:
            rollback = writer.transaction()
            await rollback.start()
            stack.push_async_callback(_rollback, rollback)
        else:
            reader = await connect(stack)
            others = [await connect(stack) for _ in range(1, writers)]
        said = {**options.as_data(), "from": origin}
        report = Report(system.name, origin, dry_run=options.dry_run)
        if options.dry_run:
            recorder = await connect(stack) if recorded else None
            run = await begin_dry(recorder, report, said, started_by)
        else:
            run = await begin(writer, report, said, started_by, restart=restart)
        work = _Import(system, source, options, run, [writer, *others], reader, vault, progress)
        try:
            await begun(run.id)
            await work.run()
        except BaseException as error:
            status = (
                ImportStatus.CANCELLED if isinstance(error, asyncio.CancelledError) else ImportStatus.FAILED
            )
            fault = error.message if isinstance(error, DataError) else type(error).__name__
            with suppress(*faults.DRIVER_ERRORS):
                await asyncio.shield(run.end(writer, status, fault))
            raise
        return run.report


class _Import:
    """One import at work."""

    def __init__(
        self,
        system: System,
        source: Source,
        options: Options,
        run: Run,
        writers: Sequence[Connection],
        reader: Connection,
        vault: Vault,
        progress: Progress,
    ) -> None:
        self.system, self.source, self.options, self.progress = system, source, options, progress
        self.current, self.writer, self.reader, self.vault = run, writers[0], reader, vault
        self.lookups = Lookups(reader, system.name)
        # What a dry run makes, to be rolled back, cannot name the run, which it does not see.
        run_id = None if options.dry_run else run.id
        self.writing = Writing(system.name, run, [Staging(each, system.name, run_id) for each in writers])
        # A connection more lets the server write a batch while the next one is read and mapped.
        self.overlapping = reader not in writers
        self.began = datetime.now(UTC)

    async def run(self) -> None:
        """Pass over all tables, then compare."""
        steps = [step for step in self.system.steps if not self.source.left_out(step, self.options)]
        for step in self.system.steps:
            note = f"{step.title} was left out, as --without says."
            if step not in steps and note not in self.current.report.notes:
                self.current.report.notes.append(note)
        await self._refuse_clashes(steps)
        done = self.current.checkpoint.done
        for step in steps:
            if step.title not in done and step.title not in self.current.checkpoint.positions:
                total = await self.source.count(step, self.options)
                if not step.partial:
                    self.current.report.table(step.title).total = total
                self.progress(step.title, 0, total)
        for step in steps:
            if step.title not in done:
                await self._pass(step)
        unused = self.options.decisions.users.keys() - self.current.checkpoint.lines
        await reconcile.compare(
            self.writer, self.source, self.system, self.options, self.current.report, unused=unused
        )
        await self.current.save(self.writer, self.current.snapshot(), ImportStatus.COMPLETED)

    async def _refuse_clashes(self, steps: Sequence[Step]) -> None:
        """Before anything is written: the list of people who would clash. Raises Conflict."""
        if self.options.on_conflict is not OnConflict.FAIL:
            return
        clashes: list[str] = []
        seen = people.Claims()
        for step in steps:
            if not step.people or step.title in self.current.checkpoint.done:
                continue
            async for chunk in self.source.read(step, self.options, None):
                facts = await self._facts(step, chunk, fresh=False, carried=Carried())
                claims = await self._claims(chunk)
                claims.names |= seen.names
                claims.emails |= seen.emails
                trial = Report(self.system.name, "").table(step.title)
                await self._map(self._batch(step, facts, trial, {}, claims), chunk)
                clashes += claims.clashes
                seen.names |= claims.names
                seen.emails |= claims.emails
        if clashes:
            raise people.refusal(self.system.name, clashes)

    async def _claims(self, chunk: Chunk) -> people.Claims:
        return await people.claims(self.reader, self.system.name, self.options, chunk.rows, chunk.keys)

    def _batch(
        self,
        step: Step,
        facts: Facts,
        report: TableReport,
        stubs: Stubs,
        claims: people.Claims | None,
    ) -> Batch:
        tools = {
            "plain_json": self.source.plain_json(step.table) | set(step.json),
            "epoch": EPOCH,
            "now": self.began,
            "claims": claims,
            "vault": self.vault,
            "zone": self.options.zone.key if self.options.zone else None,
        }
        return Batch(self.system.name, step, self.options, facts, report, stubs, tools)

    async def _pass(self, step: Step) -> None:
        """One pass over a table, batch by batch."""
        point = self.current.checkpoint
        fresh = point.fresh.setdefault(step.title, await self.lookups.is_fresh(step.origin))
        report = self.current.report.table(step.title)
        stubs: Stubs = {}
        carried = Carried()
        beside = False
        seen = report.read
        try:
            async for chunk in self.source.read(step, self.options, point.positions.get(step.title)):
                facts = await self._facts(step, chunk, fresh=fresh, carried=carried)
                claims = await self._claims(chunk) if step.people else None
                batch = self._batch(step, facts, report, stubs, claims)
                await self._map(batch, chunk)
                if claims is not None and claims.clashes and self.options.on_conflict is OnConflict.FAIL:
                    raise people.refusal(self.system.name, claims.clashes)
                if claims is not None:
                    point.lines |= claims.lines
                carried = Carried.of(facts, batch.last_parent)
                point.positions[step.title] = list(chunk.position)
                snapshot = self.current.snapshot()
                await self.writing.begin(step, batch, snapshot, fresh=fresh, beside=beside)
                if step.people or step.one_each or not self.overlapping:
                    await self.writing.end()
                beside = fresh and step.apart and not chunk.goes_on and not batch.is_needed
                seen += len(chunk.rows)
                self.progress(step.title, seen, max(report.total, seen))
            await self.writing.end()
        except BaseException:
            await self.writing.leave()
            raise
        point.done.add(step.title)
        point.positions.pop(step.title, None)
        await self.current.save(self.writer, self.current.snapshot())
        self.lookups.forget()

    async def _facts(
        self,
        step: Step,
        chunk: Chunk,
        *,
        fresh: bool,
        carried: Carried,
    ) -> Facts:
        try:
            facts = await self.lookups.facts(step, chunk, fresh=fresh, carried=carried)
            facts.known.update(await self.lookups.users(_named_users(step, chunk)))
        except LOST as error:
            raise lost() from error
        return facts

    async def _map(self, batch: Batch, chunk: Chunk) -> None:
        for number, row in enumerate(zip(chunk.rows, chunk.keys, chunk.fingerprints, strict=True)):
            batch.take(*row)
            if number % _BREATH == 0:
                # The writing of the batch before goes on to its next statement meanwhile.
                await asyncio.sleep(0)


def _named_users(step: Step, chunk: Chunk) -> set[str]:
    columns = [ref.column for ref in step.refs if ref.entity == "users"]
    return {str(row[name]) for row in chunk.rows for name in columns if row[name] is not None}


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Let the garbage collector leave alone what is here already, and look at new objects seldom.

    A batch makes some hundred thousand objects, none of which lives on or is in a cycle. Looking through them
    and through the whole program again and again took a third of the time.
    """
    before, is_frozen = gc.get_threshold(), gc.get_freeze_count() > 0
    if not is_frozen:
        gc.freeze()
    gc.set_threshold(200_000, 50, 1_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not is_frozen:
            gc.unfreeze()


async def _rollback(transaction: Any) -> None:
    with suppress(*faults.DRIVER_ERRORS):
        await transaction.rollback()
