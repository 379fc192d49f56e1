"""Cursors: the place of a row in one list, opaque to clients.

A cursor is base64 of the JSON list `[digest, value, …, id]`: the digest stands for the type, order and
filter of the list, so that a cursor of another list is refused. The database writes cursors, this module
reads them; both reading paths therefore give the same text.
"""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Text, cast, func

from api.core.declarations import Mirror
from api.core.errors import BadUserInput, InvalidCursor
from api.core.ids import base64_text
from api.core.orders import Order
from db.columns import storable


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an order: the value of each term, and the id."""

    values: tuple[Any, ...]
    key: UUID


def digest_of(mirror: Mirror, order: Order, where: Any) -> str:
    """A short hash of what a list is: its type, order and filter."""
    terms = [(term.column.attribute, term.descending) for term in order.terms]
    return blake2s(
        repr((mirror.name, terms, _canonical(where))).encode(errors="replace"), digest_size=6
    ).hexdigest()


def _canonical(tree: Any) -> Any:
    """The tree with its keys in order, so that how a client wrote a filter does not matter."""
    if isinstance(tree, dict):
        return [(name, _canonical(value)) for name, value in sorted(tree.items())]
    return [_canonical(each) for each in tree] if isinstance(tree, list) else tree


def cursor_sql(
    order: Order, places: Sequence[ColumnElement[Any]], key: ColumnElement[UUID], digest: ColumnElement[str]
) -> ColumnElement[str]:
    """SQL for the cursor of a row that has these values in the order's terms, and this id.

    `digest` is bound, since it depends on the filter's values.
    """
    values = [
        term.column.kind.to_text(place)
        for term, place in zip(order.terms, places, strict=True)
        if term.column.kind.to_text is not None
    ]
    return base64_text(cast(func.json_build_array(digest, *values, key), Text))


def read_cursor(cursor: str, order: Order, digest: str) -> Position:
    """The position that a cursor stands for.

    Raises:
        InvalidCursor: for what is no cursor, and for the cursor of another list, order or filter.
    """
    try:
        parts = orjson.loads(b64decode(cursor, validate=True))
    except (ValueError, binascii.Error):
        raise InvalidCursor("This is not a cursor: pass an `endCursor` or `startCursor` unchanged.") from None
    if not isinstance(parts, list) or len(parts) != len(order.terms) + 2 or parts[0] != digest:
        raise InvalidCursor("This cursor belongs to another list, order or filter: start again without it.")
    try:
        values = tuple(
            _value(term.column.kind.from_text, term.nullable, text)
            for term, text in zip(order.terms, parts[1:-1], strict=True)
        )
        return Position(values, UUID(parts[-1]))
    except (ValueError, TypeError, AttributeError, BadUserInput):
        raise InvalidCursor("This cursor is damaged: start again without it.") from None


def _value(from_text: Any, nullable: bool, text: Any) -> Any:
    if text is None:
        if nullable:
            return None
        raise ValueError("a NULL where the column has none")
    if isinstance(text, str) and not storable(text):
        raise ValueError("text that PostgreSQL cannot hold")
    return from_text(text)
