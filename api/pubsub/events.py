"""Numbered events of one whole, such as an execution: every one of them, once and in order."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from api.core.errors import Code, CodedError, NotFound
from api.pubsub.channel import Channel, EventsOverflow, Reading, Topic
from api.pubsub.hub import Hub
from db.notify import News


class EventsExpired(CodedError):
    """Events after the place to resume are kept no longer; `resumeAfter` is before the oldest that is."""

    code = Code.EVENTS_EXPIRED


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it was read: its number, its id, and the text of what is asked of it."""

    seq: int
    id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """Events after a number, all that there are up to `upto`; `ended` says that no more will come.

    `oldest` is the number of the oldest event after that number that is kept, whatever its type.
    """

    rows: list[Row]
    upto: int
    head: int
    ended: bool
    oldest: int | None


ReadPage = Callable[[int], Awaitable[Page | None]]
"""Reads the page after a number; None where the whole is not to be seen."""


class EventChannel(Channel):
    """The newest events of one whole. It begins where the first of its readers has caught up."""

    def __init__(self, topic: Topic, read: ReadPage) -> None:
        super().__init__(topic)
        self.read = read
        self.rows: deque[Row] = deque()
        self.base: int | None = None
        """What is kept is complete after this number; None until somebody has caught up."""
        self.newest = 0
        self.head = 0
        self.ended = False
        self.touched = 0

    def touch(self, news: News | None) -> None:
        """As `Channel.touch`."""
        super().touch(news)
        self.touched += 1

    def begin(self, page: Page, touched: int) -> None:
        """A reader has caught up with the table; `touched` is of the moment before they read the page."""
        if self.base is None:
            self.base = self.newest = self.head = page.upto
            self.ended = page.ended
            self.stale = self.touched != touched
            self.ring()

    async def fetch(self) -> None:
        """As `Channel.fetch`. Raises NotFound where the whole is not to be seen any longer."""
        if self.base is None:
            return
        page = await self.read(self.newest)
        if page is None:
            raise gone()
        self.rows.extend(page.rows)
        self.newest, self.head = max(self.newest, page.upto), max(self.head, page.head)
        while len(self.rows) > self.LIMIT:
            self.base = self.rows.popleft().seq
        self.stale = self.stale or self.newest < page.head
        self.ended = page.ended and self.newest >= page.head
        self.ring()


class EventReading(Reading):
    """One reader of events. `after` is the number of the last one that was handed out and taken."""

    def __init__(self, hub: Hub, channel: EventChannel, after: int | None, *, max_lag: int) -> None:
        super().__init__(channel)
        self.after = after or 0
        self._hub = hub
        self._channel = channel
        self._resumed = after is not None
        self._caught_up = False
        self._max_lag = max_lag

    @property
    def place(self) -> str | None:
        """As `Reading.place`."""
        return str(self.after) if self.after else None

    async def next(self) -> list[Row] | None:
        """As `Reading.next`; also raises EventsExpired."""
        while True:
            self.bell.clear()
            if self.interrupted:
                self.interrupted = False
                return []
            channel = self._channel
            if channel.failure is not None:
                raise channel.failure
            if channel.base is None or self.after < channel.base:
                rows = await self._own()
            else:
                self._resumed, self._caught_up = False, True
                # From the end, where those read who keep up.
                newer = takewhile(lambda row: row.seq > self.after, reversed(channel.rows))
                rows = list(newer)[::-1]
                if not rows and channel.ended:
                    return None
            if rows:
                return rows
            if channel.base is not None and self.after >= channel.base and not self.interrupted:
                await self.bell.wait()

    async def _own(self) -> list[Row]:
        """What the table has for a reader who is behind what is kept."""
        channel = self._channel
        if self._caught_up and channel.head - self.after > self._max_lag:
            raise EventsOverflow(
                "You read too slowly: subscribe again with `after` as resumeAfter says.",
                resumeAfter=self.place,
            )
        touched = channel.touched
        page = await self._hub.patiently(lambda: channel.read(self.after))
        if page is None:
            raise gone()
        if self._resumed and page.oldest is not None and page.oldest > self.after + 1:
            raise EventsExpired(
                "Some events after this place are kept no longer: subscribe again with `after` as "
                "resumeAfter says, and read what they came to.",
                resumeAfter=str(page.oldest - 1),
            )
        self._resumed = False
        if page.upto >= page.head:
            channel.begin(page, touched)
            self._hub.refresh(channel)
        if not page.rows:
            # Events of other types than those that are asked.
            self.after = max(self.after, page.upto)
        return page.rows


def gone() -> NotFound:
    """What a reader is told of a row that they do not see, or see no longer."""
    return NotFound("There is nothing with this id to follow, or no longer for you.")
