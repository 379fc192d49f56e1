"""Rate limits: how many operations a minute a user, an API key or an address may ask for.

One call, `RateLimiter.take`, serves every transport. What it answers is told in the fields `RateLimit` and
`RateLimit-Policy` of the IETF draft, and in `Retry-After` where it refuses.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final, Protocol

from api.auth.principal import CredentialKind, Principal
from api.core.addresses import network
from api.core.errors import Code, CodedError

WINDOW_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Taken:
    """What counting one operation came to.

    `left` operations may follow within the window, which ends in `seconds`; when this one was refused, the
    next may come in `seconds`.
    """

    allowed: bool
    left: int
    seconds: float


class Counts(Protocol):
    """Counts operations by key over a window of `WINDOW_SECONDS`."""

    async def take(self, name: str, key: Hashable, limit: int) -> Taken:
        """Count one operation under a key, of which the window allows `limit`."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one quota, for the client to see."""

    name: str
    limit: int
    left: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """The fields of an HTTP response that tell it."""
        return {
            "RateLimit-Policy": _policy(self.name, self.limit),
            "RateLimit": f'"{self.name}";r={self.left};t={self.seconds}',
        }


class RateLimited(CodedError):
    """Too many operations within a minute; `allowance.seconds` says when the next may come."""

    code = Code.RATE_LIMITED

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(
            f"More than {allowance.limit} operations a minute: wait {allowance.seconds} seconds.",
            retryAfterSeconds=allowance.seconds,
        )
        self.allowance = allowance

    def headers(self) -> dict[str, str]:
        """The fields of an HTTP response that refuses."""
        return {**self.allowance.headers(), "Retry-After": str(self.allowance.seconds)}


@dataclass(frozen=True, slots=True)
class Rates:
    """Operations a minute; None is no limit."""

    user: int | None
    address: int | None


class RateLimiter:
    """Counts each operation against the quotas of whoever asks.

    Who has signed in is counted as a user, over all their tokens, keys and addresses; a key with a rate of
    its own is counted beside that. Everybody else is counted by address, and whoever is fixed by the server
    itself is not counted.
    """

    def __init__(self, rates: Rates, counts: Counts) -> None:
        self._rates = rates
        self._counts = counts

    async def take(self, principal: Principal, address: str | None) -> Allowance | None:
        """Count one operation, and tell the quota that will be used up first; None where there is none.

        Raises:
            RateLimited: when a quota is used up.
            ServiceUnavailable: when nothing can be counted, and the settings want that refused.
        """
        if principal.kind is CredentialKind.LOOPBACK:
            return None
        user_id = principal.actor_id
        if user_id is None:
            return await self.take_address(address)
        own = None
        if principal.rate_per_minute is not None:
            own = await self._take("key", principal.key_id, principal.rate_per_minute)
        if self._rates.user is None:
            return own
        shared = await self._take("user", user_id, self._rates.user)
        return own if own is not None and own.left < shared.left else shared

    async def take_address(self, address: str | None) -> Allowance | None:
        """Count one request of somebody who has not signed in, or whose credentials are refused."""
        if self._rates.address is None:
            return None
        return await self._take("address", network(address or ""), self._rates.address)

    async def _take(self, name: str, key: Hashable, limit: int) -> Allowance:
        taken = await self._counts.take(name, key, limit)
        allowance = Allowance(name, limit, taken.left, ceil(taken.seconds) or 1)
        if not taken.allowed:
            raise RateLimited(allowance)
        return allowance


@lru_cache(maxsize=1_024)
def _policy(name: str, limit: int) -> str:
    return f'"{name}";q={limit};w={WINDOW_SECONDS}'
