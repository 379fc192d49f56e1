"""The present state of rows, and each later one: what nobody has taken yet gives way to what is newer.

An end never gives way. For whoever reads slowly, ten steps of progress become one; that something was
completed is told even if it was begun anew meanwhile.
"""

from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api.core.errors import Code, LimitExceeded
from api.pubsub.channel import Channel, EventsOverflow, Reading, Topic
from api.pubsub.events import gone
from db.notify import News

MOST_ROWS: Final = 1_000
"""Rows that one subscription may follow at once."""


@dataclass(frozen=True, slots=True)
class State:
    """A row as it was read: whether it has come to an end, and whether it is among those asked."""

    id: UUID
    text: str
    ended: bool
    matches: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """How rows are read: those with some ids, and all that are asked, oldest first, one more than may be.

    `only` is the one row that is followed, if it is one.
    """

    some: Callable[[list[UUID]], Awaitable[list[State]]]
    every: Callable[[], Awaitable[list[State]]]
    only: UUID | None = None
    final: bool = False
    """Whether what has ended stays as it is."""


class StateChannel(Channel):
    """States in the order in which they were read; `current` has the place of each row's newest."""

    def __init__(self, topic: Topic, scope: Scope) -> None:
        super().__init__(topic)
        self.scope = scope
        self.loaded = False
        self.newest = 0
        self.dropped = 0
        """Readers at or after this place have missed nothing."""
        self.places: list[int] = []
        self.states: dict[int, State] = {}
        self.current: dict[UUID, int] = {}
        self._news: set[UUID] = set()
        self._all = True
        self.stale = True

    def touch(self, news: News | None) -> None:
        """As `Channel.touch`."""
        super().touch(news)
        if news is None or len(self._news) >= MOST_ROWS:
            self._all = True
        else:
            self._news.add(news.id)

    async def fetch(self) -> None:
        """As `Channel.fetch`. Raises NotFound for the only row, LimitExceeded where there are too many."""
        news, everything = self._news, self._all
        self._news, self._all = set(), False
        try:
            if self.scope.only is not None:
                await self._fetch_only(self.scope.only)
            elif everything:
                await self._fetch_all()
            else:
                self._take(await self.scope.some(list(news)))
        except BaseException:
            self._news |= news
            self._all = self._all or everything
            self.stale = True
            raise
        self.loaded = True
        self.ring()

    def after(self, place: int, start: int) -> int | None:
        """The next place after one; up to `start`, only what was current counts."""
        index = bisect_right(self.places, place)
        while index < len(self.places):
            found = self.places[index]
            if found > start or self.current.get(self.states[found].id) == found:
                return found
            index += 1
        return None

    async def _fetch_only(self, only: UUID) -> None:
        found = await self.scope.some([only])
        if not found:
            raise gone()
        self._take(found)

    async def _fetch_all(self) -> None:
        found = await self.scope.every()
        if len(found) > MOST_ROWS:
            raise LimitExceeded(
                Code.NODE_LIMIT,
                f"More than {MOST_ROWS} objects fulfil `where`, which is all that can be followed at once: "
                "narrow it.",
                MOST_ROWS,
            )
        # What was among them and is not any longer is told once more.
        former = self.current.keys() - {state.id for state in found}
        self._take(found)
        if former:
            self._take(await self.scope.some(list(former)))

    def _take(self, found: Iterable[State]) -> None:
        for state in found:
            old = self.current.get(state.id)
            if old is None and not state.matches:
                continue
            before = None if old is None else self.states.get(old)
            if before is not None and (before.text, before.matches) == (state.text, state.matches):
                continue
            self._put(state, old, before)

    def _put(self, state: State, old: int | None, before: State | None) -> None:
        self.newest += 1
        if old is not None and before is not None and not before.ended:
            del self.states[old]
            self.places.remove(old)
        self.states[self.newest] = state
        self.places.append(self.newest)
        if state.matches:
            self.current[state.id] = self.newest
        else:
            self.current.pop(state.id, None)
        while len(self.places) > 2 * MOST_ROWS:
            self.dropped = self.places.pop(0)
            lost = self.states.pop(self.dropped)
            if self.current.get(lost.id) == self.dropped:
                del self.current[lost.id]
                self.worn = True


class StateReading(Reading):
    """One reader of states, from the present ones on."""

    def __init__(self, channel: StateChannel) -> None:
        super().__init__(channel)
        self._channel = channel
        self._at = 0
        self._start: int | None = None
        self._done = False

    @property
    def place(self) -> None:
        """As `Reading.place`: whoever comes back begins with the present state."""
        return

    async def next(self) -> list[State] | None:
        """As `Reading.next`; one state at a time, so that it is the newest."""
        while True:
            self.bell.clear()
            if self.interrupted:
                self.interrupted = False
                return []
            channel = self._channel
            if channel.loaded:
                found = self._found()
                if found is not None:
                    return [found]
                if self._done:
                    return None
            if channel.failure is not None:
                raise channel.failure
            await self.bell.wait()

    def _found(self) -> State | None:
        channel = self._channel
        if self._start is None:
            self._start = channel.newest
            self._at = channel.dropped
        if self._at < channel.dropped:
            raise EventsOverflow(
                "You read too slowly: subscribe again, and begin with the present state.", resumeAfter=None
            )
        place = channel.after(self._at, self._start)
        if place is None:
            return None
        self._at = place
        state = channel.states[place]
        self._done = channel.scope.final and channel.scope.only is not None and state.ended
        return state
