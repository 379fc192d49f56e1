"""What may be written of memories."""

from api.writing.declarations import Deed, writable
from db import models
from db.session import WriteSession
from db.store.embeddings import fit_dimensions
from db.store.preparation import arrivals


async def _embed(session: WriteSession, deed: Deed) -> None:
    """Let vectors be made; of a memory that changes, the database sees to it."""
    if deed.operation in {"create", "restore"}:
        await arrivals.memories_came(session, [draft.id for draft in deed.drafts])


writable(
    models.Memory,
    change=(
        "memory_type content importance quality_score category tags session_id expires_at"
        " external_vector_id meta"
    ),
    parts=(models.Memory.links, models.Memory.embeddings),
    bulk=True,
    after=_embed,
)
writable(models.MemoryLink, once="memory_id related_id", bulk=True)
writable(
    models.MemoryEmbedding,
    once="memory_id model_id",
    change="embedding",
    key="memory_id model_id",
    bulk=True,
    before=fit_dimensions,
)
