"""What goes wrong is said with table and key; nothing is lost and nothing is half written."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from bench.databases import administer
from db.errors import Conflict, Invalid, Misconfigured, Unavailable
from db.importers import runs
from db.importers.registry import SYSTEMS
from db.importers.vault import Vault
from tests.importers.conftest import ROWS, Brings, NewDatabase, Source, bring
from tests.importers.data.common import connect, create
from tests.importers.hashing import contents
from tests.importers.test_conflicts import fetch


def test_a_source_that_cannot_be_reached_is_named_without_its_password(migrated: NewDatabase) -> None:
    nowhere = URL.create("postgresql+asyncpg", "bob", "hunter22", "127.0.0.1", 1, "gone")
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        asyncio.run(bring(migrated(), "cozychat", [nowhere]))
    assert "hunter22" not in caught.value.message
    hidden = URL.create(
        nowhere.drivername,
        "bob",
        None,
        "127.0.0.1",
        1,
        "gone",
        query={"password": "hunter22", "connect_timeout": "3"},
    )
    with pytest.raises(
        Unavailable, match=r"postgresql://bob@127\.0\.0\.1:1/gone\?connect_timeout=3"
    ) as caught:
        asyncio.run(bring(migrated(), "cozychat", [hidden]))
    assert "hunter22" not in caught.value.message


def test_a_missing_table_is_named_and_may_be_left_out(source: Source, migrated: NewDatabase) -> None:
    (there,), here = source("cozychat", 100), migrated()
    asyncio.run(fetch(there, "DROP TABLE system_metrics"))
    with pytest.raises(Misconfigured, match="the table system_metrics is missing"):
        asyncio.run(bring(here, "cozychat", [there]))
    assert asyncio.run(fetch(here, "SELECT count(*) FROM users"))[0][0] == 0
    report = asyncio.run(bring(here, "cozychat", [there], without=frozenset({"system_metrics"})))
    assert report.agrees
    assert report.notes[0] == "system_metrics was left out, as --without says."


def test_a_missing_column_is_named_with_its_table(source: Source, migrated: NewDatabase) -> None:
    (there,), here = source("cozychat", 60), migrated()
    asyncio.run(fetch(there, "ALTER TABLE messages DROP COLUMN model"))
    with pytest.raises(Misconfigured, match="messages has no column model"):
        asyncio.run(bring(here, "cozychat", [there]))


def test_a_column_that_no_rule_knows_is_kept(source: Source, migrated: NewDatabase) -> None:
    (there,), here = source("cozychat", 60), migrated()
    asyncio.run(fetch(there, "ALTER TABLE sessions ADD COLUMN mood text DEFAULT '開心'"))
    report = asyncio.run(bring(here, "cozychat", [there]))
    rows = asyncio.run(
        fetch(here, "SELECT details->'columns'->>'mood' FROM import_map WHERE source_table = 'sessions'")
    )
    assert {row[0] for row in rows} == {"開心"}
    assert any("no rule knows" in text for text in report.tables["sessions"].remarks)


def test_times_without_a_zone_are_refused_without_one(standing: Source, migrated: NewDatabase) -> None:
    with pytest.raises(Misconfigured, match="--source-tz") as caught:
        asyncio.run(bring(migrated(), "cozychat", standing("cozychat"), zone=None))
    assert "users.email_verified_at" in caught.value.message


def test_bytes_that_are_no_utf8_are_named_with_table_and_key(
    postgres_url: URL, names: Iterator[str], migrated: NewDatabase
) -> None:
    name, here = next(names), migrated()
    sql_ascii = (
        f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
    )
    asyncio.run(administer(postgres_url, sql_ascii))
    there = postgres_url.set(database=name)
    asyncio.run(create(there, "chingtech"))
    asyncio.run(
        fetch(
            there, r"INSERT INTO users (username, display_name) VALUES ('good', 'fine'), ('bad', E'caf\xe9')"
        )
    )
    with pytest.raises(Invalid, match="no UTF-8") as caught:
        asyncio.run(bring(here, "chingtech", [there]))
    assert caught.value.message.startswith("chingtech.users, row 2:")
    assert asyncio.run(fetch(here, "SELECT count(*) FROM users"))[0][0] == 0
    asyncio.run(fetch(there, "UPDATE users SET display_name = 'cafe' WHERE id = 2"))
    assert asyncio.run(bring(here, "chingtech", [there])).tables["users"].written == 2
    asyncio.run(administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


def test_a_row_that_the_database_refuses_is_named_and_its_batch_is_not_written(
    source: Source, migrated: NewDatabase
) -> None:
    (there,), here = source("cozychat", 100), migrated()
    rule = "ALTER TABLE messages ADD CONSTRAINT messages_content_check CHECK (content <> '不行')"
    asyncio.run(fetch(here, rule))
    (bad,) = asyncio.run(
        fetch(
            there,
            "UPDATE messages SET content = '不行' WHERE id = "
            "(SELECT id FROM messages ORDER BY session_id, created_at, id OFFSET 40 LIMIT 1) RETURNING id",
        )
    )
    with pytest.raises(Invalid, match=f"cozychat.messages, row {bad['id']}"):
        asyncio.run(bring(here, "cozychat", [there], batch=16))
    # Of the batches before, which end where a session does, every message is here, and of this one none.
    counted = "SELECT (report #>> '{tables,messages,written}')::int FROM import_runs"
    ((written,),) = asyncio.run(fetch(here, counted))
    assert asyncio.run(fetch(here, "SELECT count(*) FROM messages"))[0][0] == written
    assert 0 < written <= 40
    asyncio.run(fetch(there, "UPDATE messages SET content = '可以' WHERE id = $1", bad["id"]))
    report = asyncio.run(bring(here, "cozychat", [there], batch=16))
    assert report.agrees
    assert report.resumed == 1


def test_a_source_that_goes_away_loses_nothing(
    source: Source, brought: Brings, migrated: NewDatabase
) -> None:
    # Not the one that others read at the same time; what is in it is the same.
    (there,), here, whole = source("cozychat", ROWS), migrated(), brought("cozychat").here

    async def hang_up() -> None:
        connection = await connect(there.set(database="postgres"))
        await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", there.database
        )
        await connection.close()

    async def interrupted() -> None:
        # The loop must not end before whoever hangs up has come to an end.
        async with asyncio.TaskGroup() as others:

            def cut(table: str, done: int, total: int) -> None:
                if table == "messages" and done:
                    others.create_task(hang_up())

            with pytest.raises(Unavailable, match="connection to cozychat was lost while messages was read"):
                await bring(here, "cozychat", [there], batch=8, progress=cut)

    asyncio.run(interrupted())
    report = asyncio.run(bring(here, "cozychat", [there], batch=8))
    assert report.agrees
    assert asyncio.run(contents(here)) == asyncio.run(contents(whole))


def test_one_import_at_a_time(
    standing: Source, migrated: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    (there,), here = standing("cozychat"), migrated()
    monkeypatch.setattr(runs, "LOCK_SECONDS", 1)

    async def two() -> None:
        connection = await connect(here)
        await connection.fetch("SELECT pg_advisory_lock($1)", runs.LOCK)
        with pytest.raises(Conflict, match="Another import is at work"):
            await bring(here, "cozychat", [there])
        await connection.close()
        report = await bring(here, "cozychat", [there])
        assert report.agrees

    asyncio.run(two())


def test_secrets_without_a_key_are_refused(standing: Source, migrated: NewDatabase) -> None:
    with pytest.raises(Misconfigured, match="ATRIUM_ENCRYPTION_KEYS is not set"):
        asyncio.run(bring(migrated(), "genesis", standing("genesis"), vault=Vault.of(())))


def test_every_system_is_described_to_its_end() -> None:
    for system in SYSTEMS.values():
        titles = [step.title for step in system.steps]
        assert len(set(titles)) == len(titles)
        assert system.sums
