"""What several readers follow together: read anew when there is news, once for all of them."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from api.core.errors import Code, CodedError
from db.notify import News


class EventsOverflow(CodedError):
    """A reader fell too far behind; `resumeAfter` is where to go on, None where that is at the beginning."""

    code = Code.EVENTS_OVERFLOW


@dataclass(frozen=True, slots=True)
class Topic:
    """Which news wake a channel: of one row, of an owner's rows of a kind, or of all rows of it."""

    kind: str
    id: UUID | None = None
    owner: UUID | None = None

    @classmethod
    def all_of(cls, news: News) -> "tuple[Topic, ...]":
        """The topics that a piece of news belongs to."""
        whole = (cls(news.kind, id=news.id), cls(news.kind))
        return whole if news.owner is None else (*whole, cls(news.kind, owner=news.owner))


class Channel(ABC):
    """Rows that are followed. It holds no connection, and asks the database only after news.

    A failure ends it: whoever reads gets `failure` once they have read what came before.
    """

    LIMIT: ClassVar = 256
    """Entries that are kept for readers who are about to read them."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.failure: Exception | None = None
        self.worn = False
        """Whether newcomers could not begin here any longer."""
        self.stale = False
        self.task: asyncio.Task[None] | None = None
        self.readers = 0
        self._bells: set[asyncio.Event] = set()

    def touch(self, news: News | None) -> None:
        """There is news, or None where some may have been missed."""
        del news
        self.stale = True

    @abstractmethod
    async def fetch(self) -> None:
        """Read what is new, and ring; leave `stale` true where there is more. Raises what reading raises."""

    def fail(self, failure: Exception) -> None:
        """End it."""
        self.failure = failure
        self.ring()

    def ring(self) -> None:
        """Wake those who wait."""
        for bell in self._bells:
            bell.set()

    def attach(self, bell: asyncio.Event) -> None:
        """Ring this bell too."""
        self._bells.add(bell)

    def detach(self, bell: asyncio.Event) -> None:
        """Ring it no longer."""
        self._bells.discard(bell)


class Reading(ABC):
    """One reader's place in a channel. `interrupt` makes a `next` that waits return nothing at once."""

    def __init__(self, channel: Channel) -> None:
        self.bell = asyncio.Event()
        self.interrupted = False
        self._followed = channel
        channel.attach(self.bell)

    def interrupt(self) -> None:
        """Let `next` return; the place stays."""
        self.interrupted = True
        self.bell.set()

    def close(self) -> None:
        """Read no more."""
        self._followed.detach(self.bell)

    @property
    @abstractmethod
    def place(self) -> str | None:
        """Where to resume; None where that is at the beginning."""

    @abstractmethod
    async def next(self) -> "list[Any] | None":
        """What comes next, at least one entry unless interrupted; None at the end.

        Raises the failure of the channel, and EventsOverflow.
        """
