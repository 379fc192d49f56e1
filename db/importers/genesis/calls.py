"""Calls of language models and of tools by Genesis."""

from typing import Any, Final

from db.importers.batch import Batch
from db.importers.genesis.chats import SESSIONS
from db.importers.genesis.people import USERS
from db.importers.owners import belonging, session_or_none
from db.importers.redaction import redacted, redacted_text
from db.importers.steps import Row, Step
from db.importers.texts import dumped, has_duplicates, jsonb_fault, parsed
from db.importers.values import call_status, money, whole

_PROMPT: Final = ("prompt_tokens", "input_tokens")
_COMPLETION: Final = ("completion_tokens", "output_tokens")


def clean_json(batch: Batch, column: str, default: str | None = "{}") -> str | None:
    """A JSON column without secrets; what `jsonb` cannot hold is kept as text, without secrets too."""
    text: str | None = batch.row[column]
    if text is None:
        return default
    fault = jsonb_fault(text)
    if fault is not None:
        batch.keep(column, redacted_text(text), fault)
        return default
    if has_duplicates(text):
        batch.keep(column, redacted_text(text), "a key twice in a JSON object: the last one counts")
    said = parsed(text)
    clean = redacted(said)
    return text if clean == said else dumped(clean)


def llm_call(row: Row, batch: Batch) -> None:
    """A call of a language model; the split of its tokens is in the answer, if anywhere."""
    session = session_or_none(batch, "session_id")
    response = clean_json(batch, "response_data", None)
    prompt, completion, cached, counted = _usage(response)
    total = row["tokens_used"]
    if total is None and counted is not None:
        total = counted
        batch.keep_silently("total_from_usage", True)
    batch.put(
        "llm_calls",
        {
            "user_id": belonging(batch, session, "user_id", row["created_at"]),
            "session_id": session.id if session else None,
            "provider": row["provider"],
            "model": row["model"],
            "endpoint": row["endpoint"],
            "request": clean_json(batch, "request_data"),
            "response": response,
            "status": _status(row),
            "http_status": row["status_code"],
            "error_message": row["error_message"],
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "cached_tokens": cached,
            "total_tokens": total,
            "cost_usd": money(row["cost_usd"]),
            "latency_ms": row["latency_ms"],
            "metadata": None,
            "created_at": row["created_at"],
        },
    )


def _usage(response: str | None) -> tuple[int | None, int | None, int | None, int | None]:
    """Tokens of the prompt, of the answer, from the cache, and altogether, as providers write them."""
    if response is None or '"usage"' not in response:
        return None, None, None, None
    said = parsed(response)
    usage = said.get("usage") if isinstance(said, dict) else None
    if not isinstance(usage, dict):
        return None, None, None, None
    details = usage.get("prompt_tokens_details")
    cached = (
        details.get("cached_tokens") if isinstance(details, dict) else usage.get("cache_read_input_tokens")
    )
    return _first(usage, _PROMPT), _first(usage, _COMPLETION), whole(cached), whole(usage.get("total_tokens"))


def _first(usage: dict[str, Any], names: tuple[str, ...]) -> int | None:
    return next((whole(usage[name]) for name in names if usage.get(name) is not None), None)


def _status(row: Row) -> str:
    code = row["status_code"]
    if code in {408, 504}:
        return "timeout"
    if row["error_message"] or (code is not None and code >= 400):
        return "failed"
    return "succeeded" if code is not None or row["response_data"] is not None else "unknown"


def tool_call(row: Row, batch: Batch) -> None:
    """A call of a tool, whose status is a word that nobody checked."""
    session = session_or_none(batch, "session_id")
    status = call_status(row["status"])
    if status is None:
        batch.keep("status", row["status"], "not a status that is known here")
    batch.put(
        "tool_calls",
        {
            "user_id": belonging(batch, session, None, row["created_at"]),
            "session_id": session.id if session else None,
            "tool_name": row["tool_name"],
            "arguments": batch.json("tool_args"),
            "result": batch.json("result", None),
            "status": status or "unknown",
            "error_message": row["error_message"],
            "duration_ms": row["duration_ms"],
            "metadata": None,
            "created_at": row["created_at"],
        },
    )


CALLS: Final = (
    Step(
        "llm_calls",
        "llm_calls",
        (
            *("id", "session_id", "user_id", "provider", "model", "endpoint", "request_data"),
            *("response_data", "tokens_used", "cost_usd", "latency_ms", "status_code", "error_message"),
            "created_at",
        ),
        llm_call,
        refs=(USERS, SESSIONS),
        rows=2_000,
    ),
    Step(
        "tool_calls",
        "tool_calls",
        (
            *("id", "session_id", "tool_name", "tool_args", "result", "duration_ms", "status"),
            *("error_message", "created_at"),
        ),
        tool_call,
        refs=(SESSIONS,),
    ),
)
