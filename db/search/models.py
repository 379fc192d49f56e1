"""Which model's vectors a search compares, and about how many of them there are."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from db.models import Document, EmbeddingModel
from db.policy import Viewer, rows, visible
from db.search.indexes import has_index
from db.session import Database


@dataclass(frozen=True, slots=True)
class Model:
    """A row of `embedding_models`, how many chunks the viewer's documents have, and whether their vectors
    have an index."""

    id: UUID
    name: str
    provider: str
    dimensions: int
    settings: Any
    is_active: bool
    volume: int
    indexed: bool


async def model_of(database: Database, viewer: Viewer, wanted: UUID | str | None) -> Model | None:
    """The model with this id or name, or the default one; None where there is none."""
    async with database.read() as session:
        row = (await session.execute(_statement(viewer, wanted))).one_or_none()
    return None if row is None else Model(*row)


def _statement(viewer: Viewer, wanted: UUID | str | None) -> Select[Any]:
    model, document = aliased(EmbeddingModel, name="chosen"), aliased(Document, name="owned")
    # Kept by a trigger, so that nothing is counted.
    volume = select(func.coalesce(func.sum(document.chunk_count), 0)).where(visible(document, viewer))
    found = rows(
        model, viewer, model.id, model.name, model.provider, model.dimensions, model.settings,
        model.is_active, volume.scalar_subquery(), has_index(viewer, model),
    )  # fmt: skip
    if wanted is None:
        return found.where(model.is_default)
    return found.where(model.id == wanted if isinstance(wanted, UUID) else model.name == wanted)
