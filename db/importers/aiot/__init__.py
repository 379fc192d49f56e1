"""AIOT LLM AI Engine: conversations, tool calls and documents of people who exist only as strings."""

from typing import Final

from db.importers.aiot.chats import CHATS
from db.importers.aiot.documents import DOCUMENTS
from db.importers.aiot.people import PEOPLE, PREFERENCES, USAGE
from db.importers.steps import Counter, Sum, System

_HERE: Final = "JOIN import_map m ON m.entity_id = e.id WHERE m.source = $1"
_FITS: Final = "BETWEEN 0 AND 2147483647"

AIOT: Final = System(
    "aiot",
    "AIOT LLM AI Engine",
    (*PEOPLE, *PREFERENCES, *DOCUMENTS, *CHATS, *USAGE),
    (
        Sum(
            "tokens of messages",
            ("messages",),
            f"SELECT sum(token_count), sum(token_count) FILTER (WHERE token_count {_FITS}) FROM messages",
            f"SELECT sum(e.total_tokens) FROM messages e {_HERE} AND m.source_table = 'messages'",
        ),
        Sum(
            "tokens of daily usage",
            ("usage_statistics",),
            f"SELECT sum(total_tokens), sum(total_tokens) FILTER (WHERE total_tokens {_FITS}) "
            "FROM usage_statistics",
            f"SELECT sum(e.total_tokens) FROM usage_daily e {_HERE} AND m.source_table = 'usage_statistics'",
        ),
        Sum(
            "bytes of documents",
            ("knowledge_documents",),
            "SELECT sum(file_size), sum(file_size) FILTER (WHERE file_size >= 0) FROM knowledge_documents",
            f"SELECT sum(e.file_size) FROM documents e {_HERE} AND m.source_table = 'knowledge_documents'",
        ),
        Sum(
            "milliseconds of tool calls",
            ("mcp_tool_calls",),
            f"SELECT sum(execution_time_ms), sum(execution_time_ms) FILTER (WHERE execution_time_ms {_FITS}) "
            "FROM mcp_tool_calls",
            f"SELECT sum(e.duration_ms) FROM tool_calls e {_HERE} AND m.source_table = 'mcp_tool_calls'",
        ),
    ),
    (
        Counter(
            "knowledge_documents",
            "chunk_count",
            "SELECT count(*) FROM document_chunks c WHERE c.document_id = t.id",
            ("document_chunks",),
        ),
    ),
    (
        (
            "Vectors of chunks are in ChromaDB, not in this database: chunks bear their keys there, and "
            "documents "
            "wait to be embedded anew."
        ),
    ),
)
