"""The loops of a process that prepares: documents, memories, and the change to another model."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from api.core.beside import beside
from api.document_settings import DocumentSettings
from api.embeddings.providers import Embedders
from api.ingestion.cutting import CHUNKER
from api.ingestion.files import Files
from api.ingestion.preparing import Preparing
from api.ingestion.sweeping import sweep_files
from db.errors import DataError
from db.models import Prepared
from db.search.indexes import keep_indexes
from db.session import Database
from db.store.preparation import adoption, queue, vectors

_POLL: Final = 1.0
_PAUSE: Final = 5.0
_SWEEP: Final = 3_600.0
_MEMORIES: Final = 64
_LOOK_AGAIN: Final = 300.0
"""Seconds after which everything is looked through again while a model is to take over."""

_log = structlog.get_logger("api.ingestion")

Step = Callable[[], Awaitable[bool]]
"""Does one piece of work; whether there was any."""


@dataclass
class Worker:
    """What one process prepares."""

    preparing: Preparing
    _looked: dict[UUID | None, float] = field(default_factory=dict)

    async def document(self) -> bool:
        """Prepare the document that has waited longest."""
        async with self.preparing.database.transaction() as session:
            taken = await queue.claim(session, Prepared.DOCUMENT, most=1, seconds=self._seconds)
        for claim in taken:
            await self.preparing.document(claim)
        return bool(taken)

    async def memories(self) -> bool:
        """Give vectors to the memories that have waited longest."""
        async with self.preparing.database.transaction() as session:
            taken = await queue.claim(session, Prepared.MEMORY, most=_MEMORIES, seconds=self._seconds)
        if taken:
            await self.preparing.memories(taken)
        return bool(taken)

    async def models(self) -> bool:
        """Find what lacks vectors, and let the next model take over when nothing does."""
        database = self.preparing.database
        async with database.read() as connection:
            models = await vectors.wanted_models(connection)
        following = next((model.id for model in models if not model.is_default), None)
        wanted: list[UUID | None] = [each.id for each in models]
        for model in wanted or [None]:
            looked = self._looked.get(model)
            # Writing lets everything new wait by itself; what came by other ways is found once.
            if looked is None or (model == following and time.monotonic() - looked > _LOOK_AGAIN):
                await look_through(database, model)
                self._looked[model] = time.monotonic()
        if following is None:
            return False
        async with database.transaction() as session:
            taken_over = await adoption.take_over(session)
        if taken_over is not None:
            _log.info("model.adopted", model=str(taken_over))
        return taken_over is not None

    async def files(self) -> bool:
        """Remove files that nothing names any longer."""
        removed = await sweep_files(self.preparing.database, self.preparing.files)
        if removed:
            _log.info("files.removed", count=removed)
        return False

    async def indexes(self) -> bool:
        """Keep an index over the vectors of the largest owners."""
        kept = await keep_indexes(self.preparing.database, self.preparing.settings.index_from_chunks)
        if kept.made or kept.dropped:
            _log.info("indexes.kept", made=len(kept.made), dropped=len(kept.dropped))
        return False

    async def until_nothing_is_due(self) -> None:
        """Do all that is due now, what comes meanwhile included."""
        while await self.models() | await self.memories() | await self.document():
            pass

    @property
    def _seconds(self) -> float:
        return self.preparing.settings.preparing_lease_seconds


async def look_through(database: Database, model: UUID | None) -> int:
    """Let all be prepared that lacks vectors of a model, or that older rules have cut; how much it is."""
    found = 0
    for kind in Prepared:
        after: UUID | None = adoption.FIRST
        while after is not None:
            async with database.transaction() as session:
                swept = await adoption.sweep(session, kind, model, after, CHUNKER)
            found += swept.found
            after = swept.after
    return found


async def keep_preparing(worker: Worker) -> None:
    """Prepare until the task is cancelled; a database that is away is waited for."""
    async with asyncio.TaskGroup() as group:
        for _ in range(worker.preparing.settings.preparing):
            group.create_task(_go_on(worker.document, _POLL))
        group.create_task(_go_on(worker.memories, _POLL))
        group.create_task(_go_on(worker.models, _PAUSE))
        group.create_task(_go_on(worker.files, _SWEEP))
        group.create_task(_go_on(worker.indexes, _SWEEP))


@asynccontextmanager
async def preparing_beside(
    database: Database, embedders: Embedders, settings: DocumentSettings
) -> AsyncIterator[None]:
    """Preparing beside whatever the block does."""
    worker = Worker(Preparing(database, embedders, Files(settings.uploads), settings))
    async with beside(keep_preparing(worker)):
        yield


async def _go_on(step: Step, pause: float) -> None:
    while True:
        try:
            if await step():
                continue
        except DataError as error:
            _log.warning("preparing.waiting", reason=error.message)
            await asyncio.sleep(_PAUSE)
        except Exception:  # noqa: BLE001 - one kind of work that fails must not end the others
            _log.exception("preparing.unexpected")
            await asyncio.sleep(_PAUSE)
        await asyncio.sleep(pause)
