"""The Redis that processes share, where the extra `redis` is installed and a URL is set."""

from typing import Any

from api.settings import ApiSettings
from db.errors import Misconfigured

try:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError
except ImportError:
    Redis = None  # type: ignore[assignment,misc]
    RedisError = OSError  # type: ignore[assignment,misc]

UNREACHABLE: tuple[type[Exception], ...] = (RedisError, OSError, TimeoutError)
"""What the client raises while Redis does not answer."""


def connect(url: str, timeout: float) -> Any:
    """A client that gives up after `timeout` seconds. Nothing connects before its first use.

    Raises:
        Misconfigured: when the extra is not installed.
    """
    if Redis is None:
        raise Misconfigured(
            "ATRIUM_REDIS_URL is set, and the Redis client is not installed: install atrium[redis], or "
            "unset it."
        )
    return Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout)


def client_of(settings: ApiSettings) -> Any | None:
    """A client of the server that the settings name, if they name one. Raises what `connect` raises."""
    if settings.redis_url is None:
        return None
    return connect(settings.redis_url.get_secret_value(), settings.redis_timeout_seconds)
