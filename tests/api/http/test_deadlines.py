"""Operations that end before their time: the deadline, and clients that go away, down to PostgreSQL."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import orjson
import pytest
import structlog
import uvicorn
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.app import create_app, served_schema
from api.server import http_protocol
from api.settings import ApiSettings
from db.policy import ADMIN, Viewer
from db.session import Database
from db.settings import DatabaseSettings

ADMINISTRATOR = Viewer(user_id=None, roles=frozenset({ADMIN}))
QUERY = "{ users { nodes { id sessions { nodes { id } } } } }"
HEAD = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'
"""

SCHEMA = served_schema()


# PostgreSQL itself ends nothing: what ends was ended by the program.
PATIENT = DatabaseSettings(pool_size=3, max_overflow=0, statement_timeout_ms=0)


class Lock:
    """A lock for which every read of users waits, and an eye on who does."""

    def __init__(self, holding: AsyncConnection, watching: AsyncConnection) -> None:
        self._holding = holding
        self._watching = watching

    async def waiting(self, statements: int) -> None:
        """Wait until so many statements wait; give up after a long time."""
        async with asyncio.timeout(30):
            while await self._watching.scalar(text(WAITING)) != statements:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def release(self) -> None:
        await self._holding.rollback()


@pytest.fixture
async def patient(database_url: URL) -> AsyncIterator[Database]:
    """The empty database."""
    database = Database.connect(database_url, PATIENT)
    yield database
    await database.dispose()


@pytest.fixture
async def lock(database_url: URL) -> AsyncIterator[Lock]:
    settings = DatabaseSettings(pool_size=2, idle_transaction_timeout_ms=0)
    database = Database.connect(database_url, settings)
    async with database.engine.connect() as holding, database.read() as watching:
        await holding.execute(text("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
        yield Lock(holding, watching)
    await database.dispose()


@contextmanager
def serving(url: URL, *, statements: bool, **changes: Any) -> Iterator[int]:
    """The port of the application as it is served, in a thread and a loop of its own."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        settings = ApiSettings(**changes)

        async def main() -> None:
            database = Database.connect(url, PATIENT)
            app = create_app(settings, database, ADMINISTRATOR, schema=SCHEMA, statements=statements)
            server.config.app = app
            try:
                await server.serve(sockets=[bound])
            finally:
                await database.dispose()

        protocol = http_protocol(settings.max_header_bytes)
        server = uvicorn.Server(uvicorn.Config("", log_config=None, lifespan="on", http=protocol))
        thread = threading.Thread(target=lambda: asyncio.run(main()))
        thread.start()
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def request(query: str) -> bytes:
    body = orjson.dumps({"query": query})
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    """Status and body of the next response."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    return int(head.split(b" ")[1]), orjson.loads(await reader.readexactly(length))


both_paths = pytest.mark.parametrize("statements", [True, False], ids=["statement path", "loader path"])


@both_paths
async def test_the_deadline_ends_the_statement_on_the_server(
    patient: Database, lock: Lock, *, statements: bool
) -> None:
    settings = ApiSettings(operation_timeout_seconds=0.3)
    app = create_app(settings, patient, ADMINISTRATOR, schema=SCHEMA, statements=statements)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://atrium.test") as client:
        response = await client.post("/graphql", json={"query": QUERY})
    assert response.status_code == 504
    assert response.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
    await lock.waiting(0)


@both_paths
async def test_the_pool_gets_its_connections_back(patient: Database, lock: Lock, *, statements: bool) -> None:
    hurried, unhurried = (
        httpx.AsyncClient(
            transport=httpx.ASGITransport(
                create_app(settings, patient, ADMINISTRATOR, schema=SCHEMA, statements=statements)
            ),
            base_url="http://atrium.test",
        )
        for settings in (ApiSettings(operation_timeout_seconds=0.3), ApiSettings())
    )
    async with hurried, unhurried:
        # More than the pool has connections, one after the other.
        for _ in range(12):
            assert (await hurried.post("/graphql", json={"query": QUERY})).status_code == 504
        await lock.waiting(0)
        await lock.release()
        response = await unhurried.post("/graphql", json={"query": QUERY})
    assert response.json() == {"data": {"users": {"nodes": []}}}
    async with asyncio.timeout(30):
        while patient.pool_status().checked_out:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@both_paths
async def test_a_client_that_goes_away_ends_its_statement(
    database_url: URL, lock: Lock, *, statements: bool
) -> None:
    with serving(database_url, statements=statements, operation_timeout_seconds=600) as port:
        async with connected(port) as (_, writer):
            writer.write(request(QUERY))
            await lock.waiting(1)
        await lock.waiting(0)
        # The server goes on as if nothing had been.
        await lock.release()
        async with connected(port) as (reader, writer):
            writer.write(request(QUERY))
            assert await answer(reader) == (200, {"data": {"users": {"nodes": []}}})


async def test_only_the_client_that_went_away_is_stopped(database_url: URL, lock: Lock) -> None:
    with serving(database_url, statements=True, operation_timeout_seconds=600) as port:
        async with connected(port) as (reader, staying):
            staying.write(request(QUERY))
            await lock.waiting(1)
            async with connected(port) as (_, leaving):
                leaving.write(request(QUERY))
                await lock.waiting(2)
            await lock.waiting(1)
            await lock.release()
            assert await answer(reader) == (200, {"data": {"users": {"nodes": []}}})


async def test_a_connection_kept_alive_is_stopped_in_its_second_request(
    database_url: URL, lock: Lock
) -> None:
    with serving(database_url, statements=True, operation_timeout_seconds=600) as port:
        async with connected(port) as (reader, writer):
            writer.write(request("{ __typename }"))
            assert await answer(reader) == (200, {"data": {"__typename": "Query"}})
            writer.write(request(QUERY))
            await lock.waiting(1)
        await lock.waiting(0)


async def test_requests_of_a_pipeline_are_answered_in_order(database_url: URL, lock: Lock) -> None:
    with serving(database_url, statements=True, operation_timeout_seconds=600) as port:
        async with connected(port) as (reader, writer):
            writer.write(request(QUERY) + request("{ __typename }") + request("{ a: __typename }"))
            await lock.waiting(1)
            await lock.release()
            assert await answer(reader) == (200, {"data": {"users": {"nodes": []}}})
            assert await answer(reader) == (200, {"data": {"__typename": "Query"}})
            assert await answer(reader) == (200, {"data": {"a": "Query"}})


async def test_nobody_is_blamed_for_a_client_that_went_away(
    database_url: URL, lock: Lock, caplog: pytest.LogCaptureFixture
) -> None:
    """A pipeline reset by its client, whose first request is still running: no fault of the server's."""
    with structlog.testing.capture_logs() as logs:
        with serving(database_url, statements=True, operation_timeout_seconds=600) as port:
            async with connected(port) as (_, writer):
                writer.write(request(QUERY))
                await lock.waiting(1)
                writer.transport.abort()
            await lock.waiting(0)
        async with asyncio.timeout(30):
            while not any(entry["event"] == "request" for entry in logs):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert [entry["status"] for entry in logs if entry["event"] == "request"] == [499]
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
