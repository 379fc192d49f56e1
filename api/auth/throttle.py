"""Guessing made slow: attempts per account and address, whether or not the account exists."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.core.addresses import network
from api.core.lru import LRU
from db.columns import IPAddress

_ENTRIES: Final = 20_000
_FIRST_SECONDS: Final = 1.0
_FORGOTTEN_SECONDS: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class _Patience:
    """How many failures are free, and the longest wait in seconds after them."""

    free: int
    longest: float


# Whoever guesses at an account from many addresses must not shut its owner out for long.
_WITH_ACCOUNTS: Final = _Patience(5, 60.0)
_WITH_ADDRESSES: Final = _Patience(25, 300.0)


@dataclass(slots=True)
class _Failures:
    patience: _Patience
    count: int = 0
    last: float = -math.inf

    def wait(self, now: float) -> float:
        """Seconds until the next attempt is allowed; none if not positive."""
        beyond = self.count - self.patience.free
        if beyond < 0:
            return 0.0
        return self.last + min(self.patience.longest, _FIRST_SECONDS * 2.0 ** min(beyond, 30)) - now


class Throttle:
    """Counts failures in memory. Beyond some that are free, each doubles the time until the next attempt.

    An attempt counts as failed until it is told to have succeeded, so that a hundred at once are no way
    around. Attempts that come too early change nothing: nobody is shut out by the impatience of others for
    longer than the longest wait.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._accounts: LRU[_Failures] = LRU(max_entries=_ENTRIES, max_weight=_ENTRIES)
        self._addresses: LRU[_Failures] = LRU(max_entries=_ENTRIES, max_weight=_ENTRIES)

    def attempt(self, account: str, address: IPAddress | None) -> int:
        """Begin an attempt and get 0, or the whole seconds after which to try again."""
        now = self._clock()
        counted = self._counted(account, address, now)
        wait = max(failures.wait(now) for failures in counted)
        if wait > 0:
            return math.ceil(wait)
        for failures in counted:
            failures.count += 1
            failures.last = now
        return 0

    def succeeded(self, account: str, address: IPAddress | None) -> None:
        """Take back what `attempt` counted: the account starts anew, the address keeps its other failures."""
        of_account, *of_address = self._counted(account, address, self._clock())
        of_account.count = 0
        for failures in of_address:
            failures.count = max(0, failures.count - 1)

    def _counted(self, account: str, address: IPAddress | None, now: float) -> list[_Failures]:
        """The failures of the account, and those of the address where there is one."""
        found = [_entry(self._accounts, _account(account), _WITH_ACCOUNTS, now)]
        if address is not None:
            found.append(_entry(self._addresses, network(str(address)), _WITH_ADDRESSES, now))
        return found


def _entry(entries: LRU[_Failures], key: str, patience: _Patience, now: float) -> _Failures:
    found = entries.get(key)
    if found is None or now - found.last > _FORGOTTEN_SECONDS:
        found = _Failures(patience)
        entries.put(key, found, 1)
    return found


def _account(name: str) -> str:
    return name.strip().casefold()[:300]
