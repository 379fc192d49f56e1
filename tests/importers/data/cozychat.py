"""CozyChat's data at any size, with every trap that its design allows."""

from datetime import datetime, timedelta
from hashlib import sha256

from tests.importers.data.common import BCRYPT, START, Chance, Rows, Table, Values, js

USERS = ["id", "username", "email", "password_hash", "role", "status", "display_name", "avatar_url", "bio", "preferences", "email_verified", "email_verified_at", "last_login_at", "last_login_ip", "total_sessions", "total_messages", "total_tokens_used", "created_at", "updated_at", "deleted_at"]  # fmt: skip
INFINITE = datetime.max


def tables(rows: int, seed: int = 3) -> list[Table]:
    """About so many rows in all tables together."""
    chance = Chance(seed)
    people = _users(chance, max(12, rows // 100))
    ids = [row[0] for row in people]
    slugs = ["health_assistant", "coder", "旅行顧問", "tutor", "deleted_one"]
    personalities = _personalities(chance, slugs, ids)
    sessions = _sessions(chance, max(20, rows // 20), ids, slugs)
    memories = _memories(chance, max(20, rows // 20), sessions)
    messages = _messages(chance, max(60, rows * 6 // 10), sessions, memories, ids)
    tools = _tools(chance, max(20, rows // 10), messages)
    keys = _keys(chance, ids)
    requests = _requests(chance, max(20, rows // 12), ids, keys)
    return [
        Table("users", tuple(USERS), people),
        Table("user_profiles", ("user_id", "interests", "habits", "personality_insights", "statistics",
              "generated_at", "updated_at"), _profiles(chance, ids)),
        Table("user_api_keys", ("id", "user_id", "key_hash", "key_prefix", "name", "description", "scopes",
              "rate_limit", "status", "last_used_at", "created_at", "expires_at", "revoked_at"), keys),
        Table("personalities", ("id", "user_id", "name", "description", "icon", "tags", "config", "is_default",
              "is_public", "status", "usage_count", "created_at", "updated_at"), personalities),
        Table("sessions", ("id", "user_id", "personality_id", "title", "metadata", "message_count",
              "total_tokens_used", "created_at", "updated_at", "last_message_at", "deleted_at"), sessions),
        Table("memory_metadata", ("id", "user_id", "session_id", "memory_type", "content", "importance",
              "quality_score", "category", "tags", "related_memory_ids", "metadata", "access_count",
              "last_accessed_at", "created_at", "expires_at"), memories),
        Table("messages", ("id", "session_id", "user_id", "role", "content", "model", "temperature",
              "tokens_used", "tool_calls", "memories_used", "metadata", "created_at"), messages),
        Table("tool_usage_logs", ("id", "user_id", "session_id", "message_id", "tool_name", "tool_type",
              "parameters", "result", "status", "error_message", "execution_time_ms", "created_at"), tools),
        Table("api_requests", ("id", "user_id", "api_key_id", "endpoint", "method", "status_code",
              "response_time_ms", "error_code", "error_message", "user_agent", "ip_address", "request_id",
              "created_at"), requests),
        Table("system_metrics", ("id", "metric_type", "metrics", "recorded_at"), _metrics(chance, rows // 40)),
    ]  # fmt: skip


def _users(chance: Chance, count: int) -> Rows:
    rows = []
    for number in range(count):
        made = chance.time()
        name = "admin" if number == 0 else f"user{number:05}"
        status, deleted = "active", None
        if number % 11 == 3:
            status = "deleted"
        elif number % 11 == 5:
            deleted = made + timedelta(days=2)
        elif number % 11 == 7:
            status = "suspended"
        elif number % 11 == 9:
            status, deleted = "deleted", made + timedelta(days=3)
        preferences = {
            "default_personality": chance.choice(["health_assistant", "coder", "nowhere"]),
            "language": chance.choice(["zh-CN", "zh_tw", "en", "??"]),
            "theme": chance.choice(["light", "dark", "solarized"]),
            "auto_tts": chance.random() < 0.5,
            "show_reasoning": chance.random() < 0.5,
        }
        if number % 5 == 1:
            preferences["fontSize"] = 14
        rows.append((
            chance.uuid(), name, f"{name}@cozy.example", BCRYPT if number % 2 else f"pbkdf2${chance.uuid()}",
            "admin" if number == 0 else chance.choice(["user", "guest"]), status,
            f"顯示 {number}" if number % 3 else None, "https://img.example/a.png" if number % 4 else None,
            chance.text() if number % 4 else None, js([1, 2] if number == 4 else preferences),
            number % 2 == 0, made if number % 2 == 0 else None, made if number % 3 else None,
            "2001:db8::1" if number % 2 else "192.0.2.7", chance.randrange(9), chance.randrange(99),
            2**40 + number, made, made + timedelta(days=1), deleted,
        ))  # fmt: skip
    return rows


def _profiles(chance: Chance, ids: Values) -> Rows:
    return [
        (
            user, ["茶", "登山", None] if number == 2 else ["茶"], js({"most_active_time": "evening"}),
            js({"communication_style": "直接"}), js({"n": number}), START, START + timedelta(days=1),
        )
        for number, user in enumerate(ids) if number % 2 == 0
    ]  # fmt: skip


def _keys(chance: Chance, ids: Values) -> Rows:
    rows = []
    for number, user in enumerate(ids[:60]):
        hashed = sha256(f"ck_{number:08}_0123456789abcdef".encode()).hexdigest()
        if number % 4 == 1:
            hashed = f"$2b$12$foreign{number}"
        status, revoked, expires = "active", None, None
        if number % 6 == 2:
            status = "revoked"
        if number % 6 == 3:
            revoked = START + timedelta(days=9)
        if number % 6 == 4:
            expires = START
        scopes = [["chat", "memory"], ["audio", "session:read"], [], ["chat", "karaoke"]][number % 4]
        rows.append((
            chance.uuid(), user, hashed, f"ck_{number:05}", f"key {number}", None if number % 2 else "自動化",
            scopes, None if number % 3 else (0 if number == 6 else 60), status,
            START + timedelta(days=5) if number % 2 else None, START, expires, revoked,
        ))  # fmt: skip
    return rows


def _personalities(chance: Chance, slugs: list[str], ids: Values) -> Rows:
    return [
        (
            slug, None if number == 0 else ids[1], f"個性 {slug}", chance.text(), "🩺", ["健康", slug],
            js({"model": "gpt-4o", "traits": {"calm": 0.9}}), number in {1, 3}, number % 2 == 0,
            "deleted" if slug == "deleted_one" else ("archived" if number == 3 else "active"),
            number * 7, START, START + timedelta(days=4),
        )
        for number, slug in enumerate(slugs)
    ]  # fmt: skip


def _sessions(chance: Chance, count: int, ids: Values, slugs: list[str]) -> Rows:
    rows = []
    for number in range(count):
        made = chance.time()
        rows.append((
            chance.uuid(), chance.choice(ids), chance.choice([*slugs, "gone_persona"]),
            "新会话" if number % 3 == 0 else chance.text(2, 6),
            js(["a", "list"] if number == 5 else {"device": "手機"}), chance.randrange(20), chance.randrange(999),
            made, made, made if number % 2 else None,
            made + timedelta(days=7) if number % 17 == 3 else None,
        ))  # fmt: skip
    return rows


def _memories(chance: Chance, count: int, sessions: Rows) -> Rows:
    rows: Rows = []
    for number in range(count):
        session = chance.choice(sessions)
        owner, home = session[1], session[0]
        related = [row[0] for row in rows if row[1] == owner][:3]
        if number % 6 == 1:
            related.append(chance.uuid())
        if number % 15 == 4:
            home = chance.choice(sessions)[0]
        made = chance.time()
        rows.append((
            chance.uuid(), owner, home if number % 3 else None, chance.choice(["user", "ai", "system"]),
            chance.text(), 1.5 if number % 19 == 2 else round(chance.random(), 3),
            float("nan") if number % 23 == 2 else (0.5 if number % 2 else None),
            "喜好" if number % 2 else None, ["標籤", "tag"], related, js({"k": number}), chance.randrange(50),
            made if number % 2 else None, made, START + timedelta(days=900) if number % 2 else None,
        ))  # fmt: skip
    return rows


def _tokens(chance: Chance, number: int) -> str | None:
    prompt, completion = chance.randrange(900), chance.randrange(400)
    match number % 12:
        case 0 | 1 | 2 | 3 | 4:
            return None
        case 5:
            return js({"prompt": prompt, "completion": completion})
        case 6 if number % 60 == 6:
            return js({"prompt": prompt, "completion": 2**33, "total": -5})
        case 7 if number % 36 == 7:
            return js({"prompt": "many", "total": 12})
        case 8 if number % 36 == 8:
            return js([prompt])
        case 9 if number % 36 == 9:
            return js({"prompt": prompt, "completion": completion, "total": prompt + completion, "cached": 3})
    return js({"prompt": prompt, "completion": completion, "total": prompt + completion})


def _messages(chance: Chance, count: int, sessions: Rows, memories: Rows, ids: Values) -> Rows:
    rows = []
    for number in range(count):
        session = chance.choice(sessions)
        calls = uses = None
        if number % 9 == 4:
            calls = [{"id": f"call_{number}", "type": "function",
                      "function": {"name": "search", "arguments": js({"q": "台南"})}}]  # fmt: skip
            if number % 18 == 4:
                calls.append(
                    {"name": "計算", "parameters": {"x": 1}, "result": {"y": 2}, "status": "success"}
                )
        if number % 7 == 2:
            uses = [{"id": f"mem_{number}", "similarity": 0.85}]
            own = [row[0] for row in memories[:200] if row[1] == session[1]]
            if own:
                uses.append({"id": str(own[0]), "similarity": 0.4})
        role = ("user", "assistant", "system", "tool")[number % 4 if number % 10 == 9 else number % 2]
        made = session[7] + timedelta(seconds=chance.randrange(4000)) if number % 40 else session[7]
        rows.append((
            chance.uuid(), session[0], session[1] if number % 50 != 13 else chance.choice(ids), role,
            chance.text(), "gpt-4o" if role == "assistant" else None,
            float("inf") if number % 70 == 21 else (0.7 if role == "assistant" else None),
            _tokens(chance, number), js(calls) if calls else None, js(uses) if uses else None,
            js({"n": number} if number % 5 else {}),
            INFINITE if number == 33 else made,
        ))  # fmt: skip
    return rows


def _tools(chance: Chance, count: int, messages: Rows) -> Rows:
    calling = [row for row in messages if row[8] is not None]
    rows = []
    for number in range(count):
        message = chance.choice(calling[: len(calling) // 2] or messages)
        rows.append((
            chance.uuid(), message[2], message[1] if number % 5 else None, message[0] if number % 3 else None,
            f"tool_{number % 7}", ("builtin", "mcp")[number % 2], js({"n": number}),
            (js({"ok": True}), "純文字結果", None, "42")[number % 4],
            ("success", "failure", "timeout")[number % 3], "壞了" if number % 3 == 1 else None,
            -1 if number % 31 == 7 else (number if number % 4 else None), chance.time(),
        ))  # fmt: skip
    return rows


def _requests(chance: Chance, count: int, ids: Values, keys: Rows) -> Rows:
    return [
        (
            chance.uuid(), chance.choice(ids) if number % 3 else None, keys[number % len(keys)][0],
            f"/api/v1/chat/{number % 9}", "POST", 999 if number % 41 == 11 else 200 + number % 300,
            number % 900, "RATE" if number % 7 == 0 else None, "太快" if number % 7 == 0 else None,
            "Mozilla/5.0" if number % 2 else None, "203.0.113.9" if number % 3 else "2001:db8::/32",
            f"req-{number % 50}" if number % 4 else None, chance.time(),
        )
        for number in range(count)
    ]  # fmt: skip


def _metrics(chance: Chance, count: int) -> Rows:
    bundles = (
        {"load": {"1m": 0.5, "5m": 1}, "cores": 8, "name": "主機"},
        {"used": 12.25, "free": 3, "swap": [1, 2.5]},
        {"state": "unknown"},
    )
    return [
        (chance.uuid(), ("cpu", "memory", "db")[number % 3], js(bundles[number % 3]), chance.time())
        for number in range(max(6, count))
    ]
