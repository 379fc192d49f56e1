"""Pages: the arguments of a connection, read and checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from api.core.cursors import Position, digest_of, read_cursor
from api.core.declarations import Mirror
from api.core.errors import BadUserInput
from api.core.filters import Tree
from api.core.orders import Order, OrderDirection, complete

MAX_ORDER_TERMS: Final = 5


@dataclass(frozen=True, slots=True)
class PageSizes:
    """How many objects a page has when nothing is said, and at most."""

    default: int = 20
    largest: int = 100

    def of(self, asked: int) -> int:
        """How many objects a page that was asked for can have at most."""
        return max(0, min(asked, self.largest))


@dataclass(eq=False)
class Page:
    """The arguments of one connection field, read and checked.

    `forward` tells from which end `size` rows are taken; `last` then keeps the tail of a forward page when
    both `first` and `last` were given, as the Relay specification says.
    """

    mirror: Mirror
    order: Order
    where: Tree | None
    size: int
    forward: bool
    last: int | None
    after: Position | None = None
    before: Position | None = None

    @cached_property
    def digest(self) -> str:
        """What the list's cursors have in common; worked out only where there are any."""
        return digest_of(self.mirror, self.order, self.where)


def read_page(
    mirror: Mirror, default: Sequence[tuple[str, bool]], arguments: dict[str, Any], sizes: PageSizes
) -> Page:
    """Read the arguments of a connection field.

    Args:
        mirror: the type of the listed objects.
        default: the list's order when none is asked for.
        sizes: the default and the largest page.
        arguments: `first`, `after`, `last`, `before`, `where` and `orderBy`, as plain trees.

    Raises:
        BadUserInput: for sizes below zero or above the largest page.
        InvalidCursor: for a cursor that is none, or another list's.
    """
    first, last = _size(arguments, "first", sizes), _size(arguments, "last", sizes)
    order = complete(mirror, _order_keys(arguments.get("orderBy")) or default)
    forward = first is not None or last is None
    size = first if first is not None else last if last is not None else sizes.default
    kept = last if first is not None else None
    page = Page(mirror, order, arguments.get("where"), size, forward, kept)
    page.after, page.before = (
        read_cursor(cursor, order, page.digest) if (cursor := arguments.get(name)) is not None else None
        for name in ("after", "before")
    )
    return page


def _size(arguments: dict[str, Any], name: str, sizes: PageSizes) -> int | None:
    size: int | None = arguments.get(name)
    if size is None:
        return None
    if size < 0:
        raise BadUserInput(f"{name} is {size}: a page cannot have fewer than 0 objects.")
    if size > sizes.largest:
        raise BadUserInput(
            f"{name} is {size}: a page has {sizes.largest} objects at most; page on with a cursor."
        )
    return size


def _order_keys(terms: list[dict[str, Any]] | None) -> list[tuple[str, bool]]:
    if terms is not None and len(terms) > MAX_ORDER_TERMS:
        raise BadUserInput(f"orderBy has {len(terms)} terms: {MAX_ORDER_TERMS} at most.")
    return [
        (getattr(term["field"], "value", term["field"]), term.get("direction") is OrderDirection.DESC)
        for term in terms or ()
    ]
