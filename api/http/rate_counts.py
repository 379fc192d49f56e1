"""Where operations are counted: in the memory of this process, or in a Redis that processes share.

Both count by a sliding window: the current minute, and of the previous one the share that still lies within
the last sixty seconds.
"""

import time
from collections.abc import Callable, Hashable
from typing import Any, Final

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from api.core.errors import ServiceUnavailable
from api.http.rates import WINDOW_SECONDS, Taken

_log = structlog.get_logger(__name__)

# While Redis is away, it is asked again this often and not for every operation.
_PAUSE_SECONDS: Final = 1.0


class MemoryCounts:
    """Counts in this process. The keys of two minutes are held; older ones go as a whole."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._window = 0
        self._current: dict[Hashable, int] = {}
        self._previous: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._current) + len(self._previous)

    async def take(self, name: str, key: Hashable, limit: int) -> Taken:
        """Count one operation."""
        window, elapsed = divmod(self._clock(), WINDOW_SECONDS)
        if window != self._window:
            self._turn(int(window))
        entry = (name, key)
        now = self._current.get(entry, 0)
        before = self._previous.get(entry, 0)
        used = now + int(before * (1 - elapsed / WINDOW_SECONDS)) if before else now
        if used >= limit:
            return Taken(allowed=False, left=0, seconds=_wait(limit, now, before, elapsed))
        self._current[entry] = now + 1
        return Taken(allowed=True, left=limit - used - 1, seconds=WINDOW_SECONDS - elapsed)

    def _turn(self, window: int) -> None:
        self._previous = self._current if window == self._window + 1 else {}
        self._current = {}
        self._window = window


def _wait(limit: int, now: int, before: int, elapsed: float) -> float:
    """Seconds until the window has room for one more."""
    if now < limit:
        # When enough of the previous minute has left the window.
        return WINDOW_SECONDS * (1 - (limit - now) / before) - elapsed
    return WINDOW_SECONDS - elapsed + WINDOW_SECONDS * (1 - limit / now)


class RedisCounts:
    """Counts in the Redis of `client`, shared by all processes that use it.

    While Redis does not answer, operations are counted in the memory of each process when `open_when_away`,
    and refused otherwise.
    """

    def __init__(
        self,
        client: Any,
        *,
        open_when_away: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage = RedisStorage(
            "async+redis://",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="atrium:rate",
            connection_pool=client.connection_pool,
        )
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._items: dict[int, RateLimitItemPerMinute] = {}
        self._open = open_when_away
        self._memory = MemoryCounts()
        self._clock = clock
        self._away_until: float | None = None

    async def take(self, name: str, key: Hashable, limit: int) -> Taken:
        """Count one operation. Raises ServiceUnavailable when that fails and is to be refused."""
        if self._away_until is not None and self._clock() < self._away_until:
            return await self._without(name, key, limit)
        item = self._items.get(limit) or self._items.setdefault(limit, RateLimitItemPerMinute(limit))
        try:
            allowed = await self._limiter.hit(item, name, str(key))
            reset, left = await self._limiter.get_window_stats(item, name, str(key))
        except (StorageError, OSError, TimeoutError) as error:
            if self._away_until is None:
                cause = error.storage_error if isinstance(error, StorageError) else error
                _log.error(
                    "Redis does not answer", reason=str(cause), counting="memory" if self._open else "no"
                )
            self._away_until = self._clock() + _PAUSE_SECONDS
            return await self._without(name, key, limit)
        if self._away_until is not None:
            self._away_until = None
            _log.info("Redis answers again")
        return Taken(allowed=allowed, left=max(0, left), seconds=max(0.0, reset - time.time()))

    async def _without(self, name: str, key: Hashable, limit: int) -> Taken:
        if self._open:
            return await self._memory.take(name, key, limit)
        raise ServiceUnavailable("Operations cannot be counted at the moment: try again shortly.")
