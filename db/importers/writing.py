"""Writing batches: each whole or not at all, in their order, and side by side where none needs the other."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from db import faults
from db.errors import Invalid, Unavailable
from db.importers.batch import Batch
from db.importers.runs import Run
from db.importers.source import LOST
from db.importers.staging import Staging
from db.importers.steps import Step


@dataclass(frozen=True, slots=True)
class _Work:
    """A batch that is being written, and over which connection."""

    task: "asyncio.Task[None]"
    staging: Staging


class Writing:
    """Writes the batches of one import; `stagings` are of its connections to the database here."""

    def __init__(self, system: str, run: Run, stagings: Sequence[Staging]) -> None:
        self.system = system
        self.current = run
        self._stagings = stagings
        self._under_way: deque[_Work] = deque()

    async def begin(
        self, step: Step, batch: Batch, snapshot: tuple[Any, ...], *, fresh: bool, beside: bool
    ) -> None:
        """Begin to write a batch and the snapshot that counts it, once there is a connection for it.

        `fresh` says that nothing of the step was here before, `beside` that this batch neither reads nor
        changes what the one before writes, and need not wait for it. Raises what an earlier one failed with.
        """
        while len(self._under_way) >= (len(self._stagings) if beside else 1):
            await self._first()
        taken = [work.staging for work in self._under_way]
        staging = next(each for each in self._stagings if each not in taken)
        before = self._under_way[-1].task if self._under_way else None
        task = asyncio.create_task(self._write(staging, step, batch, snapshot, before, fresh=fresh))
        self._under_way.append(_Work(task, staging))

    async def end(self) -> None:
        """Wait until all is written. Raises Invalid or Unavailable."""
        while self._under_way:
            await self._first()

    async def leave(self) -> None:
        """Let what is under way come to its end: what follows must not begin before that is known."""
        tasks = [work.task for work in self._under_way]
        self._under_way.clear()
        with suppress(Exception):
            await asyncio.shield(asyncio.gather(*tasks, return_exceptions=True))

    async def _first(self) -> None:
        await asyncio.shield(self._under_way[0].task)
        self._under_way.popleft()

    async def _write(
        self,
        staging: Staging,
        step: Step,
        batch: Batch,
        snapshot: tuple[Any, ...],
        before: "asyncio.Task[None] | None",
        *,
        fresh: bool,
    ) -> None:
        try:
            async with staging.connection.transaction():
                if fresh:
                    # Nobody has followed what was not here when this began: its history comes without news.
                    await staging.connection.execute("SET LOCAL atrium.events = 'off'")
                if batch.records or batch.origins:
                    alike = fresh and not (step.people or step.one_each)
                    await staging.write(batch.records, batch.origins, fresh=alike)
                if before is not None:
                    # The snapshot counts that batch too.
                    await asyncio.wait((before,))
                    before.result()
                await self.current.save(staging.connection, snapshot)
        except LOST as error:
            raise lost() from error
        except asyncpg.PostgresError as error:
            raise await self._culprit(staging, step, batch, error) from error

    async def _culprit(
        self, staging: Staging, step: Step, batch: Batch, error: asyncpg.PostgresError
    ) -> Invalid:
        """Which row the database refuses: found by halves, in a transaction that is rolled back."""
        staging.forget()
        keys = list(dict.fromkeys(record.key for record in batch.records))
        undo = staging.connection.transaction()
        await undo.start()
        try:
            while len(keys) > 1:
                half = set(keys[: len(keys) // 2])
                try:
                    async with staging.connection.transaction():
                        await staging.write(
                            [each for each in batch.records if each.key in half], [], fresh=False
                        )
                except asyncpg.PostgresError as narrower:
                    keys, error = [key for key in keys if key in half], narrower
                    staging.forget()
                else:
                    keys = [key for key in keys if key not in half]
        finally:
            await undo.rollback()
            staging.forget()
        fault = faults.executing(error, lost=False)
        reason = fault.message if fault is not None else f"{str(error).splitlines()[0]}."
        return Invalid(
            f"{self.system}.{step.title}, row {keys[0] if keys else '?'}: {reason} Nothing of its batch was "
            "written: correct the row in the source, and run the same command again."
        )


def lost() -> Unavailable:
    """What to say where a connection to the database here was lost."""
    return Unavailable(
        "The connection to the database was lost. What was written is whole: run the same command again, and "
        "it goes on from there."
    )
