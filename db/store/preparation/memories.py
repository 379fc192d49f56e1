"""The vectors of memories, made some time after a memory is written or says something else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, REAL, LargeBinary, Uuid, bindparam, select, text

from db.models import Memory
from db.session import ReadSession, WriteSession
from db.store.preparation.queue import Claim
from db.store.preparation.vectors import Numbers, hash_of


@dataclass(frozen=True, slots=True)
class Remembered:
    """A memory, and what it says."""

    id: UUID
    content: str


_LACKING: Final = text("""
    SELECT memory.id, memory.content FROM memories memory
    WHERE memory.id = ANY (:memories) AND memory.deleted_at IS NULL
        AND memory.content ~ '\\S'
        AND NOT EXISTS (
            SELECT FROM memory_embeddings placed
            WHERE placed.memory_id = memory.id AND placed.model_id = :model)
    ORDER BY memory.id
""").bindparams(bindparam("memories", type_=ARRAY(Uuid)))
# What changed while its vector was made gets none of its old text.
_PLACE: Final = text("""
    INSERT INTO memory_embeddings (user_id, memory_id, model_id, embedding)
    SELECT memory.user_id, memory.id, :model,
        (CAST(:numbers AS real[]))[(made.place - 1) * :size + 1 \\: made.place * :size]\\:\\:vector
    FROM unnest(:memories, :hashes) WITH ORDINALITY AS made (id, hash, place)
    JOIN memories memory ON memory.id = made.id AND sha256(convert_to(memory.content, 'UTF8')) = made.hash
    ON CONFLICT (memory_id, model_id) DO NOTHING
""").bindparams(
    bindparam("memories", type_=ARRAY(Uuid)),
    bindparam("hashes", type_=ARRAY(LargeBinary)),
    bindparam("numbers", type_=ARRAY(REAL)),
)


async def memories_without_vectors(
    session: ReadSession, claims: Sequence[Claim], model_id: UUID
) -> list[Remembered]:
    """Those that have no vector by a model, and something to say."""
    keys = [claim.target_id for claim in claims]
    found = await session.execute(_LACKING, {"memories": keys, "model": model_id})
    return [Remembered(*row) for row in found]


async def place_memory_vectors(
    session: WriteSession, model_id: UUID, memories: Sequence[Remembered], vectors: Sequence[Numbers]
) -> None:
    """Give memories their vectors by a model, unless they say something else by now."""
    if not memories:
        return
    keys = [memory.id for memory in memories]
    await _lock(session, keys)
    await session.execute(
        _PLACE,
        {
            "model": model_id,
            "memories": keys,
            "hashes": [hash_of(memory.content) for memory in memories],
            "numbers": [number for vector in vectors for number in map(float, vector)],
            "size": len(vectors[0]),
        },
    )


async def _lock(session: WriteSession, keys: Sequence[UUID]) -> None:
    """Let nobody change what they say until the transaction ends."""
    locked = select(Memory.id).where(Memory.id.in_(keys)).order_by(Memory.id)
    await session.execute(locked.with_for_update(read=True))
