"""Walks through lists, page by page."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from api.core.declarations import Mirror
from api.core.ids import parse_id
from tests.api.reading.lists import Term, order_by
from tests.api.reading.reader import Reader

PAGE = (
    "nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
)
LONGEST = 100
"""More pages than any list of these tests has."""


def document(mirror: Mirror) -> str:
    """An operation that reads one page of a root list."""
    return (
        f"query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: [{mirror.name}Order!],"
        f" $where: {mirror.name}Where) {{ page: {mirror.many}(first: $first, after: $after, last: $last,"
        f" before: $before, orderBy: $orderBy, where: $where) {{ {PAGE} }} }}"
    )


def read_page(
    reader: Reader, mirror: Mirror, terms: Sequence[Term] | None = None, **arguments: Any
) -> dict[str, Any]:
    """One page; in the list's own order where no terms are given."""
    if terms is not None:
        arguments["orderBy"] = order_by(mirror, terms)
    page: dict[str, Any] = reader.data(document(mirror), arguments)["page"]
    return page


def keys(page: dict[str, Any]) -> list[UUID]:
    """The ids of a page's rows. What the page says three times has to agree."""
    nodes = [node["id"] for node in page["nodes"]]
    cursors = [edge["cursor"] for edge in page["edges"]]
    assert [edge["node"]["id"] for edge in page["edges"]] == nodes
    assert page["pageInfo"]["startCursor"] == (cursors[0] if cursors else None)
    assert page["pageInfo"]["endCursor"] == (cursors[-1] if cursors else None)
    return [key for _, key in filter(None, map(parse_id, nodes))]


def walk(
    reader: Reader,
    mirror: Mirror,
    terms: Sequence[Term],
    size: int,
    *,
    backward: bool = False,
    between: Callable[[], None] = lambda: None,
) -> Iterator[list[UUID]]:
    """Page through a root list, each page in the list's order; `between` is called between two pages."""
    count, place, end, more = (
        ("last", "before", "startCursor", "hasPreviousPage")
        if backward
        else ("first", "after", "endCursor", "hasNextPage")
    )
    cursor: dict[str, str] = {}
    for _ in range(LONGEST):
        page = read_page(reader, mirror, terms, **{count: size}, **cursor)
        found = keys(page)
        yield found
        if not page["pageInfo"][more]:
            return
        # A page that says there is more, and leads nowhere, would go on for ever.
        assert len(found) == size
        cursor = {place: page["pageInfo"][end]}
        between()
    raise AssertionError(f"more than {LONGEST} pages")
