"""Vectors are as long as their model makes them."""

from collections.abc import Sequence

from sqlalchemy import select

from db.errors import Invalid
from db.models import EmbeddingModel
from db.session import WriteSession
from db.store.drafts import Draft


async def fit_dimensions(session: WriteSession, drafts: Sequence[Draft]) -> None:
    """Blame drafts of vectors that have another length than those of the model that they name."""
    keys = {key for draft in drafts if (key := draft.values.get("model_id")) is not None}
    if not keys:
        return
    rows = select(EmbeddingModel.id, EmbeddingModel.name, EmbeddingModel.dimensions)
    known = {row.id: row for row in await session.execute(rows.where(EmbeddingModel.id.in_(keys)))}
    for draft in drafts:
        model = known.get(draft.values.get("model_id"))
        vector = draft.values.get("embedding")
        if model is not None and vector is not None and len(vector) != model.dimensions:
            draft.blame(
                Invalid(
                    f"This vector has {len(vector):,} numbers, and those of {model.name} have "
                    f"{model.dimensions:,}.",
                    "embedding",
                ),
                "embedding",
            )
