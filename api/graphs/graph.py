"""Nodes and edges as a VueFlow editor stores them, read into a graph; what cannot be read has its place.

What is refused here cannot be stored, not even in a draft. Whether a graph can be run is asked in `checks`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any, Final

from api.graphs.kinds import NodeKind

MOST_NODES: Final = 500
MOST_EDGES: Final = 2_000
LONGEST_ID: Final = 100
_KINDS: Final = {kind.value: kind for kind in NodeKind}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and the way there: `("nodes", "3", "type")`."""

    message: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One node; `index` is its place in the list."""

    index: int
    id: str
    kind: NodeKind
    data: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str | None:
        """What the drawing calls it."""
        label = self.data.get("label", self.raw.get("label"))
        return label if isinstance(label, str) else None


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge; `handle` is that of its source."""

    index: int
    id: str
    source: str
    target: str
    handle: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """Nodes and edges whose ids are unique and whose edges lead from node to node."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def by_id(self) -> dict[str, Node]:
        """The nodes by their ids."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def leaving(self) -> dict[str, list[Edge]]:
        """The edges that leave each node."""
        found: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.source].append(edge)
        return found

    @cached_property
    def entering(self) -> dict[str, list[Edge]]:
        """The edges that lead to each node."""
        found: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            found[edge.target].append(edge)
        return found


def read_graph(nodes: Any, edges: Any) -> tuple[Graph, list[Fault]]:
    """What of nodes and edges is a graph, and what is wrong with the rest: one fault for each mistake."""
    reader = _Reader()
    read = [
        node for index, each in reader.items(nodes, "nodes", MOST_NODES) if (node := reader.node(index, each))
    ]
    known = {node.id for node in read} | reader.broken
    drawn = [
        edge
        for index, each in reader.items(edges, "edges", MOST_EDGES)
        if (edge := reader.edge(index, each, known))
    ]
    # An edge that leads to a node with a fault of its own is not to blame for it, and no part of the graph.
    ids = {node.id for node in read}
    sound = [edge for edge in drawn if edge.source in ids and edge.target in ids]
    return Graph(tuple(read), tuple(sound)), reader.faults


class _Reader:
    """Reads one pair of lists; `broken` are ids of nodes that have another fault."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.broken: set[str] = set()
        self._seen: dict[str, set[str]] = {"nodes": set(), "edges": set()}

    def items(self, value: Any, name: str, most: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        if not isinstance(value, list):
            self._blame(f"The {name} are a list.", name)
            return
        if len(value) > most:
            self._blame(f"A workflow has at most {most:,} {name}; these are {len(value):,}.", name)
            return
        for index, each in enumerate(value):
            if isinstance(each, Mapping):
                yield index, each
            else:
                self._blame("This is an object with an `id`.", name, str(index))

    def node(self, index: int, raw: Mapping[str, Any]) -> Node | None:
        before = len(self.faults)
        place = ("nodes", str(index))
        key = self._id(raw, *place)
        kind = _KINDS.get(raw["type"]) if isinstance(raw.get("type"), str) else None
        if kind is None:
            known = ", ".join(_KINDS)
            self._blame(f"There is no such kind of node: write one of {known}.", *place, "type")
        data = raw.get("data")
        if not (data is None or isinstance(data, Mapping)):
            self._blame("The data of a node is an object.", *place, "data")
        position = raw.get("position")
        if position is not None:
            self._position(position, *place, "position")
        if len(self.faults) > before or key is None or kind is None:
            if key is not None:
                self.broken.add(key)
            return None
        return Node(index, key, kind, data or {}, raw)

    def edge(self, index: int, raw: Mapping[str, Any], known: set[str]) -> Edge | None:
        before = len(self.faults)
        place = ("edges", str(index))
        key = self._id(raw, *place)
        for end in ("source", "target"):
            if not isinstance(raw.get(end), str) or raw[end] not in known:
                self._blame(
                    f"The {end} of an edge is the id of a node, and there is no such node.", *place, end
                )
        for end in ("sourceHandle", "targetHandle"):
            if not isinstance(raw.get(end), (str, type(None))):
                self._blame("A handle is named by text; null is the one without a name.", *place, end)
        if len(self.faults) > before or key is None:
            return None
        return Edge(index, key, raw["source"], raw["target"], raw.get("sourceHandle"), raw)

    def _id(self, raw: Mapping[str, Any], *place: str) -> str | None:
        key = raw.get("id")
        if not isinstance(key, str) or not 0 < len(key) <= LONGEST_ID or "\x00" in key:
            self._blame(f"An id is text of 1 to {LONGEST_ID} characters.", *place, "id")
            return None
        seen = self._seen[place[0]]
        if key in seen:
            self._blame(f"Another one has the id {key} already.", *place, "id")
            return None
        seen.add(key)
        return key

    def _position(self, position: Any, *place: str) -> None:
        if not isinstance(position, Mapping):
            self._blame("A position is an object with `x` and `y`.", *place)
            return
        for axis in ("x", "y"):
            value = position.get(axis)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
                self._blame("A position is a number.", *place, axis)

    def _blame(self, message: str, *path: str) -> None:
        self.faults.append(Fault(message, path))
