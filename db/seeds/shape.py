"""What a made-up user has: the tables, their columns, and how many rows of each."""

from datetime import timedelta
from typing import Any, Final

Records = dict[str, list[tuple[Any, ...]]]
"""Rows by table; each has its columns in the order of `COLUMNS`."""

SESSIONS: Final = 25
MESSAGES: Final = 50
TOOL_CALLS: Final = 5
MEMORIES: Final = 20
DOCUMENTS: Final = 8
CHUNKS: Final = 10
AGENTS: Final = 3
EXECUTIONS: Final = 20
STEPS: Final = 4
DAYS: Final = 90
"""For so long a user is active after joining."""
SPAN: Final = timedelta(days=730)
"""From the first user's joining to the last one's last day."""

# In the order in which they are written: parents first.
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "users": ("id", "username", "email", "display_name", "roles", "created_at", "updated_at"),
    "user_preferences": ("id", "user_id", "preferred_model", "language", "created_at", "updated_at"),
    "agents": ("id", "user_id", "name", "status", "created_at", "updated_at"),
    "sessions": (
        *("id", "user_id", "mode", "title", "model", "is_archived", "created_at", "updated_at"),
        *("message_count", "total_tokens", "last_message_at"),
    ),
    "messages": (
        *("id", "user_id", "session_id", "parent_id", "seq", "branch_seq", "role", "content", "model"),
        *("prompt_tokens", "completion_tokens", "total_tokens", "created_at", "updated_at"),
    ),
    "llm_calls": (
        *(
            "id",
            "user_id",
            "session_id",
            "provider",
            "model",
            "endpoint",
            "status",
            "http_status",
            "prompt_tokens",
        ),
        *("completion_tokens", "total_tokens", "cost_usd", "latency_ms", "created_at", "updated_at"),
    ),
    "tool_calls": (
        *("id", "user_id", "session_id", "message_id", "tool_name", "tool_type", "server_name", "status"),
        *("duration_ms", "created_at", "updated_at"),
    ),
    "memories": (
        *("id", "user_id", "session_id", "memory_type", "content", "importance", "tags", "created_at"),
        "updated_at",
    ),
    "documents": (
        *("id", "user_id", "title", "content_type", "file_size", "status", "processed_at", "created_at"),
        *("updated_at", "chunk_count"),
    ),
    "document_chunks": ("id", "user_id", "document_id", "chunk_index", "content", "created_at"),
    "executions": (
        *("id", "user_id", "kind", "agent_id", "status", "progress", "steps_total", "steps_completed"),
        *("duration_ms", "total_tokens", "cost_usd", "started_at", "finished_at", "event_seq", "created_at"),
        "updated_at",
    ),
    "execution_steps": (
        *("id", "user_id", "execution_id", "seq", "node_id", "status", "started_at", "finished_at"),
        *("created_at", "updated_at"),
    ),
    "execution_events": ("id", "user_id", "execution_id", "seq", "type", "level", "message", "created_at"),
    "usage_daily": (
        *("id", "user_id", "date", "session_count", "message_count", "tool_call_count", "total_tokens"),
        *("response_time_ms_sum", "response_count", "created_at", "updated_at"),
    ),
}
COUNTERS: Final = {"sessions": 3, "documents": 1}
"""How many of the last columns are those that triggers keep: leave them out where triggers run."""

_EVENTS: Final = 3 + 2 * STEPS
ROWS: Final = (
    2
    + AGENTS
    + SESSIONS * (1 + MESSAGES + MESSAGES // 2 + TOOL_CALLS)
    + MEMORIES
    + DOCUMENTS * (1 + CHUNKS)
    + EXECUTIONS * (1 + STEPS + _EVENTS)
    + DAYS
)
"""Rows of one user."""
