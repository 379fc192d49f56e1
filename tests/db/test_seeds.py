"""The demo scenario and the made-up users, written to a real database."""

from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import URL, Table, func, select, table, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import RelationshipProperty, configure_mappers

from db.base import Base
from db.columns import ValueSet
from db.errors import Conflict, Unavailable
from db.models import (
    CallStatus,
    CodeLanguage,
    DataSourceKind,
    Document,
    DocumentChunk,
    DocumentStatus,
    Execution,
    ExecutionEvent,
    ExecutionStatus,
    ExecutionStep,
    LlmCall,
    Memory,
    MemoryType,
    Message,
    MessageRole,
    PluginType,
    Session,
    SessionKind,
    SessionMode,
    SqlQueryStatus,
    ToolCall,
    User,
    WorkflowStatus,
)
from db.seeds.demo import Seeded, demo_scenario, seed_demo
from db.seeds.population import add_user
from db.seeds.rows import identity, moment
from db.seeds.scale import seed_scale
from db.seeds.shape import COLUMNS, COUNTERS, ROWS, Records
from db.seeds.transcript import parse
from db.session import Database
from tests.db.fingerprints import fingerprints
from tests.leaks import plant

TABLES = Base.metadata.sorted_tables


def relationships() -> list[RelationshipProperty[Any]]:
    configure_mappers()
    mappers = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    return [relation for mapper in mappers for relation in mapper.relationships]


async def count(database: Database, of: Table) -> int:
    async with database.read() as connection:
        return (await connection.scalar(select(func.count()).select_from(of))) or 0


async def test_a_second_run_changes_nothing(database: Database) -> None:
    first = await seed_demo(database)
    before = await fingerprints(database)
    second = await seed_demo(database)
    assert await fingerprints(database) == before
    assert first == Seeded(written=sum(map(len, demo_scenario().rows.values())), present=0, left_out=0)
    assert second == Seeded(written=0, present=first.written, left_out=0)


async def test_two_databases_get_the_same_bytes(database: Database, demo_database: Database) -> None:
    await seed_demo(database)
    async with database.engine.begin() as connection:
        await connection.run_sync(plant)
    assert await fingerprints(database) == await fingerprints(demo_database)


async def test_what_people_changed_or_binned_stays(database: Database) -> None:
    await seed_demo(database)
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE sessions SET title = '我的標題' WHERE id = :id"),
            {"id": identity("Session/tainan-trip")},
        )
        await session.execute(
            text("UPDATE documents SET deleted_at = now() WHERE id = :id"),
            {"id": identity("Document/tea-notes")},
        )
    before = await fingerprints(database)
    await seed_demo(database)
    assert await fingerprints(database) == before


async def test_what_was_deleted_for_good_comes_back(database: Database) -> None:
    await seed_demo(database)
    before = await fingerprints(database)
    async with database.transaction() as session:
        await session.execute(
            text("DELETE FROM sessions WHERE id = :id"), {"id": identity("Session/asyncpg-pool")}
        )
    assert await fingerprints(database) != before
    again = await seed_demo(database)
    assert again.written > 10
    assert again.left_out == 0
    assert await count(database, Message.__table__) == len(demo_scenario().rows["messages"])


async def test_foreign_rows_are_left_alone(database: Database) -> None:
    """Somebody else is called `mei` already: the demo's Mei stays out, with all that is hers."""
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO users (username, display_name) VALUES ('Mei', 'Somebody else')")
        )
    seeded = await seed_demo(database)
    assert seeded.left_out > 500
    assert seeded.written + seeded.left_out == sum(map(len, demo_scenario().rows.values()))
    async with database.read() as connection:
        names = set(await connection.scalars(select(User.display_name)))
        hers = await connection.scalar(select(func.count()).where(Session.user_id == identity("User/mei")))
    assert {"Somebody else", "陈志强 Alex Chen"} <= names
    assert "林美 Mei Lin" not in names
    assert hers == 0


async def test_progress_reaches_the_total(database: Database) -> None:
    told: list[tuple[int, int]] = []
    await seed_demo(database, lambda _what, done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1] == sum(map(len, demo_scenario().rows.values()))


# What the program writes for itself is no part of any story.
WORKED_OFF = {"jobs", "preparations", "staged_embeddings", "embedding_usage"}
"""Tables that are empty until something works in the background."""


@pytest.mark.parametrize("name", [one.name for one in TABLES if one.name not in WORKED_OFF])
async def test_every_table_has_rows(demo_database: Database, name: str) -> None:
    assert await count(demo_database, table(name)) == len(demo_scenario().rows[name]) > 0


@pytest.mark.parametrize("relation", relationships(), ids=str)
async def test_every_relation_has_something_to_show(
    demo_database: Database, relation: RelationshipProperty[Any]
) -> None:
    """Both directions: each relation of each model leads somewhere from at least one row."""
    parent, child = relation.parent.local_table, relation.mapper.local_table.alias()
    ((local, remote),) = relation.local_remote_pairs
    async with demo_database.read() as connection:
        found = await connection.scalar(
            select(func.count()).select_from(parent.join(child, parent.c[local.name] == child.c[remote.name]))
        )
    assert found


@pytest.mark.parametrize("name", ["mei", "admin"])
async def test_mei_or_the_admin_owns_something_of_every_owned_type(
    demo_database: Database, name: str
) -> None:
    """Mei has nearly all; what she lacks the administrator has."""
    owner = identity(f"User/{name}")
    empty = []
    async with demo_database.read() as connection:
        for one in TABLES:
            if "user_id" not in one.c:
                continue
            query = select(func.count()).select_from(one).where(one.c.user_id == owner)
            if not await connection.scalar(query):
                empty.append(one.name)
    assert set(empty) <= ({"personalities"} if name == "mei" else ADMIN_LACKS)
    if name == "mei":
        assert empty == []


ADMIN_LACKS = {
    *("ad_recommendations", "behavior_events", "intent_analyses", "personalities", "personality_validations"),
    *("message_memories", "memory_links", "workflows", "workflow_versions"),
}


@pytest.mark.parametrize(
    ("model", "attribute", "values"),
    [
        (Execution, "status", ExecutionStatus),
        (ToolCall, "status", CallStatus),
        (Document, "status", DocumentStatus),
        (Session, "mode", SessionMode),
        (Session, "kind", SessionKind),
        (Message, "role", MessageRole),
        (Memory, "memory_type", MemoryType),
    ],
)
async def test_every_value_occurs(
    demo_database: Database, model: type[Base], attribute: str, values: type[ValueSet]
) -> None:
    async with demo_database.read() as connection:
        found = set(await connection.scalars(select(getattr(model, attribute)).distinct()))
    assert set(values) <= found


@pytest.mark.parametrize(
    ("name", "attribute", "values"),
    [
        ("agent_plugins", "plugin_type", PluginType),
        ("code_executions", "language", CodeLanguage),
        ("data_sources", "kind", DataSourceKind),
        ("sql_queries", "status", SqlQueryStatus),
        ("workflows", "status", WorkflowStatus),
    ],
)
def test_every_value_is_written(name: str, attribute: str, values: type[ValueSet]) -> None:
    assert {row.get(attribute) for row in demo_scenario().rows[name].values()} >= {
        one.value for one in values
    }


async def test_conversations_are_as_many_as_promised(demo_database: Database) -> None:
    async with demo_database.read() as connection:
        users = await connection.scalar(select(func.count()).where(User.deleted_at.is_(None)))
        sessions = await connection.scalar(select(func.count()).where(Session.deleted_at.is_(None)))
        deleted = await connection.scalar(select(func.count()).where(Session.deleted_at.is_not(None)))
        messages = await connection.scalar(select(func.count()).where(Message.deleted_at.is_(None)))
        branches = await connection.scalar(
            select(func.count()).select_from(
                select(Message.parent_id)
                .where(Message.parent_id.is_not(None))
                .group_by(Message.parent_id)
                .having(func.count() > 1)
                .subquery()
            )
        )
        summaries = await connection.scalar(select(func.count()).where(Message.is_summary))
    assert users == 10
    assert sessions
    assert sessions >= 40
    assert messages
    assert messages >= 400
    assert all((deleted, branches, summaries))


async def test_counters_agree_with_the_rows(demo_database: Database) -> None:
    async with demo_database.read() as connection:
        await agree(connection)


async def agree(connection: Any) -> None:
    counted = {
        "sessions": """
            SELECT count(*) FROM sessions s WHERE (
                SELECT (count(*), coalesce(sum(m.total_tokens), 0)) IS DISTINCT FROM
                    (s.message_count::bigint, s.total_tokens) FROM messages m
                WHERE m.session_id = s.id AND m.deleted_at IS NULL)""",
        "newest": """
            SELECT count(*) FROM sessions s WHERE last_message_at IS DISTINCT FROM (
                SELECT max(created_at) FROM messages m WHERE m.session_id = s.id AND m.deleted_at IS NULL)""",
        "documents": """
            SELECT count(*) FROM documents d
            WHERE chunk_count <> (SELECT count(*) FROM document_chunks c WHERE c.document_id = d.id)""",
        "executions": """
            SELECT count(*) FROM executions e WHERE (event_seq, steps_total) IS DISTINCT FROM (
                (SELECT count(*) FROM execution_events v WHERE v.execution_id = e.id),
                (SELECT count(*) FROM execution_steps s WHERE s.execution_id = e.id))""",
    }
    wrong = {name: await connection.scalar(text(query)) for name, query in counted.items()}
    assert wrong == dict.fromkeys(counted, 0)


async def test_events_have_no_gaps(demo_database: Database) -> None:
    streams = defaultdict(list)
    async with demo_database.read() as connection:
        events = select(ExecutionEvent.execution_id, ExecutionEvent.seq).order_by(ExecutionEvent.created_at)
        for execution, seq in await connection.execute(events):
            streams[execution].append(seq)
    assert len(streams) == len(demo_scenario().rows["executions"])
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in streams.values())


async def test_soft_references_lead_somewhere(demo_database: Database) -> None:
    """References without a foreign key: imports, audit, errors, current nodes, and places in documents."""
    queries = {
        "import_map": """
            SELECT count(*) FROM import_map m
            WHERE NOT EXISTS (SELECT FROM users WHERE id = m.entity_id)
                AND NOT EXISTS (SELECT FROM sessions WHERE id = m.entity_id)
                AND NOT EXISTS (SELECT FROM personalities WHERE id = m.entity_id)
                AND NOT EXISTS (SELECT FROM memories WHERE id = m.entity_id)""",
        "audit": """
            SELECT count(*) FROM audit_logs a WHERE resource_id ~ '^[0-9a-f-]{36}$' AND resource_id NOT IN (
                SELECT id::text FROM sessions UNION SELECT id::text FROM workflows
                UNION SELECT id::text FROM users UNION SELECT id::text FROM api_keys)""",
        "nodes": """
            SELECT count(*) FROM executions e WHERE current_node_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM execution_steps s
                WHERE s.execution_id = e.id AND s.node_id = e.current_node_id)""",
        "quotes": """
            SELECT count(*) FROM message_citations q JOIN document_chunks c ON c.id = q.chunk_id
            WHERE c.document_id <> q.document_id OR position(q.quote IN c.content) = 0""",
        "owners": """
            SELECT count(*) FROM personality_validations v JOIN personalities p ON p.id = v.personality_id
            WHERE v.user_id IS DISTINCT FROM p.user_id""",
        "parents": """
            SELECT count(*) FROM messages m JOIN messages p ON p.id = m.parent_id
            WHERE p.seq >= m.seq OR (p.session_id <> m.session_id AND NOT EXISTS (
                SELECT FROM sessions s
                WHERE s.id = m.session_id AND s.origin_id = p.session_id AND s.origin_seq >= p.seq))""",
    }
    async with demo_database.read() as connection:
        broken = {name: await connection.scalar(text(query)) for name, query in queries.items()}
        errors = await connection.scalar(
            text("SELECT count(*) FROM error_logs e JOIN api_requests r USING (request_id)")
        )
    assert broken == dict.fromkeys(queries, 0)
    assert errors


async def test_figures_are_plausible(demo_database: Database) -> None:
    async with demo_database.read() as connection:
        odd = await connection.scalar(
            select(func.count()).where(
                LlmCall.total_tokens != LlmCall.prompt_tokens + LlmCall.completion_tokens
            )
        )
        spent = await connection.scalar(select(func.sum(LlmCall.cost_usd)))
        providers = set(await connection.scalars(select(LlmCall.provider).distinct()))
        statuses = set(await connection.scalars(select(LlmCall.status).distinct()))
        lengths = list(await connection.scalars(select(DocumentChunk.content_length)))
    assert odd == 0
    assert spent
    assert float(spent) > 0.1
    assert float(spent) < 10
    assert {"openai", "anthropic", "google", "deepseek", "ollama"} <= providers
    assert {CallStatus.SUCCEEDED, CallStatus.FAILED, CallStatus.TIMEOUT, CallStatus.RUNNING} <= statuses
    assert min(lengths) >= 300
    assert max(lengths) <= 800


def test_a_script_becomes_messages() -> None:
    script = """
U: one

more
A{mem/a cite/b#2}: two
T: s/t failed 5 {"x": 1}
{"detail": "no"}
U<1: three
U~: x
Σ: all
"""
    lines = list(parse(script))
    assert [(line.role, line.text, line.replaces, line.deleted) for line in lines] == [
        ("user", "one\n\nmore", None, False),
        ("assistant", "two", None, False),
        ("tool", '{"detail": "no"}', None, False),
        ("user", "three", 1, False),
        ("user", "x", None, True),
        ("system", "all", None, False),
    ]
    assert (lines[1].memories, lines[1].citations) == (("a",), (("b", 2),))
    assert lines[2].call is not None
    assert (lines[2].call.status, lines[2].call.arguments) == ("failed", {"x": 1})


@pytest.mark.parametrize("script", ["no mark", "T: nonsense"])
def test_a_broken_script_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match=r"must begin with a mark|is not a tool call"):
        list(parse(script))


def test_a_wrong_time_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a time"):
        moment("yesterday")


def made(seed: int, *numbers: int) -> Records:
    records: Records = defaultdict(list)
    for number in numbers:
        add_user(records, seed, number, moment(f"-{100 + number}d 08:00"))
    return records


def test_made_up_users_depend_on_the_seed_alone() -> None:
    assert made(1, 7) == made(1, 7)
    assert made(1, 7) != made(2, 7)
    both, seventh = made(1, 6, 7), made(1, 7)
    assert all(both[name][-len(rows) :] == rows for name, rows in seventh.items())
    assert sum(map(len, seventh.values())) == ROWS
    assert set(seventh) == set(COLUMNS)


async def test_scale_writes_whole_users_and_goes_on_where_it_stopped(
    database: Database, database_url: URL
) -> None:
    told: list[tuple[int, int]] = []
    first = await seed_scale(database_url, 3, lambda _what, done, total: told.append((done, total)))
    assert (first.users, first.present, first.rows) == (3, 0, 3 * ROWS)
    assert told[0] == (0, 3 * ROWS)
    assert told[-1] == (3 * ROWS, 3 * ROWS)
    before = await fingerprints(database)
    same = await seed_scale(database_url, 3)
    assert (same.users, same.present) == (0, 3)
    assert await fingerprints(database) == before
    more = await seed_scale(database_url, 4)
    assert (more.users, more.present) == (1, 3)
    other = await seed_scale(database_url, 2, seed=1)
    assert other.users == 2
    assert await count(database, User.__table__) == 6
    assert await count(database, Message.__table__) == 6 * 1250


async def test_scaled_rows_keep_every_promise_of_the_schema(database: Database, database_url: URL) -> None:
    """Foreign keys are not checked while the rows are written, so they are checked here, each of them."""
    await seed_scale(database_url, 2)
    broken = []
    async with database.read() as connection:
        for one in TABLES:
            for key in one.foreign_key_constraints:
                columns = [element.parent for element in key.elements]
                parent = key.referred_table.alias("parent")
                pairs = [parent.c[e.column.name] == e.parent for e in key.elements]
                orphan = (
                    select(func.count())
                    .select_from(
                        one.outerjoin(parent, *[pairs[0] if len(pairs) == 1 else pairs[0] & pairs[1]])
                    )
                    .where(*[one_column.is_not(None) for one_column in columns], parent.c.id.is_(None))
                )
                if await connection.scalar(orphan):
                    broken.append(key.name)
        await agree(connection)
        unsorted = await connection.scalar(
            select(func.count()).select_from(
                select(ExecutionStep.execution_id)
                .group_by(ExecutionStep.execution_id)
                .having(func.max(ExecutionStep.seq) != func.count())
                .subquery()
            )
        )
    assert broken == []
    assert unsorted == 0


@pytest.fixture
async def modest_url(database_url: URL) -> AsyncIterator[URL]:
    """The same database for a role that may not switch off checks; a role belongs to the whole server."""
    role = f"{database_url.database}_modest"
    engine = create_async_engine(database_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE ROLE {role} LOGIN IN ROLE {database_url.username}"))
        await connection.execute(text("SELECT ensure_partitions(0, '2024-11-01')"))
        yield database_url.set(username=role)
        await connection.execute(text(f"DROP ROLE {role}"))
    await engine.dispose()


async def test_a_modest_role_gets_the_same_rows(
    database: Database, database_url: URL, modest_url: URL
) -> None:
    """Triggers then keep the counters that otherwise come with the rows."""
    await seed_scale(modest_url, 1)
    modest = await fingerprints(database)
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM users"))
    await seed_scale(database_url, 1)
    assert await fingerprints(database) == modest


async def test_a_name_that_is_taken_stops_the_scale_seed(database: Database, database_url: URL) -> None:
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO users (username) VALUES ('scale-0-2')"))
    with pytest.raises(Conflict, match="Choose another seed"):
        await seed_scale(database_url, 3)
    assert await count(database, User.__table__) == 1


async def test_a_server_that_is_not_there_is_named(database_url: URL) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await seed_scale(database_url.set(database="no_such_database"), 1)


def test_counters_are_the_last_columns() -> None:
    assert COLUMNS["sessions"][-COUNTERS["sessions"] :] == (
        "message_count",
        "total_tokens",
        "last_message_at",
    )
    assert COLUMNS["documents"][-COUNTERS["documents"] :] == ("chunk_count",)
