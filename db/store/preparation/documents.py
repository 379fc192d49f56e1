"""Documents while they are prepared: taken hold of, noted how far they are, and ended one way or the other.

Whoever writes to a document locks its row before its place in the queue, as those do who change it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update

from db.models import ChunkEmbedding, Document, DocumentStatus
from db.session import ReadSession, WriteSession
from db.store.preparation.chunks import Piece, replace_chunks
from db.store.preparation.queue import Claim, Superseded, cut_is_done, forget, hold
from db.store.preparation.vectors import Model, lock_models, place_vectors

READ: Final = 20
"""Percent of the work that are done when a document is cut."""
_UNREADY: Final = Document.status.in_(
    (DocumentStatus.UPLOADED, DocumentStatus.PROCESSING, DocumentStatus.NEEDS_EMBEDDING)
)


@dataclass(frozen=True, slots=True)
class Source:
    """What a document is read from: the file of which `file_path` tells the place, or its text."""

    id: UUID
    owner_id: UUID
    status: DocumentStatus
    content: str | None
    content_type: str
    file_path: str | None
    chunk_count: int


class Unfinished(Exception):
    """Vectors are missing still: of texts that came meanwhile, or by a model that is new."""


async def source_of(session: ReadSession, document_id: UUID) -> Source | None:
    """What to read; None for a document that is gone or deleted."""
    found = await session.execute(
        select(
            Document.id,
            Document.user_id,
            Document.status,
            Document.content,
            Document.content_type,
            Document.file_path,
            Document.chunk_count,
        ).where(Document.id == document_id, Document.deleted_at.is_(None))
    )
    row = found.one_or_none()
    return None if row is None else Source(*row)


async def begin(session: WriteSession, claim: Claim) -> None:
    """Note that a document is being read. Raises Superseded."""
    await _hold(session, claim)
    await _note(session, claim, status=DocumentStatus.PROCESSING, progress=0, failure=None)


async def keep_cut(
    session: WriteSession,
    claim: Claim,
    pieces: Sequence[Piece],
    *,
    content: str | None,
    chunker: int,
) -> bool:
    """Note that a document is read and cut; whether its chunks are in their places.

    They are unless vectors of earlier chunks are: those are found until the new ones can be. `content` is
    the text to keep, None where it is kept already. Raises Superseded.
    """
    owner = await _hold(session, claim)
    placed = not await session.scalar(select(exists().where(ChunkEmbedding.document_id == claim.target_id)))
    if placed:
        await replace_chunks(session, claim.target_id, owner, pieces)
        await cut_is_done(session, claim)
    kept: dict[str, Any] = {} if content is None else {"content": content}
    await _note(
        session,
        claim,
        status=DocumentStatus.NEEDS_EMBEDDING,
        processed_at=func.now(),
        chunker=chunker,
        progress=READ,
        **kept,
    )
    return placed


async def note_progress(session: WriteSession, claim: Claim, percent: int) -> None:
    """Tell how far a document is. Raises Superseded."""
    await _hold(session, claim)
    await _note(session, claim, progress=percent)


async def note_delay(session: WriteSession, claim: Claim, reason: str) -> None:
    """Tell why a document is not ready yet."""
    await _note(session, claim, _UNREADY, failure=reason)


async def finish(
    session: WriteSession, claim: Claim, pieces: Sequence[Piece] | None, models: Sequence[Model]
) -> None:
    """Put a document's vectors in their places, and its chunks where they wait for that, all at once.

    Raises:
        Unfinished: vectors are missing; nothing may be committed then.
        Superseded: it is no longer for this process to say.
    """
    owner = await _hold(session, claim)
    if [model.id for model in await lock_models(session)] != [model.id for model in models]:
        raise Unfinished
    if pieces is not None:
        await replace_chunks(session, claim.target_id, owner, pieces)
    for model in models:
        if not await place_vectors(session, claim.target_id, model.id):
            raise Unfinished
    ended = {"status": DocumentStatus.INDEXED, "indexed_at": func.now(), "failure": None, "progress": 100}
    await _note(session, claim, _UNREADY, **ended)
    await forget(session, [claim])


async def fail(session: WriteSession, claim: Claim, reason: str) -> None:
    """End the preparation with the reason; what was found of the document before still is.

    A document that was ready stays so: it only lacks the vectors of another model. Raises Superseded.
    """
    await _hold(session, claim)
    await _note(session, claim, _UNREADY, status=DocumentStatus.FAILED, failure=reason)
    await forget(session, [claim])


async def _hold(session: WriteSession, claim: Claim) -> UUID:
    """Lock a document and its place in the queue; the owner. Raises Superseded."""
    held = select(Document.user_id).where(Document.id == claim.target_id, Document.deleted_at.is_(None))
    owner: UUID | None = await session.scalar(held.with_for_update(key_share=True))
    if owner is None:
        raise Superseded
    await hold(session, claim)
    return owner


async def _note(session: WriteSession, claim: Claim, *where: ColumnElement[bool], **values: Any) -> None:
    await session.execute(
        update(Document)
        .where(Document.id == claim.target_id, *where)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
