"""What the database does on its own: times of change, counters, owners, partitions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from db import models
from db.base import Base
from db.session import Database
from tests.db.rows import create_rows

# Columns whose change says that a row was used, not that it was changed.
BOOKKEEPING = {
    "users": {"last_login_at", "last_login_ip", "last_seen_at"},
    "user_identities": {"last_used_at"},
    "api_keys": {"last_used_at"},
    "sessions": {"message_count", "total_tokens", "last_message_at"}
    | {"event_seq", "leaf_seq", "origin_id", "origin_seq"},
    "personalities": {"usage_count"},
    "memories": {"access_count", "last_accessed_at"},
    "documents": {"chunk_count", "progress", "failure", "chunker"},
    "executions": {"event_seq", "lease_owner", "lease_expires_at", "lease_token", "lease_write"},
}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

Known = dict[str, UUID]


@pytest.fixture
async def known(database: Database) -> Known:
    """A row in every table, by table name."""
    async with database.transaction() as session:
        return await (await session.connection()).run_sync(create_rows)


async def run(database: Database, sql: str, **values: object) -> None:
    async with database.transaction() as session:
        await session.execute(text(sql), values)


async def ask(database: Database, sql: str, **values: object) -> Any:
    async with database.read() as connection:
        return (await connection.execute(text(sql), values)).one()


async def new_user(database: Database) -> UUID:
    async with database.transaction() as session:
        user = models.User(username="somebody else")
        session.add(user)
        await session.flush()
        return user.id


async def new_messages(database: Database, known: Known, *rows: dict[str, object]) -> None:
    shared = {"user_id": known["users"], "session_id": known["sessions"], "content": "你好"}
    shared |= {"role": models.MessageRole.USER}
    async with database.transaction() as session:
        await session.execute(insert(models.Message), [{**shared, **row} for row in rows])


SESSION = (
    "SELECT message_count, total_tokens, last_message_at, updated_at, created_at FROM sessions WHERE id = :id"
)


async def test_every_table_that_has_updated_at_keeps_it(database: Database) -> None:
    async with database.read() as connection:
        found = await connection.execute(
            text("""
                SELECT tgrelid::regclass::text, ARRAY(
                    SELECT attname FROM pg_attribute WHERE attrelid = tgrelid AND attnum = ANY(tgattr)
                )
                FROM pg_trigger WHERE tgname = 'set_updated_at'
            """)
        )
        triggers = {table: set(columns) for table, columns in found}
    declared = {
        table.name: {column.name for column in table.columns if column.computed is None}
        for table in Base.metadata.sorted_tables
        if "updated_at" in table.columns
    }
    assert triggers.keys() == declared.keys()
    for table, columns in triggers.items():
        # A trigger without columns fires for all of them.
        own = {"updated_at", "version"} & declared[table]
        ignored = declared[table] - columns if columns else own
        assert ignored == BOOKKEEPING.get(table, set()) | own, table


async def test_changes_are_counted_where_updated_at_follows_them(database: Database, known: Known) -> None:
    async with database.read() as connection:
        found = await connection.execute(
            text(
                "SELECT tgname, tgrelid::regclass::text, tgattr::text FROM pg_trigger WHERE NOT tgisinternal"
            )
        )
        triggers = {(name, table): columns for name, table, columns in found}
    counted = {table.name for table in Base.metadata.sorted_tables if "version" in table.columns}
    counted.remove("workflow_versions")
    assert {table for name, table in triggers if name == "count_version"} == counted
    for table in counted:
        assert triggers["count_version", table] == triggers["set_updated_at", table]
    await run(database, "UPDATE sessions SET message_count = 9, last_message_at = now()")
    assert (await ask(database, "SELECT version FROM sessions")).version == 1
    await run(database, "UPDATE sessions SET title = 'one'")
    await run(database, "UPDATE sessions SET title = 'one'")
    assert (await ask(database, "SELECT version FROM sessions")).version == 2


async def test_updated_at_follows_a_change(database: Database, known: Known) -> None:
    await run(database, "UPDATE agents SET updated_at = :then", then=LONG_AGO)
    await run(database, "UPDATE agents SET name = name, status = status")
    assert (await ask(database, "SELECT updated_at FROM agents")).updated_at == LONG_AGO
    await run(database, "UPDATE agents SET name = 'new'")
    assert (await ask(database, "SELECT updated_at FROM agents")).updated_at > LONG_AGO


async def test_updated_at_can_be_set_by_an_import(database: Database, known: Known) -> None:
    then = LONG_AGO + timedelta(days=1)
    await run(database, "UPDATE agents SET name = 'new', updated_at = :then", then=then)
    assert (await ask(database, "SELECT updated_at FROM agents")).updated_at == then


async def test_use_does_not_count_as_change(database: Database, known: Known) -> None:
    await run(database, "UPDATE users SET updated_at = :then", then=LONG_AGO)
    await run(database, "UPDATE users SET last_seen_at = now()")
    assert (await ask(database, "SELECT updated_at FROM users")).updated_at == LONG_AGO


async def test_session_counts_its_messages(database: Database, known: Known) -> None:
    before = await ask(database, SESSION, id=known["sessions"])
    assert before.message_count == 1
    late = datetime.now(UTC) + timedelta(hours=1)
    await new_messages(
        database,
        known,
        {"seq": 1, "total_tokens": 5, "created_at": LONG_AGO, "deleted_at": None},
        {"seq": 2, "total_tokens": 7, "created_at": late, "deleted_at": None},
        {"seq": 3, "total_tokens": None, "created_at": LONG_AGO, "deleted_at": None},
        {"seq": 4, "total_tokens": 100, "created_at": late, "deleted_at": late},
    )
    after = await ask(database, SESSION, id=known["sessions"])
    assert (after.message_count, after.total_tokens, after.last_message_at) == (4, 12, late)
    assert after.updated_at == before.updated_at


async def test_session_forgets_messages_that_go(database: Database, known: Known) -> None:
    first = (await ask(database, SESSION, id=known["sessions"])).last_message_at
    late = first + timedelta(hours=1)
    later = first + timedelta(hours=2)
    await new_messages(
        database,
        known,
        {"seq": 1, "total_tokens": 5, "created_at": late},
        {"seq": 2, "total_tokens": 7, "created_at": later},
    )
    await run(database, "UPDATE messages SET deleted_at = now() WHERE seq = 2")
    row = await ask(database, SESSION, id=known["sessions"])
    assert (row.message_count, row.total_tokens, row.last_message_at) == (2, 5, late)
    await run(database, "UPDATE messages SET deleted_at = NULL, total_tokens = 9 WHERE seq = 2")
    row = await ask(database, SESSION, id=known["sessions"])
    assert (row.message_count, row.total_tokens, row.last_message_at) == (3, 14, later)
    await run(database, "DELETE FROM messages WHERE seq IN (1, 2)")
    row = await ask(database, SESSION, id=known["sessions"])
    assert (row.message_count, row.total_tokens, row.last_message_at) == (1, 0, first)
    await run(database, "DELETE FROM messages")
    row = await ask(database, SESSION, id=known["sessions"])
    assert (row.message_count, row.total_tokens, row.last_message_at) == (0, 0, None)


async def test_message_that_moves_is_counted_where_it_went(database: Database, known: Known) -> None:
    async with database.transaction() as session:
        other = models.Session(user_id=known["users"])
        session.add(other)
        await session.flush()
        target = other.id
    await run(database, "UPDATE messages SET session_id = :target", target=target)
    assert (await ask(database, SESSION, id=known["sessions"])).message_count == 0
    assert (await ask(database, SESSION, id=target)).message_count == 1


async def test_edited_text_changes_nothing_of_the_session_but_the_number_of_its_events(
    database: Database, known: Known
) -> None:
    rest = "SELECT to_jsonb(sessions) - 'event_seq' AS rest, event_seq FROM sessions"
    before = await ask(database, rest)
    await run(database, "UPDATE messages SET content = 'edited'")
    after = await ask(database, rest)
    assert after.rest == before.rest
    assert after.event_seq == before.event_seq + 1


async def test_document_counts_its_chunks(database: Database, known: Known) -> None:
    count = "SELECT chunk_count FROM documents"
    assert (await ask(database, count)).chunk_count == 1
    async with database.transaction() as session:
        owner = {"user_id": known["users"], "document_id": known["documents"], "content": "文字 text"}
        await session.execute(
            insert(models.DocumentChunk), [{**owner, "chunk_index": number} for number in range(1, 4)]
        )
    assert (await ask(database, count)).chunk_count == 4
    lengths = "SELECT max(content_length) AS longest FROM document_chunks WHERE chunk_index > 0"
    assert (await ask(database, lengths)).longest == 7
    await run(database, "DELETE FROM document_chunks WHERE chunk_index > 1")
    assert (await ask(database, count)).chunk_count == 2


async def test_personality_counts_its_sessions(database: Database, known: Known) -> None:
    count = "SELECT usage_count FROM personalities"
    assert (await ask(database, count)).usage_count == 1
    await run(database, "UPDATE sessions SET personality_id = NULL")
    assert (await ask(database, count)).usage_count == 0
    await run(database, "UPDATE sessions SET personality_id = :id", id=known["personalities"])
    await run(database, "UPDATE sessions SET title = 'the same one'")
    assert (await ask(database, count)).usage_count == 1
    await run(database, "DELETE FROM sessions")
    assert (await ask(database, count)).usage_count == 0


async def test_validation_belongs_to_the_owner_of_its_personality(database: Database, known: Known) -> None:
    other = await new_user(database)
    owner = "SELECT user_id FROM personality_validations"
    await run(database, "UPDATE personality_validations SET user_id = NULL")
    assert (await ask(database, owner)).user_id == known["users"]
    await run(database, "UPDATE personalities SET user_id = :other", other=other)
    assert (await ask(database, owner)).user_id == other
    await run(database, "UPDATE personalities SET user_id = NULL")
    assert (await ask(database, owner)).user_id is None


@pytest.mark.parametrize(
    "table",
    ["messages", "tool_calls", "execution_steps", "execution_events", "document_chunks", "agent_plugins"],
)
async def test_part_never_changes_hands_alone(database: Database, known: Known, table: str) -> None:
    other = await new_user(database)
    async with database.transaction() as session:
        with pytest.raises(IntegrityError, match="violates foreign key constraint"):
            await session.execute(text(f"UPDATE {table} SET user_id = :other"), {"other": other})
        await session.rollback()
    assert (await ask(database, f"SELECT user_id FROM {table}")).user_id == known["users"]


async def test_whole_changes_hands_with_its_parts(database: Database, known: Known) -> None:
    other = await new_user(database)
    await run(database, "DELETE FROM message_citations")
    await run(database, "UPDATE documents SET user_id = :other", other=other)
    for table in ("document_chunks", "chunk_embeddings"):
        assert (await ask(database, f"SELECT user_id FROM {table}")).user_id == other


async def test_all_of_one_user_can_be_given_to_another(database: Database, known: Known) -> None:
    other = await new_user(database)
    owned = [table.name for table in Base.metadata.sorted_tables if "user_id" in table.columns]
    # What was done stays as it was written down.
    owned.remove("audit_logs")
    async with database.transaction() as session:
        await session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        for table in owned:
            await session.execute(text(f"UPDATE {table} SET user_id = :other"), {"other": other})
    assert len(owned) > 30
    for table in owned:
        row = await ask(database, f"SELECT bool_and(user_id = :other) AS theirs FROM {table}", other=other)
        assert row.theirs is True, table


async def test_nothing_of_a_deleted_user_is_left(database: Database, known: Known) -> None:
    await run(database, "DELETE FROM users")
    kept = {
        "api_requests",
        "audit_logs",
        "import_runs",
        "import_map",
        "configs",
        "error_logs",
        "metrics",
        "jobs",
        # They name what they are for without a foreign key.
        "preparations",
        "staged_embeddings",
        "embedding_usage",
    }
    for table in Base.metadata.sorted_tables:
        rows = (await ask(database, f"SELECT count(*) AS rows FROM {table.name}")).rows
        assert rows == (1 if table.name in kept | {"embedding_models"} else 0), table.name


async def test_memory_outlives_its_session(database: Database, known: Known) -> None:
    await run(database, "DELETE FROM sessions")
    rows = await ask(
        database, "SELECT count(*) AS all, count(session_id) AS bound, count(user_id) AS owned FROM memories"
    )
    assert tuple(rows) == (2, 0, 2)


METRIC = "INSERT INTO metrics (name, value, recorded_at) VALUES ('cpu', 1, :time)"
PARTS = "SELECT tableoid::regclass::text AS part FROM metrics WHERE recorded_at = :time"


async def test_rows_of_any_date_find_a_place_and_move_to_their_partition(
    database: Database, known: Known
) -> None:
    time = datetime(2025, 2, 28, 23, 59, 59, tzinfo=UTC)
    edge = datetime(2025, 3, 1, tzinfo=UTC)
    for recorded_at in (time, edge):
        await run(
            database,
            "INSERT INTO metrics (name, value, recorded_at) VALUES ('cpu', 1, :time)",
            time=recorded_at,
        )
        assert (await ask(database, PARTS, time=recorded_at)).part == "metrics_default"
    async with database.transaction() as session:
        made = list((await session.scalars(text("SELECT ensure_partitions(0, '2025-01-15')"))).all())
    assert {"metrics_2025_01", "api_requests_2025_01", "execution_events_2025_02"} <= set(made)
    assert (await ask(database, PARTS, time=time)).part == "metrics_2025_02"
    assert (await ask(database, PARTS, time=edge)).part == "metrics_2025_03"
    async with database.transaction() as session:
        assert (await session.scalars(text("SELECT ensure_partitions(0, '2025-01-15')"))).all() == []


async def test_partitions_are_made_ahead(database: Database) -> None:
    row = await ask(
        database,
        """
        SELECT count(*) FILTER (WHERE name = 'execution_events' || to_char(month, '_YYYY_MM')) AS found
        FROM (SELECT relname AS name FROM pg_class WHERE relispartition) parts,
            generate_series(date_trunc('month', now()), now() + interval '1 month', '1 month') month
        """,
    )
    assert row.found == 2


async def test_partition_holds_its_rows_to_the_same_rules(database: Database, known: Known) -> None:
    async with database.transaction() as session:
        with pytest.raises(IntegrityError, match="execution_events_seq_check"):
            await session.execute(text("UPDATE execution_events SET seq = 0"))
        await session.rollback()
    await run(database, "DELETE FROM executions")
    assert (await ask(database, "SELECT count(*) AS rows FROM execution_events")).rows == 0


async def test_bits_follow_the_vector(database: Database, known: Known) -> None:
    assert (await ask(database, "SELECT bits::text FROM chunk_embeddings")).bits == "101"
    await run(database, "UPDATE chunk_embeddings SET embedding = '[-1,1]'")
    assert (await ask(database, "SELECT bits::text FROM chunk_embeddings")).bits == "01"
