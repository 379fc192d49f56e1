"""The searches, as part of the query type."""

import strawberry

from api.search.fields import SearchField
from api.search.memories import MemorySearchField
from api.search.types import (
    ChunkSearchConnection,
    ChunkSearchEdge,
    DocumentSearchConnection,
    DocumentSearchEdge,
    MemorySearchConnection,
    MemorySearchEdge,
    MessageSearchConnection,
    MessageSearchEdge,
)
from db.models import DocumentChunk
from db.search.ground import DOCUMENTS, MEMORIES, MESSAGES, PASSAGES


@strawberry.type
class SearchQuery:
    """What is found rather than listed."""

    search_chunks: object = SearchField(
        PASSAGES, ChunkSearchConnection, ChunkSearchEdge,
        "Chunks of documents that answer a question, best first: by their words, their meaning, or both.",
    )  # fmt: skip
    search_documents: object = SearchField(
        DOCUMENTS, DocumentSearchConnection, DocumentSearchEdge,
        "Documents that answer a question, best first, each by the chunk that speaks for it most.",
        chunk=DocumentChunk,
    )  # fmt: skip
    search_memories: object = MemorySearchField(
        MEMORIES, MemorySearchConnection, MemorySearchEdge,
        "Memories that have to do with a question, weighed by likeness, importance and age, best first.",
    )  # fmt: skip
    search_messages: object = SearchField(
        MESSAGES, MessageSearchConnection, MessageSearchEdge,
        "Messages with the words of a question, best first. Messages have no vectors.",
    )  # fmt: skip
