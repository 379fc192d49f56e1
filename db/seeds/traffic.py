"""What follows from the rest of the demo: requests, daily sums, metrics, and hashes without a secret."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from db.models import (
    ApiKey,
    ApiRequest,
    IdempotencyKey,
    LlmCall,
    Message,
    Metric,
    RefreshToken,
    Session,
    ToolCall,
    UsageDaily,
)
from db.seeds.rows import ANCHOR, Row, Scenario, chance, identity

_RECENT: Final = timedelta(days=31)
_METRICS: Final = (
    ("cpu.load", "cpu", 0.08, 0.71),
    ("memory.used_ratio", "memory", 0.41, 0.63),
    ("db.connections", "db", 3, 17),
    ("api.latency_p95_ms", "api", 38, 210),
)


def add_hashes(scenario: Scenario) -> None:
    """Hashes where keys and tokens would have theirs. Nobody knows a secret that leads to one."""
    for key in scenario.all(ApiKey):
        key["key_hash"] = _hash("api key", key["id"])
        key["key_prefix"] = f"atr_{identity(str(key['id'])).hex[:8]}"
    for token in scenario.all(RefreshToken):
        token["token_hash"] = _hash("refresh token", token["id"])
    for used in scenario.all(IdempotencyKey):
        used["request_hash"] = _hash("input", used["id"])


def _hash(kind: str, of: UUID) -> str:
    return sha256(f"demo {kind} {of} without a secret".encode()).hexdigest()


def add_requests(scenario: Scenario) -> None:
    """One request for each question of the last month, a few that failed, and one from each key."""
    live = {row["id"] for row in scenario.all(Session) if "deleted_at" not in row}
    messages = [row for row in scenario.all(Message) if row["session_id"] in live]
    for question, answer in pairwise(messages):
        recent = ANCHOR - question["created_at"] < _RECENT
        if recent and question["role"] == "user" and answer["session_id"] == question["session_id"]:
            took = answer["created_at"] - question["created_at"]
            _request(
                scenario,
                str(question["id"]),
                user_id=question["user_id"],
                session_id=question["session_id"],
                created_at=question["created_at"],
                duration_ms=min(30_000, round(took.total_seconds() * 1000)),
            )
    for key in scenario.all(ApiKey):
        if "last_used_at" in key:
            _request(
                scenario,
                str(key["id"]),
                user_id=key["user_id"],
                api_key_id=key["id"],
                created_at=key["last_used_at"],
                duration_ms=48,
                user_agent="atrium-client/0.3",
            )
    for request_id, who, session, when, status, code, message in _FAILURES:
        failed = identity(f"Session/{session}")
        _request(
            scenario,
            request_id,
            request_id=request_id,
            user_id=f"User/{who}",
            session_id=failed,
            created_at=when,
            status_code=status,
            error_code=code,
            error_message=message,
            duration_ms=10_030,
        )


_FAILURES: Final = (
    (
        "req-greenhouse-timeout",
        "mei",
        "greenhouse-gateway",
        "-1d 11:00:14",
        504,
        "TOOL_TIMEOUT",
        "The tool did not answer.",
    ),
    (
        "req-provider-429",
        "mei",
        "standup-notes",
        "-6d 01:00:30",
        502,
        "PROVIDER_REFUSED",
        "The provider refused the call.",
    ),
    (
        "req-bad-cursor",
        "admin",
        "incident-review",
        "-2d 03:00:00",
        400,
        "INVALID_CURSOR",
        "The cursor is of another list.",
    ),
)


def _request(scenario: Scenario, name: str, **values: Any) -> None:
    row = {
        "id": identity(f"ApiRequest/{name}"),
        "request_id": f"req-{identity(name).hex[:12]}",
        "method": "POST",
        "path": "/graphql",
        "request_headers": {"accept": "application/graphql-response+json", "accept-language": "zh-TW"},
        "request_body": '{"operationName":"SendMessage"}',
        "status_code": 200,
        "user_agent": "Mozilla/5.0 (Macintosh) Safari/618",
        "ip_address": f"203.0.113.{round(chance(name, 2, 250))}",
        **values,
    }
    scenario.add(ApiRequest, **row)


def add_usage(scenario: Scenario) -> None:
    """What each user used on each day, counted from the rows as the service itself would."""
    days: dict[tuple[UUID, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    deleted = {row["id"] for row in scenario.all(Session) if "deleted_at" in row}
    rag = {row["id"] for row in scenario.all(Session) if row.get("mode") == "rag"}
    for session in scenario.all(Session):
        days[_day(session)]["session_count"] += session["id"] not in deleted
    for message in scenario.all(Message):
        counted = message["session_id"] not in deleted and "deleted_at" not in message
        days[_day(message)]["message_count"] += counted
        asked = message["role"] == "user" and message["session_id"] in rag
        days[_day(message)]["rag_query_count"] += counted and asked
    for call in scenario.all(ToolCall):
        days[_day(call)]["tool_call_count"] += 1
    for call in scenario.all(LlmCall):
        days[_day(call)]["total_tokens"] += call.get("total_tokens", 0)
        if call["status"] == "succeeded":
            days[_day(call)]["response_time_ms_sum"] += call["latency_ms"]
            days[_day(call)]["response_count"] += 1
    for (user, day), sums in days.items():
        _usage(scenario, user, day, sums)


def _day(row: Row) -> tuple[UUID, date]:
    return row["user_id"], row["created_at"].date()


def _usage(scenario: Scenario, user: UUID, day: date, sums: dict[str, int]) -> None:
    night = datetime(day.year, day.month, day.day, 23, 59, tzinfo=ANCHOR.tzinfo)
    count = sums.get("response_count", 0)
    scenario.add(
        UsageDaily,
        id=identity(f"UsageDaily/{user}/{day}"),
        user_id=user,
        date=day,
        created_at=min(night, ANCHOR),
        **({"avg_response_time_ms": sums["response_time_ms_sum"] // count} if count else {}),
        **sums,
    )


def add_metrics(scenario: Scenario) -> None:
    """The last two days of the machine, hour by hour."""
    for hour in range(48):
        when = ANCHOR - timedelta(hours=hour)
        for name, kind, low, high in _METRICS:
            scenario.add(
                Metric,
                id=identity(f"Metric/{name}/{hour}"),
                name=name,
                metric_type=kind,
                value=Decimal(str(round(chance(f"{name}/{hour}", low, high), 3))),
                tags={"host": "atrium-1"},
                recorded_at=when,
            )
