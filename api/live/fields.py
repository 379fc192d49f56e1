"""The fields of the subscription: what each follows, and how it hands that out."""

from abc import abstractmethod
from collections.abc import AsyncGenerator
from functools import cached_property, partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from strawberry.types.info import Info

from api.core.declarations import MIRRORS, Mirror
from api.core.fields import ReadingField, object_result
from api.core.permission_lines import seen_by
from api.core.whole import LateEvent, WholeEvent
from api.live.request import ChannelT, Given, Request, Source
from api.pubsub.channel import Reading
from api.pubsub.events import gone
from db.base import Base
from db.policy import Viewer

Entry = TypeVar("Entry")


class LiveField(ReadingField, Generic[ChannelT, Entry]):
    """A field of the subscription whose events are objects of a mirrored type."""

    def __init__(self, name: str, description: str, model: type[Base]) -> None:
        super().__init__(
            description=f"{description} {seen_by(model)}", graphql_name=name, is_subscription=True
        )
        self.model = model

    @cached_property
    def mirror(self) -> Mirror:
        """The type of the events."""
        return MIRRORS[self.model]

    def make_type(self) -> Any:
        """An event is never null."""
        return self.mirror.cls

    def resolve(self, source: Any, info: Info[Any, Any], given: Given) -> Any:  # noqa: ARG002
        """The events, one after the other."""
        return self._events(info, given)

    @abstractmethod
    async def _source(self, request: Request, viewer: Viewer) -> Source[ChannelT]:
        """What the viewer follows. Raises CodedError where they may not."""

    @abstractmethod
    async def _check(self, request: Request, source: Source[ChannelT], viewer: Viewer) -> None:
        """Raise CodedError where a viewer whose rights have changed may not follow it any longer."""

    @abstractmethod
    def _reading(self, request: Request, channel: ChannelT, place: str | None) -> Reading:
        """A reader of the channel, from a place on or from the beginning."""

    @abstractmethod
    def _taken(self, reading: Any, entry: Entry) -> None:
        """The reader has got an entry."""

    @abstractmethod
    def _place(self, entry: Entry) -> str | None:
        """Where to resume after an entry; None where that is at the beginning."""

    @abstractmethod
    async def _again(self, request: Request, entry: Entry, viewer: Viewer) -> str:
        """The entry's text for another viewer. Raises NotFound where they do not see it."""

    def _first(self, request: Request) -> str | None:
        """Where the reader wants to begin; None for the beginning."""
        del request
        return None

    async def _events(self, info: Info[Any, Any], given: Given) -> AsyncGenerator[Any, None]:
        request = Request(info, given)
        context, hub = info.context, request.following.hub
        place = self._first(request)
        reading: Reading | None = None

        async def condition() -> None:
            viewer = context.viewer
            await self._check(request, await self._source(request, viewer), viewer)
            if reading is not None:
                reading.interrupt()

        context.conditions.append(condition)
        while True:
            viewer = context.viewer
            source = await self._source(request, viewer)
            channel = await hub.join(source.key, source.make)
            reading = self._reading(request, channel, place)
            try:
                hub.refresh(channel)
                while context.viewer == viewer:
                    entries = await reading.next()
                    if entries is None:
                        return
                    for entry in entries:
                        context.event_id = self._place(entry)
                        yield self._event(request, source, viewer, entry)
                        self._taken(reading, entry)
                        if context.viewer != viewer:
                            break
                place = reading.place
            finally:
                reading.close()
                hub.leave(channel)

    def _event(self, request: Request, source: Source[ChannelT], viewer: Viewer, entry: Any) -> Any:
        if source.followed.whole:
            return WholeEvent(request.key, entry.text, viewer, partial(self._again, request, entry))
        return LateEvent(partial(self._load, request, entry.id))

    async def _load(self, request: Request, key: UUID) -> Any:
        found = await object_result(request.info, self.mirror, key)
        if found is None:
            raise gone()
        return found
