"""Everything that is followed in one process: the channels, and what wakes them."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Protocol, TypeVar

import structlog

from api.core.errors import ServiceUnavailable
from api.pubsub.channel import Channel, Topic
from db.errors import TimedOut, Unavailable
from db.notify import News

_FIRST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 5.0
_MOST_LATE: Final = 3
# Whoever subscribes while nothing can be heard waits so long.
_PATIENCE_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)

ChannelT = TypeVar("ChannelT", bound=Channel)
Value = TypeVar("Value")


class Waker(Protocol):
    """Where news come from. It calls `Hub.hear` and `Hub.miss`."""

    def start(self) -> None:
        """Begin, if it has not begun."""

    async def ready(self) -> None:
        """Wait until everything that is committed from then on is heard."""

    async def stop(self) -> None:
        """End."""


class Hub:
    """The channels of a process. At most `slots` of them read at once, so that queries go on beside them."""

    def __init__(self, slots: int) -> None:
        self.waker: Waker
        self._slots = asyncio.Semaphore(slots)
        self._channels: dict[Hashable, Channel] = {}
        self._keys: dict[Channel, Hashable] = {}
        self._by_topic: defaultdict[Topic, set[Channel]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._keys)

    async def join(self, key: Hashable, make: Callable[[], ChannelT]) -> ChannelT:
        """The channel with this key, made where nobody follows it yet; whoever joins must leave.

        Raises ServiceUnavailable where no news can be heard.
        """
        self.waker.start()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.waker.ready()
        except TimeoutError:
            raise ServiceUnavailable("Nothing can be followed at the moment: try again.") from None
        found = self._channels.get(key)
        if found is None or found.failure is not None or found.worn:
            found = self._channels[key] = make()
            self._keys[found] = key
            self._by_topic[found.topic].add(found)
        found.readers += 1
        return found  # type: ignore[return-value]

    def leave(self, channel: Channel) -> None:
        """One reader fewer; the last one closes the channel."""
        channel.readers -= 1
        if channel.readers:
            return
        key = self._keys.pop(channel)
        if self._channels.get(key) is channel:
            del self._channels[key]
        followers = self._by_topic[channel.topic]
        followers.discard(channel)
        if not followers:
            del self._by_topic[channel.topic]
        if channel.task is not None:
            channel.task.cancel()

    def hear(self, news: News) -> None:
        """There is news."""
        for topic in Topic.all_of(news):
            for channel in self._by_topic.get(topic, ()):
                channel.touch(news)
                self.refresh(channel)

    def miss(self) -> None:
        """News may have been missed: everything is looked at."""
        for channel in self._keys:
            channel.touch(None)
            self.refresh(channel)

    def refresh(self, channel: Channel) -> None:
        """Let a stale channel read, unless it does so already."""
        if channel.task is None and channel.stale and channel.failure is None:
            channel.task = asyncio.create_task(self._refresh(channel))

    async def patiently(self, read: Callable[[], Awaitable[Value]]) -> Value:
        """What `read` returns, tried again while the database is away; not more than some at once.

        Raises whatever else `read` raises, and TimedOut when it took too long again and again.
        """
        wait = _FIRST_WAIT
        late = 0
        while True:
            try:
                async with self._slots:
                    return await read()
            except Unavailable as error:
                _log.warning("followed rows could not be read", reason=error.message)
            except TimedOut:
                late += 1
                if late == _MOST_LATE:
                    raise
            # So that not all that follow come back at the same moment.
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311
            wait = min(2 * wait, _LONGEST_WAIT)

    async def stop(self) -> None:
        """Hear no more news; the readers' tasks end by themselves."""
        await self.waker.stop()
        tasks = [channel.task for channel in self._keys if channel.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _refresh(self, channel: Channel) -> None:
        try:
            while channel.stale and channel.failure is None:
                channel.stale = False
                await self.patiently(channel.fetch)
        except Exception as failure:  # noqa: BLE001
            channel.fail(failure)
        finally:
            channel.task = None
