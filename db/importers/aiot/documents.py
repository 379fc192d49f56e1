"""Documents of AIOT's knowledge base and their chunks, whose vectors are elsewhere."""

from typing import Final

from db.importers.batch import Batch
from db.importers.documents import hash_of, home_of, length_of, place_of, stub_names
from db.importers.steps import Ref, Row, Step
from db.importers.values import choice

_status: Final = choice(
    {
        **dict.fromkeys(("pending", "uploaded"), "uploaded"),
        "processing": "processing",
        # Its vectors are not in this database, whatever the source says.
        **dict.fromkeys(("processed", "completed", "indexed"), "needs_embedding"),
        **dict.fromkeys(("failed", "error"), "failed"),
    }
)


def document(row: Row, batch: Batch) -> None:
    """A document; whatever was ready to be found has to be embedded anew."""
    status = _status(row["status"])
    if row["status"] is not None and status is None:
        batch.keep("status", row["status"], "not a status that is known here: uploaded stands for it")
    elif row["status"] is not None:
        batch.keep_silently("source_status", row["status"])
    batch.keep_silently("imported_counters", {"chunk_count": row["chunk_count"]})
    batch.put(
        "documents",
        {
            "user_id": batch.owner("upload_user_id", row["created_at"]),
            "title": row["original_name"] or row["filename"] or "Untitled",
            "filename": row["filename"],
            "original_name": row["original_name"],
            "content_type": row["content_type"] or "application/octet-stream",
            "file_size": row["file_size"],
            "content": row["content"],
            "content_hash": hash_of(batch, row["content_hash"], row["content"]),
            "status": status or "uploaded",
            "processed_at": row["processed_at"],
            "metadata": None,
            "created_at": row["created_at"],
        },
        source_id=row["id"],
    )


def chunk(row: Row, batch: Batch) -> None:
    """A piece of a document, with the key of its vector in ChromaDB."""
    home = home_of(batch, row["created_at"])
    length_of(batch, row["content_length"], row["content"])
    values = {
        "user_id": home.owner,
        "document_id": home.id,
        "content": row["content"],
        "external_vector_id": row["embedding_id"],
        "metadata": None,
        "created_at": row["created_at"],
    }
    place = place_of(batch, home, row["chunk_index"])
    if place is not None:
        values["chunk_index"] = place
    batch.put("document_chunks", values, source_id=row["id"])


DOCUMENTS: Final = (
    Step(
        "knowledge_documents",
        "documents",
        (
            *("id", "filename", "original_name", "content_type", "file_size", "upload_user_id", "content"),
            *("content_hash", "chunk_count", "processed_at", "created_at", "status"),
        ),
        document,
        refs=(Ref("upload_user_id", "users", "user_id"),),
        rows=500,
    ),
    Step(
        "document_chunks",
        "document_chunks",
        ("id", "document_id", "chunk_index", "content", "content_length", "embedding_id", "created_at"),
        chunk,
        key=("document_id", "chunk_index", "id"),
        refs=(Ref("document_id", "documents", "knowledge_documents"),),
        names=stub_names,
        ordinal=("document_chunks", "document_id"),
    ),
)
