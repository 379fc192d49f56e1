"""Documents, their chunks, and the vectors that stand beside these."""

from typing import Any, Final
from uuid import UUID

from db.importers.batch import Batch
from db.importers.documents import hash_of, home_of, length_of, place_of, stub_names
from db.importers.records import Known
from db.importers.steps import Ref, Row, Step
from db.importers.workflow.common import USERS

MODEL: Final = "text-embedding-ada-002"
DIMENSIONS: Final = 1536
VECTORS: Final = "document_chunks.embedding"


def document(row: Row, batch: Batch) -> None:
    """A document; one whose chunks lack vectors is not ready to be found."""
    status = row["status"]
    if status == "indexed" and row["lacking"]:
        batch.remark("indexed in Azure AI Search alone: its vectors have to be made anew")
        batch.keep_silently("source_status", status)
        status = "needs_embedding"
    batch.keep_silently("imported_counters", {"chunk_count": row["chunk_count"]})
    batch.put(
        "documents",
        {
            "user_id": batch.owner("user_id", row["created_at"]),
            "title": row["title"],
            "content": row["content"],
            "content_type": row["content_type"],
            "content_hash": hash_of(batch, None, row["content"]),
            "file_path": row["file_path"],
            "file_size": row["file_size"],
            "metadata": batch.json("metadata"),
            "status": status,
            "indexed_at": row["indexed_at"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            "deleted_at": row["deleted_at"],
        },
        source_id=row["id"],
    )


def chunk(row: Row, batch: Batch) -> None:
    """A piece of a document, with its vector if it has one."""
    home = home_of(batch, row["created_at"])
    length_of(batch, row["content_length"], row["content"])
    values: dict[str, Any] = {
        "user_id": home.owner,
        "document_id": home.id,
        "content": row["content"],
        "metadata": batch.json("metadata"),
        "created_at": row["created_at"],
    }
    place = place_of(batch, home, row["chunk_index"])
    if place is not None:
        values["chunk_index"] = place
    chunk_id = batch.put("document_chunks", values, source_id=row["id"])
    if row["embedding"] is not None:
        batch.put(
            "chunk_embeddings",
            {
                "user_id": home.owner,
                "chunk_id": chunk_id,
                "document_id": home.id,
                "model_id": _model(row, batch),
                "embedding": row["embedding"],
                "created_at": row["created_at"],
            },
            table=VECTORS,
            key=f"{batch.key}#0",
        )


def _model(row: Row, batch: Batch) -> UUID:
    """The model that made the vectors, which the design names; written down with the first of them."""
    known = batch.facts.names.get(MODEL) or (
        found.id if (found := batch.find("embedding_models", "model", MODEL)) is not None else None
    )
    if known is not None:
        return known
    values = {"name": MODEL, "provider": "openai", "dimensions": DIMENSIONS, "created_at": row["created_at"]}
    made = batch.put("embedding_models", values, table="model", key=MODEL, is_stub=True)
    batch.remember("embedding_models", "model", MODEL, Known(made, None))
    return made


KNOWLEDGE: Final = (
    Step(
        "documents",
        "documents",
        (
            *("id", "user_id", "title", "content", "content_type", "file_path", "file_size", "metadata"),
            *("status", "chunk_count", "indexed_at", "created_at", "updated_at", "deleted_at"),
        ),
        document,
        refs=(USERS,),
        since="updated_at",
        rows=500,
        optional={
            "lacking": (
                "document_chunks",
                "EXISTS (SELECT FROM document_chunks c WHERE c.document_id = t.id AND c.embedding IS NULL)",
            )
        },
    ),
    Step(
        "document_chunks",
        "document_chunks",
        (
            *("id", "document_id", "chunk_index", "content", "content_length", "embedding", "metadata"),
            "created_at",
        ),
        chunk,
        key=("document_id", "chunk_index", "id"),
        refs=(Ref("document_id", "documents", "documents"),),
        names=stub_names,
        parts=(VECTORS,),
        ordinal=("document_chunks", "document_id"),
        unique="embedding_models",
        rows=500,
    ),
)
