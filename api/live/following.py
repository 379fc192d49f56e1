"""What subscriptions take of the application that serves them: news, statements and the database."""

from typing import Any
from uuid import UUID

from strawberry.types.info import Info

from api.context import served
from api.pubsub.events import Page, Row
from api.pubsub.hub import Hub
from api.pubsub.states import State
from api.reading.followed import PART, ROW, Followed, Followings
from db.session import Database


class Following:
    """One for each application. `max_lag` is the number of events that a reader may fall behind."""

    def __init__(self, hub: Hub, statements: Followings, database: Database, *, max_lag: int) -> None:
        self.hub = hub
        self.statements = statements
        self.max_lag = max_lag
        self._database = database

    async def events(self, followed: Followed, size: int, after: int) -> Page | None:
        """The page of events after a number; None where the viewer does not see the whole.

        Raises Unavailable, TimedOut or StatementFailed.
        """
        text = await self._read(followed, after_seq=after)
        if not text:
            return None
        about, *found = text.split(ROW)
        head, ended, oldest = about.split(PART)
        rows = [_row(*each.split(PART)) for each in found]
        upto = rows[-1].seq if rows and len(rows) == size else int(head)
        return Page(rows, upto, int(head), ended == "t", int(oldest) or None)

    async def states(self, followed: Followed, ids: list[UUID] | None = None) -> list[State]:
        """The rows with some ids, or all that are asked, oldest first. Raises what `events` raises."""
        text = await (self._read(followed) if ids is None else self._read(followed, row_ids=ids))
        found = [_state(*each.split(PART)) for each in text.split(ROW)] if text else []
        return found[::-1] if ids is None else found

    async def _read(self, followed: Followed, **given: Any) -> str | None:
        # Each is a lookup by keys, so that one plan suits all values.
        return await self._database.read_text(followed.sql, followed.values(**given), generic=True)


def _row(seq: str, key: str, text: str) -> Row:
    return Row(int(seq), UUID(key), text)


def _state(key: str, ended: str, matches: str, text: str) -> State:
    return State(UUID(key), text, ended == "t", matches == "t")


def following_of(info: Info[Any, Any]) -> Following:
    """What the application that serves the operation follows with."""
    following: Following | None = info.context.following
    return served(following)
