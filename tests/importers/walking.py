"""Looking for each value of a source in what its row became.

A value is looked for in the rows here that came from its row, in their metadata, and in what `import_map`
keeps of it; references count when they lead to what their target became.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import URL

from tests.api.test_coverage import seed_columns
from tests.importers.conftest import TAIPEI
from tests.importers.data.common import connect

SEEDS = {"000": "aiot", "001": "genesis", "002": "workflow", "003": "cozychat", "004": "chingtech"}

IN_OTHER_WORDS = {
    "aiot.conversations.mode", "aiot.conversations.is_active", "aiot.mcp_tool_calls.success",
    "aiot.user_llm_preferences.preferred_language", "aiot.user_llm_preferences.use_conversation_memory",
    "genesis.users.is_active", "cozychat.personalities.status", "workflow.users.roles",
    "genesis.chat_messages.role", "genesis.tool_calls.status",
    "genesis.api_logs.headers", "genesis.api_logs.body", "genesis.api_logs.query_params",
    "genesis.api_logs.response_body", "genesis.llm_calls.request_data", "genesis.llm_calls.response_data",
    "genesis.error_logs.context", "genesis.audit_logs.changes", "genesis.system_config.value",
    "workflow.users.is_active", "workflow.agent_plugins.config", "workflow.databases.connection_string",
    "workflow.document_chunks.embedding",
    "cozychat.users.status", "cozychat.users.preferences", "cozychat.user_api_keys.scopes",
    "cozychat.tool_usage_logs.status", "cozychat.messages.tokens_used", "cozychat.messages.memories_used",
    "cozychat.memory_metadata.related_memory_ids", "cozychat.sessions.title",
    "chingtech.ai_chats.messages", "chingtech.ai_chats.title",
}  # fmt: skip
"""Columns whose values are said in other words here, encrypted or split: the conflicts hold these."""


def canonical(value: object) -> str:
    """One text for all ways of writing a value: numbers without trailing zeros, times in UTC."""
    match value:
        case bool():
            return str(value)
        case int() | Decimal():
            # Zero has no sign in `numeric`.
            return f"{Decimal(value).normalize() + 0:f}"
        case str():
            return _time(value) or value
        case list():
            return f"[{','.join(canonical(each) for each in value)}]"
        case dict():
            return f"{{{','.join(f'{key}:{canonical(value[key])}' for key in sorted(value))}}}"
    return str(value)


def _time(text: str, zone: Any = UTC) -> str | None:
    if len(text) < 16 or text[4:5] != "-" or text[10:11] not in {"T", " "}:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    try:
        return found.astimezone(UTC).isoformat()
    except OverflowError:
        return None


def leaves(value: object) -> Iterator[str]:
    """Every part of a JSON value, in canonical form."""
    yield canonical(value)
    if isinstance(value, str):
        yield value
        yield from _parsed(value)
    for each in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from leaves(each)


def read(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


class Moved:
    """A system in the database into which it was brought: what each row became, where references lead."""

    def __init__(self, system: str) -> None:
        self.system = system
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.naive: set[tuple[str, str]] = set()
        self.keys: dict[str, str] = {}
        self.became: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.leads: dict[str, set[str]] = defaultdict(set)

    async def look(self, sources: Iterable[URL], here: URL) -> None:
        for url in sources:
            await self._source(url)
        connection = await connect(here)
        rows: dict[tuple[str, str], str] = {}
        maps = await connection.fetch("SELECT * FROM import_map WHERE source = $1", self.system)
        for entity in {each["entity"] for each in maps}:
            for row in await connection.fetch(f'SELECT id, row_to_json(t)::text AS text FROM "{entity}" t'):
                rows[entity, str(row["id"])] = row["text"]
        for each in maps:
            key, table = each["source_key"], each["source_table"]
            self.leads[key].add(str(each["entity_id"]))
            if (text := rows.get((each["entity"], str(each["entity_id"])))) is not None:
                bag = self.became[table.split(".")[0], key.split("#")[0]]
                bag |= set(leaves(read(text))) | set(leaves(read(each["details"])))
        for row in await connection.fetch(
            "SELECT id, external_id FROM sessions WHERE external_id IS NOT NULL"
        ):
            self.leads[row["external_id"]].add(str(row["id"]))
        # What holds for everybody is a setting here.
        self.leads["system_default"].add("llm.defaults")
        await connection.close()

    async def _source(self, url: URL) -> None:
        connection = await connect(url)
        for column in await connection.fetch(
            "SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type, "
            "coalesce(i.indisprimary, false) AS key FROM pg_class c JOIN pg_attribute a ON "
            "a.attrelid = c.oid "
            "LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY(i.indkey) "
            "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0"
        ):
            if column["type"] == "timestamp without time zone":
                self.naive.add((column["table"], column["name"]))
            if column["key"]:
                self.keys[column["table"]] = column["name"]
        for table in self.keys:
            if table not in self.rows:
                query = f'SELECT row_to_json(t)::text AS text FROM "{table}" t'
                self.rows[table] = [read(row["text"]) for row in await connection.fetch(query)]
        await connection.close()

    def missing(self, table: str, column: str) -> list[str]:
        """Rows whose value of a column is nowhere."""
        lost = []
        for row in self.rows[table]:
            value = row[column]
            if value in (None, "", [], {}):
                continue
            key = str(row[self.keys[table]])
            wanted = {canonical(value), *self.leads.get(str(value), ())}
            if (table, column) in self.naive:
                wanted.add(_time(value, TAIPEI) or value)
            if isinstance(value, str):
                # Times that Python's calendar does not have are kept as PostgreSQL writes them.
                wanted |= {value.lower(), *_parsed(value), value.replace("T", " ").replace("+00:00", "+00")}
            if isinstance(value, list):
                wanted.add(canonical([each for each in value if each is not None]))
            found = self.became[table, key]
            if isinstance(value, dict):
                # What was kept may stand beside it.
                whole = all(canonical(each) in found for each in value.values())
            else:
                whole = bool(wanted & found)
            if not whole:
                lost.append(f"{table} {key} {column}={value!r}")
        return lost


def _parsed(text: str) -> list[str]:
    """What a text is as JSON or as a number, in canonical form; a dictionary's values too."""
    try:
        found = read(text)
    except ValueError:
        return []
    inner = found.values() if isinstance(found, dict) else ()
    return [canonical(found), *(canonical(each) for each in inner)]


def columns(system: str) -> list[tuple[str, str]]:
    """The columns of a system in the list, as table and name."""
    (seed,) = [seed for seed, name in SEEDS.items() if name == system]
    places = [column.place for column in seed_columns() if column.place.startswith(f"{seed}.")]
    return [(table, name) for _, table, name in (place.split(".") for place in places)]


def lost(moved: Moved) -> list[str]:
    """Values of the system's columns that are nowhere, but for those that are said in other words."""
    return [
        each
        for table, name in columns(moved.system)
        if f"{moved.system}.{table}.{name}" not in IN_OTHER_WORDS
        for each in moved.missing(table, name)
    ]
