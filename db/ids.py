"""Ids that programs choose for rows before they write them: of version 7, like those of the database."""

import secrets
import time
from typing import Final
from uuid import UUID

_VERSION: Final = 7 << 76
_VARIANT: Final = 2 << 62
_TICKS_PER_MILLISECOND: Final = 4096
_NANOSECONDS: Final = 1_000_000


class _Clock:
    """A clock in 4096ths of a millisecond that never shows the same moment twice."""

    def __init__(self) -> None:
        self._last = 0

    def tick(self) -> int:
        now = time.time_ns() * _TICKS_PER_MILLISECOND // _NANOSECONDS
        self._last = max(now, self._last + 1)
        return self._last


_CLOCK: Final = _Clock()


def new_id() -> UUID:
    """An id that is greater than all that this process made before it."""
    milliseconds, fraction = divmod(_CLOCK.tick(), _TICKS_PER_MILLISECOND)
    return UUID(int=milliseconds << 80 | _VERSION | fraction << 64 | _VARIANT | secrets.randbits(62))
