"""Subscriptions of states: rows as they are, and as they are after each change."""

from functools import partial
from uuid import UUID

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.utils.str_converters import to_camel_case

from api.core.declarations import MIRRORS
from api.core.errors import BadUserInput, Forbidden
from api.core.fields import argument
from api.core.filters import where_input
from api.core.loaders import Loaders
from api.live.fields import LiveField
from api.live.request import Request, Source, id_of
from api.pubsub.channel import Reading, Topic
from api.pubsub.events import gone
from api.pubsub.states import MOST_ROWS, Scope, State, StateChannel, StateReading
from api.reading.followed import Ends, StateLine
from db.base import Base
from db.matrix import Reach
from db.policy import Viewer


class StatesField(LiveField[StateChannel, State]):
    """The present state of rows, and each later one; `final` says that what has ended stays as it is.

    `within` names the whole whose rows are followed, and the attribute that names it; without it, `id` and
    `where` say which.
    """

    def __init__(
        self,
        name: str,
        description: str,
        model: type[Base],
        kind: str,
        ends: Ends,
        *,
        final: bool = False,
        within: tuple[str, type[Base], str] | None = None,
    ) -> None:
        super().__init__(name, description, model)
        self.kind = kind
        self.ends = ends
        self.final = final
        self.within = within

    def make_arguments(self) -> list[StrawberryArgument]:
        """The whole, or which objects."""
        if self.within is not None:
            name, _, _ = self.within
            return [argument(name, strawberry.ID, "The global id or the plain UUID.")]
        return [
            argument("id", strawberry.ID | None, "Only this one: the global id or the plain UUID."),
            argument(
                "where",
                where_input(self.model) | None,
                f"Only those that fulfil these conditions, {MOST_ROWS} at most. What does so no longer is "
                "told once more.",
            ),
        ]

    async def _source(self, request: Request, viewer: Viewer) -> Source[StateChannel]:
        given, following = request.given, request.following
        if given.get("id") is not None and given.get("where") is not None:
            raise BadUserInput(f"{self.graphql_name}: give either `id` or `where`.")
        only = id_of(request, self.mirror) if given.get("id") is not None else None
        whole = await self._whole(request, viewer)
        reach = viewer.sight.reaches[self.model]
        if reach < Reach.OWN:
            raise Forbidden("There is nothing that you may follow here: sign in.")
        within = None if self.within is None else self.within[2]
        prepare = partial(
            following.statements.prepare,
            request.selection,
            request.variables,
            viewer=viewer,
            where=given.get("where"),
            whole_id=whole,
        )
        some = prepare(line=StateLine(self.mirror, self.ends, within=within))
        every = prepare(line=StateLine(self.mirror, self.ends, every=True, within=within, most=MOST_ROWS + 1))
        scope = Scope(
            partial(following.states, some), partial(following.states, every), only, final=self.final
        )
        if only is not None:
            topic = Topic(self.kind, id=only)
        elif reach is Reach.ALL:
            topic = Topic(self.kind)
        else:
            topic = Topic(self.kind, owner=viewer.user_id)
        return Source(
            (self.name, request.shared, viewer.sight, viewer.user_id),
            lambda: StateChannel(topic, scope),
            some,
        )

    async def _whole(self, request: Request, viewer: Viewer) -> UUID | None:
        if self.within is None:
            return None
        name, model, _ = self.within
        key = id_of(request, MIRRORS[model], to_camel_case(name))
        # Not those of the operation, which end with each event.
        loaders = Loaders(request.info.context.database, viewer)
        if await loaders.row(MIRRORS[model], (), key) is None:
            raise gone()
        return key

    async def _check(self, request: Request, source: Source[StateChannel], viewer: Viewer) -> None:
        del viewer
        if request.given.get("id") is None:
            return
        only = id_of(request, self.mirror)
        if not await request.following.states(source.followed, [only]):
            raise gone()

    def _reading(self, request: Request, channel: StateChannel, place: str | None) -> Reading:
        del request, place
        return StateReading(channel)

    def _taken(self, reading: Reading, entry: State) -> None:
        pass

    def _place(self, entry: State) -> str | None:
        del entry
        return None

    async def _again(self, request: Request, entry: State, viewer: Viewer) -> str:
        source = await self._source(request, viewer)
        found = await request.following.states(source.followed, [entry.id])
        if not found or not source.followed.whole:
            raise gone()
        return found[0].text
