"""Automatic persisted queries, byte for byte as Apollo's clients send them."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog

from api.http.persisted import PersistedQueries
from api.http.redis_client import connect
from tests.api.http.conftest import Client
from tests.api.http.redis_server import RedisServer, redis_server
from tests.api.http.sample import sample_app
from tests.api.http.test_requests import refusal
from tests.api.http.test_trusted import client_of, write

QUERY = "query Hello {\n  hello\n}"
HASH = sha256(QUERY.encode()).hexdigest()
ANSWER = {"data": {"hello": "hello world"}}
ACCEPTS = ["application/json", "application/graphql-response+json,application/json;q=0.9"]


def extensions(query_hash: Any = HASH, version: Any = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": query_hash}}


def post(client: Client, **body: Any) -> Any:
    return client.post("/graphql", json={"operationName": "Hello", "variables": {}, **body})


@pytest.fixture(params=ACCEPTS, ids=["json", "graphql-response"])
def client(request: pytest.FixtureRequest) -> Client:
    return Client(sample_app(), {"Accept": request.param})


def not_found(response: Any) -> None:
    """The one answer upon which clients send the whole query."""
    accepted = response.headers["content-type"].startswith("application/graphql-response+json")
    assert response.status_code == (400 if accepted else 200)
    (error,) = response.json()["errors"]
    assert error["message"] == "PersistedQueryNotFound"
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


def test_post_hash_then_query_then_hash(client: Client) -> None:
    not_found(post(client, extensions=extensions()))
    assert post(client, query=QUERY, extensions=extensions()).json() == ANSWER
    assert post(client, extensions=extensions()).json() == ANSWER


def test_get_hash_then_query_then_hash(client: Client) -> None:
    def get(**parameters: str) -> Any:
        packed = orjson.dumps(extensions()).decode()
        return client.get("/graphql", params={"operationName": "Hello", "extensions": packed, **parameters})

    not_found(get())
    assert get(query=QUERY).json() == ANSWER
    assert get().json() == ANSWER
    assert post(client, extensions=extensions()).json() == ANSWER


def test_a_hash_of_another_query_is_400_and_keeps_nothing(client: Client) -> None:
    error = refusal(post(client, query="{ count }", extensions=extensions()), 400)
    assert error["message"] == "provided sha does not match query"
    not_found(post(client, extensions=extensions()))


def test_what_is_not_valid_is_not_kept(client: Client) -> None:
    wrong = "query Hello { gone }"
    query_hash = sha256(wrong.encode()).hexdigest()
    body = post(client, query=wrong, extensions=extensions(query_hash)).json()
    assert body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    not_found(post(client, extensions=extensions(query_hash)))


@pytest.mark.parametrize(
    ("persisted", "said"),
    [
        ([], '"persistedQuery" must be an object, not a list.'),
        (None, '"persistedQuery" must be an object, not null.'),
        ({}, "Unsupported persisted query version"),
        ({"version": 2, "sha256Hash": HASH}, "Unsupported persisted query version"),
        ({"version": 1}, '"sha256Hash" must be a SHA-256 hash'),
        ({"version": 1, "sha256Hash": 7}, '"sha256Hash" must be a SHA-256 hash'),
        ({"version": 1, "sha256Hash": HASH.upper()}, '"sha256Hash" must be a SHA-256 hash'),
        ({"version": 1, "sha256Hash": HASH + "\n"}, '"sha256Hash" must be a SHA-256 hash'),
    ],
)
def test_malformed_hashes_are_400(client: Client, persisted: Any, said: str) -> None:
    error = refusal(post(client, query=QUERY, extensions={"persistedQuery": persisted}), 400)
    assert (error["extensions"]["code"], said in error["message"]) == ("BAD_REQUEST", True)


def test_limits_hold_for_persisted_queries(client: Client) -> None:
    long = QUERY + " " * 15_000
    query_hash = sha256(long.encode()).hexdigest()
    body = post(client, query=long, extensions=extensions(query_hash)).json()
    assert body["errors"][0]["extensions"]["code"] == "DOCUMENT_TOO_LONG"
    not_found(post(client, extensions=extensions(query_hash)))


def test_a_mutation_by_get_stays_405(client: Client) -> None:
    text = "mutation Change { change }"
    persisted = extensions(sha256(text.encode()).hexdigest())
    assert client.post("/graphql", json={"query": text, "extensions": persisted}).status_code == 200
    parameters = {"extensions": orjson.dumps(persisted).decode()}
    assert client.get("/graphql", params=parameters).status_code == 405


def test_trusted_documents_are_found_by_their_hash(tmp_path: Path) -> None:
    client = client_of(write(tmp_path / "manifest.json", QUERY))
    assert post(client, extensions=extensions()).json() == ANSWER
    assert post(client, query=QUERY, extensions=extensions()).json() == ANSWER


def test_persisting_makes_nothing_trusted(tmp_path: Path) -> None:
    client = client_of(write(tmp_path / "manifest.json", "{ count }"))
    for _ in range(2):
        error = refusal(post(client, query=QUERY, extensions=extensions()), 400)
        assert error["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    not_found(post(client, extensions=extensions()))


async def test_memory_is_bounded() -> None:
    queries = PersistedQueries()
    for number in range(3_000):
        await queries.put(f"{number:064x}", "x" * 100)
    assert await queries.get(f"{0:064x}") is None
    assert await queries.get(f"{2_999:064x}") is not None
    assert len(queries._memory) == 1_000


@pytest.fixture
def server(tmp_path: Path) -> Any:
    with redis_server(tmp_path) as running:
        yield running


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[Any]:
    client = connect(server.url, timeout=5)
    yield client
    await client.aclose()


async def test_processes_share_queries_through_redis(redis: Any) -> None:
    one, other = PersistedQueries(redis), PersistedQueries(redis)
    assert await other.get(HASH) is None
    await one.put(HASH, QUERY)
    assert await other.get(HASH) == QUERY
    assert 0 < await redis.ttl(f"atrium:query:{HASH}") <= 24 * 60 * 60


async def test_redis_is_not_believed(redis: Any) -> None:
    await redis.set(f"atrium:query:{HASH}", "{ count }")
    with structlog.testing.capture_logs() as logs:
        assert await PersistedQueries(redis).get(HASH) is None
    assert [entry["event"] for entry in logs] == ["Redis has another query under this hash"]


async def test_without_redis_queries_are_sent_again(redis: Any, server: RedisServer) -> None:
    one, other = PersistedQueries(redis), PersistedQueries(redis)
    server.stop()
    with structlog.testing.capture_logs() as logs:
        await one.put(HASH, QUERY)
        assert await one.get(HASH) == QUERY
        assert await other.get(HASH) is None
    assert {entry["event"] for entry in logs} == {"Redis does not answer"}
