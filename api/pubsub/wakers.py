"""Where news come from: PostgreSQL's notifications, Redis, or, as the last resort, a clock."""

import asyncio
import random
from collections.abc import Iterable
from typing import Any, Final

import structlog

from api.pubsub.hub import Hub
from db.background import Background
from db.notify import CHANNEL, Listener, News, notify
from db.session import Database

_RETRY_SECONDS: Final = 1.0
_HEARING_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


class Clock:
    """Looks at everything that is followed, again and again."""

    def __init__(self, hub: Hub, seconds: float) -> None:
        self._hub = hub
        self._seconds = seconds
        self._background = Background(self._tick)

    def start(self) -> None:
        """As `Waker.start`."""
        self._background.start()

    async def ready(self) -> None:
        """As `Waker.ready`: what happens from now on is seen at the next look."""

    async def stop(self) -> None:
        """As `Waker.stop`."""
        await self._background.stop()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            self._hub.miss()


class RedisWaker:
    """News that writers publish through Redis, so that their commits need not wait for each other to notify.

    `unreachable` is what the client raises while Redis does not answer. PostgreSQL is listened to as well:
    that is how writers tell who know nothing of Redis, and all others while it is away.
    """

    def __init__(
        self,
        hub: Hub,
        database: Database,
        listener: Listener,
        redis: Any,
        unreachable: tuple[type[Exception], ...],
    ) -> None:
        self._hub = hub
        self._database = database
        self._listener = listener
        self._redis = redis
        self._unreachable = unreachable
        self._hearing = asyncio.Event()
        self._background = Background(self._stay)

    def start(self) -> None:
        """As `Waker.start`."""
        self._listener.start()
        self._background.start()

    async def ready(self) -> None:
        """As `Waker.ready`."""
        await self._listener.ready()
        await self._hearing.wait()

    async def stop(self) -> None:
        """As `Waker.stop`."""
        await self._listener.stop()
        await self._background.stop()

    async def publish(self, news: Iterable[str]) -> None:
        """Tell everybody what a transaction changed that has just committed."""
        told = list(dict.fromkeys(news))
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for each in told:
                    pipeline.publish(CHANNEL, each)
                await pipeline.execute()
        except self._unreachable:
            await notify(self._database, told)

    async def _stay(self) -> None:
        while True:
            try:
                await self._hear()
            except self._unreachable as error:
                _log.warning("not listening to Redis", reason=str(error))
            finally:
                self._hearing.clear()
            await asyncio.sleep(_RETRY_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311

    async def _hear(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=False) as channel:
            await channel.subscribe(CHANNEL)
            while True:
                message = await channel.get_message(timeout=_HEARING_SECONDS)
                if message is None:
                    continue
                if message["type"] == "subscribe":
                    self._hearing.set()
                    self._hub.miss()
                elif (news := News.read(message["data"])) is not None:
                    self._hub.hear(news)
