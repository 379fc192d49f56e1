"""Another model for everything: what lacks vectors of a model, and the moment at which one takes over."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, text, update

from db.errors import Conflict, NotFound
from db.models import ChunkEmbedding, EmbeddingModel, MemoryEmbedding, Preparation, Prepared
from db.session import ReadSession, WriteSession
from db.store.preparation.queue import enqueue

FIRST: Final = UUID(int=0)
"""Before all ids, where a sweep begins."""
_PAGE: Final = 1_000

_DOCUMENTS: Final = text("""
    SELECT page.id, page.cut, page.cut OR EXISTS (
        SELECT FROM document_chunks chunk
        WHERE chunk.document_id = page.id AND NOT EXISTS (
            SELECT FROM chunk_embeddings placed
            WHERE placed.chunk_id = chunk.id AND placed.model_id = :model)) AND :model IS NOT NULL AS wanting
    FROM (
        SELECT id, status = 'indexed' AND coalesce(chunker < :chunker, false) AS cut
        FROM documents WHERE id > :after AND deleted_at IS NULL
        ORDER BY id LIMIT :page) page
    ORDER BY page.id
""")
_MEMORIES: Final = text("""
    SELECT page.id, false AS cut, NOT EXISTS (
        SELECT FROM memory_embeddings placed
        WHERE placed.memory_id = page.id AND placed.model_id = :model) AND page.says AS wanting
    FROM (
        SELECT id, content ~ '\\S' AS says FROM memories WHERE id > :after AND deleted_at IS NULL
        ORDER BY id LIMIT :page) page
    ORDER BY page.id
""")
_LOST: Final = """
    SELECT FROM chunk_embeddings old JOIN documents ON documents.id = old.document_id
    WHERE old.model_id = :old AND documents.deleted_at IS NULL AND NOT EXISTS (
        SELECT FROM chunk_embeddings new WHERE new.chunk_id = old.chunk_id AND new.model_id = :new)
    UNION ALL
    SELECT FROM memory_embeddings old JOIN memories ON memories.id = old.memory_id
    WHERE old.model_id = :old AND memories.deleted_at IS NULL AND NOT EXISTS (
        SELECT FROM memory_embeddings new WHERE new.memory_id = old.memory_id AND new.model_id = :new)
"""
_HOW_MANY_LOST: Final = text(f"SELECT count(*) FROM ({_LOST}) AS lost")  # noqa: S608 - written here
_ANY_LOST: Final = text(f"SELECT EXISTS ({_LOST})")


@dataclass(frozen=True, slots=True)
class Swept:
    """A page of a sweep: where the next begins, None after the last, and how much was found wanting."""

    after: UUID | None
    found: int


async def sweep(
    session: WriteSession, kind: Prepared, model_id: UUID | None, after: UUID, chunker: int
) -> Swept:
    """Let what lacks vectors of a model be prepared, and what older rules have cut: a page by id.

    Without a model only the latter.
    """
    if kind is Prepared.MEMORY and model_id is None:
        return Swept(None, 0)
    statement = _DOCUMENTS if kind is Prepared.DOCUMENT else _MEMORIES
    asked = {"model": model_id, "after": after, "page": _PAGE}
    if kind is Prepared.DOCUMENT:
        asked["chunker"] = chunker
    rows = (await session.execute(statement, asked)).all()
    wanting = [row for row in rows if row.wanting]
    waiting = set(
        await session.scalars(
            select(Preparation.target_id).where(Preparation.target_id.in_([row.id for row in wanting]))
        )
    )
    # What waits already is left alone: it would begin again.
    for cut in (False, True):
        keys = [row.id for row in wanting if row.cut is cut and row.id not in waiting]
        await enqueue(session, kind, keys, cut=cut)
    return Swept(rows[-1].id if len(rows) == _PAGE else None, len(wanting))


async def adopt(session: WriteSession, model_id: UUID) -> bool:
    """Let a model become the default as soon as everything has vectors of it; whether it is at once.

    Raises NotFound, and Conflict for a model that is not active.
    """
    rows = await session.execute(
        select(EmbeddingModel.id, EmbeddingModel.name, EmbeddingModel.is_default, EmbeddingModel.is_active)
        .order_by(EmbeddingModel.id)
        .with_for_update()
    )
    models = {row.id: row for row in rows}
    wanted = models.get(model_id)
    if wanted is None:
        raise NotFound("There is no such embedding model.")
    if not wanted.is_active:
        raise Conflict(f"The model {wanted.name} is not active: make it active first.", ("is_active",))
    await _set(session, [each for each in models if each != model_id], is_next=False)
    if wanted.is_default:
        return True
    default = next((row.id for row in models.values() if row.is_default), None)
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    if default is None or not await session.scalar(_ANY_LOST, {"old": default, "new": model_id}):
        await _switch(session, default, model_id)
        return True
    await _set(session, [model_id], is_next=True)
    return False


async def take_over(session: WriteSession) -> UUID | None:
    """Make the next model the default if nothing that is found now would be lost; the model, if so."""
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    found = await session.execute(
        select(EmbeddingModel.id, EmbeddingModel.is_default)
        .where(EmbeddingModel.is_default | EmbeddingModel.is_next)
        .order_by(EmbeddingModel.id)
        .with_for_update()
    )
    rows = found.all()
    following: UUID | None = next((row.id for row in rows if not row.is_default), None)
    default = next((row.id for row in rows if row.is_default), None)
    if following is None:
        return None
    if default is not None and await session.scalar(_ANY_LOST, {"old": default, "new": following}):
        return None
    await _switch(session, default, following)
    return following


async def vectors_missing(session: ReadSession, model_id: UUID) -> int:
    """How many vectors of the default model have no counterpart by another model yet."""
    default = await session.scalar(select(EmbeddingModel.id).where(EmbeddingModel.is_default))
    return int(await session.scalar(_HOW_MANY_LOST, {"old": default, "new": model_id}) or 0)


async def drop_vectors(session: WriteSession, model_id: UUID, most: int) -> int:
    """Delete vectors of a model that nothing is found by any longer, so many at most; how many it were.

    Raises Conflict for the default model and the next one.
    """
    found = await session.execute(
        select(EmbeddingModel.name)
        .where(EmbeddingModel.id == model_id, EmbeddingModel.is_default | EmbeddingModel.is_next)
        .with_for_update(read=True)
    )
    used = found.scalar_one_or_none()
    if used is not None:
        raise Conflict(f"Everything is found by the model {used}, or will be: adopt another one first.")
    gone = 0
    for table in (ChunkEmbedding, MemoryEmbedding):
        some = select(table.id).where(table.model_id == model_id).limit(most - gone)
        deleted = await session.execute(delete(table).where(table.id.in_(some)).returning(table.id))
        gone += len(deleted.all())
    return gone


async def _switch(session: WriteSession, old: UUID | None, new: UUID) -> None:
    if old is not None:
        await _set(session, [old], is_default=False)
    await _set(session, [new], is_default=True, is_next=False)


async def _set(session: WriteSession, models: list[UUID], **values: bool) -> None:
    await session.execute(
        update(EmbeddingModel)
        .where(EmbeddingModel.id.in_(models))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
