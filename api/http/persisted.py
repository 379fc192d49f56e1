"""Automatic persisted queries as Apollo's clients speak them: a query is sent once, and then by its hash.

This saves bytes and protects from nothing: whoever may send a query may persist it.
"""

from hashlib import sha256
from typing import Any, Final

import structlog

from api.core.lru import LRU
from api.http.redis_client import UNREACHABLE

_log = structlog.get_logger(__name__)

_ENTRIES: Final = 1_000
_CHARACTERS: Final = 2_000_000
_SHARED_SECONDS: Final = 24 * 60 * 60


def hash_of(text: str) -> str:
    """The hash by which a text is named: SHA-256 over UTF-8, in lower-case hexadecimal digits."""
    return sha256(text.encode()).hexdigest()


class PersistedQueries:
    """Queries by their hash: those that were used last in memory, and in Redis if processes share one."""

    def __init__(self, redis: Any | None = None) -> None:
        self._memory: LRU[str] = LRU(max_entries=_ENTRIES, max_weight=_CHARACTERS)
        self._redis = redis

    async def get(self, query_hash: str) -> str | None:
        """The query with this hash, where it is known."""
        text = self._memory.get(query_hash)
        if text is not None or self._redis is None:
            return text
        try:
            found: bytes | None = await self._redis.get(_key(query_hash))
        except UNREACHABLE as error:
            _log.warning("Redis does not answer", reason=str(error))
            return None
        if found is None:
            return None
        text = found.decode(errors="replace")
        if hash_of(text) != query_hash:
            _log.error("Redis has another query under this hash", hash=query_hash)
            return None
        self._memory.put(query_hash, text, len(text))
        return text

    async def put(self, query_hash: str, text: str) -> None:
        """Keep a query. `query_hash` has been compared with its text."""
        if self._memory.get(query_hash) is not None:
            return
        self._memory.put(query_hash, text, len(text))
        if self._redis is not None:
            try:
                await self._redis.set(_key(query_hash), text.encode(), ex=_SHARED_SECONDS)
            except UNREACHABLE as error:
                _log.warning("Redis does not answer", reason=str(error))


def _key(query_hash: str) -> str:
    return f"atrium:query:{query_hash}"
