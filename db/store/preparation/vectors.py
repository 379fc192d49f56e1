"""Vectors on the way to their places: kept under the hash of their text, so that none is made twice."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, REAL, LargeBinary, bindparam, select, text

from db.models import EmbeddingModel
from db.session import ReadSession, WriteSession

Numbers = Any
"""A vector: anything with so many floats."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model with which everything is to have a vector."""

    id: UUID
    name: str
    provider: str
    dimensions: int
    settings: Any
    is_default: bool


_MODELS: Final = select(
    EmbeddingModel.id,
    EmbeddingModel.name,
    EmbeddingModel.provider,
    EmbeddingModel.dimensions,
    EmbeddingModel.settings,
    EmbeddingModel.is_default,
)
_WANTED: Final = _MODELS.where(
    EmbeddingModel.is_default | EmbeddingModel.is_next, EmbeddingModel.is_active
).order_by(EmbeddingModel.is_default.desc())

_MISSING: Final = text("""
    SELECT asked.place FROM unnest(:hashes) WITH ORDINALITY AS asked (hash, place)
    WHERE NOT EXISTS (
            SELECT FROM staged_embeddings staged
            WHERE staged.model_id = :model AND staged.text_hash = asked.hash)
        AND asked.hash NOT IN (
            SELECT sha256(convert_to(chunk.content, 'UTF8'))
            FROM document_chunks chunk
            JOIN chunk_embeddings placed ON placed.chunk_id = chunk.id AND placed.model_id = :model
            WHERE chunk.document_id = :document)
    ORDER BY asked.place
""").bindparams(bindparam("hashes", type_=ARRAY(LargeBinary)))
_STAGE: Final = text("""
    INSERT INTO staged_embeddings (model_id, text_hash, embedding)
    SELECT :model, asked.hash,
        (CAST(:numbers AS real[]))[(asked.place - 1) * :size + 1 \\: asked.place * :size]\\:\\:vector
    FROM unnest(:hashes) WITH ORDINALITY AS asked (hash, place)
    ON CONFLICT (model_id, text_hash) DO NOTHING
""").bindparams(bindparam("hashes", type_=ARRAY(LargeBinary)), bindparam("numbers", type_=ARRAY(REAL)))
_LACKING: Final = """
    FROM document_chunks chunk
    WHERE chunk.document_id = :document AND NOT EXISTS (
        SELECT FROM chunk_embeddings placed
        WHERE placed.chunk_id = chunk.id AND placed.model_id = :model)
"""
_PLACE: Final = text("""
    INSERT INTO chunk_embeddings (user_id, chunk_id, document_id, model_id, embedding)
    SELECT chunk.user_id, chunk.id, chunk.document_id, staged.model_id, staged.embedding
    FROM document_chunks chunk
    JOIN staged_embeddings staged
        ON staged.model_id = :model AND staged.text_hash = sha256(convert_to(chunk.content, 'UTF8'))
    WHERE chunk.document_id = :document
    ON CONFLICT (chunk_id, model_id) DO NOTHING
""")
_UNSTAGE: Final = text("""
    DELETE FROM staged_embeddings staged USING document_chunks chunk
    WHERE chunk.document_id = :document AND staged.model_id = :model
        AND staged.text_hash = sha256(convert_to(chunk.content, 'UTF8'))
""")
_IS_LACKING: Final = text(f"SELECT EXISTS (SELECT {_LACKING})")


def hash_of(content: str) -> bytes:
    """What a text's vector is kept under."""
    return hashlib.sha256(content.encode()).digest()


async def model_of(session: ReadSession | WriteSession, key: UUID) -> Model:
    """A model that is there."""
    found = await session.execute(_MODELS.where(EmbeddingModel.id == key))
    return Model(*found.one())


async def wanted_models(session: ReadSession) -> list[Model]:
    """The models by which everything is to be found: the default, and the next one."""
    return [Model(*row) for row in await session.execute(_WANTED)]


async def lock_models(session: WriteSession) -> list[Model]:
    """The same, and nobody makes another one the default or the next until the transaction ends."""
    return [Model(*row) for row in await session.execute(_WANTED.with_for_update(read=True))]


async def texts_without_vectors(session: ReadSession, document_id: UUID, model_id: UUID) -> list[str]:
    """The texts of a document's chunks that have no vector by a model, each once, in their order."""
    found = await session.scalars(
        text(f"SELECT chunk.content {_LACKING} ORDER BY chunk.chunk_index"),
        {"document": document_id, "model": model_id},
    )
    return list(dict.fromkeys(found))


async def unknown(session: ReadSession, document_id: UUID, model_id: UUID, texts: Sequence[str]) -> list[str]:
    """Those of a document's texts whose vectors are neither in their places nor kept for them, each once."""
    once = list(dict.fromkeys(texts))
    hashes = [hash_of(each) for each in once]
    places = await session.scalars(_MISSING, {"hashes": hashes, "model": model_id, "document": document_id})
    return [once[place - 1] for place in places]


async def stage(
    session: WriteSession, model_id: UUID, texts: Sequence[str], vectors: Sequence[Numbers]
) -> None:
    """Keep vectors of texts until they can be put in their places. All have the same length."""
    if not texts:
        return
    await session.execute(
        _STAGE,
        {
            "model": model_id,
            "hashes": [hash_of(each) for each in texts],
            "numbers": [number for vector in vectors for number in map(float, vector)],
            "size": len(vectors[0]),
        },
    )


async def place_vectors(session: WriteSession, document_id: UUID, model_id: UUID) -> bool:
    """Give each chunk of a document its vector by a model; whether none is missing."""
    named = {"document": document_id, "model": model_id}
    await session.execute(_PLACE, named)
    await session.execute(_UNSTAGE, named)
    return not await session.scalar(_IS_LACKING, named)
