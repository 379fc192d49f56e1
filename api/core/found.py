"""Root fields whose objects something else than a list's order finds, as a search does.

What finds them runs first and tells the objects' keys and all that is known of them there; the objects are
then read by either path as any others: by loaders, or by the one statement of the whole operation.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from graphql import FieldNode
from strawberry.types.info import Info
from strawberry.utils.str_converters import to_camel_case

from api.core.declarations import Mirror
from api.core.fields import ReadingField, field_nodes, needed, operation_of
from api.core.loaders import Loaders
from api.core.pages import PageSizes
from api.core.selection import Operation, fields_below, selected
from db.policy import Viewer
from db.session import Database


class Finding(Protocol):
    """What a field that finds needs of an operation's context."""

    database: Database
    page_sizes: PageSizes
    findings: dict[int, "asyncio.Future[Found]"]

    @property
    def viewer(self) -> Viewer:
        """Through whose eyes everything is found."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One object that was found: the keys of the objects of its edge, and the edge's other values.

    Both are named as in the schema.
    """

    keys: Mapping[str, UUID | None]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, in its order, and the other values of the connection, by their names in the schema."""

    hits: Sequence[Hit]
    values: Mapping[str, Any]
    afterwards: Callable[[], Awaitable[None]] | None = None
    """What is left to do once the objects have been read."""


@dataclass(frozen=True, slots=True)
class Wants:
    """Which fields of the connection and of its edges are asked for, by their names in the schema."""

    connection: frozenset[str] = frozenset()
    edge: frozenset[str] = frozenset()


@dataclass(eq=False)
class Shown:
    """The types in which what was found is shown.

    `objects` are the fields of an edge that are read by their keys; `node` is among them, and the only one
    that is never null.
    """

    connection: type
    connection_name: str
    edge: type
    edge_name: str
    objects: Mapping[str, Callable[[], Mirror]]
    annotation: Any = field(default=None)


class FoundField(ReadingField):
    """A root field that lists what was found."""

    @abstractmethod
    def shown(self) -> Shown:
        """How it is shown, asked for once all types are declared."""

    @abstractmethod
    def find(self, context: Any, given: Mapping[str, Any], wants: Wants) -> Awaitable[Found]:
        """Find the objects. Raises CodedError or DataError."""

    def make_type(self) -> Any:
        """Nullable: a root field can fail alone."""
        return self.shown().annotation | None

    def found(
        self, context: Finding, node: FieldNode, given: Mapping[str, Any], wants: Wants
    ) -> "asyncio.Future[Found]":
        """What is found, looked for once an operation, however often and by whichever path it is asked."""
        known = context.findings.get(id(node))
        if known is None:
            known = context.findings[id(node)] = asyncio.ensure_future(self.find(context, given, wants))
        return known

    async def resolve(self, source: Any, info: Info[Any, Any], given: dict[str, Any]) -> Any:  # noqa: ARG002
        """Find, then read what was found by loaders."""
        nodes, operation, shown = field_nodes(info), operation_of(info), self.shown()
        wants = wants_of(operation, nodes, shown)
        found = await self.found(info.context, nodes[0], given, wants)
        asked, edges = _asked(operation, nodes, shown)
        loaders: Loaders = info.context.loaders
        read: dict[str, list[Any]] = {}
        for name, mirror in shown.objects.items():
            below = [*edges.get(name, ()), *(asked.get("nodes", ()) if name == "node" else ())]
            columns = needed(operation, mirror(), below)
            read[name] = await asyncio.gather(
                *(_row(loaders, mirror(), columns, hit, name) for hit in found.hits)
            )
        made = [
            _made(shown.edge, {**hit.values, **{name: rows[place] for name, rows in read.items()}})
            for place, hit in enumerate(found.hits)
            if read["node"][place] is not None
        ]
        if found.afterwards is not None:
            await found.afterwards()
        nodes_made = [each.node for each in made]
        return _made(shown.connection, {**found.values, "edges": made, "nodes": nodes_made})


def _made(kind: Any, values: Mapping[str, Any]) -> Any:
    """An object of a type; what is not asked for is not known."""
    return kind(**{attribute: values.get(shown) for attribute, shown in _names(kind)})


async def _row(loaders: Loaders, mirror: Mirror, columns: tuple[str, ...], hit: Hit, name: str) -> Any:
    key = hit.keys.get(name)
    # What is found is never anybody's: the edge leads there, and it says nothing of insight.
    return None if key is None else await loaders.row(mirror, columns, key, source=_EDGE)


class _Edge:
    pass


_EDGE = _Edge()


def _asked(
    operation: Operation, nodes: Iterable[FieldNode], shown: Shown
) -> tuple[dict[str, list[FieldNode]], dict[str, list[FieldNode]]]:
    """The fields that are asked of a connection and of its edges."""
    asked = fields_below(operation, nodes, frozenset((shown.connection_name,)))
    return asked, fields_below(operation, asked.get("edges", ()), frozenset((shown.edge_name,)))


def wants_of(operation: Operation, nodes: Iterable[FieldNode], shown: Shown) -> Wants:
    """What is asked of a connection and its edges, and of the parts of the connection as `part.field`."""
    asked, edges = _asked(operation, nodes, shown)
    info = fields_below(operation, asked.get("searchInfo", ()), frozenset(("SearchInfo",)))
    return Wants(frozenset(asked) | {f"searchInfo.{name}" for name in info}, frozenset(edges))


def projected(operation: Operation, value: Any, nodes: Sequence[FieldNode]) -> Any:
    """A value as JSON of what is asked of it: objects by response key, enum members by their names."""
    if isinstance(value, (list, tuple)):
        return [projected(operation, each, nodes) for each in value]
    if isinstance(value, Enum):
        return value.name
    if not is_dataclass(value):
        return value
    kind: Any = type(value)
    name = kind.__strawberry_definition__.name
    values = {shown: attribute for attribute, shown in _names(kind)}
    return {
        key: name
        if below[0].name.value == "__typename"
        else projected(operation, getattr(value, values[below[0].name.value]), below)
        for key, below in selected(operation, nodes, frozenset((name,))).items()
    }


@cache
def _names(kind: Any) -> tuple[tuple[str, str], ...]:
    return tuple((each.name, to_camel_case(each.name)) for each in fields(kind))
