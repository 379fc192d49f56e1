"""The migrations go up, down and up again with rows in the tables, and make what the models declare."""

import asyncio
import io
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, func, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from bench.databases import administer
from migrations.config import alembic_config
from tests.db.rows import METADATA, create_rows

T = TypeVar("T")

RELATIONS = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v', 'm')
"""
FUNCTIONS = """
    SELECT proname FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
"""
EXTENSIONS = "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'"

# What the server itself says a table is. Partitions repeat their whole, which is compared.
COLUMNS = """
    SELECT format('%s.%s %s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        a.attcollation::regcollation, a.attnotnull, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relname <> 'alembic_version'
"""
CONSTRAINTS = """
    SELECT format('%s %s %s', c.relname, k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid AND NOT c.relispartition
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version' AND k.conparentid = 0
"""
INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND NOT c.relispartition
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
"""
SEARCHING = "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE 'search%' ORDER BY proname"
PARTITIONING = """
    SELECT format('%s %s', relname, pg_get_partkeydef(oid)) FROM pg_class
    WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace
"""


@pytest.fixture
def empty_url(postgres_url: URL, names: Iterator[str]) -> Iterator[URL]:
    """A database without any table, for this test alone."""
    name = next(names)
    asyncio.run(administer(postgres_url, f"CREATE DATABASE {name}"))
    yield postgres_url.set(database=name)
    asyncio.run(administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def config(empty_url: URL) -> Config:
    return alembic_config(empty_url)


def inside(url: URL, work: Callable[[Connection], T]) -> T:
    """Do something in one transaction of the database."""

    async def enter() -> T:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()

    return asyncio.run(enter())


def listed(url: URL, query: str) -> list[str]:
    return inside(url, lambda connection: sorted(connection.scalars(text(query))))


def counted(connection: Connection) -> dict[str, int]:
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in METADATA.sorted_tables
    }


def test_history_is_one_line_and_every_revision_says_what_it_is_for() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    revisions = list(script.walk_revisions())
    assert len(script.get_heads()) == len(script.get_bases()) == 1
    assert all(isinstance(step.down_revision, str) for step in revisions[:-1])
    assert all(step.doc.endswith(".") for step in revisions)
    assert all(len(step.revision) <= 32 for step in revisions)


def test_up_down_and_up_again_with_a_row_in_every_table(empty_url: URL, config: Config) -> None:
    for _ in range(2):
        command.upgrade(config, "head")
        inside(empty_url, create_rows)
        assert set(inside(empty_url, counted).values()) == {1, 2}
        command.downgrade(config, "base")
        assert listed(empty_url, RELATIONS) == ["alembic_version"]
        assert listed(empty_url, FUNCTIONS) == []
        assert listed(empty_url, EXTENSIONS) == []


def test_every_step_can_be_taken_back_alone(empty_url: URL, config: Config) -> None:
    command.upgrade(config, "head")
    inside(empty_url, create_rows)
    for _ in ScriptDirectory.from_config(config).walk_revisions():
        command.downgrade(config, "-1")
    for _ in ScriptDirectory.from_config(config).walk_revisions():
        command.upgrade(config, "+1")
    inside(empty_url, create_rows)
    command.check(config)


def test_autogenerate_finds_nothing_to_add(empty_url: URL, config: Config) -> None:
    command.upgrade(config, "head")
    command.check(config)


def test_autogenerate_would_notice(empty_url: URL, config: Config) -> None:
    command.upgrade(config, "head")
    inside(
        empty_url, lambda connection: connection.execute(text("ALTER TABLE agents DROP COLUMN description"))
    )
    with pytest.raises(CommandError, match="New upgrade operations detected"):
        command.check(config)


def test_migrations_and_models_make_the_same_database(
    empty_url: URL, postgres_url: URL, names: Iterator[str]
) -> None:
    command.upgrade(alembic_config(empty_url), "head")
    twin = postgres_url.set(database=next(names))
    asyncio.run(administer(postgres_url, f"CREATE DATABASE {twin.database}"))
    try:
        inside(twin, lambda connection: connection.execute(text("CREATE EXTENSION vector")))
        # Generated columns call these.
        for function in listed(empty_url, SEARCHING):
            inside(twin, lambda connection, made=function: connection.exec_driver_sql(made))
        inside(twin, METADATA.create_all)
        for query in (COLUMNS, CONSTRAINTS, INDEXES, PARTITIONING):
            made = listed(empty_url, query)
            assert made == listed(twin, query)
            assert len(made) >= 4
    finally:
        asyncio.run(administer(postgres_url, f"DROP DATABASE {twin.database} WITH (FORCE)"))


def test_vector_extension_stays_while_somebody_else_uses_it(empty_url: URL, config: Config) -> None:
    inside(empty_url, lambda connection: connection.execute(text("CREATE EXTENSION vector")))
    inside(empty_url, lambda connection: connection.execute(text("CREATE TABLE theirs (v vector)")))
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    assert listed(empty_url, EXTENSIONS) == ["vector"]
    assert "theirs" in listed(empty_url, RELATIONS)


def test_migrations_become_part_of_a_transaction_that_is_given(empty_url: URL, config: Config) -> None:
    def upgrade_and_fail(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        create_rows(connection)
        raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        inside(empty_url, upgrade_and_fail)
    assert listed(empty_url, RELATIONS) == []


def test_sql_can_be_printed_and_run_by_hand(empty_url: URL, config: Config) -> None:
    config.output_buffer = io.StringIO()
    command.upgrade(config, "head", sql=True)
    script = config.output_buffer.getvalue()
    assert script.startswith("BEGIN;")

    async def by_hand() -> None:
        engine = create_async_engine(empty_url)
        try:
            async with engine.connect() as connection:
                raw = await connection.get_raw_connection()
                assert raw.driver_connection is not None
                await raw.driver_connection.execute(script)
        finally:
            await engine.dispose()

    asyncio.run(by_hand())
    command.check(config)


def test_a_schema_built_by_hand_is_adopted_with_stamp(empty_url: URL, config: Config) -> None:
    command.upgrade(config, "head")
    inside(empty_url, create_rows)
    inside(empty_url, lambda connection: connection.execute(text("DROP TABLE alembic_version")))
    command.stamp(config, "head")
    command.upgrade(config, "head")
    command.check(config)
    assert set(inside(empty_url, counted).values()) == {1, 2}


def test_without_a_url_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.chdir(str(tmp_path))
    with pytest.raises(CommandError, match="Set ATRIUM_DATABASE_URL"):
        command.upgrade(alembic_config(), "head")
