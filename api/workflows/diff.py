"""What two states of a workflow differ in: nodes and edges by their ids, and the values inside them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from api.core.values import described

_PARTS: Final = ("nodes", "edges")


class ChangeKind(Enum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


described(
    ChangeKind,
    "What became of something between two states.",
    {
        "ADDED": "It is there since.",
        "REMOVED": "It is not there any more.",
        "CHANGED": "It is there in both, and another one.",
    },
)


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that differs, and the way to it inside what it belongs to."""

    kind: ChangeKind
    path: tuple[str, ...]
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True)
class ElementChange:
    """A node or an edge that differs; `changes` say in what where it is there in both states."""

    kind: ChangeKind
    id: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    changes: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs; nothing does where all three are empty. The order of nodes and edges is no difference."""

    nodes: tuple[ElementChange, ...]
    edges: tuple[ElementChange, ...]
    properties: tuple[ValueChange, ...]


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> Diff:
    """What has to change in one state of a workflow to make it the other one.

    A state has `nodes` and `edges`; whatever else it has are its properties.
    """
    nodes, edges = (tuple(_elements(before.get(part), after.get(part))) for part in _PARTS)
    rest = [{name: value for name, value in state.items() if name not in _PARTS} for state in (before, after)]
    return Diff(nodes, edges, tuple(_values(rest[0], rest[1], ())))


def _elements(before: Any, after: Any) -> Iterator[ElementChange]:
    old, new = _by_id(before), _by_id(after)
    for key, element in old.items():
        if key not in new:
            yield ElementChange(ChangeKind.REMOVED, key, before=element)
        elif changes := tuple(_values(element, new[key], ())):
            yield ElementChange(ChangeKind.CHANGED, key, element, new[key], changes)
    for key, element in new.items():
        if key not in old:
            yield ElementChange(ChangeKind.ADDED, key, after=element)


def _values(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[ValueChange]:
    """The differences inside objects; a list differs as a whole."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        if not _same(before, after):
            yield ValueChange(ChangeKind.CHANGED, path, before, after)
        return
    for name, value in before.items():
        if name in after:
            yield from _values(value, after[name], (*path, name))
        else:
            yield ValueChange(ChangeKind.REMOVED, (*path, name), before=value)
    for name, value in after.items():
        if name not in before:
            yield ValueChange(ChangeKind.ADDED, (*path, name), after=value)


def _same(before: Any, after: Any) -> bool:
    # To Python true is 1, and to JSON it is not.
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_same(before[name], after[name]) for name in before)
    return bool(before == after)


def _by_id(elements: Any) -> dict[str, Mapping[str, Any]]:
    """Nodes or edges by their ids; what has none, as an import may bring, goes by its place."""
    listed = elements if isinstance(elements, list) else []
    found: dict[str, Mapping[str, Any]] = {}
    for index, element in enumerate(listed):
        if isinstance(element, Mapping):
            key = element.get("id")
            found[key if isinstance(key, str) and key not in found else f"#{index}"] = element
    return found
