"""Genesis' data at any size, with every trap that its design allows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.importers.data.common import BCRYPT, Chance, Rows, Table, Values, js, zoned

SECRET = "sk-live-0123456789abcdef"  # noqa: S105


def tables(rows: int, seed: int = 1) -> list[Table]:
    """About so many rows in all tables together."""
    chance = Chance(seed)
    people = _users(chance, max(8, rows // 100))
    names = [*(str(row[0]) for row in people), *(row[1] for row in people[:4]), "visitor-7", "someone@else.example",
             str(chance.uuid()), "15"]  # fmt: skip
    chats = _chats(chance, max(15, rows // 15), names)
    visits = _visits(chance, max(15, rows // 20), names, chats)
    keys = [row[1] for row in chats]
    homes = [row[1] for row in visits]
    count = max(20, rows // 20)
    intents = _intents(chance, count, homes, names)
    return [
        Table("users", ("id", "username", "email", "password_hash", "full_name", "is_active", "created_at",
              "updated_at"), people),
        Table("chat_sessions", ("id", "session_id", "system_prompt", "user_id", "created_at", "updated_at"), chats),
        Table("user_sessions", ("id", "session_id", "user_id", "user_segment", "preferences", "created_at",
              "updated_at"), visits),
        Table("chat_messages", ("id", "session_id", "role", "content", "created_at"),
              _messages(chance, max(60, rows // 2), keys)),
        Table("llm_calls", ("id", "session_id", "user_id", "provider", "model", "endpoint", "request_data",
              "response_data", "tokens_used", "cost_usd", "latency_ms", "status_code", "error_message",
              "created_at"), _calls(chance, max(40, rows // 10), keys, names)),
        Table("tool_calls", ("id", "session_id", "tool_name", "tool_args", "result", "duration_ms", "status",
              "error_message", "created_at"), _tools(chance, count, keys)),
        Table("user_behaviors", ("id", "session_id", "user_id", "behavior_type", "behavior_data",
              "detected_intent", "intent_confidence", "created_at"), _behaviors(chance, count, homes, names)),
        Table("intent_analyses", ("id", "session_id", "user_id", "primary_intent", "secondary_intents",
              "target_audience_segment", "urgency_level", "analysis_model", "analysis_confidence",
              "created_at"), intents),
        Table("ad_recommendations", ("id", "session_id", "user_id", "analysis_id", "ad_id", "product_id",
              "relevance_score", "ad_copy", "recommendation_reason", "position", "created_at"),
              _ads(chance, count, intents)),
        Table("system_config", ("id", "key", "value", "description", "is_active", "created_at", "updated_at"),
              _configs(chance)),
        Table("api_logs", ("id", "request_id", "session_id", "user_id", "method", "path", "query_params",
              "headers", "body", "status_code", "response_body", "latency_ms", "user_agent", "ip_address",
              "created_at"), _requests(chance, count, keys, names)),
        Table("performance_metrics", ("id", "metric_name", "metric_value", "tags", "timestamp"),
              [(n, f"metric_{n % 5}", Decimal("NaN") if n == 4 else Decimal(n) / 7 // Decimal("0.000001") / 10**6,
                js({"host": "甲"}) if n % 2 else None, zoned(chance.time())) for n in range(count)]),
        Table("error_logs", ("id", "error_type", "error_message", "stack_trace", "request_id", "context",
              "created_at"), _errors(chance, count)),
        Table("audit_logs", ("id", "action", "resource_type", "resource_id", "user_id", "changes",
              "ip_address", "user_agent", "created_at"), _audit(chance, count, people, chats, names)),
    ]  # fmt: skip


def _users(chance: Chance, count: int) -> Rows:
    return [
        (
            chance.uuid(), "admin" if n == 0 else f"genesis{n}", f"g{n}@genesis.example",
            BCRYPT if n % 5 else "md5$abc", None if n % 3 == 0 else f"用户 {n}", (True, False, None)[n % 3],
            zoned(chance.time()), zoned(chance.time() + timedelta(days=60)),
        )
        for n in range(count)
    ]  # fmt: skip


def _chats(chance: Chance, count: int, names: Values) -> Rows:
    return [
        (
            n * 3 + 1, f"chat-{n}", "你是一個助手" if n % 2 else None, None if n % 4 == 1 else chance.choice(names),
            None if n == 6 else zoned(chance.time()), zoned(chance.time() + timedelta(days=60)),
        )
        for n in range(count)
    ]  # fmt: skip


def _visits(chance: Chance, count: int, names: Values, chats: Rows) -> Rows:
    preferences = [
        '{"a": 1, "a": 2}',
        '{"bad": "\\u0000"}',
        '{"half": "\\ud800"}',
        '{"theme": "dark"}',
        None,
        "[1]",
    ]
    return [
        (
            n * 5 + 2, chats[n][1] if n % 3 == 0 and n < len(chats) else f"visit-{n}", chance.choice(names),
            "年輕族群" if n % 2 else None, preferences[n % 6], zoned(chance.time()), zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _messages(chance: Chance, count: int, keys: Values) -> Rows:
    return [
        (
            n + 10, "lost-chat" if n % 37 == 5 else chance.choice(keys),
            "moderator" if n % 29 == 3 else ("user", "Assistant", "system")[n % 3], chance.text(),
            None if n % 41 == 9 else zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _calls(chance: Chance, count: int, keys: Values, names: Values) -> Rows:
    rows = []
    for n in range(count):
        usage: dict[str, Any] = {"prompt_tokens": n, "completion_tokens": 2, "total_tokens": n + 2}
        if n % 4 == 1:
            usage = {"input_tokens": n, "output_tokens": 1, "cache_read_input_tokens": 1}
        request = {"messages": [{"role": "user", "content": "嗨"}], "api_key": SECRET, "max_tokens": 50}
        cost = (0.1 + 0.2, 1e-9, None, 0.00012345, float("nan"), 3.0)[n % 6]
        rows.append((
            n + 1, "gone" if n % 17 == 3 else (None if n % 5 == 2 else chance.choice(keys)),
            None if n % 3 == 1 else chance.choice(names), "openai", "gpt-4o", "chat/completions",
            '{"x": "\\u0000", "password": "hunter22"}' if n == 8 else js(request),
            None if n % 6 == 5 else js({"usage": usage, "token": SECRET}), None if n % 4 == 2 else n * 9, cost,
            -4 if n == 11 else n, (200, 500, None, 504)[n % 4], "逾時" if n % 4 == 3 else None,
            zoned(chance.time()),
        ))  # fmt: skip
    return rows


def _tools(chance: Chance, count: int, keys: Values) -> Rows:
    statuses = ("success", "OK", "failed", "timeout", "running", "weird")
    return [
        (
            n + 1, None if n % 5 == 4 else ("gone" if n % 7 == 3 else chance.choice(keys)), "search",
            js({"q": n}) if n % 3 else None, '{"u": "\\u0000"}' if n == 5 else js([n]), n * 2, statuses[n % 6], "逾時" if n % 6 in {2, 3} else None, zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _behaviors(chance: Chance, count: int, homes: Values, names: Values) -> Rows:
    return [
        (
            n + 1, "never-seen" if n % 11 == 5 else chance.choice(homes), chance.choice(names), "click",
            js({"x": n}), "購買" if n % 2 else None, float("inf") if n % 13 == 4 else 0.5, zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _intents(chance: Chance, count: int, homes: Values, names: Values) -> Rows:
    return [
        (
            n + 1, chance.choice(homes), chance.choice(names), "buy", (js(["a"]), js({"b": 1}), None)[n % 3],
            "students", float("nan") if n == 3 else n / 3, "gpt" if n % 2 else None, 0.25 if n % 2 else None,
            zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _ads(chance: Chance, count: int, intents: Rows) -> Rows:
    rows = []
    for n in range(count):
        intent = chance.choice(intents)
        analysis = None if n % 5 == 1 else (99_999 if n % 7 == 2 else intent[0])
        rows.append((
            n + 1, intent[1], intent[2], analysis, f"ad-{n}", f"p-{n}", 0.5, chance.text(),
            "因為" if n % 2 else None, -1 if n == 6 else n % 4, zoned(chance.time()),
        ))  # fmt: skip
    return rows


def _configs(chance: Chance) -> Rows:
    values = {
        "llm.defaults": '{"model": "gpt-4o"}', "site.title": "創世紀", "limits.max": "12", "flags.beta": "true",
        "nothing": "null", "openai_api_key": SECRET, "smtp.password": "hunter22", "broken": '{"a": ',
    }  # fmt: skip
    return [
        (
            n + 1,
            key,
            value,
            None if n % 2 else "說明",
            (True, False, None)[n % 3],
            zoned(chance.time()),
            zoned(chance.time()),
        )
        for n, (key, value) in enumerate(values.items())
    ]


def _requests(chance: Chance, count: int, keys: Values, names: Values) -> Rows:
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": "sid=1", "X-Api-Key": SECRET, "Accept": "*/*"}
    rows = []
    for n in range(count):
        body = (js({"password": "hunter22", "q": "你好"}), f"user=a&password=hunter22&key={SECRET}", None,
                "x" * 20_000)[n % 4]  # fmt: skip
        rows.append((
            n + 1, f"req-{n}", "gone" if n % 9 == 4 else (None if n % 3 else chance.choice(keys)),
            None if n % 4 == 1 else chance.choice(names), "POST", "/chat", js({"token": SECRET, "page": "1"}),
            js(headers) if n % 5 else None, body, 200, js({"access_token": SECRET}), n, "curl/8",
            ("203.0.113.5", "not-an-ip", None, "::1", "unknown, 10.0.0.1")[n % 5], zoned(chance.time()),
        ))  # fmt: skip
    return rows


def _errors(chance: Chance, count: int) -> Rows:
    return [
        (
            n + 1, "ValueError", "壞掉了", "Traceback …" if n % 2 else None, f"req-{n}" if n % 3 else None,
            js({"secret": SECRET, "n": n}) if n % 4 else None, zoned(chance.time()),
        )
        for n in range(count)
    ]  # fmt: skip


def _audit(chance: Chance, count: int, people: Values, chats: Rows, names: Values) -> Rows:
    rows = []
    for n in range(count):
        kind, key = (
            ("users", str(chance.choice(people)[0])), ("chat_session", chance.choice(chats)[1]), ("Invoice", "77"),
            ("system_config", None),
        )[n % 4]  # fmt: skip
        rows.append((
            n + 1, "update", kind, key, None if n % 5 == 3 else chance.choice(names),
            js({"name": ["a", "b"], "password": ["x", "y"]}) if n % 2 else None, ("10.0.0.1", "bad")[n % 2], "curl",
            zoned(chance.time()),
        ))  # fmt: skip
    return rows
