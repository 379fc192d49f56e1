"""What may be written of documents, their chunks and the vectors of these."""

import hashlib
from collections.abc import Iterable

from api.embeddings.errors import EmbeddingFailed
from api.embeddings.models import settings_of
from api.writing.declarations import Deed, Values, Wrong, writable
from db import models
from db.session import WriteSession
from db.store.create import Numbering
from db.store.embeddings import fit_dimensions
from db.store.preparation import arrivals


def _hashed(values: Values, current: Values) -> Values:  # noqa: ARG001
    if "content" not in values:
        return {}
    text = values["content"]
    return {"content_hash": None if text is None else hashlib.sha256(text.encode()).hexdigest()}


async def _prepare(session: WriteSession, deed: Deed) -> None:
    """Let be prepared what is new, what says something else, and what came back."""
    keys = [draft.id for draft in deed.drafts]
    if deed.operation in {"create", "upsert"}:
        await arrivals.texts_came(session, keys)
    elif deed.operation == "restore":
        await arrivals.came_back(session, keys)
    elif deed.operation == "update":
        for draft in deed.drafts:
            await arrivals.text_changed(session, draft)


async def _embed(session: WriteSession, deed: Deed) -> None:
    """Let vectors be made of chunks that came without."""
    if deed.operation == "create":
        keys = {draft.values["document_id"] for draft in deed.drafts if "document_id" in draft.values}
        await arrivals.chunks_came(session, keys)


def _judge_settings(values: Values, current: Values) -> Iterable[Wrong]:  # noqa: ARG001
    if values.get("settings") is None:
        return
    try:
        settings_of(values["settings"])
    except EmbeddingFailed as fault:
        yield Wrong(fault.message, "settings")


writable(
    models.Document,
    change=(
        "title filename original_name content_type file_size content status processed_at indexed_at meta"
    ),
    parts=(models.Document.chunks,),
    derive=_hashed,
    before=arrivals.judge_texts,
    after=_prepare,
)
writable(
    models.DocumentChunk,
    once="document_id chunk_index content external_vector_id meta",
    parts=(models.DocumentChunk.embeddings,),
    place=Numbering("chunk_index", "document_id", 0),
    bulk=True,
    after=_embed,
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
    # Which one is the default changes by `adoptEmbeddingModel`, when everything has its vectors.
    once="dimensions is_default",
    change="name provider distance is_active settings",
    key="name",
    check=_judge_settings,
)
