"""Lists in plain Python: their order, and the slices that Relay's four arguments cut from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from api.core.declarations import Mirror
from tests.api.reading.facts import Row

Term = tuple[str, bool]
"""An attribute and whether it is ordered descending."""


def in_order(rows: Iterable[Row], terms: Sequence[Term]) -> list[Row]:
    """The rows ordered by each term, NULLs last, and by id in the direction of the last term."""
    ordered = sorted(rows, key=lambda row: row["id"].bytes, reverse=terms[-1][1])
    for attribute, descending in reversed(terms):
        present = [row for row in ordered if row[attribute] is not None]
        present.sort(key=lambda row: _key(row[attribute]), reverse=descending)
        ordered = present + [row for row in ordered if row[attribute] is None]
    return ordered


def _key(value: Any) -> Any:
    # By code point, which in UTF-8 is byte by byte.
    return value.encode() if isinstance(value, str) else value


def order_by(mirror: Mirror, terms: Sequence[Term]) -> list[dict[str, str]]:
    """The terms as the argument `orderBy`."""
    assert {attribute for attribute, _ in terms} <= mirror.orders.keys()
    return [
        {"field": attribute.upper(), "direction": "DESC" if descending else "ASC"}
        for attribute, descending in terms
    ]


@dataclass(frozen=True, slots=True)
class Slice:
    """What Relay's algorithm leaves of a list, and whether the list goes on at either side."""

    edges: list[Any]
    has_next: bool
    has_previous: bool


def edges_to_return(
    all_edges: list[Any],
    *,
    before: Any = None,
    after: Any = None,
    first: int | None = None,
    last: int | None = None,
) -> Slice:
    """Relay's EdgesToReturn, step by step; `before` and `after` are edges themselves.

    One departure, which Relay's own library shares: `before` is looked for in the whole list, not in what
    `after` has left, so that `after` beyond `before` leaves nothing. The flags are true to the whole list.
    """
    start = 0 if after is None else all_edges.index(after) + 1
    end = len(all_edges) if before is None else all_edges.index(before)
    edges, ahead, behind = all_edges[start:end], end < len(all_edges), start > 0
    if first is not None and len(edges) > first:
        edges, ahead = edges[:first], True
    if last is not None and len(edges) > last:
        edges, behind = edges[len(edges) - last :], True
    return Slice(edges, ahead, behind)
