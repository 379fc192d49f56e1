"""What may be written of memories."""

from api.writing.declarations import writable
from db import models
from db.store.embeddings import fit_dimensions

writable(
    models.Memory,
    change=(
        "memory_type content importance quality_score category tags session_id expires_at"
        " external_vector_id meta"
    ),
    parts=(models.Memory.links, models.Memory.embeddings),
    bulk=True,
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
