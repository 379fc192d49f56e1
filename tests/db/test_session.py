"""Reads cost one round trip, transactions end as they must, and a lost server is survived."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from asyncpg import Connection as AsyncpgConnection
from asyncpg import InternalClientError
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from bench.databases import administer
from db.engine import verify_session_settings
from db.errors import Conflict, Invalid, Misconfigured, StatementFailed, TimedOut, Unavailable
from db.session import Database
from db.settings import DatabaseSettings
from tests.conftest import Statements


@pytest.fixture
async def rooms(database: Database) -> Database:
    async with database.transaction() as session:
        await session.execute(
            text("CREATE TABLE rooms (name text CONSTRAINT rooms_name_key UNIQUE, size int)")
        )
        await session.execute(text("ALTER TABLE rooms ADD CONSTRAINT rooms_size_check CHECK (size > 0)"))
    return database


async def sizes(database: Database) -> list[int]:
    async with database.read() as connection:
        return list((await connection.scalars(text("SELECT size FROM rooms ORDER BY size"))).all())


async def test_transaction_commits_at_its_end(rooms: Database) -> None:
    async with rooms.transaction() as session:
        await session.execute(text("INSERT INTO rooms VALUES ('hall', 1)"))
        assert await sizes(rooms) == []
    assert await sizes(rooms) == [1]


async def test_transaction_rolls_back_on_any_error(rooms: Database) -> None:
    async def change_mind() -> None:
        async with rooms.transaction() as session:
            await session.execute(text("INSERT INTO rooms VALUES ('hall', 1)"))
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await change_mind()
    assert await sizes(rooms) == []
    assert rooms.pool_status().checked_out == 0


async def test_read_is_outside_any_transaction(rooms: Database) -> None:
    """Two reads on one connection see different moments: there is no BEGIN around them."""
    clock = text("SELECT transaction_timestamp()")
    async with rooms.read() as connection:
        assert await connection.scalar(clock) != await connection.scalar(clock)


async def test_statements_are_counted(rooms: Database, statements: Statements) -> None:
    with statements(rooms) as issued:
        assert await sizes(rooms) == []
    assert issued == ["SELECT size FROM rooms ORDER BY size"]


async def test_same_key_is_a_conflict(rooms: Database) -> None:
    with pytest.raises(Conflict, match="already an entry in rooms with this name") as caught:
        async with rooms.transaction() as session:
            await session.execute(text("INSERT INTO rooms VALUES ('hall', 1), ('hall', 2)"))
    assert caught.value.fields == ("name",)
    assert await sizes(rooms) == []


async def test_forbidden_value_is_invalid(rooms: Database) -> None:
    with pytest.raises(Invalid, match="value of size is not allowed") as caught:
        async with rooms.transaction() as session:
            await session.execute(text("INSERT INTO rooms VALUES ('hall', -1)"))
    assert caught.value.field == "size"


async def test_slow_statement_is_ended(database_url: URL) -> None:
    database = Database.connect(database_url, DatabaseSettings(statement_timeout_ms=50))
    with pytest.raises(TimedOut):
        async with database.read() as connection:
            await connection.execute(text("SELECT pg_sleep(60)"))
    assert database.pool_status().checked_out == 0
    await database.dispose()


async def test_connections_cut_by_the_server_fail_no_request(
    rooms: Database, database_url: URL, postgres_url: URL
) -> None:
    """Every pooled connection is cut; not one of the reads that follow may notice."""

    async def occupy() -> None:
        async with rooms.read() as connection:
            await connection.execute(text("SELECT pg_sleep(0.05)"))

    await asyncio.gather(*(occupy() for _ in range(5)))
    assert rooms.pool_status().idle == 5
    await administer(
        postgres_url,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        f"WHERE datname = '{database_url.database}'",
    )
    results = await asyncio.gather(*(sizes(rooms) for _ in range(10)))
    assert results == [[]] * 10


async def test_connection_lost_in_the_middle_is_unavailable(rooms: Database) -> None:
    with pytest.raises(Unavailable, match="was lost: try again"):
        async with rooms.read() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert await sizes(rooms) == []
    assert rooms.pool_status().checked_out == 0


async def test_cancelled_read_gives_its_connection_back(rooms: Database) -> None:
    async def slow() -> None:
        async with rooms.read() as connection:
            started.set()
            await connection.execute(text("SELECT pg_sleep(60)"))

    started = asyncio.Event()
    task = asyncio.create_task(slow())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await sizes(rooms) == []
    assert rooms.pool_status().checked_out == 0


async def test_text_of_a_finished_statement(rooms: Database) -> None:
    assert await rooms.read_text("SELECT concat($1::text, '-', $2::int)", ["hall", 7]) == "hall-7"


async def test_planning_is_chosen_for_each_text(database_url: URL) -> None:
    """One connection serves both kinds and sessions, each planning as it should."""
    database = Database.connect(database_url, DatabaseSettings(pool_size=1))
    shown = "SELECT current_setting('plan_cache_mode')"
    for generic, mode in ((True, "force_generic_plan"), (False, "auto"), (True, "force_generic_plan")):
        assert await database.read_text(shown, [], generic=generic) == mode
    async with database.read() as connection:
        assert await connection.scalar(text(shown)) == "auto"
    await database.dispose()


async def test_slow_text_is_ended(database_url: URL) -> None:
    database = Database.connect(database_url, DatabaseSettings(statement_timeout_ms=50))
    with pytest.raises(TimedOut):
        await database.read_text("SELECT pg_sleep(60)::text", [])
    assert database.pool_status().checked_out == 0
    await database.dispose()


async def test_text_lost_in_the_middle_is_unavailable(rooms: Database) -> None:
    with pytest.raises(Unavailable, match="was lost: try again"):
        await rooms.read_text("SELECT pg_terminate_backend(pg_backend_pid())::text", [])
    assert await rooms.read_text("SELECT 'again'", []) == "again"
    assert rooms.pool_status().checked_out == 0


@asynccontextmanager
async def confusion(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A driver that takes an answer for that of another question, as it can when a server ends."""

    async def confused(*_: object, **__: object) -> None:
        raise InternalClientError("got result for unknown protocol state 3")

    with monkeypatch.context() as patched:
        patched.setattr(AsyncpgConnection, "fetchval", confused)
        patched.setattr(PreparedStatement, "fetch", confused)
        yield


async def test_a_driver_that_lost_its_place_is_unavailable(
    rooms: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = await rooms.read_text("SELECT pg_backend_pid()::text", [])
    async with confusion(monkeypatch):
        with pytest.raises(Unavailable):
            await rooms.read_text("SELECT 'lost'", [])
    assert await rooms.read_text("SELECT pg_backend_pid()::text", []) != backend
    assert rooms.pool_status().checked_out == 0


async def test_a_session_whose_driver_lost_its_place_is_unavailable(
    rooms: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = text("SELECT pg_backend_pid()")
    async with rooms.read() as session:
        backend = await session.scalar(pid)
    async with confusion(monkeypatch):
        with pytest.raises(Unavailable):
            async with rooms.read() as session:
                await session.scalar(pid)
    async with rooms.read() as session:
        assert await session.scalar(pid) != backend
    assert rooms.pool_status().checked_out == 0


@pytest.mark.parametrize(
    ("statement", "values"), [("SELECT nothing FROM nowhere", []), ("SELECT $1::int::text", ["seven"])]
)
async def test_text_of_a_wrong_statement_is_our_fault(
    rooms: Database, statement: str, values: list[str]
) -> None:
    with pytest.raises(StatementFailed):
        await rooms.read_text(statement, values)
    assert rooms.pool_status().checked_out == 0


async def test_cancelled_text_gives_its_connection_back(rooms: Database) -> None:
    # The second is cancelled while it waits for its connection or just after; the first while it runs.
    await rooms.read_text("SELECT 'warm'", [])
    running = asyncio.create_task(rooms.read_text("SELECT pg_sleep(60)::text", []))
    await asyncio.sleep(0)
    starting = asyncio.create_task(rooms.read_text("SELECT pg_sleep(60)::text", []))
    await asyncio.sleep(0)
    assert rooms.pool_status().checked_out == 2
    for task in (running, starting):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await rooms.read_text("SELECT 'again'", []) == "again"
    assert rooms.pool_status().checked_out == 0


async def test_texts_and_sessions_share_one_small_pool(database_url: URL) -> None:
    """What a text leaves at hand never keeps a session waiting, and the other way round."""
    database = Database.connect(database_url, DatabaseSettings(pool_size=2, pool_timeout=5))

    async def session() -> int:
        async with database.read() as connection:
            return int(await connection.scalar(text("SELECT 1")) or 0)

    async def whole() -> int:
        return int(await database.read_text("SELECT '1'", []))

    for _ in range(5):
        assert await asyncio.gather(*(whole() for _ in range(20))) == [1] * 20
        assert await asyncio.gather(*(session() for _ in range(20))) == [1] * 20
        assert sum(await asyncio.gather(*(each() for _ in range(20) for each in (whole, session)))) == 40
    status = database.pool_status()
    assert (status.checked_out, status.idle) == (0, 2)
    await database.dispose()


async def test_texts_survive_that_the_server_cuts_idle_connections(
    rooms: Database, database_url: URL, postgres_url: URL
) -> None:
    await asyncio.gather(*(rooms.read_text("SELECT pg_sleep(0.05)::text", []) for _ in range(5)))
    assert rooms.pool_status().idle == 5
    await administer(
        postgres_url,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        f"WHERE datname = '{database_url.database}'",
    )
    results = await asyncio.gather(*(rooms.read_text("SELECT 'again'", []) for _ in range(10)))
    assert results == ["again"] * 10


async def test_no_connection_for_a_text_is_unavailable(database_url: URL) -> None:
    database = Database.connect(database_url, DatabaseSettings(pool_size=1, pool_timeout=0.05))
    async with database.read():
        with pytest.raises(Unavailable, match="All connections to PostgreSQL are in use"):
            await database.read_text("SELECT '1'", [])
    await database.dispose()
    nowhere = Database.connect(database_url.set(database="nowhere"))
    with pytest.raises(Misconfigured, match="no such database"):
        await nowhere.read_text("SELECT '1'", [])


async def test_no_free_connection_is_unavailable(database_url: URL) -> None:
    database = Database.connect(database_url, DatabaseSettings(pool_size=1, pool_timeout=0.05))
    async with database.read():
        with pytest.raises(Unavailable, match="All connections to PostgreSQL are in use"):
            async with database.read():
                pytest.fail("there is only one connection")
    await database.dispose()


async def test_session_settings_reach_the_server(database: Database) -> None:
    async with database.read() as connection:
        await verify_session_settings(connection)
        shown = text(
            "SELECT current_setting('jit'), current_setting('TimeZone'), current_setting('statement_timeout')"
        )
        assert tuple((await connection.execute(shown)).one()) == ("off", "UTC", "10s")


async def test_stale_reads_go_to_a_replica(database: Database, database_url: URL) -> None:
    """Two databases stand for primary and replica: what matters is which of them is asked."""
    settings = DatabaseSettings(replicas=[database_url.set(database="atrium")])
    routed = Database.connect(database_url, settings)
    name = text("SELECT current_database()")
    async with routed.read() as fresh, routed.read(stale=True) as stale:
        assert await fresh.scalar(name) == database_url.database
        assert await stale.scalar(name) == "atrium"
    await routed.dispose()
    async with database.read(stale=True) as connection:
        assert await connection.scalar(name) == database_url.database


async def test_lost_session_settings_are_noticed(database_url: URL) -> None:
    """A pooler that swallows startup parameters looks like a connection that never sent them."""
    bare = create_async_engine(database_url)
    async with bare.connect() as connection:
        with pytest.raises(Misconfigured, match="lost these settings: jit, TimeZone, statement_timeout"):
            await verify_session_settings(connection)
    await bare.dispose()
