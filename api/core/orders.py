"""Orders: the `orderBy` input types, ORDER BY, and the keyset predicates that cursors stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, UnaryExpression, and_, false, literal, or_, true, tuple_
from sqlalchemy.types import Uuid

from api.core.declarations import MIRRORS, Mirror, MirroredColumn
from api.core.inputs import InputMember, make_input
from api.core.kinds import argument
from api.core.values import described
from db.policy import Entity


class OrderDirection(Enum):
    """Which end comes first."""

    ASC = "asc"
    DESC = "desc"


described(
    OrderDirection,
    "Which end of an order comes first; objects without a value come last either way.",
    {"ASC": "Smallest first.", "DESC": "Greatest first."},
)


@cache
def order_field_enum(model: type) -> type[Enum]:
    """The columns that a type can be ordered by, as the GraphQL enum `SessionOrderField`."""
    mirror = MIRRORS[model]
    members = {attribute.upper(): attribute for attribute in mirror.orders}
    enum = cast("type[Enum]", Enum(f"{mirror.name}OrderField", members, module=__name__))
    described(
        enum,
        f"What lists of the type {mirror.name} can be ordered by.",
        {attribute.upper(): column.description for attribute, column in mirror.orders.items()},
    )
    return enum


@cache
def order_input(model: type) -> type:
    """One term of an `orderBy`, as `SessionOrder`."""
    name = MIRRORS[model].name
    return make_input(
        f"{name}Order",
        f"One term of the order of a list of the type {name}.",
        [
            InputMember("field", lambda: order_field_enum(model), "What to order by.", required=True),
            InputMember(
                "direction", lambda: OrderDirection, "Which end comes first.", default=OrderDirection.ASC
            ),
        ],
    )


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a complete order; every order is closed by the id, which no two rows share."""

    column: MirroredColumn
    descending: bool

    @property
    def nullable(self) -> bool:
        """Whether NULLs have to be put last."""
        return self.column.nullable


@dataclass(frozen=True, slots=True)
class Order:
    """A total order over the rows of one type: terms, then the id in the last term's direction."""

    terms: tuple[Term, ...]

    @property
    def descending(self) -> bool:
        """The direction of the id that closes the order."""
        return self.terms[-1].descending

    def sql(
        self, columns: Sequence[ColumnElement[Any]], key: ColumnElement[Any], *, backward: bool = False
    ) -> list[UnaryExpression[Any]]:
        """ORDER BY over the terms' columns and the id, or its exact reverse."""
        parts = [
            _directed(column, term.descending, term.nullable, backward)
            for term, column in zip(self.terms, columns, strict=True)
        ]
        return [*parts, _directed(key, self.descending, False, backward)]

    def columns(self, entity: Entity) -> list[ColumnElement[Any]]:
        """The values that place a row in this order, without the id."""
        return [getattr(entity, term.column.attribute) for term in self.terms]


def complete(mirror: Mirror, keys: Sequence[tuple[str, bool]]) -> Order:
    """The total order for attribute names with directions; a repeated attribute counts once."""
    columns = {column.attribute: column for column in mirror.columns.values()}
    seen = dict.fromkeys(attribute for attribute, _ in keys)
    directions = dict(reversed(list(keys)))
    return Order(tuple(Term(columns[attribute], directions[attribute]) for attribute in seen))


def _directed(
    column: ColumnElement[Any], descending: bool, nullable: bool, backward: bool
) -> UnaryExpression[Any]:
    directed = column.asc() if descending is backward else column.desc()
    if not nullable:
        # No NULLS clause: with one, PostgreSQL would not read the index.
        return directed
    return directed.nulls_first() if backward else directed.nulls_last()


@dataclass(frozen=True, slots=True)
class BoundPosition:
    """A position as bound parameters: each term's value, None where that is NULL, and the id."""

    values: tuple[BindParameter[Any] | None, ...]
    key: BindParameter[Any]

    @property
    def parameters(self) -> list[BindParameter[Any]]:
        """Those that there are, in order."""
        return [*(value for value in self.values if value is not None), self.key]


def bind_position(order: Order, entity: Entity, values: Sequence[Any], key: Any) -> BoundPosition:
    """A position whose terms have these values, None for NULL, and whose id is `key`."""
    bound = (
        argument(getattr(entity, term.column.attribute), value) if value is not None else None
        for term, value in zip(order.terms, values, strict=True)
    )
    return BoundPosition(tuple(bound), literal(key, Uuid()))


def beyond(
    order: Order, entity: Entity, position: BoundPosition, *, after: bool, inclusive: bool = False
) -> ColumnElement[bool]:
    """The rows that stand after (or before) a position in an order; never NULL.

    Args:
        order: the total order.
        entity: the mapped class or alias whose rows are compared.
        position: the position.
        after: rows after the position, or before it.
        inclusive: whether a row at the very position counts.
    """
    bound, closing = position.values, position.key
    if len(order.terms) == 1 and not order.terms[0].nullable:
        # A row comparison is one index condition; the general form below is not.
        (term,) = order.terms
        row = tuple_(getattr(entity, term.column.attribute), entity.id)
        return _compare(
            row, tuple_(bound[0], closing), greater=after is not term.descending, inclusive=inclusive
        )
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for term, value in zip(order.terms, bound, strict=True):
        column = getattr(entity, term.column.attribute)
        alternatives.append(and_(*equal, _past(column, value, term, after=after)))
        equal.append(column.is_(None) if value is None else and_(column.is_not(None), column == value))
    last = _compare(entity.id, closing, greater=after is not order.descending, inclusive=inclusive)
    alternatives.append(and_(*equal, last))
    leading = getattr(entity, order.terms[0].column.attribute)
    return and_(_reach(leading, bound[0], order.terms[0], after=after), or_(*alternatives))


def _reach(column: ColumnElement[Any], value: Any, term: Term, *, after: bool) -> ColumnElement[bool]:
    """At or past a value in the first term: true of all rows wanted, and one range of an index."""
    if value is None:
        return column.is_(None) if after else true()
    if after and term.nullable:
        return true()
    return _compare(column, value, greater=after is not term.descending, inclusive=True)


def _past(column: ColumnElement[Any], value: Any, term: Term, *, after: bool) -> ColumnElement[bool]:
    """Strictly past a value in one term, where NULLs stand last."""
    if value is None:
        return false() if after else column.is_not(None)
    compared = _compare(column, value, greater=after is not term.descending, inclusive=False)
    if not term.nullable:
        return compared
    return or_(column.is_(None), compared) if after else and_(column.is_not(None), compared)


def _compare(left: Any, right: Any, *, greater: bool, inclusive: bool) -> ColumnElement[bool]:
    if greater:
        return left >= right if inclusive else left > right  # type: ignore[no-any-return]
    return left <= right if inclusive else left < right  # type: ignore[no-any-return]
