"""What may be written of documents, their chunks and the vectors of these."""

import hashlib

from api.writing.declarations import Values, writable
from db import models
from db.store.create import Numbering
from db.store.embeddings import fit_dimensions


def _hashed(values: Values, current: Values) -> Values:  # noqa: ARG001
    if "content" not in values:
        return {}
    text = values["content"]
    return {"content_hash": None if text is None else hashlib.sha256(text.encode()).hexdigest()}


writable(
    models.Document,
    change=(
        "title filename original_name content_type file_size content status processed_at indexed_at meta"
    ),
    parts=(models.Document.chunks,),
    derive=_hashed,
)
writable(
    models.DocumentChunk,
    once="document_id chunk_index content external_vector_id meta",
    parts=(models.DocumentChunk.embeddings,),
    place=Numbering("chunk_index", "document_id", 0),
    bulk=True,
)
writable(
    models.ChunkEmbedding,
    once="chunk_id model_id",
    change="embedding",
    key="chunk_id model_id",
    bulk=True,
    before=fit_dimensions,
)
writable(
    models.EmbeddingModel,
    once="dimensions",
    change="name provider is_default is_active settings",
    key="name",
)
