"""The whole application over a real database: readiness, faults of the database, and recovery."""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, text
from strawberry import Schema

from api.app import create_app, served_schema
from api.cli.serve import DEMO_USER, find_viewer
from api.http.graphiql import examples
from api.settings import ApiSettings
from bench.databases import administer
from db.policy import ADMIN, Viewer
from db.session import Database
from db.settings import DatabaseSettings
from tests.api.http.conftest import operation_name

ADMINISTRATOR = Viewer(user_id=None, roles=frozenset({ADMIN}))


@cache
def schema() -> Schema:
    return served_schema()


def connect(database: Database, viewer: Viewer = ADMINISTRATOR, **changes: Any) -> httpx.AsyncClient:
    app = create_app(ApiSettings(**changes), database, viewer, schema=schema())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://atrium.test")


@pytest.fixture
async def demo(demo_database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The application over the demo data, asked as `atrium serve` does."""
    async with connect(demo_database, await find_viewer(demo_database, DEMO_USER)) as client:
        yield client


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """The application over an empty database, asked by an administrator."""
    async with connect(database) as client:
        yield client


async def ask(client: httpx.AsyncClient, query: str, **variables: Any) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, "variables": variables})


async def test_alive_without_asking_the_database(database: Database) -> None:
    async with connect(Database.connect(URL.create("postgresql", host="/nowhere"))) as client:
        response = await client.get("/healthz")
        assert (response.status_code, response.json()) == (200, {"status": "ok"})
        response = await client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["reason"].startswith("PostgreSQL cannot be reached")


async def test_ready_at_the_newest_revision(client: httpx.AsyncClient, database: Database) -> None:
    async with database.read() as connection:
        revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    response = await client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "revision": revision})


async def test_not_ready_without_a_schema(postgres_url: URL) -> None:
    database = Database.connect(postgres_url, DatabaseSettings(pool_size=1))
    async with connect(database) as client:
        response = await client.get("/readyz")
    await database.dispose()
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "reason": "The database is empty: run atrium migrate.",
    }


async def test_not_ready_at_another_revision(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = 'newer'"))
    response = await client.get("/readyz")
    assert response.status_code == 503
    assert "this program does not know" in response.json()["reason"]


async def test_queries_reach_the_database(demo_database: Database) -> None:
    async with demo_database.read() as connection:
        count = await connection.scalar(text("SELECT count(*) FROM users WHERE deleted_at IS NULL"))
    async with connect(demo_database) as client:
        response = await ask(client, "{ users { totalCount } }")
    assert count
    assert response.json() == {"data": {"users": {"totalCount": count}}}


@pytest.mark.parametrize("example", examples(), ids=operation_name)
async def test_examples_of_the_page_have_something_to_show(demo: httpx.AsyncClient, example: str) -> None:
    body = (await ask(demo, example)).json()
    assert "errors" not in body
    (found,) = body["data"].values()
    assert found.get("nodes") or found.get("edges") or found["sessions"]["nodes"]


async def test_a_database_that_goes_away_is_said_and_recovers(
    client: httpx.AsyncClient, database_url: URL, postgres_url: URL
) -> None:
    query = "{ users { totalCount } }"
    name = str(database_url.database)
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    assert (await ask(client, query)).json() == {"data": {"users": {"totalCount": 0}}}

    await administer(postgres_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", end)
    for _ in range(3):
        response = await ask(client, query)
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert error["message"] == "The database does not answer at the moment: try again shortly."
        assert name not in response.text
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200

    await administer(postgres_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert (await ask(client, query)).json() == {"data": {"users": {"totalCount": 0}}}
    assert (await client.get("/readyz")).status_code == 200


async def test_a_slow_statement_ends_with_the_operation(database: Database) -> None:
    async with database.transaction() as locking, connect(database, operation_timeout_seconds=0.2) as client:
        await locking.execute(text("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
        response = await ask(client, "{ users { totalCount } }")
    assert response.status_code == 504
    assert response.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
    async with asyncio.timeout(15):
        while database.pool_status().checked_out:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_settings_reach_the_endpoint(demo_database: Database) -> None:
    async with connect(demo_database, introspection="nobody", graphiql=False, max_depth=2) as client:
        introspected = await ask(client, "{ __schema { queryType { name } } }")
        assert introspected.json()["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"
        deep = await ask(client, "{ users { nodes { id } } }")
        assert deep.json()["errors"][0]["extensions"]["code"] == "DEPTH_LIMIT"
        misspelt = await ask(client, "{ user { id } userz { id } }")
        assert "Did you mean" not in misspelt.text
        assert (await client.get("/graphql", headers={"Accept": "text/html"})).status_code == 406


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ users(first: -1) { nodes { id } } }", {}, "BAD_USER_INPUT"),
        ("{ users(first: 100000) { nodes { id } } }", {}, "BAD_USER_INPUT"),
        ('{ users(after: "nonsense") { nodes { id } } }', {}, "INVALID_CURSOR"),
        (
            "query ($n: String) { users(where: {email: {eq: $n}}) { nodes { id } } }",
            {"n": "\0"},
            "BAD_USER_INPUT",
        ),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_bad_input_is_typed(
    demo: httpx.AsyncClient, query: str, variables: dict[str, Any], code: str
) -> None:
    (error,) = (await ask(demo, query, **variables)).json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["requestId"]


async def test_ids_that_name_nothing_answer_null(demo: httpx.AsyncClient) -> None:
    other = "U2Vzc2lvbjowMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA="
    query = "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } user(id: $id) { id } }"
    for key in ("nonsense", "", "00000000-0000-0000-0000-000000000000", other):
        response = await ask(demo, query, id=key)
        assert response.json() == {"data": {"node": None, "nodes": [None], "user": None}}


async def test_two_applications_share_nothing(demo_database: Database) -> None:
    async with connect(demo_database, max_aliases=0) as strict, connect(demo_database) as free:
        query = "{ a: __typename }"
        assert (await ask(strict, query)).json()["errors"][0]["extensions"]["code"] == "ALIAS_LIMIT"
        assert (await ask(free, query)).json() == {"data": {"a": "Query"}}
        assert (await ask(strict, query)).json()["errors"][0]["extensions"]["code"] == "ALIAS_LIMIT"
