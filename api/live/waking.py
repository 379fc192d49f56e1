"""From the settings to what wakes the subscriptions of an application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from graphql import GraphQLSchema

from api.auth.watch import Watch
from api.core.declarations import MIRRORS
from api.core.pages import PageSizes
from api.live.following import Following
from api.pubsub.hub import Hub
from api.pubsub.wakers import Clock, RedisWaker
from api.reading.followed import Followings
from api.settings import ApiSettings, LiveWaker
from db.errors import Misconfigured
from db.notify import Listener, News
from db.session import Database


def make_following(
    settings: ApiSettings,
    database: Database,
    schema: GraphQLSchema,
    watch: Watch,
    redis: Any | None,
    unreachable: tuple[type[Exception], ...],
) -> Following:
    """What the subscriptions of an application take; `redis` is a client, where the settings name a server.

    `watch` hears of rights over the same connection. Raises Misconfigured where Redis is to wake them and is
    not named.
    """
    # Half of the connections, so that queries go on while everything is read anew.
    hub = Hub(max(1, database.pool_size // 2))
    kind = settings.live_waker or (LiveWaker.NOTIFY if redis is None else LiveWaker.REDIS)
    if kind is LiveWaker.POLL or database.url is None:
        hub.waker = Clock(hub, settings.live_poll_seconds)
    else:
        listener = watch.listener = _listener(database, hub, watch)
        if kind is LiveWaker.NOTIFY:
            hub.waker = listener
        elif redis is None:
            raise Misconfigured("ATRIUM_LIVE_WAKER is redis: name a server with ATRIUM_REDIS_URL.")
        else:
            waker = RedisWaker(hub, database, listener, redis, unreachable)
            hub.waker = waker
            database.publish = waker.publish
    mirrors = {mirror.name: mirror for mirror in MIRRORS.values()}
    sizes = PageSizes(settings.default_page_size, settings.max_page_size)
    return Following(hub, Followings(schema, mirrors, sizes), database, max_lag=settings.live_max_lag)


def _listener(database: Database, hub: Hub, watch: Watch) -> Listener:
    """The connection that listens, for the hub and for rights."""

    def hear(news: News) -> None:
        watch.hear(news)
        hub.hear(news)

    def miss() -> None:
        watch.miss()
        hub.miss()

    return Listener(database, hear, miss)


@asynccontextmanager
async def at_work(following: Following) -> AsyncIterator[None]:
    """While the application serves."""
    try:
        yield
    finally:
        await following.hub.stop()
