"""The conflicts between the five systems, each by its number, over all of them in one database."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL

from bench.databases import administer
from db.importers.options import OnConflict
from db.importers.redaction import REMOVED
from db.importers.report import Report
from db.importers.vault import Vault
from db.models import Role
from tests.conftest import TEMPLATE
from tests.importers.conftest import KEYS, bring
from tests.importers.data.common import BCRYPT, connect
from tests.importers.data.genesis import SECRET
from tests.importers.data.systems import GENERATORS, make

ORDER = ("genesis", "workflow", "cozychat", "chingtech", "aiot")

SHARED = "mei@shared.example"
BOTH = "lin@shared.example"
"""Verified in two systems."""
PEOPLE = {
    "genesis": "INSERT INTO users (username, email, password_hash) VALUES ('mei', $1, $2)",
    "workflow": "INSERT INTO users (email, password_hash, name, email_verified, roles) "
    "VALUES ($1, $2, '梅', true, ARRAY['developer'])",
    "cozychat": "INSERT INTO users (username, email, password_hash, email_verified, bio) "
    "VALUES ('meimei', upper($1), $2, true, '喜歡茶')",
}


class World:
    """Five systems in one database."""

    def __init__(self, here: URL, there: dict[str, list[URL]], reports: dict[str, Report]) -> None:
        self.here, self.there, self.reports = here, there, reports

    def rows(self, query: str, *values: Any) -> list[Any]:
        return asyncio.run(fetch(self.here, query, *values))

    def one(self, query: str, *values: Any) -> Any:
        (row,) = self.rows(query, *values)
        return row

    def count(self, query: str, *values: Any) -> int:
        return int(self.one(f"SELECT count(*) FROM {query}", *values)[0])

    def source(self, system: str, table: str, query: str) -> list[Any]:
        databases = list(GENERATORS[system].databases)
        url = self.there[system][databases.index(GENERATORS[system].home(table))]
        return asyncio.run(fetch(url, query))

    def said(self, system: str, table: str, what: str) -> int:
        """How many rows a report's remark is about."""
        report = self.reports[system].tables[table]
        found = {**report.remarks, **report.orphans, **report.skips}
        return sum(remark.count for text, remark in found.items() if what in text)


async def fetch(url: URL, query: str, *values: Any) -> list[Any]:
    connection = await connect(url)
    try:
        found: list[Any] = await connection.fetch(query, *values)
        return found
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def world(postgres_url: URL, template: URL, names: Iterator[str]) -> Iterator[World]:
    made = [next(names)]
    asyncio.run(administer(postgres_url, f"CREATE DATABASE {made[0]} TEMPLATE {TEMPLATE}"))
    here = postgres_url.set(database=made[0])
    there, reports = {}, {}
    for system in ORDER:
        own = [next(names) for _ in GENERATORS[system].databases]
        made += own
        asyncio.run(administer(postgres_url, *(f"CREATE DATABASE {name}" for name in own)))
        there[system] = [postgres_url.set(database=name) for name in own]
        asyncio.run(make(system, there[system], 300))
        if system in PEOPLE:
            asyncio.run(fetch(there[system][0], PEOPLE[system], SHARED, BCRYPT))
        if system in {"workflow", "cozychat"}:
            asyncio.run(fetch(there[system][0], PEOPLE[system].replace("meimei", "linlin"), BOTH, BCRYPT))
    for system in ORDER:
        reports[system] = asyncio.run(bring(here, system, there[system], on_conflict=OnConflict.SUFFIX))
    yield World(here, there, reports)
    asyncio.run(administer(postgres_url, *(f"DROP DATABASE {name} WITH (FORCE)" for name in made)))


def test_the_accounts_of_all_five_add_up(world: World) -> None:
    assert {system: report.agrees for system, report in world.reports.items()} == dict.fromkeys(ORDER, True)


def test_c01_people_are_one_only_where_both_addresses_are_verified(world: World) -> None:
    rows = world.rows("SELECT * FROM users WHERE lower(email) = $1", SHARED)
    assert len(rows) == 1, "the address of Genesis came first and is not verified there"
    first = rows[0]
    assert first["username"] == "mei"
    others = world.rows(
        "SELECT * FROM users WHERE lower(metadata->>'source_email') = $1 ORDER BY created_at", SHARED
    )
    assert len(others) == 2
    assert not any(row["email_verified"] for row in others)
    assert world.count("user_identities WHERE lower(email) = $1", SHARED) == 1
    one = world.one("SELECT * FROM users WHERE lower(email) = $1", BOTH)
    assert (one["username"], one["display_name"], one["bio"]) == ("linlin", "梅", "喜歡茶")
    assert one["roles"] == ["developer", "user"]
    assert world.count("user_identities WHERE user_id = $1", one["id"]) == 2


def test_c02_a_name_that_is_taken_is_never_taken_over_silently(world: World) -> None:
    names = [row["username"] for row in world.rows("SELECT username FROM users WHERE username LIKE 'admin%'")]
    assert sorted(names) == ["admin", "admin-aiot", "admin-chingtech", "admin-cozychat"]
    assert world.said("cozychat", "users", "it got a suffix") == 1


def test_c03_every_kind_of_key_becomes_a_uuid_and_is_kept(world: World) -> None:
    kept = world.rows(
        "SELECT source, source_table, source_key, entity_id FROM import_map WHERE (source, source_table) IN "
        "(('genesis', 'chat_messages'), ('chingtech', 'users'), ('workflow', 'execution_logs'), "
        "('cozychat', 'personalities'), ('cozychat', 'user_profiles'))"
    )
    keys = {(row["source"], row["source_table"]): row["source_key"] for row in kept}
    assert keys["genesis", "chat_messages"].isdigit()
    assert keys["chingtech", "users"].isdigit()
    assert keys["workflow", "execution_logs"].isdigit()
    assert "health_assistant" in {row["source_key"] for row in kept}
    same = "sessions e JOIN import_map m ON m.entity_id = e.id AND m.source_table = 'sessions'"
    assert world.count(f"{same} WHERE m.source_key <> e.id::text") == 0


def test_c04_references_by_text_lead_to_rows_or_are_counted(world: World) -> None:
    named = world.rows(
        "SELECT source_key, entity_id, is_stub FROM import_map WHERE source_table = 'user_id' "
        "AND source = 'genesis'"
    )
    users = {
        str(row["id"]): row for row in world.source("genesis", "users", "SELECT id, username FROM users")
    }
    by_name = {row["username"]: str(row["id"]) for row in users.values()}
    resolved = [row for row in named if row["source_key"] in users or row["source_key"] in by_name]
    assert resolved
    for row in resolved:
        assert str(row["entity_id"]) in {row["source_key"], by_name.get(row["source_key"])}
    placeholders = {row["source_key"] for row in named} - users.keys() - by_name.keys()
    assert world.said("genesis", "user_id", "names nobody in users") == len(placeholders) > 0
    assert world.said("workflow", "executions", "workflow_id names a workflow that is not there") > 0


def test_c05_session_ids_keep_their_three_meanings(world: World) -> None:
    both = world.source(
        "genesis", "users", "SELECT c.session_id FROM chat_sessions c JOIN user_sessions USING (session_id)"
    )
    assert both
    for row in both:
        session = world.one("SELECT * FROM sessions WHERE source = 'genesis' AND external_id = $1", row[0])
        assert session["kind"] == "chat"
        assert world.count("import_map WHERE entity_id = $1 AND entity = 'sessions'", session["id"]) == 2
    assert world.count("sessions WHERE source = 'genesis' AND kind = 'visit'") > 0
    shared = "SELECT client_session_key FROM sessions WHERE source = 'aiot' GROUP BY 1 HAVING count(*) > 1"
    assert world.count(f"({shared}) shared WHERE client_session_key IS NOT NULL") > 0


def test_c06_four_models_of_chats_are_one(world: World) -> None:
    assert {row["source"] for row in world.rows("SELECT DISTINCT source FROM sessions")} == set(ORDER) - {
        "workflow"
    }
    gaps = "SELECT session_id FROM messages GROUP BY 1 HAVING max(seq) <> count(*) - 1 OR min(seq) <> 0"
    # An element of an array that is no object has no row, and leaves its place empty.
    assert (
        world.count(
            f"({gaps}) gaps JOIN sessions s ON s.id = session_id WHERE NOT s.metadata ? 'source_messages_1'"
        )
        == 0
    )
    early = "messages a JOIN messages b ON b.session_id = a.session_id AND b.seq = a.seq + 1"
    ours = "JOIN sessions s ON s.id = a.session_id WHERE s.source IN ('cozychat', 'genesis')"
    assert (
        world.count(
            f"{early} {ours} AND b.created_at < a.created_at AND "
            f"a.metadata->>'source_created_at' IS NULL AND a.created_at > '1971-01-01' AND "
            f"b.created_at > '1971-01-01'"
        )
        == 0
    )


def test_c07_times_without_a_zone_get_the_zone_of_the_source(world: World) -> None:
    there = world.source(
        "cozychat", "users", "SELECT id, created_at AT TIME ZONE 'Asia/Taipei' AS at FROM sessions"
    )
    for row in there[:20]:
        assert world.one("SELECT created_at FROM sessions WHERE id = $1", row["id"])[0] == row["at"]
    (chat,) = world.source("chingtech", "ai_chats", "SELECT id, created_at FROM ai_chats ORDER BY id LIMIT 1")
    assert world.one("SELECT created_at FROM sessions WHERE id = $1", chat["id"])[0] == chat["created_at"]
    usage = world.rows("SELECT DISTINCT metadata->>'time_zone' FROM usage_daily WHERE source LIKE 'aiot%'")
    assert [row[0] for row in usage] == ["Asia/Taipei"]


def test_c08_json_that_jsonb_cannot_hold_is_kept_as_text(world: World) -> None:
    kept = world.rows(
        "SELECT details->>'source_preferences' AS said FROM import_map WHERE details ? 'source_preferences' "
        "UNION ALL SELECT metadata->>'source_preferences' FROM sessions WHERE metadata ? 'source_preferences'"
    )
    texts = {row["said"] for row in kept}
    assert {'{"bad": "\\u0000"}', '{"half": "\\ud800"}', '{"a": 1, "a": 2}'} <= texts
    assert world.said("genesis", "user_sessions", "\\u0000 in JSON") > 0


def test_c09_money_keeps_the_digits_that_were_written(world: World) -> None:
    costs = {row[0] for row in world.rows("SELECT cost_usd::text FROM llm_calls WHERE cost_usd IS NOT NULL")}
    assert {"0.30000000", "0.00012345", "3.00000000"} <= costs
    (line,) = [line for line in world.reports["genesis"].sums if "cost" in line.name]
    assert line.agrees
    assert world.said("genesis", "llm_calls", "cost_usd: more digits than are kept") > 0


def test_c10_tokens_are_split_where_the_source_splits_them(world: World) -> None:
    cozy = world.one(
        "SELECT count(*) FILTER (WHERE prompt_tokens IS NOT NULL) AS split FROM messages m JOIN "
        "sessions s ON s.id = m.session_id WHERE s.source = 'cozychat'"
    )
    aiot = world.one(
        "SELECT count(m.total_tokens) AS whole, count(m.prompt_tokens) AS split FROM messages m "
        "JOIN sessions s ON s.id = m.session_id WHERE s.source = 'aiot'"
    )
    assert cozy["split"] > 0
    assert aiot["whole"] > 0
    assert aiot["split"] == 0
    assert world.count("llm_calls WHERE cached_tokens = 1") > 0


def test_c11_personas_personalities_prompts_and_instructions_find_their_places(world: World) -> None:
    assert world.count("personalities WHERE template_engine = 'scriban'") > 0
    assert world.count("personalities WHERE slug = 'health_assistant' AND config <> '{}'") == 1
    assert world.count("personalities WHERE slug LIKE 'prompt:%'") == 3
    assert (
        world.count(
            "sessions WHERE source = 'genesis' AND system_prompt IS NOT NULL AND personality_id IS NULL"
        )
        > 0
    )


def test_c12_a_personality_that_is_not_there_gets_a_placeholder(world: World) -> None:
    stubs = world.rows(
        "SELECT source_key FROM import_map WHERE source_table = 'personality_id' AND is_stub "
        "AND source = 'cozychat'"
    )
    assert sorted(row[0] for row in stubs) == ["gone_persona", "nowhere"]
    assert world.count("sessions WHERE source = 'cozychat' AND personality_id IS NULL") == 0


def test_c13_a_tool_call_is_counted_once(world: World) -> None:
    logged = world.source(
        "cozychat",
        "messages",
        "SELECT count(DISTINCT m.id) FROM messages m JOIN tool_usage_logs l ON l.message_id = "
        "m.id WHERE m.tool_calls IS NOT NULL",
    )[0][0]
    exploded = world.rows(
        "SELECT DISTINCT split_part(source_key, '#', 1) FROM import_map WHERE source_table = "
        "'messages.tool_calls' AND entity = 'tool_calls'"
    )
    whole = world.source(
        "cozychat", "messages", "SELECT count(*) FROM messages WHERE tool_calls IS NOT NULL"
    )[0][0]
    assert logged > 0
    assert len(exploded) == whole - logged
    verbatim = (
        "messages e JOIN import_map m ON m.entity_id = e.id WHERE m.source = 'cozychat' "
        "AND e.tool_calls IS NOT NULL AND m.source_table = 'messages'"
    )
    assert world.count(verbatim) == whole
    assert {row[0] for row in world.rows("SELECT DISTINCT status FROM tool_calls")} >= {
        "succeeded",
        "failed",
        "timeout",
        "unknown",
    }


def test_c14_vectors_come_along_or_are_wanted(world: World) -> None:
    there = world.source("workflow", "documents", "SELECT count(embedding) FROM document_chunks")[0][0]
    assert world.count("chunk_embeddings") == there > 0
    assert world.one("SELECT name, dimensions FROM embedding_models")[:] == ("text-embedding-ada-002", 1536)
    assert world.count("document_chunks WHERE external_vector_id LIKE 'chroma-%'") > 0
    assert world.count("memories WHERE external_vector_id = id::text") == world.count("memories")
    assert (
        world.count(
            "documents d JOIN import_map m ON m.entity_id = d.id WHERE m.source = 'aiot' AND "
            "d.status = 'indexed'"
        )
        == 0
    )


def test_c15_documents_have_the_union_of_columns(world: World) -> None:
    aiot = "documents d JOIN import_map m ON m.entity_id = d.id WHERE m.source = 'aiot' AND NOT m.is_stub"
    assert world.count(f"{aiot} AND filename IS NULL") == 0
    assert world.count(f"{aiot} AND content IS NOT NULL AND content_hash IS NULL") == 0
    assert world.count("documents WHERE file_path IS NOT NULL") > 0
    assert world.count("documents WHERE processed_at IS NOT NULL") > 0
    assert world.count("documents WHERE indexed_at IS NOT NULL") > 0


def test_c16_runs_of_agents_and_workflows_are_executions(world: World) -> None:
    assert {row[0] for row in world.rows("SELECT DISTINCT kind FROM executions")} == {"agent", "workflow"}
    assert world.count("execution_steps WHERE node_id = 'a' AND status = 'completed'") > 0
    assert world.count("executions WHERE metadata ? 'node_executions' AND kind = 'workflow'") > 0
    assert world.count("executions WHERE parent_id IS NOT NULL") > 0
    assert world.count("executions WHERE retry_of_id IS NOT NULL") == 0
    assert world.count("code_executions WHERE status = 'timeout'") > 0


def test_c17_what_was_deleted_is_deleted_in_one_way(world: World) -> None:
    there = world.source(
        "cozychat", "users", "SELECT count(*) FROM users WHERE status = 'deleted' OR deleted_at IS NOT NULL"
    )[0][0]
    mine = (
        "users u JOIN import_map m ON m.entity_id = u.id AND m.entity = 'users' WHERE m.source = 'cozychat'"
    )
    assert world.count(f"{mine} AND u.deleted_at IS NOT NULL") == there > 0
    assert world.said("cozychat", "users", "deleted without a time") > 0
    assert world.said("cozychat", "users", "active with a time of deletion") > 0
    assert world.count("personalities WHERE slug = 'deleted_one' AND deleted_at IS NOT NULL") == 1


def test_c18_roles_are_one_set_and_scopes_one_grammar(world: World) -> None:
    held = {role for row in world.rows("SELECT DISTINCT unnest(roles) FROM users") for role in row}
    assert held <= {str(role.value) for role in Role}
    assert {"admin", "developer", "analyst", "user", "guest"} <= held
    scopes = {row[0] for row in world.rows("SELECT DISTINCT unnest(scopes) FROM api_keys")}
    assert scopes
    assert all(":" in scope for scope in scopes)
    assert world.said("cozychat", "user_api_keys", "the scope karaoke means nothing here") > 0


def test_c19_what_cannot_be_verified_is_marked_and_what_is_secret_is_closed(world: World) -> None:
    schemes = {
        row[0]
        for row in world.rows("SELECT DISTINCT password_scheme FROM users WHERE password_hash IS NOT NULL")
    }
    assert schemes == {"bcrypt", "unknown"}
    bad = world.rows("SELECT status FROM api_keys WHERE key_hash !~ '^[0-9a-f]{64}$'")
    assert {row[0] for row in bad} == {"revoked"}
    vault = Vault.of(KEYS)
    sources = world.rows("SELECT connection_secret, connection_key_id FROM data_sources")
    opened = [vault.open(row[0]) for row in sources if row[1] == vault.key_id]
    assert set(opened) == {"postgresql://bob:hunter22@db.example/app"}
    assert {row[0] for row in sources if row[1] is None} == {"Zm9yZWlnbiBjaXBoZXI="}


def test_c20_requests_are_recorded_without_secrets(world: World) -> None:
    assert world.count("api_requests WHERE request_id LIKE 'req-%'") > 0
    headers = json.loads(
        world.rows("SELECT request_headers FROM api_requests WHERE request_headers ? 'Cookie'")[0][0]
    )
    assert {headers[name] for name in ("Authorization", "Cookie", "X-Api-Key")} == {REMOVED}
    assert headers["Accept"] == "*/*"
    for table in ("api_requests", "llm_calls", "error_logs", "audit_logs", "configs", "agent_plugins"):
        for secret in (SECRET, "hunter22"):
            assert world.count(f"{table} t WHERE strpos(t::text, $1) > 0", secret) == 0, table
    assert world.one("SELECT max(length(request_body)) FROM api_requests")[0] == 16_384


def test_c21_addresses_are_addresses_or_kept_as_text(world: World) -> None:
    assert world.count("audit_logs WHERE ip_address IS NULL AND metadata->>'source_ip_address' = 'bad'") > 0
    assert world.count("api_requests WHERE metadata->>'source_ip_address' = 'not-an-ip'") > 0
    assert world.count("code_executions WHERE metadata->>'source_container_ip' = 'bridge0'") > 0
    assert world.count("api_requests WHERE ip_address = '2001:db8::/32'") > 0


def test_c22_metrics_are_one_number_each(world: World) -> None:
    assert world.count("metrics WHERE name = 'cpu.load.1m' AND value = 0.5") > 0
    assert world.count("metrics WHERE name = 'memory.swap.1' AND value = 2.5") > 0
    bundles = world.source("cozychat", "system_metrics", "SELECT count(*) FROM system_metrics")[0][0]
    assert world.count("metrics WHERE payload IS NOT NULL") == bundles


def test_c23_counters_are_counted_here_and_compared(world: World) -> None:
    wrong = "sessions s WHERE message_count <> (SELECT count(*) FROM messages WHERE session_id = s.id)"
    assert world.count(wrong) == 0
    counters = {line.name: line.wrong for line in world.reports["cozychat"].counters}
    assert counters["sessions.message_count"] > 0
    assert counters["users.total_sessions"] > 0
    assert world.count("users WHERE metadata->'imported_counters' ? 'total_tokens_used'") > 0


def test_c24_imported_days_are_told_from_computed_ones(world: World) -> None:
    days = world.rows("SELECT source, metadata->>'has_raw_rows' AS raw FROM usage_daily")
    assert days
    assert all(row["source"].startswith("aiot") for row in days)
    assert {row["raw"] for row in days} == {"true", "false"}
    assert (
        world.count("usage_daily WHERE response_time_ms_sum IS NOT NULL OR response_count IS NOT NULL") == 0
    )


def test_c25_chinese_comes_through_unchanged(world: World) -> None:
    there = world.source(
        "cozychat", "messages", "SELECT id, content FROM messages WHERE content LIKE '%天氣%' LIMIT 20"
    )
    assert there
    for row in there:
        assert world.one("SELECT content FROM messages WHERE id = $1", row["id"])[0] == row["content"]


def test_c26_a_default_title_is_no_title(world: World) -> None:
    for system, table, title in (("cozychat", "sessions", "新会话"), ("chingtech", "ai_chats", "新對話")):
        there = world.source(system, table, f"SELECT count(*) FROM {table} WHERE title = '{title}'")[0][0]
        assert there > 0
        assert world.count("sessions WHERE title = $1", title) == 0
    assert world.count("sessions WHERE title = ''") == 0


def test_c27_columns_with_awkward_names_are_read(world: World) -> None:
    assert (
        world.count(
            "metrics m JOIN import_map i ON i.entity_id = m.id WHERE i.source_table = 'performance_metrics'"
        )
        > 0
    )
    assert world.count("configs WHERE key = 'genesis.llm.defaults' OR key = 'llm.defaults'") > 0
    assert world.count("data_source_tables") > 0
    assert world.count("data_source_schemas") > 0
    assert world.count("ad_recommendations WHERE position IS NOT NULL") > 0
    assert world.count("sessions WHERE metadata->>'device' = '手機'") > 0


def test_c28_what_the_designs_contradict_themselves_in_is_settled(
    world: World, postgres_url: URL, names: Iterator[str]
) -> None:
    """Logs as the second, partitioned form of their table has them: without a foreign key."""
    databases = list(GENERATORS["workflow"].databases)
    made = [next(names) for _ in (*databases, "")]
    asyncio.run(administer(postgres_url, *(f"CREATE DATABASE {name}" for name in made[:-1])))
    asyncio.run(administer(postgres_url, f"CREATE DATABASE {made[-1]} TEMPLATE {TEMPLATE}"))
    there, here = [postgres_url.set(database=name) for name in made[:-1]], postgres_url.set(database=made[-1])
    asyncio.run(make("workflow", there, 200, partitioned=True))
    report = asyncio.run(bring(here, "workflow", there))
    assert report.agrees
    assert any("names a run that is not there" in text for text in report.tables["execution_logs"].orphans)
    events = asyncio.run(
        fetch(here, "SELECT execution_id, count(*), max(seq) FROM execution_events GROUP BY 1")
    )
    assert all(row[1] == row[2] for row in events)
    wrong = (
        "SELECT id FROM executions e WHERE event_seq <> (SELECT count(*) FROM "
        "execution_events WHERE execution_id = e.id)"
    )
    assert asyncio.run(fetch(here, wrong)) == []
    asyncio.run(administer(postgres_url, *(f"DROP DATABASE {name} WITH (FORCE)" for name in made)))
    assert world.count("llm_calls WHERE session_id IS NULL") > 0
    assert any("workflow_nodes" in note for note in world.reports["workflow"].notes)
