"""Documents and chunks, which two systems have: what they share."""

from datetime import datetime
from typing import Any, Final

from db.importers.batch import Batch
from db.importers.records import Known
from db.importers.values import is_sha256, sha256

# Behind it there has to be room for more.
_LAST: Final = 1_000_000_000
STUBS: Final = "document_id"
"""The table of `import_map` under which placeholders are known."""


def hash_of(batch: Batch, said: str | None, content: str | None) -> str | None:
    """The SHA-256 of a document: the source's, or computed; another kind of hash is kept beside it."""
    if said is not None and is_sha256(said.lower()):
        return said.lower()
    if said:
        batch.keep("hash", said, "a hash of another kind: the SHA-256 was computed")
    return sha256(content) if content is not None else None


def home_of(batch: Batch, at: datetime | None) -> Known:
    """The document of a chunk; a placeholder for one that is not there."""
    found = batch.ref("document_id") if batch.row["document_id"] is not None else None
    if found is not None:
        return found
    key = str(batch.row["document_id"] or "none")
    known = batch.find("documents", STUBS, key)
    if known is not None:
        return known
    batch.orphan("document_id names a document that is not there: a placeholder was made", key)
    owner = batch.stub_user("anonymous", "", at)
    values: dict[str, Any] = {
        "user_id": owner,
        "title": f"Missing document {key}",
        "content_type": "application/octet-stream",
        "status": "failed",
        "created_at": at,
    }
    known = Known(batch.put("documents", values, table=STUBS, key=key, is_stub=True), owner)
    batch.remember("documents", STUBS, key, known)
    return known


def place_of(batch: Batch, document: Known, said: int | None) -> int | None:
    """The place of a new chunk in its document; None for one that has its place here already.

    No source makes sure that places differ: a later chunk with the same one moves behind.
    """
    if (batch.step.origin, batch.key, "document_chunks") in batch.facts.former:
        return None
    place = batch.number_from(document.id, said if said is not None and said <= _LAST else None)
    if place != said:
        batch.keep("chunk_index", said, "taken, out of range or missing: it moved behind the others")
    return place


def length_of(batch: Batch, said: int | None, content: str | None) -> None:
    """Compare the length that the source counted, which may be in bytes."""
    if said is not None and said != len(content or ""):
        batch.keep("content_length", said, "not the number of characters")


def stub_names(row: Any) -> list[tuple[str, str, str]]:
    """Under which a chunk may find a placeholder for its document."""
    return [("documents", STUBS, str(row["document_id"] or "none"))]
