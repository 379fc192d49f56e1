"""Orders: the `orderBy` input types, ORDER BY, and the ranges of rows that cursors stand for."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
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
    return _complete(mirror, tuple(keys))


# Lists are asked for in the same few orders; the bound is for those who try all.
@lru_cache(maxsize=1_000)
def _complete(mirror: Mirror, keys: tuple[tuple[str, bool], ...]) -> Order:
    columns = {column.attribute: column for column in mirror.columns.values()}
    seen = dict.fromkeys(attribute for attribute, _ in keys)
    directions = dict(reversed(keys))
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


def ranges(
    order: Order,
    entity: Entity,
    *,
    after: BoundPosition | None = None,
    before: BoundPosition | None = None,
    inclusive: bool = False,
) -> list[ColumnElement[bool]]:
    """The rows between two positions, in disjoint parts that follow each other in the order.

    There is one part where the first term is never NULL, and else one for its values and one for its NULLs:
    each is one range of an index, which a condition on both together is not.

    Args:
        order: the total order.
        entity: the mapped class or alias whose rows are compared.
        after: rows after this position only.
        before: rows before this position only.
        inclusive: whether a row at the very position counts.
    """
    ends = [(position, past) for position, past in ((after, True), (before, False)) if position is not None]
    if not ends:
        return [true()]
    if not order.terms[0].nullable:
        return [and_(*(_past(order, entity, end, after=past, inclusive=inclusive) for end, past in ends))]
    leading = getattr(entity, order.terms[0].column.attribute)
    parts = []
    for nulls in (False, True):
        reaching = [(end, past) for end, past in ends if _reaches(end, nulls=nulls, after=past)]
        if len(reaching) == len(ends):
            within = [
                _past(order, entity, end, after=past, inclusive=inclusive)
                for end, past in reaching
                if (end.values[0] is None) is nulls
            ]
            parts.append(and_(leading.is_(None) if nulls else leading.is_not(None), *within))
    return parts or [false()]


def _reaches(position: BoundPosition, *, nulls: bool, after: bool) -> bool:
    """Whether rows whose first term is NULL (or is not) can stand after (or before) a position."""
    return (position.values[0] is None) is nulls or after is nulls


def _past(
    order: Order, entity: Entity, position: BoundPosition, *, after: bool, inclusive: bool
) -> ColumnElement[bool]:
    """The rows past a position among those whose first term is NULL if the position's is."""
    bound, closing = position.values, position.key
    first, *others = order.terms
    leading = getattr(entity, first.column.attribute)
    greater = after is not first.descending
    if not others and bound[0] is not None:
        # A row comparison is one index condition; the general form below is not.
        row, place = tuple_(leading, entity.id), tuple_(bound[0], closing)
        return _compare(row, place, greater=greater, inclusive=inclusive)
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    if bound[0] is not None:
        alternatives.append(_compare(leading, bound[0], greater=greater, inclusive=False))
        equal.append(leading == bound[0])
    for term, value in zip(others, bound[1:], strict=True):
        column = getattr(entity, term.column.attribute)
        alternatives.append(and_(*equal, _past_value(column, value, term, after=after)))
        equal.append(column.is_(None) if value is None else and_(column.is_not(None), column == value))
    last = _compare(entity.id, closing, greater=after is not order.descending, inclusive=inclusive)
    alternatives.append(and_(*equal, last))
    # True of all rows wanted, and one range of an index.
    reach = true() if bound[0] is None else _compare(leading, bound[0], greater=greater, inclusive=True)
    return and_(reach, or_(*alternatives))


def _past_value(column: ColumnElement[Any], value: Any, term: Term, *, after: bool) -> ColumnElement[bool]:
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
