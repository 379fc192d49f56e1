"""Users of AIOT: strings in other tables, the preferences that hang on them, and what they used by day."""

from decimal import Decimal
from typing import Any, Final

from db.importers.batch import Batch
from db.importers.people import identity, settle
from db.importers.steps import Ref, Row, Step
from db.importers.texts import dumped
from db.importers.values import derived, language

NOBODY: Final = "system_default"
DEFAULTS: Final = "llm.defaults"
_SETTINGS: Final = (
    *("preferred_model", "temperature", "max_tokens", "use_rag_by_default", "use_conversation_memory"),
    *("preferred_language", "timezone"),
)


def person(row: Row, batch: Batch) -> None:
    """Somebody whom the source names; what looks like a user name or an address is taken for one."""
    values: dict[str, Any] = {
        "username": row["username"],
        "email": row["email"],
        "auth_provider": batch.system,
        "external_id": row["user_id"],
        "display_name": row["user_id"][:100],
        "created_at": row["created_at"],
    }
    user_id = settle(batch, values)
    identity(batch, user_id, batch.system, row["user_id"], values)


def preferences(row: Row, batch: Batch) -> None:
    """Preferences of a person; those of `system_default` are a setting of the whole system."""
    if row["user_id"] == NOBODY:
        _defaults(row, batch)
        return
    tongue = language(row["preferred_language"])
    if row["preferred_language"] is not None and tongue is None:
        batch.keep("preferred_language", row["preferred_language"], "not a language tag")
    batch.put_one(
        "user_preferences",
        batch.owner("user_id", row["created_at"]),
        {
            "preferred_model": row["preferred_model"],
            "temperature": row["temperature"],
            "max_tokens": row["max_tokens"],
            "use_rag_by_default": row["use_rag_by_default"],
            "use_conversation_memory": row["use_conversation_memory"],
            "language": tongue,
            "timezone": row["timezone"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
    )


def _defaults(row: Row, batch: Batch) -> None:
    said = {name: str(row[name]) if isinstance(row[name], Decimal) else row[name] for name in _SETTINGS}
    key = DEFAULTS
    if key in batch.facts.names and batch.facts.former.get((batch.step.origin, batch.key, "configs")) is None:
        key = f"{batch.system}.{DEFAULTS}"
        batch.remark("a setting of this name is here already: the system's name stands before it", key)
    batch.put(
        "configs",
        {
            "key": key,
            "value": dumped(said),
            "description": "Settings of the language model for whoever has none of their own.",
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
    )


def usage(row: Row, batch: Batch) -> None:
    """What somebody used on a day, as AIOT counted it in its own zone."""
    date = row["date"] or (row["created_at"] or batch.tools["epoch"]).date()
    if row["date"] is None:
        batch.remark("date is missing or out of range: the day on which the row was made stands for it")
    owner = batch.owner("user_id", row["created_at"])
    source = batch.system
    if owner != derived(batch.system, "user_id", row["user_id"]) and row["user_id"] is not None:
        # Two users there may be one here: their days are told apart.
        source = f"{batch.system}:{row['user_id']}"
    if row["date"] is None:
        source = f"{source}#{batch.key}"
    elif row["nth"]:
        batch.remark("a second row for the same user and day: both are kept")
        source = f"{source}#{row['nth'] + 1}"
    if row["has_rows"]:
        batch.remark("usage of a day whose messages are here too: figures are computed from those")
    batch.put(
        "usage_daily",
        {
            "user_id": owner,
            "date": date,
            "source": source,
            "session_count": row["conversation_count"],
            "message_count": row["message_count"],
            "tool_call_count": row["mcp_call_count"],
            "rag_query_count": row["rag_query_count"],
            "total_tokens": row["total_tokens"],
            "avg_response_time_ms": row["avg_response_time_ms"],
            "metadata": {"time_zone": batch.tools["zone"], "has_raw_rows": bool(row["has_rows"])},
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
    )


_NAMED: Final = " UNION ALL ".join(
    f"SELECT {column} AS user_id, created_at FROM {table}"
    for table, column in (
        ("conversations", "user_id"),
        ("mcp_tool_calls", "user_id"),
        ("knowledge_documents", "upload_user_id"),
        ("user_llm_preferences", "user_id"),
        ("usage_statistics", "user_id"),
    )
)
_IS_UUID: Final = "user_id ~ '^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$'"
_QUERY: Final = rf"""
    SELECT user_id, min(created_at) AS created_at,
        CASE WHEN user_id ~ '^[A-Za-z][A-Za-z0-9._-]{{0,99}}$' AND NOT {_IS_UUID} THEN user_id END
            AS username,
        CASE WHEN user_id ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' AND length(user_id) <= 255 THEN user_id END AS email
    FROM ({_NAMED}) named
    WHERE btrim(user_id) <> '' AND user_id <> '{NOBODY}' GROUP BY user_id
"""
_USERS: Final = Ref("user_id", "users", "user_id")

PEOPLE: Final = (
    Step(
        "user_id",
        "users",
        ("user_id", "created_at", "username", "email"),
        person,
        key=("user_id",),
        query=_QUERY,
        types={
            "user_id": "character varying",
            "created_at": "timestamp without time zone",
            "username": "character varying",
            "email": "character varying",
        },
        tables=(
            *("conversations", "mcp_tool_calls", "knowledge_documents", "user_llm_preferences"),
            "usage_statistics",
        ),
        also=("user_identities",),
        since=None,
        people=True,
    ),
)
PREFERENCES: Final = (
    Step(
        "user_llm_preferences",
        "user_preferences",
        ("id", "user_id", *_SETTINGS, "created_at", "updated_at"),
        preferences,
        refs=(_USERS,),
        also=("configs",),
        since="updated_at",
        one_each=True,
        unique="configs",
    ),
)
USAGE: Final = (
    Step(
        "usage_statistics",
        "usage_daily",
        (
            *("id", "user_id", "date", "conversation_count", "message_count", "mcp_call_count"),
            *("rag_query_count", "total_tokens", "avg_response_time_ms", "created_at", "updated_at"),
        ),
        usage,
        refs=(_USERS,),
        extra={
            "nth": "(SELECT count(*) FROM usage_statistics o WHERE o.user_id IS NOT DISTINCT FROM t.user_id "
            "AND o.date = t.date AND o.id < t.id)",
            "has_rows": "EXISTS (SELECT FROM conversations c JOIN messages m ON m.conversation_id = c.id "
            "WHERE c.user_id = t.user_id AND m.created_at >= t.date AND m.created_at::date = t.date)",
        },
        tables=("conversations", "messages"),
        since="updated_at",
    ),
)
