"""One subscription as it was asked for, and what one viewer follows for it."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from graphql import VariableNode
from graphql.execution.values import VariableValues
from strawberry.types.info import Info

from api.core.declarations import Mirror
from api.core.fields import field_nodes, operation_of, raw_info
from api.core.ids import parse_id
from api.live.following import following_of
from api.pubsub.channel import Channel
from api.pubsub.events import gone
from api.reading.followed import Followed, Selection

Given = dict[str, Any]

ChannelT = TypeVar("ChannelT", bound=Channel)


class Request:
    """One subscription: its arguments, and what it asks of each event."""

    def __init__(self, info: Info[Any, Any], given: Given) -> None:
        raw = raw_info(info)
        nodes = field_nodes(info)
        operation = operation_of(info)
        located = raw.operation.loc
        self.info = info
        self.given = given
        self.following = following_of(info)
        self.key = str(raw.path.key)
        self.variables = VariableValues({}, dict(operation.variables))
        name = raw.operation.name
        text = located.source.body if located is not None else ""
        self.selection = Selection(text, name.value if name else None, nodes, operation)
        self._after = {
            argument.value.name.value
            for argument in nodes[0].arguments or ()
            if argument.name.value == "after" and isinstance(argument.value, VariableNode)
        }

    @cached_property
    def shared(self) -> Hashable:
        """What two subscriptions have in common if one reading serves both, the viewer apart."""
        text = self.selection.text
        # A variable that stands for the place to begin, and for nothing else, is no difference.
        places = {name for name in self._after if text.count(f"${name}") == 2}
        others = {name: value for name, value in self.variables.coerced.items() if name not in places}
        return text, self.selection.name, self.key, repr(others)


@dataclass(frozen=True, slots=True)
class Source(Generic[ChannelT]):
    """What one viewer follows: the channel's key, how it is made, and the statement of its rows."""

    key: Hashable
    make: Callable[[], ChannelT]
    followed: Followed


def id_of(request: Request, mirror: Mirror, name: str = "id") -> UUID:
    """The id that an argument names. Raises NotFound for what is none, as for one that does not exist."""
    found = parse_id(str(request.given[name]), mirror.name)
    if found is None:
        raise gone()
    return found[1]
