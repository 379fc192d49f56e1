"""One server for each test, of the small schema with subscriptions."""

from collections.abc import AsyncIterator

import pytest

from tests.api.http.streams.world import FEEDS, LOADERS, People, Place, make_app, served


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture(autouse=True)
def quiet_feeds() -> None:
    FEEDS.queues.clear()
    FEEDS.opened = FEEDS.closed = 0
    LOADERS.clear()


@pytest.fixture
async def place(people: People) -> AsyncIterator[Place]:
    """The server with default settings."""
    async with served(make_app(people)) as place:
        yield place
        await place.emptied()
