"""Embedding models, for whoever runs the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from db.errors import Misconfigured
from db.models import ChunkEmbedding, Distance, EmbeddingModel, MemoryEmbedding
from db.session import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Listed:
    """A model, and how many vectors there are of it."""

    id: UUID
    name: str
    provider: str
    dimensions: int
    is_default: bool
    is_next: bool
    vectors: int


async def list_models(session: ReadSession) -> list[Listed]:
    """All models by name."""
    counts = [
        select(func.count()).where(table.model_id == EmbeddingModel.id).scalar_subquery()
        for table in (ChunkEmbedding, MemoryEmbedding)
    ]
    found = await session.execute(
        select(
            EmbeddingModel.id,
            EmbeddingModel.name,
            EmbeddingModel.provider,
            EmbeddingModel.dimensions,
            EmbeddingModel.is_default,
            EmbeddingModel.is_next,
            counts[0] + counts[1],
        ).order_by(EmbeddingModel.name)
    )
    return [Listed(*row) for row in found]


async def model_named(session: ReadSession | WriteSession, name: str) -> UUID:
    """The model with a name. Raises Misconfigured where there is none."""
    key: UUID | None = await session.scalar(select(EmbeddingModel.id).where(EmbeddingModel.name == name))
    if key is None:
        raise Misconfigured(f"There is no embedding model {name}: atrium embeddings list shows all.")
    return key


async def add_model(
    session: WriteSession,
    name: str,
    provider: str,
    dimensions: int,
    distance: Distance,
    settings: Mapping[str, Any],
) -> UUID:
    """Write down a model. Raises Conflict for a name that is taken, and Invalid."""
    made = await session.execute(
        insert(EmbeddingModel)
        .values(
            name=name, provider=provider, dimensions=dimensions, distance=distance, settings=dict(settings)
        )
        .returning(EmbeddingModel.id)
    )
    key: UUID = made.scalar_one()
    return key
