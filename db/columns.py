"""Column vocabulary: what a column of this schema can hold, each kind said once."""

from enum import Enum
from typing import Any, Final, NewType, Self, cast

from sqlalchemy import ARRAY, CheckConstraint, Column, Dialect, Double, Numeric, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import MappedColumn, mapped_column

# Code-point order with Unicode case mapping: built into PostgreSQL 17 and later, the same on every machine,
# so that keyset cursors, filters and indexes agree wherever the database was created.
COLLATION: Final = "pg_c_utf8"

BigInt = NewType("BigInt", int)
"""A 64-bit integer: token sums, file sizes, row counts. Text in GraphQL, since JavaScript has 53 bits."""

Json = NewType("Json", object)
"""Any JSON value, stored as `jsonb`."""

IPAddress = NewType("IPAddress", str)
"""An IPv4 or IPv6 address or network, stored as `inet`."""


def storable(text: str) -> bool:
    """Whether PostgreSQL can hold a text: one without NUL characters and without halves of characters."""
    return "\x00" not in text and (
        text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
    )


class ValueSet(Enum):
    """A closed set of values: lower-case text with a CHECK in the database, an upper-case enum in GraphQL.

    Members are written `NAME = "stored", "What it means."`; the second string is the GraphQL description.
    """

    description: str

    def __new__(cls, stored: str, description: str) -> Self:
        member = object.__new__(cls)
        member._value_ = stored
        member.description = description
        return member


class Closed(TypeDecorator[ValueSet]):
    """Text in PostgreSQL, a member of one `ValueSet` in Python."""

    impl = Text
    cache_ok = True

    def __init__(self, values: type[ValueSet]) -> None:
        super().__init__(collation=COLLATION)
        self.values = values

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else cast(str, self._member(value).value)

    def process_result_value(self, value: Any, dialect: Dialect) -> ValueSet | None:  # noqa: ARG002
        return None if value is None else self._member(value)

    def _member(self, value: Any) -> ValueSet:
        # The type checker takes the call for one that makes a member, which wants a description too.
        return cast(Any, self.values)(value)  # type: ignore[no-any-return]


def closed(
    name: str, values: type[ValueSet], *, doc: str, default: ValueSet | None = None
) -> MappedColumn[Any]:
    """A column limited to `values`; `name` is the column's own name, which the CHECK repeats.

    Whether it takes NULL is read from the annotation, as everywhere: `Mapped[Mode | None]`.
    """
    return mapped_column(
        name,
        Closed(values),
        CheckConstraint(f"{name} IN ({listed(values)})", name=name),
        server_default=default.value if default else None,
        doc=doc,
    )


def limited(name: str, length: int, *, doc: str, default: str | None = None) -> MappedColumn[Any]:
    """A text column of at most `length` characters; `name` is the column's own name."""
    return mapped_column(
        name,
        Text(collation=COLLATION),
        CheckConstraint(f"char_length({name}) <= {length}", name=name),
        server_default=default,
        doc=doc,
    )


def listed(values: type[ValueSet]) -> str:
    """The stored values as a list of SQL literals."""
    return ", ".join(f"'{member.value}'" for member in values)


def between(column: str, low: float, high: float) -> CheckConstraint:
    """A number from `low` to `high`, both included."""
    return CheckConstraint(f"{column} BETWEEN {low} AND {high}", name=column, info={"bounds": column})


def not_negative(*columns: str) -> list[CheckConstraint]:
    """Counts, sizes and durations: zero or more."""
    return [CheckConstraint(f"{column} >= 0", name=column) for column in columns]


NOT_NULL_JSON: Final = "not_null_json"
FINITE: Final = "finite"
FLAT: Final = "flat"


def presentable(column: Column[Any], *, bounded: bool) -> CheckConstraint | None:
    """What keeps a value out of a column that its type takes and an API cannot show; None if there is none.

    The JSON value null where the column takes no NULL, a number that is not finite, a list with a NULL or
    with lists in it. `bounded` says that the column has a lower and an upper bound, which are finite.
    """
    name = column.name
    match column.type:
        case JSONB() if not column.nullable:
            return CheckConstraint(f"jsonb_typeof({name}) <> 'null'", name=f"{name}_{NOT_NULL_JSON}")
        case Double() | Numeric() if not bounded:
            # NaN is the greatest of all numbers.
            finite = f"{name} > '-Infinity' AND {name} < 'Infinity'"
            return CheckConstraint(finite, name=f"{name}_{FINITE}")
        case ARRAY():
            flat = f"array_ndims({name}) = 1 AND array_position({name}, NULL) IS NULL"
            return CheckConstraint(flat, name=f"{name}_{FLAT}")
    return None
