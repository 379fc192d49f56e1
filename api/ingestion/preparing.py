"""One document after another, from its file or text to chunks with vectors; and memories, many at a time."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from api.document_settings import DocumentSettings
from api.embeddings.providers import BudgetSpent, Embedders, EmbeddingFailed, Kind, NotSetUp, Unreachable
from api.ingestion.cutting import CHUNKER, cut
from api.ingestion.files import Files
from api.ingestion.formats import format_of
from api.ingestion.reading import ReadingLimits, read_file, read_given
from api.ingestion.unreadable import Fault, Unreadable
from db.errors import DataError
from db.models import DocumentStatus
from db.session import Database
from db.store.preparation import documents, memories, queue, vectors
from db.store.preparation.chunks import Piece
from db.store.preparation.documents import READ, Source, Unfinished
from db.store.preparation.queue import Claim, Superseded
from db.store.preparation.vectors import Model

_TEXTS: Final = 128
"""Texts whose vectors are made before they are kept: what a crash costs at most."""
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 600.0
_ATTEMPTS: Final = 20
"""Attempts to reach a provider, over some three hours."""
_CLAIMS: Final = 25
"""Times that a document is taken up without any outcome before it is blamed for that."""
_UNEXPECTED: Final = "The program met an error of its own, which the log of the server describes"

_log = structlog.get_logger("api.ingestion")


@dataclass(frozen=True, slots=True)
class Preparing:
    """What preparing takes."""

    database: Database
    embedders: Embedders
    files: Files
    settings: DocumentSettings

    async def document(self, claim: Claim) -> None:
        """Prepare a document to its end, or put it off.

        Whatever ends this process in the middle leaves a document that the next one takes up.
        """
        try:
            await self._keep([claim], self._document(claim))
        except (Unreadable, EmbeddingFailed, Superseded) as error:
            await self._settle(claim, error)
        except DataError:
            # Taken up again when its time as one that is being prepared is over.
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one must not stop all others
            _log.exception("document.unexpected", document=str(claim.target_id))
            await self._settle(claim, Unreachable(f"{_UNEXPECTED} ({type(error).__name__})."))

    async def memories(self, claims: Sequence[Claim]) -> None:
        """Give memories the vectors that they lack, or put them off."""
        try:
            await self._keep(claims, self._memories(claims))
        except Superseded:
            # One of them changed: all are taken up again, and most are found ready.
            await self._give_back(claims)
        except Unreachable as error:
            await self._put_off(claims, error)
        except EmbeddingFailed as error:
            if len(claims) == 1:
                _log.warning("memory.failed", memory=str(claims[0].target_id), reason=error.message)
                async with self.database.transaction() as session:
                    await queue.forget(session, claims)
                return
            for claim in claims:
                await self.memories([claim])

    async def _document(self, claim: Claim) -> None:
        async with self.database.read() as connection:
            source = await documents.source_of(connection, claim.target_id)
            models = await vectors.wanted_models(connection)
        if source is None:
            async with self.database.transaction() as session:
                await queue.forget(session, [claim])
            return
        if claim.token > _CLAIMS + claim.attempts:
            raise Unreadable(
                Fault.BROKEN,
                "It was given up: whatever began to prepare it came to an end before it was done.",
            )
        pieces = await self._cut(claim, source) if claim.cut else None
        while True:
            await self._embed(claim, source, pieces, models)
            try:
                async with self.database.transaction() as session:
                    await documents.finish(session, claim, pieces, models)
            except Unfinished:
                async with self.database.read() as connection:
                    models = await vectors.wanted_models(connection)
                continue
            _log.info("document.ready", document=str(claim.target_id))
            return

    async def _cut(self, claim: Claim, source: Source) -> list[Piece] | None:
        """Read and cut a document; its chunks where they wait for their vectors, else None."""
        async with self.database.transaction() as session:
            await documents.begin(session, claim)
        limits = ReadingLimits.of(self.settings)
        given = source.file_path is None
        if given:
            text, kind = await read_given(source.content or "", source.content_type, limits)
        else:
            path = self.files.path_of(source.file_path or "")
            try:
                kind = await asyncio.to_thread(format_of, path, None, source.content_type)
                text = await read_file(path, kind, limits)
            except FileNotFoundError:
                raise Unreadable(
                    Fault.BROKEN, "The file is not on this server any more: upload it again."
                ) from None
        offsets = not given or text == source.content
        pieces = [
            Piece(chunk.content, chunk.facts(offsets=offsets))
            for chunk in await asyncio.to_thread(cut, text, kind)
        ]
        async with self.database.transaction() as session:
            placed = await documents.keep_cut(
                session, claim, pieces, content=None if given else text, chunker=CHUNKER
            )
        return None if placed else pieces

    async def _embed(
        self, claim: Claim, source: Source, pieces: Sequence[Piece] | None, models: Sequence[Model]
    ) -> None:
        """Make the vectors that are missing, and keep them."""
        for number, model in enumerate(models):
            async with self.database.read() as connection:
                texts = (
                    await vectors.texts_without_vectors(connection, source.id, model.id)
                    if pieces is None
                    else [piece.content for piece in pieces]
                )
                wanted = await vectors.unknown(connection, source.id, model.id, texts)
            if not wanted:
                continue
            embedder = self.embedders.of(model)
            for start in range(0, len(wanted), _TEXTS):
                some = wanted[start : start + _TEXTS]
                made = await embedder.embed(some, Kind.DOCUMENT)
                done = (number + min(1, (start + _TEXTS) / len(wanted))) / len(models)
                async with self.database.transaction() as session:
                    await vectors.stage(session, model.id, some, made)
                    if source.status is not DocumentStatus.INDEXED or claim.cut:
                        await documents.note_progress(session, claim, READ + round((99 - READ) * done))

    async def _memories(self, claims: Sequence[Claim]) -> None:
        async with self.database.read() as connection:
            models = await vectors.wanted_models(connection)
        for model in models:
            async with self.database.read() as connection:
                lacking = await memories.memories_without_vectors(connection, claims, model.id)
            if not lacking:
                continue
            made = await self.embedders.of(model).embed([each.content for each in lacking], Kind.DOCUMENT)
            async with self.database.transaction() as session:
                await memories.place_memory_vectors(session, model.id, lacking, made)
        async with self.database.transaction() as session:
            await queue.forget(session, claims)

    async def _settle(self, claim: Claim, error: Unreadable | EmbeddingFailed | Superseded) -> None:
        """What becomes of a document that could not be prepared."""
        if isinstance(error, Superseded):
            await self._give_back([claim])
            return
        # Who has no provider yet, or no budget until tomorrow, has nothing to give up.
        patient = isinstance(error, BudgetSpent | NotSetUp)
        if isinstance(error, Unreachable) and (patient or claim.attempts + 1 < _ATTEMPTS):
            await self._put_off([claim], error)
            return
        _log.warning("document.failed", document=str(claim.target_id), reason=error.message)
        try:
            async with self.database.transaction() as session:
                await documents.fail(session, claim, error.message)
        except Superseded:
            await self._give_back([claim])

    async def _put_off(self, claims: Sequence[Claim], error: Unreachable) -> None:
        async with self.database.transaction() as session:
            for claim in claims:
                pause = min(_FIRST_PAUSE * 2**claim.attempts, _LONGEST_PAUSE)
                if isinstance(error, NotSetUp):
                    pause = _LONGEST_PAUSE
                counts = not isinstance(error, BudgetSpent | NotSetUp)
                await documents.note_delay(session, claim, error.message)
                await queue.put_off(
                    session, claim, max(pause, error.retry_after or 0), error.message, counts=counts
                )

    async def _give_back(self, claims: Sequence[Claim]) -> None:
        """Let whoever is next begin again. What was deleted is nobody's work any longer."""
        async with self.database.transaction() as session:
            await queue.release(session, claims)

    async def _keep(self, claims: Sequence[Claim], work: Coroutine[Any, Any, None]) -> None:
        """Do the work, and say meanwhile that it is being done. Work that is cancelled is given back.

        Raises Superseded as soon as it is no longer for this process to do, and what the work raises.
        """
        working = asyncio.create_task(work)
        beating = asyncio.create_task(self._beat(claims))
        try:
            await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise Superseded
            await working
        except asyncio.CancelledError:
            working.cancel()
            await asyncio.wait({working})
            await self._give_back(claims)
            raise
        finally:
            for task in (working, beating):
                task.cancel()
            await asyncio.gather(working, beating, return_exceptions=True)

    async def _beat(self, claims: Sequence[Claim]) -> None:
        """Until something else is to be done with one of them."""
        seconds = self.settings.preparing_lease_seconds
        while True:
            await asyncio.sleep(seconds / 3)
            try:
                async with self.database.transaction() as session:
                    await queue.beat(session, claims, seconds)
            except Superseded:
                return
            except DataError as error:
                _log.warning("preparing.silent", reason=error.message)
