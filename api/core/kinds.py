"""The kinds of values that columns hold: which GraphQL type shows them, and how they enter cursors."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson
import strawberry
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Double,
    Integer,
    Numeric,
    Text,
    TypeDecorator,
    Uuid,
    case,
    cast,
    func,
    literal,
    literal_column,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.types import TypeEngine

from api.core.literals import quoted
from api.core.scalars import (
    Vector,
    parse_bigint,
    parse_date,
    parse_datetime,
    parse_decimal,
)
from db.columns import BigInt, Closed, IPAddress, Json, ValueSet

GRAPHQL_ID: Final = strawberry.ID
NIL: Final = UUID(int=0)
"""A key that no row has: `uuidv7()` and `uuid5` never make it."""

_DATETIME_PATTERN: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of column.

    `annotation` is the Python type that a mirrored field must declare. `to_text` gives the SQL of a value
    as it stands in a cursor (a JSON scalar), `from_text` reads it back; kinds without them do not order.
    `read` is the SQL that selects it where that is not the column itself.
    """

    name: str
    annotation: Any
    to_text: Callable[[ColumnElement[Any]], ColumnElement[Any]] | None = None
    from_text: Callable[[Any], Any] | None = None
    values: type[ValueSet] | None = None
    read: Callable[[Any], ColumnElement[Any]] | None = None


def argument(column: ColumnElement[Any], value: Any) -> BindParameter[Any]:
    """A value bound to be compared with a column."""
    return literal(value, _argument_type(column))


def arguments(column: ColumnElement[Any], values: list[Any]) -> BindParameter[Any]:
    """Values bound as one array to be compared with a column."""
    return literal(values, ARRAY(_argument_type(column)))


def _argument_type(column: ColumnElement[Any]) -> TypeEngine[Any]:
    # A numeric with a scale would round the argument, and refuse one that the column could not hold.
    return Numeric() if type(column.type) is Numeric else column.type


def datetime_sql(value: ColumnElement[Any]) -> ColumnElement[str]:
    """SQL for `format_datetime`."""
    text = func.to_char(func.timezone(quoted("UTC"), value), quoted(_DATETIME_PATTERN))
    return _finite(value, text, "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z")


def date_sql(value: ColumnElement[Any]) -> ColumnElement[str]:
    """SQL for a calendar day as text."""
    return _finite(value, cast(value, Text), "0001-01-01", "9999-12-31")


def _finite(value: ColumnElement[Any], text: ColumnElement[str], first: str, last: str) -> ColumnElement[str]:
    """`text`, or the ends of Python's calendar: the driver takes and gives infinities as these."""
    above = value == literal_column("'infinity'")
    return case((func.isfinite(value), text), (above, quoted(last)), (value.is_not(None), quoted(first)))


def _as_is(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return value


def _as_text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(value, Text)


class _ParsedJson(TypeDecorator[Any]):
    """Text that is JSON, read as its value."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else orjson.loads(value)


def _parsed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    # pgvector's text is JSON; as text it needs no codec on the connection.
    return type_coerce(cast(value, Text), _ParsedJson())


def _shown(value: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL's own text: Python writes addresses that hold IPv4 ones otherwise, each version in its way.
    return type_coerce(cast(func.to_json(value), Text), _ParsedJson())


def _exactly(*types: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) not in types:
            raise ValueError("another type of value")
        return value

    return check


def _int32(value: Any) -> int:
    if type(value) is not int or not -(2**31) <= value < 2**31:
        raise ValueError("not a 32-bit integer")
    return value


def _float(value: Any) -> float:
    return float(_exactly(int, float)(value))


TEXT: Final = Kind("String", str, _as_is, _exactly(str))
INT: Final = Kind("Int", int, _as_is, _int32)
BIGINT: Final = Kind("BigInt", BigInt, _as_text, parse_bigint)
FLOAT: Final = Kind("Float", float, _as_is, _float)
DECIMAL: Final = Kind("Decimal", Decimal, _as_text, parse_decimal)
BOOLEAN: Final = Kind("Boolean", bool, _as_is, _exactly(bool))
DATETIME: Final = Kind("DateTime", datetime, datetime_sql, parse_datetime)
DATE: Final = Kind("Date", date, date_sql, parse_date)
ID: Final = Kind("ID", UUID)
JSON: Final = Kind("JSON", Json)
IP: Final = Kind("IPAddress", IPAddress, read=_shown)
TEXTS: Final = Kind("StringList", list[str])
VECTOR_: Final = Kind("Vector", Vector, read=_parsed)

# Most special first: BigInteger is an Integer, Double is a Numeric.
_BY_TYPE: Final[list[tuple[type[TypeEngine[Any]], Kind]]] = [
    (BigInteger, BIGINT),
    (Integer, INT),
    (Double, FLOAT),
    (Numeric, DECIMAL),
    (Boolean, BOOLEAN),
    (DateTime, DATETIME),
    (Date, DATE),
    (Uuid, ID),
    (JSONB, JSON),
    (INET, IP),
    (ARRAY, TEXTS),
    (VECTOR, VECTOR_),
    (Text, TEXT),
]


def kind_of(column: Column[Any]) -> Kind:
    """The kind of a mapped column.

    Raises:
        TypeError: for a column type that the API has no form for.
    """
    if isinstance(column.type, Closed):
        values = column.type.values
        return Kind(values.__name__, values, _as_text, values, values)
    for sql_type, kind in _BY_TYPE:
        if isinstance(column.type, sql_type):
            return kind
    raise TypeError(f"{column} has the type {column.type!r}, for which the API has no form")
