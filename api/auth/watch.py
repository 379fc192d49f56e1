"""Whose rights have changed, as far as the database tells whoever listens.

While every change is heard, what was verified stands without being asked for again. Nothing is concluded from
silence while nobody listens.
"""

from collections.abc import Iterable
from typing import Final, Protocol
from uuid import UUID

from db.notify import News

RIGHTS: Final = "rights"
"""The kind of news that says that a user, one of their keys or one of their sign-ins has changed."""

_USERS: Final = 10_000


class Listening(Protocol):
    """The connection that listens."""

    @property
    def listening(self) -> bool:
        """Whether what is committed now would be heard."""

    def start(self) -> None:
        """Begin to listen, if that has not begun."""


class Watch:
    """What was heard of rights. Without a `listener` that is nothing, and rights have to be asked for."""

    def __init__(self) -> None:
        self.listener: Listening | None = None
        self.moment = 0
        """The present one; take it before rights are asked for."""
        self._gap = 0
        self._changed: dict[UUID, int] = {}

    def start(self) -> None:
        """Listen, if there is a way."""
        if self.listener is not None:
            self.listener.start()

    def hear(self, news: News) -> None:
        """There is news, of rights or of something else."""
        if news.kind != RIGHTS:
            return
        if len(self._changed) >= _USERS:
            self.miss()
        self.moment += 1
        self._changed[news.id] = self.moment

    def miss(self) -> None:
        """News may have been missed."""
        self.moment += 1
        self._gap = self.moment
        self._changed.clear()

    def unchanged(self, since: int, users: Iterable[UUID]) -> bool:
        """Whether these users' rights are certainly those of a moment ago."""
        return (
            self.listener is not None
            and self.listener.listening
            and since >= self._gap
            and not self.changed(since, users)
        )

    def changed(self, since: int, users: Iterable[UUID]) -> bool:
        """Whether something is known to have changed for these users."""
        return any(self._changed.get(user, 0) > since for user in users)
