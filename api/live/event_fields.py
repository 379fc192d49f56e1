"""Subscriptions of numbered events: every one of a whole, from a place on."""

from functools import partial
from typing import Any

import strawberry
from strawberry.types.arguments import StrawberryArgument

from api.core.declarations import MIRRORS
from api.core.errors import BadUserInput
from api.core.fields import argument
from api.core.values import graphql_enum
from api.live.fields import LiveField
from api.live.request import Request, Source, id_of
from api.pubsub.channel import Reading, Topic
from api.pubsub.events import EventChannel, EventReading, Row, gone
from api.reading.followed import Ends, EventLine
from db.base import Base
from db.columns import BigInt, ValueSet
from db.policy import Viewer


class EventsField(LiveField[EventChannel, Row]):
    """Every event of one whole, from a place on."""

    def __init__(
        self,
        name: str,
        description: str,
        whole: type[Base],
        model: type[Base],
        kind: str,
        types: type[ValueSet],
        ends: Ends | None,
    ) -> None:
        super().__init__(name, description, model)
        self.whole = whole
        self.kind = kind
        self.types = types
        self.ends = ends

    def make_arguments(self) -> list[StrawberryArgument]:
        """The whole, the place, and which types of events."""
        values: Any = list.__class_getitem__(graphql_enum(self.types))
        return [
            argument("id", strawberry.ID, f"The {self.kind}: the global id or the plain UUID."),
            argument(
                "after",
                BigInt | None,
                "Only events with a `seq` above this; without it, all that are kept. To resume, give the "
                "`seq` of the last event that arrived.",
            ),
            argument("types", values | None, "Only events of these types."),
        ]

    def _first(self, request: Request) -> str | None:
        resumed = request.info.context.last_event_id
        if resumed is not None and resumed.isdecimal() and len(resumed) < 19:
            return str(resumed)
        after = request.given.get("after")
        if after is not None and after < 0:
            raise BadUserInput(f"after is {after}: numbers of events are above 0.")
        return None if after is None else str(after)

    async def _source(self, request: Request, viewer: Viewer) -> Source[EventChannel]:
        whole, following = MIRRORS[self.whole], request.following
        key = id_of(request, whole)
        types = request.given.get("types")
        wanted = None if types is None else sorted({str(each.value) for each in types})
        line = EventLine(whole, whole.relations["events"], self.ends, typed=types is not None)
        followed = following.statements.prepare(
            request.selection, request.variables, line, viewer, types=wanted, whole_id=key
        )
        read = partial(following.events, followed, line.size)
        return Source(
            (self.name, request.shared, viewer.sight, viewer.user_id),
            lambda: EventChannel(Topic(self.kind, id=key), read),
            followed,
        )

    async def _check(self, request: Request, source: Source[EventChannel], viewer: Viewer) -> None:
        del viewer
        # Of no event, only whether the whole is seen.
        if await request.following.events(source.followed, 0, 2**62) is None:
            raise gone()

    def _reading(self, request: Request, channel: EventChannel, place: str | None) -> Reading:
        following = request.following
        after = None if place is None else int(place)
        return EventReading(following.hub, channel, after, max_lag=following.max_lag)

    def _taken(self, reading: EventReading, entry: Row) -> None:
        reading.after = entry.seq

    def _place(self, entry: Row) -> str | None:
        return str(entry.seq)

    async def _again(self, request: Request, entry: Row, viewer: Viewer) -> str:
        source = await self._source(request, viewer)
        page = await request.following.events(source.followed, 0, entry.seq - 1)
        if page is None or not page.rows or page.rows[0].seq != entry.seq or not source.followed.whole:
            raise gone()
        return page.rows[0].text
