"""Conversations of AIOT, their messages with what these cite, and calls of MCP tools."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from db.importers.batch import Batch
from db.importers.messages import put_message
from db.importers.owners import belonging, session_or_none
from db.importers.records import Known
from db.importers.steps import Ref, Row, Step
from db.importers.texts import dumped, parsed, readable
from db.importers.values import as_uuid, choice

SOURCES: Final = "messages.sources"

_role: Final = choice({name: name for name in ("user", "assistant", "system", "tool")})
_mode: Final = choice({name: name for name in ("llm", "mcp", "rag")})


def conversation(row: Row, batch: Batch) -> None:
    """A conversation; `session_id` groups several of one client, and what is not active is archived."""
    mode = _mode(row["mode"])
    if row["mode"] is not None and mode is None:
        batch.keep("mode", row["mode"], "not a mode that is known here")
    batch.put(
        "sessions",
        {
            "user_id": batch.owner("user_id", row["created_at"]),
            "source": batch.system,
            "external_id": str(row["id"]),
            "client_session_key": row["session_id"],
            "title": row["title"] or None,
            "mode": mode,
            "is_archived": row["is_active"] is False,
            "metadata": batch.json("metadata"),
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
        source_id=row["id"],
    )


def message(row: Row, batch: Batch) -> None:
    """A message; tool calls and sources in its metadata get columns and rows, and stay there too."""
    home = batch.ref("conversation_id")
    if home is None:
        home = _missing(row, batch)
    owner = home.owner or batch.stub_user("anonymous", "", row["created_at"])
    role = _role(row["role"])
    if role is None:
        batch.keep("role", row["role"], "not a role that is known here: system stands for it")
    said = parsed(batch.json("metadata", None))
    facts = said if isinstance(said, dict) else {}
    calls = facts.get("tool_calls")
    values: dict[str, Any] = {
        "user_id": owner,
        "role": role or "system",
        "content": row["content"],
        "total_tokens": row["token_count"],
        "tool_calls": None if calls is None else dumped(calls),
        "metadata": batch.row["metadata"] if said is not None else None,
        "created_at": row["created_at"],
    }
    made = put_message(batch, home.id, values, source_id=row["id"])
    sources = facts.get("sources")
    for place, each in enumerate(sources if isinstance(sources, list) else []):
        _citation(row, batch, made, owner, place, each)


def _missing(row: Row, batch: Batch) -> Known:
    key = str(row["conversation_id"] or "none")
    found = batch.find("sessions", "", key)
    if found is not None:
        return found
    return batch.stub_session(key, batch.stub_user("anonymous", "", row["created_at"]), row["created_at"])


def _citation(row: Row, batch: Batch, message_id: UUID, owner: UUID, place: int, said: object) -> None:
    given = said if isinstance(said, dict) else {"name": said}
    document = _found(batch, "documents", "knowledge_documents", given.get("document_id"), owner)
    chunk = _found(batch, "document_chunks", "document_chunks", given.get("chunk_id"), owner)
    name = next((given[key] for key in _NAMES if given.get(key) is not None), None)
    if name is None and document is None and chunk is None:
        name = dumped(said)
    score = next((given[key] for key in ("similarity", "score") if given.get(key) is not None), None)
    quote = next((given[key] for key in ("quote", "content", "text") if given.get(key) is not None), None)
    batch.put(
        "message_citations",
        {
            "user_id": owner,
            "message_id": message_id,
            "document_id": document,
            "chunk_id": chunk,
            "position": place,
            "external_ref": None if name is None else str(name),
            "quote": quote if isinstance(quote, str) else None,
            "similarity": score if isinstance(score, int | float) else None,
            "created_at": row["created_at"],
        },
        table=SOURCES,
        key=f"{batch.key}#{place}",
    )


_NAMES: Final = ("filename", "title", "name", "source", "url", "document_id", "chunk_id", "id")


def _found(batch: Batch, entity: str, table: str, key: object, owner: UUID) -> UUID | None:
    if as_uuid(key) is None:
        return None
    found = batch.find(entity, table, str(key))
    if found is None or found.owner != owner:
        batch.orphan(f"a source names one of {table} that is not the owner's: its name is kept", key)
        return None
    return found.id


def cited(row: Row) -> Iterable[tuple[str, str, str]]:
    """Documents and chunks that a message cites, and where its conversation may have a placeholder."""
    yield "sessions", "", str(row["conversation_id"] or "none")
    if row["metadata"] is None or '"sources"' not in row["metadata"]:
        return
    said = readable(row["metadata"])
    sources = said.get("sources") if isinstance(said, dict) else None
    for each in sources if isinstance(sources, list) else []:
        if isinstance(each, dict):
            if as_uuid(each.get("document_id")) is not None:
                yield "documents", "knowledge_documents", str(each["document_id"])
            if as_uuid(each.get("chunk_id")) is not None:
                yield "document_chunks", "document_chunks", str(each["chunk_id"])


def tool_call(row: Row, batch: Batch) -> None:
    """A call of an MCP server's tool; whether it went well is a flag that may be missing."""
    session = session_or_none(batch, "conversation_id")
    owner = belonging(batch, session, "user_id", row["created_at"])
    message_id = None
    if row["message_id"] is not None:
        found = batch.ref("message_id")
        if found is None or found.owner != owner:
            batch.keep_silently("source_message_id", str(row["message_id"]))
            batch.orphan("message_id names no message of the owner: it was left empty", row["message_id"])
        else:
            message_id = found.id
    batch.put(
        "tool_calls",
        {
            "user_id": owner,
            "session_id": session.id if session else None,
            "message_id": message_id,
            "tool_name": row["tool_name"],
            "tool_type": "mcp",
            "server_name": row["service_name"],
            "arguments": batch.json("arguments"),
            "result": batch.json("result", None),
            "status": {True: "succeeded", False: "failed", None: "unknown"}[row["success"]],
            "error_message": row["error_message"],
            "duration_ms": row["execution_time_ms"],
            "created_at": row["created_at"],
        },
        source_id=row["id"],
    )


_USERS: Final = Ref("user_id", "users", "user_id")
_SESSIONS: Final = Ref("conversation_id", "sessions", "conversations")

CHATS: Final = (
    Step(
        "conversations",
        "sessions",
        (
            *("id", "user_id", "session_id", "title", "mode", "created_at", "updated_at", "is_active"),
            "metadata",
        ),
        conversation,
        refs=(_USERS,),
        since="updated_at",
    ),
    Step(
        "messages",
        "messages",
        ("id", "conversation_id", "role", "content", "metadata", "token_count", "created_at"),
        message,
        key=("conversation_id", "created_at", "id"),
        apart=True,
        refs=(_SESSIONS,),
        names=cited,
        parts=(SOURCES,),
        ordinal=("messages", "session_id"),
    ),
    Step(
        "mcp_tool_calls",
        "tool_calls",
        (
            *("id", "conversation_id", "message_id", "user_id", "tool_name", "service_name", "arguments"),
            *("result", "success", "error_message", "execution_time_ms", "created_at"),
        ),
        tool_call,
        refs=(_USERS, _SESSIONS, Ref("message_id", "messages", "messages")),
    ),
)
