"""AIOT's data at any size, with every trap that its design allows: it has no constraints at all."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.importers.data.common import START, Chance, Rows, Table, Values, js

NAMES = ["admin", "王大明", "u-1", "mei@example.com", "7f0f9d2e-2b7e-4a55-9f58-0a8f6c1d2e3f", "42", ""]


def tables(rows: int, seed: int = 0) -> list[Table]:
    """About so many rows in all tables together."""
    chance = Chance(seed)
    people: list[str | None] = [*NAMES, *(f"device-{number}" for number in range(max(3, rows // 100))), None]
    documents = _documents(chance, max(10, rows // 40), people)
    chunks = _chunks(chance, max(30, rows // 8), documents)
    conversations = _conversations(chance, max(15, rows // 15), people)
    messages = _messages(chance, max(60, rows * 6 // 10), conversations, documents, chunks)
    return [
        Table("user_llm_preferences", ("id", "user_id", "preferred_model", "temperature", "max_tokens",
              "use_rag_by_default", "use_conversation_memory", "preferred_language", "timezone", "created_at",
              "updated_at"), _preferences(chance, people)),
        Table("knowledge_documents", ("id", "filename", "original_name", "content_type", "file_size",
              "upload_user_id", "content", "content_hash", "chunk_count", "processed_at", "created_at",
              "status"), documents),
        Table("document_chunks", ("id", "document_id", "chunk_index", "content", "content_length",
              "embedding_id", "created_at"), chunks),
        Table("conversations", ("id", "user_id", "session_id", "title", "mode", "created_at", "updated_at",
              "is_active", "metadata"), conversations),
        Table("messages", ("id", "conversation_id", "role", "content", "metadata", "token_count",
              "created_at"), messages),
        Table("mcp_tool_calls", ("id", "conversation_id", "message_id", "user_id", "tool_name",
              "service_name", "arguments", "result", "success", "error_message", "execution_time_ms",
              "created_at"), _tools(chance, max(20, rows // 8), conversations, messages, people)),
        Table("usage_statistics", ("id", "user_id", "date", "conversation_count", "message_count",
              "mcp_call_count", "rag_query_count", "total_tokens", "avg_response_time_ms", "created_at",
              "updated_at"), _usage(chance, people, max(10, rows // 20))),
    ]  # fmt: skip


def _preferences(chance: Chance, people: Values) -> Rows:
    named = ["system_default", *[each for each in people if each]]
    return [
        (
            chance.uuid(), each, "gpt-4o", (Decimal("0.7"), Decimal("0.12345"), Decimal("9.5"), None)[number % 4],
            -5 if number == 3 else 4096, number % 2 == 0, None if number % 3 else False,
            ("zh_tw", "en", "台語", None)[number % 4], "Asia/Taipei", START, START + timedelta(days=number),
        )
        for number, each in enumerate(named)
    ]  # fmt: skip


def _documents(chance: Chance, count: int, people: Values) -> Rows:
    statuses = ("pending", "processed", "indexed", "error", "Completed", "quarantined", None)
    rows = []
    for number in range(count):
        content = None if number % 6 == 5 else chance.text(20, 90)
        rows.append((
            chance.uuid(), f"{number}.bin", None if number % 5 == 4 else f"文件 {number}.md",
            None if number % 7 == 6 else "text/markdown; charset=utf-8",
            -1 if number == 3 else 2**40 + number, chance.choice(people), content,
            (None, "9e107d9d372bb6826bd81d3542a419d6", "a" * 64, "B" * 64)[number % 4], chance.randrange(9),
            chance.time() if number % 2 else None, chance.time(), statuses[number % 7],
        ))  # fmt: skip
    return rows


def _chunks(chance: Chance, count: int, documents: Rows) -> Rows:
    rows = []
    for number in range(count):
        content = chance.text(5, 25)
        document = chance.uuid() if number % 29 == 7 else chance.choice(documents)[0]
        rows.append((
            chance.uuid(), None if number == 11 else document, (None if number % 31 == 5 else number % 4 - (number % 37 == 9) * 9),
            content, len(content.encode()) if number % 3 else len(content), f"chroma-{number}", chance.time(),
        ))  # fmt: skip
    return rows


def _conversations(chance: Chance, count: int, people: Values) -> Rows:
    return [
        (
            chance.uuid(), chance.choice(people), f"client-{number % 5}" if number % 4 else None,
            "" if number % 5 == 0 else chance.text(2, 5), ("llm", "MCP", "rag", "voice", None)[number % 5],
            chance.time() if number % 11 else None, chance.time(), (True, False, None)[number % 3],
            js({"n": number}) if number % 2 else None,
        )
        for number in range(count)
    ]  # fmt: skip


def _messages(chance: Chance, count: int, conversations: Rows, documents: Rows, chunks: Rows) -> Rows:
    rows = []
    for number in range(count):
        facts: dict[str, Any] | list[Any] | None = {"n": number}
        if number % 7 == 3:
            facts = {"tool_calls": [{"name": "讀感測器", "arguments": {"id": number}}]}
        if number % 7 == 5:
            facts = {"sources": [
                {"document_id": str(chance.choice(documents)[0]), "score": 0.8, "content": "片段"},
                {"chunk_id": str(chance.choice(chunks)[0]), "title": "手冊"}, "https://example.com/a",
            ]}  # fmt: skip
        if number % 7 == 6:
            facts = None
        home = chance.uuid() if number % 43 == 17 else chance.choice(conversations)[0]
        rows.append((
            chance.uuid(), None if number == 19 else home,
            ("user", "assistant", "system", "robot", None)[number % 5 if number % 8 == 7 else number % 2],
            None if number % 51 == 13 else chance.text(), None if facts is None else js(facts),
            -3 if number % 47 == 11 else (chance.randrange(900) if number % 3 else None),
            None if number % 53 == 3 else chance.time(),
        ))  # fmt: skip
    return rows


def _tools(chance: Chance, count: int, conversations: Rows, messages: Rows, people: Values) -> Rows:
    return [
        (
            chance.uuid(), chance.uuid() if number % 19 == 6 else chance.choice(conversations)[0],
            chance.choice(messages)[0] if number % 2 else None, chance.choice(people), f"tool_{number % 4}",
            "iot-mcp", js({"pin": number}), None if number % 4 == 1 else js([1, {"溫度": 21.5}]),
            (True, False, None)[number % 3], "逾時" if number % 3 == 1 else None, number * 3, chance.time(),
        )
        for number in range(count)
    ]  # fmt: skip


def _usage(chance: Chance, people: Values, count: int) -> Rows:
    rows = []
    for number in range(count):
        day = (START + timedelta(days=number % 30)).date()
        rows.append((
            chance.uuid(), people[number % len(people)], None if number == 7 else day, number, number * 4, 2, 1,
            chance.randrange(100_000), 321, chance.time(), chance.time(),
        ))  # fmt: skip
    rows.append((chance.uuid(), *rows[0][1:]))
    return rows
