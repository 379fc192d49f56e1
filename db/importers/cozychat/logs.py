"""Tool calls, requests and metrics of CozyChat, and the figures to be found on both sides."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from db.importers.batch import Batch
from db.importers.cozychat.chats import own_session
from db.importers.redaction import redacted_text
from db.importers.steps import Ref, Row, Step, Sum
from db.importers.texts import dumped, is_json, parsed
from db.importers.values import call_status

EMBEDDED: Final = "messages.tool_calls"
LEAVES: Final = "system_metrics.metrics"


def tool_call(row: Row, batch: Batch) -> None:
    """A call of a tool; what it gave back is kept as JSON where it is JSON, else as text."""
    owner = batch.owner("user_id", row["created_at"])
    result = row["result"]
    structured = result is not None and is_json(result)
    batch.put(
        "tool_calls",
        {
            "user_id": owner,
            "session_id": own_session(row, batch, owner),
            "message_id": _own_message(row, batch, owner),
            "tool_name": row["tool_name"],
            "tool_type": row["tool_type"],
            "arguments": batch.json("parameters"),
            "result": result if structured else None,
            "result_text": None if structured else result,
            "status": call_status(row["status"]) or "unknown",
            "error_message": row["error_message"],
            "duration_ms": row["execution_time_ms"],
            "created_at": row["created_at"],
        },
        source_id=row["id"],
    )


def _own_message(row: Row, batch: Batch, owner: object) -> Any:
    if row["message_id"] is None:
        return None
    found = batch.ref("message_id")
    if found is None or found.owner != owner:
        batch.keep_silently("source_message_id", str(row["message_id"]))
        batch.orphan("message_id names no message of the user: it was left empty", row["message_id"])
        return None
    return found.id


def embedded_calls(row: Row, batch: Batch) -> None:
    """Calls that stand in a message alone: those of a message that the log knows are not counted again."""
    message = batch.ref("id")
    calls = parsed(batch.json("tool_calls", "[]"))
    if message is None or message.owner is None:
        return
    session = batch.ref("session_id")
    for number, call in enumerate(calls if isinstance(calls, list) else [calls]):
        if not isinstance(call, dict):
            continue
        function = call["function"] if isinstance(call.get("function"), dict) else call
        name = function.get("name") or call.get("tool_name") or call.get("tool")
        result, error = call.get("result"), call.get("error")
        said = call.get("status")
        status = call_status(said if isinstance(said, str) else None)
        if status is None:
            status = "failed" if error else "unknown" if result is None else "succeeded"
        batch.put(
            "tool_calls",
            {
                "user_id": message.owner,
                "session_id": session.id if session else None,
                "message_id": message.id,
                "tool_name": str(name or "unknown"),
                "arguments": _arguments(function),
                "result": None if result is None else dumped(result),
                "status": status,
                "error_message": None if error is None else str(error),
                "metadata": dumped({"embedded_id": call["id"]}) if isinstance(call.get("id"), str) else None,
                "created_at": row["created_at"],
            },
            table=EMBEDDED,
            key=f"{batch.key}#{number}",
        )
    batch.settled("messages", message.id)


def _arguments(function: dict[str, Any]) -> str:
    for name in ("arguments", "parameters", "args", "input"):
        said = function.get(name)
        if isinstance(said, str):
            return said if is_json(said) else dumped({"text": said})
        if said is not None:
            return dumped(said)
    return "{}"


def request(row: Row, batch: Batch) -> None:
    """One request to CozyChat's API."""
    batch.put(
        "api_requests",
        {
            "user_id": None if row["user_id"] is None else batch.owner("user_id", row["created_at"]),
            "api_key_id": known.id if (known := batch.ref("api_key_id")) is not None else None,
            "path": redacted_text(row["endpoint"]),
            "method": row["method"],
            "status_code": row["status_code"],
            "duration_ms": row["response_time_ms"],
            "error_code": row["error_code"],
            "error_message": row["error_message"],
            "user_agent": row["user_agent"],
            "ip_address": row["ip_address"],
            "request_id": row["request_id"],
            "created_at": row["created_at"],
        },
        source_id=row["id"],
    )


def metrics(row: Row, batch: Batch) -> None:
    """A bundle of figures: one row for each, the bundle itself with the first."""
    text = batch.json("metrics")
    leaves = list(_leaves(json.loads(text or "{}", parse_float=Decimal)))
    if not leaves:
        batch.remark("no figure in a bundle: it is kept as the payload of a zero")
        leaves = [("", 0)]
    for number, (path, value) in enumerate(leaves):
        values = {
            "name": f"{row['metric_type']}.{path}" if path else row["metric_type"],
            "value": value,
            "metric_type": row["metric_type"],
            "recorded_at": row["recorded_at"],
        }
        if number == 0:
            batch.put("metrics", {**values, "payload": text}, source_id=row["id"])
        else:
            batch.put("metrics", values, table=LEAVES, key=f"{batch.key}#{path}")


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, int | Decimal]]:
    """Every number in a JSON value by its path, in the order of the paths."""
    match value:
        case bool():
            return
        case int() | Decimal():
            yield path, value
        case dict():
            for key in sorted(value):
                yield from _leaves(value[key], f"{path}.{key}" if path else str(key))
        case list():
            for number, each in enumerate(value):
                yield from _leaves(each, f"{path}.{number}" if path else str(number))


def _messages(row: Row) -> Iterable[tuple[str, str, str]]:
    return [("messages", "messages", str(row["message_id"]))] if row["message_id"] else []


_USERS: Final = Ref("user_id", "users", "users")
_SESSIONS: Final = Ref("session_id", "sessions", "sessions")

LOGS: Final = (
    Step(
        "tool_usage_logs",
        "tool_calls",
        (
            *("id", "user_id", "session_id", "message_id", "tool_name", "tool_type", "parameters", "result"),
            *("status", "error_message", "execution_time_ms", "created_at"),
        ),
        tool_call,
        refs=(_USERS, _SESSIONS, Ref("message_id", "messages", "messages")),
    ),
    Step(
        "messages",
        "messages",
        ("id", "session_id", "tool_calls", "created_at"),
        embedded_calls,
        name=EMBEDDED,
        refs=(Ref("id", "messages", "messages"), _SESSIONS),
        parts=(EMBEDDED,),
        tables=("tool_usage_logs",),
        where="t.tool_calls IS NOT NULL AND NOT EXISTS "
        "(SELECT FROM tool_usage_logs l WHERE l.message_id = t.id)",
        partial=True,
    ),
    Step(
        "api_requests",
        "api_requests",
        (
            *("id", "user_id", "api_key_id", "endpoint", "method", "status_code", "response_time_ms"),
            *("error_code", "error_message", "user_agent", "ip_address", "request_id", "created_at"),
        ),
        request,
        refs=(_USERS, Ref("api_key_id", "api_keys", "user_api_keys")),
    ),
    Step(
        "system_metrics",
        "metrics",
        ("id", "metric_type", "metrics", "recorded_at"),
        metrics,
        parts=(LEAVES,),
        since="recorded_at",
    ),
)

_TOTAL: Final = (
    "CASE WHEN jsonb_typeof(tokens_used->'{0}') = 'number' AND "
    "(tokens_used->>'{0}')::numeric % 1 = 0 THEN (tokens_used->>'{0}')::numeric END"
)
_FITS: Final = "BETWEEN 0 AND 2147483647"


def _tokens(name: str, column: str) -> Sum:
    amount = _TOTAL.format(name)
    return Sum(
        f"tokens of messages ({name})",
        ("messages",),
        f"SELECT sum({amount}), sum({amount}) FILTER (WHERE {amount} {_FITS}) FROM messages",
        f"SELECT sum(e.{column}) FROM messages e JOIN import_map m ON m.entity_id = e.id "
        "WHERE m.source = $1 AND m.source_table = 'messages' AND m.entity = 'messages'",
    )


SUMS: Final = (
    _tokens("prompt", "prompt_tokens"),
    _tokens("completion", "completion_tokens"),
    Sum(
        "messages",
        ("messages",),
        "SELECT count(*), count(*) FROM messages",
        "SELECT count(*) FROM messages e JOIN import_map m ON m.entity_id = e.id "
        "WHERE m.source = $1 AND m.source_table = 'messages' AND m.entity = 'messages'",
    ),
    Sum(
        "milliseconds of tool calls",
        ("tool_usage_logs",),
        f"SELECT sum(execution_time_ms), sum(execution_time_ms) FILTER (WHERE execution_time_ms {_FITS}) "
        "FROM tool_usage_logs",
        "SELECT sum(e.duration_ms) FROM tool_calls e JOIN import_map m ON m.entity_id = e.id "
        "WHERE m.source = $1 AND m.source_table = 'tool_usage_logs' AND m.entity = 'tool_calls'",
    ),
)
