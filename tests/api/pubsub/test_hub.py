"""Who is woken by which news, and what happens while nothing can be read or heard."""

import asyncio
from uuid import UUID

import pytest

from api.core.errors import ServiceUnavailable
from api.pubsub.channel import Channel, Topic
from api.pubsub.hub import Hub
from db.errors import StatementFailed, TimedOut, Unavailable
from db.notify import News

KEY, OWNER = UUID(int=1), UUID(int=2)


class Silent:
    """Nothing to hear; `heard` says whether it could be."""

    def __init__(self, *, hears: bool = True) -> None:
        self.hears = hears

    def start(self) -> None:
        pass

    async def ready(self) -> None:
        if not self.hears:
            await asyncio.Event().wait()

    async def stop(self) -> None:
        pass


class Counted(Channel):
    """Counts its fetches; each raises the next fault, if there is one left."""

    def __init__(self, topic: Topic, *faults: Exception) -> None:
        super().__init__(topic)
        self.fetched = 0
        self.faults = list(faults)
        self.done = asyncio.Event()

    async def fetch(self) -> None:
        self.fetched += 1
        if self.faults:
            raise self.faults.pop(0)
        self.done.set()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setattr("api.pubsub.hub._FIRST_WAIT", 0.001)
    hub = Hub(2)
    hub.waker = Silent()
    return hub


@pytest.mark.parametrize(
    ("topic", "woken"),
    [
        (Topic("thing", id=KEY), True),
        (Topic("thing", owner=OWNER), True),
        (Topic("thing"), True),
        (Topic("thing", id=OWNER), False),
        (Topic("thing", owner=KEY), False),
        (Topic("other", id=KEY), False),
        (Topic("other"), False),
    ],
)
async def test_news_wake_whom_they_concern(hub: Hub, topic: Topic, woken: bool) -> None:
    channel = await hub.join("key", lambda: Counted(topic))
    hub.hear(News("thing", KEY, OWNER))
    assert (channel.task is not None) is woken
    hub.leave(channel)
    assert len(hub) == 0
    assert hub._by_topic == {}


async def test_news_that_come_while_it_reads_are_read_once(hub: Hub) -> None:
    channel = await hub.join("key", lambda: Counted(Topic("thing")))
    for _ in range(100):
        hub.hear(News("thing", KEY, None))
    await channel.done.wait()
    await asyncio.sleep(0)
    assert channel.fetched == 1


async def test_what_is_followed_alike_is_one(hub: Hub) -> None:
    first = await hub.join("key", lambda: Counted(Topic("thing")))
    second = await hub.join("key", lambda: Counted(Topic("thing")))
    assert first is second
    hub.leave(first)
    assert len(hub) == 1
    first.fail(RuntimeError())
    third = await hub.join("key", lambda: Counted(Topic("thing")))
    assert third is not first
    hub.leave(first)
    hub.leave(third)
    assert len(hub) == 0


async def test_a_database_that_is_away_is_waited_for(hub: Hub) -> None:
    faults = [Unavailable("away")] * 5
    channel = await hub.join("key", lambda: Counted(Topic("thing"), *faults))
    hub.miss()
    await channel.done.wait()
    assert channel.fetched == 6
    assert channel.failure is None


@pytest.mark.parametrize("fault", [StatementFailed("bug"), TimedOut("slow")])
async def test_what_will_not_get_better_ends_it(hub: Hub, fault: Exception) -> None:
    channel = await hub.join("key", lambda: Counted(Topic("thing"), *[fault] * 10))
    hub.miss()
    assert channel.task is not None
    await channel.task
    assert channel.failure is fault
    assert channel.fetched == (1 if isinstance(fault, StatementFailed) else 3)


async def test_who_comes_while_nothing_is_heard_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.pubsub.hub._PATIENCE_SECONDS", 0.01)
    hub.waker = Silent(hears=False)
    with pytest.raises(ServiceUnavailable):
        await hub.join("key", lambda: Counted(Topic("thing")))
    assert len(hub) == 0


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"kind": "x"}', '{"kind": "x", "id": 1}', '{"id": "\\u0000"}']
)
def test_what_is_no_news(text: str) -> None:
    assert News.read(text) is None
