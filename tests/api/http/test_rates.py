"""Rates: whom they count, where they are counted, and how a client is told."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog

from api.auth.principal import ANONYMOUS, CredentialKind, Principal, loopback
from api.core.addresses import network
from api.core.errors import ServiceUnavailable
from api.http.rate_counts import MemoryCounts, RedisCounts
from api.http.rates import Counts, RateLimited, RateLimiter, Rates
from api.http.redis_client import connect
from db.policy import Viewer
from tests.api.http.conftest import Client
from tests.api.http.redis_server import RedisServer, redis_server
from tests.api.http.sample import sample_app
from tests.api.http.test_requests import refusal

MEI = Principal(Viewer(UUID(int=1), frozenset({"user"})), CredentialKind.TOKEN)
LIN = Principal(Viewer(UUID(int=2), frozenset({"user"})), CredentialKind.TOKEN)
KEY = replace(MEI, kind=CredentialKind.API_KEY, key_id=UUID(int=3))


class Clock:
    """Seconds that pass when the test says so; minutes begin at multiples of sixty."""

    def __init__(self, seconds: float = 6_000.0) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limiter(clock: Clock, *, user: int | None = 3, address: int | None = 2) -> RateLimiter:
    return RateLimiter(Rates(user, address), MemoryCounts(clock))


async def left(
    limiter: RateLimiter, asker: Principal, address: str | None = "10.0.0.1"
) -> tuple[str, int] | None:
    """The quota that is told, and what is left of it."""
    allowance = await limiter.take(asker, address)
    return None if allowance is None else (allowance.name, allowance.left)


async def refused(limiter: RateLimiter, asker: Principal, address: str | None = "10.0.0.1") -> RateLimited:
    with pytest.raises(RateLimited) as caught:
        await limiter.take(asker, address)
    return caught.value


async def test_a_user_has_one_quota_over_everything(clock: Clock) -> None:
    rates = limiter(clock)
    assert await left(rates, MEI, "10.0.0.1") == ("user", 2)
    assert await left(rates, KEY, "10.0.0.2") == ("user", 1)
    assert await left(rates, MEI, None) == ("user", 0)
    assert (await refused(rates, MEI)).allowance.name == "user"
    assert await left(rates, LIN) == ("user", 2)


async def test_who_acts_as_another_uses_their_own_quota(clock: Clock) -> None:
    rates = limiter(clock)
    acting = replace(MEI, acting=LIN.viewer.user_id)
    assert await left(rates, acting) == ("user", 2)
    assert await left(rates, LIN) == ("user", 1)
    assert await left(rates, MEI) == ("user", 2)


async def test_a_key_has_its_own_quota_beside_that_of_its_user(clock: Clock) -> None:
    rates = limiter(clock, user=4)
    slow = replace(KEY, rate_per_minute=2)
    assert await left(rates, slow) == ("key", 1)
    assert await left(rates, slow) == ("key", 0)
    error = await refused(rates, slow)
    assert (error.allowance.name, error.allowance.limit) == ("key", 2)
    fast = replace(KEY, key_id=UUID(int=4), rate_per_minute=100)
    assert await left(rates, fast) == ("user", 1)
    assert await left(limiter(clock, user=None), fast) == ("key", 99)


async def test_others_are_counted_by_address(clock: Clock) -> None:
    rates = limiter(clock)
    assert await left(rates, ANONYMOUS, "10.0.0.1") == ("address", 1)
    assert await left(rates, ANONYMOUS, "10.0.0.1") == ("address", 0)
    await refused(rates, ANONYMOUS, "10.0.0.1")
    assert await left(rates, ANONYMOUS, "10.0.0.2") == ("address", 1)
    assert await left(rates, ANONYMOUS, None) == ("address", 1)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_addresses_count_for_their_network(address: str, counted: str) -> None:
    assert network(address) == counted


async def test_no_limit_and_nobody_to_limit(clock: Clock) -> None:
    rates = limiter(clock, user=None, address=None)
    assert await left(rates, MEI) is None
    assert await left(rates, ANONYMOUS) is None
    strict = limiter(clock, user=1)
    for _ in range(5):
        assert await left(strict, loopback(MEI.viewer)) is None


async def test_the_window_slides(clock: Clock) -> None:
    rates = limiter(clock, user=10)
    clock.seconds += 30
    for _ in range(10):
        await rates.take(MEI, None)
    error = await refused(rates, MEI)
    # Thirty seconds of this minute, and as soon as the next one has begun a tenth of it may go.
    assert error.allowance.seconds == 30
    clock.seconds += 33
    assert await left(rates, MEI) == ("user", 0)
    # A tenth of a minute makes room for one of ten.
    assert (await refused(rates, MEI)).allowance.seconds == 3
    clock.seconds += 3.5
    assert await left(rates, MEI) == ("user", 0)
    clock.seconds += 60 * 10
    assert await left(rates, MEI) == ("user", 9)


async def test_after_the_wait_that_was_told_there_is_room(clock: Clock) -> None:
    counts = MemoryCounts(clock)
    for limit in (1, 2, 7, 60):
        for step in (0.0, 12.3, 59.9, 61.0, 119.5):
            clock.seconds += step
            while (taken := await counts.take("user", limit, limit)).allowed:
                pass
            clock.seconds += taken.seconds + 0.001
            assert (await counts.take("user", limit, limit)).allowed


async def test_refused_operations_do_not_count(clock: Clock) -> None:
    rates = limiter(clock, user=1)
    await rates.take(MEI, None)
    for _ in range(100):
        await refused(rates, MEI)
    clock.seconds += 120
    assert await left(rates, MEI) == ("user", 0)


async def test_memory_forgets_who_has_not_come_again(clock: Clock) -> None:
    counts = MemoryCounts(clock)
    for number in range(1_000):
        await counts.take("user", number, 5)
    clock.seconds += 60
    await counts.take("user", 1, 5)
    assert len(counts) == 1_001
    clock.seconds += 60
    await counts.take("user", 1, 5)
    assert len(counts) == 2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[Any]:
    client = connect(server.url, timeout=5)
    await client.flushall()
    yield client
    await client.aclose()


def shared(client: Any, clock: Clock | None = None, *, open_when_away: bool = True) -> Counts:
    return RedisCounts(client, open_when_away=open_when_away, clock=clock or Clock())


async def test_processes_share_their_counts_through_redis(redis: Any) -> None:
    one, other = (RateLimiter(Rates(5, 2), shared(redis)) for _ in range(2))
    assert await left(one, MEI) == ("user", 4)
    assert await left(other, MEI) == ("user", 3)
    assert await left(one, LIN) == ("user", 4)
    for _ in range(3):
        await one.take(MEI, None)
    error = await refused(other, MEI)
    assert 1 <= error.allowance.seconds <= 120
    assert error.allowance.left == 0


async def test_parallel_operations_never_exceed_the_rate(redis: Any) -> None:
    limiters = [RateLimiter(Rates(10, None), shared(redis)) for _ in range(4)]

    async def attempt(rates: RateLimiter) -> bool:
        try:
            await rates.take(MEI, None)
        except RateLimited:
            return False
        return True

    outcomes = await asyncio.gather(*(attempt(rates) for rates in limiters for _ in range(20)))
    assert sum(outcomes) == 10


async def test_without_redis_each_process_counts_alone_and_says_so(tmp_path: Path) -> None:
    clock = Clock()
    with redis_server(tmp_path) as server, structlog.testing.capture_logs() as logs:
        client = connect(server.url, timeout=5)
        rates = RateLimiter(Rates(3, None), shared(client, clock))
        assert await left(rates, MEI) == ("user", 2)
        server.stop()
        assert [await left(rates, MEI) for _ in range(3)] == [("user", 2), ("user", 1), ("user", 0)]
        await refused(rates, MEI)
        server.start()
        # It is not asked again at once.
        await refused(rates, MEI)
        clock.seconds += 2
        assert await left(rates, MEI) == ("user", 2)
        await client.aclose()
    assert [entry["event"] for entry in logs] == ["Redis does not answer", "Redis answers again"]


async def test_without_redis_operations_are_refused_where_that_is_set(tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        server.stop()
        client = connect(server.url, timeout=5)
        rates = RateLimiter(Rates(3, None), shared(client, open_when_away=False))
        for _ in range(2):
            with pytest.raises(ServiceUnavailable, match="cannot be counted"):
                await rates.take(MEI, None)
        await client.aclose()


def ask(client: Client, **headers: str) -> Any:
    return client.post("/graphql", json={"query": "{ hello }"}, headers=headers)


def test_every_response_tells_what_is_left() -> None:
    client = Client(sample_app(principal=MEI, user_rate_per_minute=2))
    response = ask(client)
    assert response.status_code == 200
    assert response.headers["ratelimit-policy"] == '"user";q=2;w=60'
    quota, remaining, reset = response.headers["ratelimit"].split(";")
    assert (quota, remaining) == ('"user"', "r=1")
    assert 1 <= int(reset.removeprefix("t=")) <= 60


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_too_many_are_429_with_the_time_to_wait(accept: str) -> None:
    client = Client(sample_app(principal=MEI, user_rate_per_minute=2), {"Accept": accept})
    assert [ask(client).status_code for _ in range(2)] == [200, 200]
    response = ask(client)
    error = refusal(response, 429)
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["retryAfterSeconds"] == int(response.headers["retry-after"])
    assert response.headers["ratelimit"].startswith('"user";r=0;t=')
    assert response.headers["content-type"].startswith(accept)


def test_the_quota_is_used_before_the_body_is_read() -> None:
    client = Client(sample_app(principal=ANONYMOUS, address_rate_per_minute=1))
    bad = client.post("/graphql", content=b"not JSON", headers={"Content-Type": "application/json"})
    assert bad.status_code == 400
    refusal(ask(client), 429)


def test_the_page_and_questions_about_methods_are_free() -> None:
    client = Client(sample_app(principal=ANONYMOUS, address_rate_per_minute=1))
    for _ in range(3):
        assert client.get("/graphql", headers={"Accept": "text/html"}).status_code == 200
        assert client.request("OPTIONS", "/graphql").status_code == 204
    assert ask(client).status_code == 200


def test_zero_is_no_limit() -> None:
    client = Client(sample_app(principal=ANONYMOUS, address_rate_per_minute=0))
    assert "ratelimit" not in ask(client).headers
