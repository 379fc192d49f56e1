"""Documents of the demo: their texts, the chunks these are cut into, and vectors of chunks and memories."""

import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from importlib.resources.abc import Traversable
from typing import Any, Final, TypeAlias

from db.models import ChunkEmbedding, Document, DocumentChunk, Memory, MemoryEmbedding
from db.seeds.rows import Row, Scenario, moment
from db.seeds.vectors import MODEL

VectorOf: TypeAlias = Callable[[str], str]

_SECTION: Final = re.compile(r"^(?=## |<h2>)", re.MULTILINE)
_TAG: Final = re.compile(r"</?[a-z0-9]+>")


def add_documents(scenario: Scenario, folder: Traversable, vector_of: VectorOf) -> None:
    """Documents of `documents.toml`, with the texts of the folder `documents` beside it."""
    for told in tomllib.loads((folder / "documents.toml").read_text("utf-8"))["document"]:
        text = (folder / "documents" / told["file"]).read_text("utf-8") if "file" in told else None
        document = _document(scenario, told, text)
        if text is not None:
            _chunks(scenario, told, document, text, vector_of)


def chunks(text: str) -> list[str]:
    """The sections of a text without mark-up, the title before the first left out."""
    return [_TAG.sub("", section).strip() for section in _SECTION.split(text)[1:]]


def _document(scenario: Scenario, told: dict[str, Any], text: str | None) -> Row:
    start = moment(told["start"])
    read = told["status"] in {"needs_embedding", "indexed"}
    return scenario.add(
        Document,
        id=told["id"],
        user_id=f"User/{told['owner']}",
        title=told["title"],
        filename=f"{told['id']}{told['name'][told['name'].rindex('.') :]}",
        original_name=told["name"],
        content_type=told["content_type"],
        file_size=told.get("size") or len((text or "").encode()),
        file_path=f"uploads/{told['owner']}/{told['id']}",
        status=told["status"],
        metadata={
            "source": "upload",
            "tags": told["tags"],
        },
        failure=told.get("failure"),
        progress=100 if told["status"] == "indexed" else 20 if read else 0,
        created_at=start,
        **({"content": text, "content_hash": sha256(text.encode()).hexdigest()} if text else {}),
        **({"processed_at": start + timedelta(seconds=4)} if read else {}),
        **({"indexed_at": start + timedelta(seconds=9)} if told["status"] == "indexed" else {}),
        **({"deleted_at": told["deleted"]} if "deleted" in told else {}),
    )


def _chunks(scenario: Scenario, told: dict[str, Any], document: Row, text: str, vector_of: VectorOf) -> None:
    for index, content in enumerate(chunks(text)):
        name = f"{told['id']}/{index}"
        chunk = scenario.add(
            DocumentChunk,
            id=name,
            document_id=document["id"],
            user_id=document["user_id"],
            chunk_index=index,
            content=content,
            metadata={"heading": content.partition("\n")[0].removeprefix("## "), "tags": told["tags"]},
            created_at=document["processed_at"],
        )
        if told["status"] == "indexed":
            scenario.add(
                ChunkEmbedding,
                id=name,
                chunk_id=chunk["id"],
                document_id=document["id"],
                model_id=MODEL,
                user_id=document["user_id"],
                embedding=vector_of(content),
                created_at=document["indexed_at"],
            )


def add_memory_vectors(scenario: Scenario, vector_of: VectorOf) -> None:
    """A vector for every memory."""
    for memory in list(scenario.all(Memory)):
        scenario.add(
            MemoryEmbedding,
            id=str(memory["id"]),
            memory_id=memory["id"],
            model_id=MODEL,
            user_id=memory["user_id"],
            embedding=vector_of(memory["content"]),
            created_at=memory["created_at"] + timedelta(seconds=1),
        )
