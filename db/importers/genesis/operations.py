"""Configuration, logs and metrics of Genesis."""

from collections.abc import Iterable
from typing import Any, Final

from db.importers.batch import Batch
from db.importers.genesis.calls import clean_json
from db.importers.genesis.chats import SESSIONS
from db.importers.genesis.people import NAMED, USERS
from db.importers.owners import session_or_none
from db.importers.redaction import is_secret_name, redacted_body, redacted_headers, redacted_text
from db.importers.sealing import seal
from db.importers.steps import Row, Step
from db.importers.texts import dumped, is_json, parsed
from db.importers.values import address

# What Genesis calls a thing, and what it is here.
_RESOURCES: Final = {
    **dict.fromkeys(("users", "account"), "user"),
    **dict.fromkeys(
        ("sessions", "chat_session", "chat_sessions", "user_session", "user_sessions"), "session"
    ),
    **dict.fromkeys(("messages", "chat_message", "chat_messages"), "message"),
    **dict.fromkeys(("llm_calls", "llm"), "llm_call"),
    **dict.fromkeys(("tools", "tool", "tool_calls"), "tool_call"),
    **dict.fromkeys(("system_config", "configs", "setting", "settings"), "config"),
    **dict.fromkeys(("ads", "ad", "recommendation", "ad_recommendations"), "ad_recommendation"),
    **dict.fromkeys(("intent", "intent_analyses"), "intent_analysis"),
}
# Where a resource of a kind may be known from: entity, table.
_PLACES: Final = {
    "user": (("users", "users"), ("users", NAMED)),
    "session": (("sessions", ""), ("sessions", "chat_sessions"), ("sessions", "user_sessions")),
    "message": (("messages", "chat_messages"),),
    "llm_call": (("llm_calls", "llm_calls"),),
    "tool_call": (("tool_calls", "tool_calls"),),
    "config": (("configs", "system_config"),),
    "ad_recommendation": (("ad_recommendations", "ad_recommendations"),),
    "intent_analysis": (("intent_analyses", "intent_analyses"),),
}


def config(row: Row, batch: Batch) -> None:
    """A setting; its text is JSON or one string, and a secret is kept encrypted."""
    key = row["key"]
    former = batch.facts.former.get((batch.step.origin, batch.key, "configs"))
    if former is None and key in batch.facts.names:
        batch.remark("a setting of this name is here already: the system's name stands before it", key)
        key = f"{batch.system}.{key}"
    secret = is_secret_name(row["key"])
    if secret:
        value = dumped(seal(row["value"], batch.tools["vault"]))
        batch.remark("a secret by its name: kept encrypted")
    else:
        text = row["value"]
        value = text if is_json(text) and text.strip() != "null" else dumped(text)
    values: dict[str, Any] = {
        "value": value,
        "description": row["description"],
        "is_active": row["is_active"],
        "is_secret": secret,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    if former is None:
        values["key"] = key
    batch.put("configs", values)


def request(row: Row, batch: Batch) -> None:
    """One request to Genesis, without what lets somebody in."""
    session = session_or_none(batch, "session_id")
    user = None if row["user_id"] is None else batch.owner("user_id", row["created_at"])
    headers = row["headers"]
    if headers is not None:
        clean = clean_json(batch, "headers")
        headers = dumped(redacted_headers(parsed(clean)))
    batch.put(
        "api_requests",
        {
            "user_id": user,
            "session_id": session.id if session else None,
            "request_id": row["request_id"],
            "method": row["method"],
            "path": redacted_text(row["path"]),
            "query_params": clean_json(batch, "query_params"),
            "request_headers": headers,
            "request_body": _body(row, batch, "body"),
            "status_code": row["status_code"],
            "response_body": _body(row, batch, "response_body"),
            "duration_ms": row["latency_ms"],
            "user_agent": row["user_agent"],
            "ip_address": _address(row, batch),
            "metadata": None,
            "created_at": row["created_at"],
        },
    )


def _body(row: Row, batch: Batch, column: str) -> str | None:
    if row[column] is None:
        return None
    clean, cut = redacted_body(row[column])
    if cut:
        batch.keep_silently(f"{column}_length", len(row[column]))
        batch.remark(f"{column} is long: it was cut")
    return clean


def _address(row: Row, batch: Batch) -> str | None:
    found = address(row["ip_address"])
    if found is None and row["ip_address"] is not None:
        batch.keep("ip_address", row["ip_address"], "not an IP address")
    return found


def metric(row: Row, batch: Batch) -> None:
    """One figure."""
    batch.put(
        "metrics",
        {
            "name": row["metric_name"],
            "value": row["metric_value"],
            "tags": batch.json("tags"),
            "recorded_at": row["timestamp"] or batch.tools["epoch"],
        },
    )


def error(row: Row, batch: Batch) -> None:
    """An error that Genesis ran into."""
    batch.put(
        "error_logs",
        {
            "error_type": row["error_type"],
            "message": row["error_message"],
            "stack_trace": row["stack_trace"],
            "request_id": row["request_id"],
            "context": clean_json(batch, "context"),
            "metadata": None,
            "created_at": row["created_at"],
        },
    )


def audit(row: Row, batch: Batch) -> None:
    """Who changed what; kinds and ids are those of this database where they are known."""
    kind = _RESOURCES.get(row["resource_type"].lower(), row["resource_type"].lower())
    if kind != row["resource_type"]:
        batch.keep_silently("source_resource_type", row["resource_type"])
    resource = row["resource_id"]
    found = next((known for place in _resource(row) if (known := batch.find(*place)) is not None), None)
    if found is not None:
        batch.keep_silently("source_resource_id", resource)
        resource = str(found.id)
    actor = None if row["user_id"] is None else batch.owner("user_id", row["created_at"])
    batch.put(
        "audit_logs",
        {
            "actor_user_id": actor,
            "user_id": actor if found is None or found.owner is None else found.owner,
            "action": row["action"],
            "resource_type": kind,
            "resource_id": resource,
            "changes": clean_json(batch, "changes"),
            "ip_address": _address(row, batch),
            "user_agent": row["user_agent"],
            "metadata": None,
            "created_at": row["created_at"],
        },
    )


def _resource(row: Row) -> Iterable[tuple[str, str, str]]:
    """Where the resource of an audit entry may be known from."""
    if row["resource_id"] is None:
        return []
    kind = _RESOURCES.get(row["resource_type"].lower(), row["resource_type"].lower())
    return [(entity, table, row["resource_id"]) for entity, table in _PLACES.get(kind, ())]


OPERATIONS: Final = (
    Step(
        "system_config",
        "configs",
        ("id", "key", "value", "description", "is_active", "created_at", "updated_at"),
        config,
        since="updated_at",
        unique="configs",
    ),
    Step(
        "api_logs",
        "api_requests",
        (
            *("id", "request_id", "session_id", "user_id", "method", "path", "query_params", "headers"),
            *("body", "status_code", "response_body", "latency_ms", "user_agent", "ip_address"),
            "created_at",
        ),
        request,
        refs=(USERS, SESSIONS),
        rows=1_000,
    ),
    Step(
        "performance_metrics",
        "metrics",
        ("id", "metric_name", "metric_value", "tags", "timestamp"),
        metric,
        since="timestamp",
    ),
    Step(
        "error_logs",
        "error_logs",
        ("id", "error_type", "error_message", "stack_trace", "request_id", "context", "created_at"),
        error,
    ),
    Step(
        "audit_logs",
        "audit_logs",
        (
            *("id", "action", "resource_type", "resource_id", "user_id", "changes", "ip_address"),
            *("user_agent", "created_at"),
        ),
        audit,
        refs=(USERS,),
        names=_resource,
        final=True,
    ),
)
