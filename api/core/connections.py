"""Relay's cursor connections, with `nodes` and `totalCount` beside the edges."""

from typing import Generic, TypeVar

import strawberry

NodeT = TypeVar("NodeT")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page information; both flags are true to the facts in both directions."""

    has_next_page: bool = strawberry.field(description="Whether the list goes on after this page.")
    has_previous_page: bool = strawberry.field(description="Whether the list has objects before this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first edge; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last edge; null on an empty page."
    )


@strawberry.type(description="One object of a page with its cursor.")
class Edge(Generic[NodeT]):
    """One object in its place."""

    cursor: str = strawberry.field(description="The object's place in this list, for `after` and `before`.")
    node: NodeT = strawberry.field(description="The object.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[NodeT]):
    """One page of a list."""

    edges: list[Edge[NodeT]] = strawberry.field(description="The page's objects with their cursors.")
    nodes: list[NodeT] = strawberry.field(description="The page's objects alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in the list.")
    total_count: int = strawberry.field(
        description="How many objects the whole list has, over all pages; counted only when selected."
    )
