"""Which values each attribute takes, told before the database is asked: from its column and its checks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any, Final, cast

import orjson
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Double,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.dialects.postgresql import JSONB

from api.core.declarations import MIRRORS
from api.core.ids import parse_id
from db.base import Base
from db.columns import Closed
from db.store.links import links

LONGEST_TEXT: Final = 1_000_000
LONGEST_JSON: Final = 1_000_000
# An entry of an index holds 2,704 bytes, and a character up to four.
LONGEST_INDEXED: Final = 500
LONGEST_INDEXED_BYTES: Final = 1_500
MOST_ELEMENTS: Final = 1_000
LONGEST_ELEMENT: Final = 500
_LARGEST_FLOAT32: Final = 3.4028234663852886e38
_MOST_DIMENSIONS: Final = 16_000

_LENGTH: Final = re.compile(r"char_length\((\w+)\) <= (\d+)")
_LEAST: Final = re.compile(r"(\w+) (>=|>) (\d+)")
_BETWEEN: Final = re.compile(r"(\w+) BETWEEN (-?[\d.]+) AND (-?[\d.]+)")
_NUL_IN_JSON: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

Read = Callable[[Any], Any]
"""The value as the store takes it. Raises ValueError with a sentence that goes on after the field's name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What one attribute takes. `told` are its limits in words, for descriptions."""

    attribute: str
    nullable: bool
    optional: bool
    read: Read
    told: str = ""


@cache
def rules(model: type[Base]) -> Mapping[str, Rule]:
    """The rule of every attribute of a model."""
    return {
        attribute.key: _rule(model, attribute.key, cast("Column[Any]", attribute.columns[0]))
        for attribute in inspect(model).column_attrs
    }


def _rule(model: type[Base], attribute: str, column: Column[Any]) -> Rule:
    read, told = _reader(model, attribute, column)
    optional = bool(column.nullable) or column.server_default is not None
    return Rule(attribute, bool(column.nullable), optional, read, told)


def _reader(model: type[Base], attribute: str, column: Column[Any]) -> tuple[Read, str]:
    if attribute in links(model):
        return _key_reader(links(model)[attribute].target), ""
    match column.type:
        case Closed():
            return _as_is, ""
        case Text():
            longest = _longest(column)
            indexed = longest is None and _is_indexed(column)
            most = longest or (LONGEST_INDEXED if indexed else LONGEST_TEXT)
            told = f"At most {most:,} characters." if most < LONGEST_TEXT else ""
            return _text_reader(most, LONGEST_INDEXED_BYTES if indexed else None), told
        case ARRAY():
            return _texts, ""
        case JSONB():
            return json_value, ""
        case VECTOR():
            return _vector, ""
        case Integer() | Double() | Numeric():
            return _number_reader(column)
        case _:
            return _as_is, ""


def _as_is(value: Any) -> Any:
    return value


def _key_reader(target: type[Base]) -> Read:
    def read(value: Any) -> Any:
        name = MIRRORS[target].name
        named = parse_id(value)
        if named is None:
            raise ValueError("is no id: give a global id or a plain UUID")
        if named[0] not in (None, name):
            raise ValueError(f"is the id of a {named[0]}: give that of a {name}")
        return named[1]

    return read


def _text_reader(most: int, most_bytes: int | None) -> Read:
    def read(value: Any) -> Any:
        return text_value(value, most, most_bytes)

    return read


def text_value(value: Any, most: int, most_bytes: int | None = None) -> str:
    """A text that PostgreSQL can hold. Raises ValueError, whose message goes on after its name."""
    text: str = value
    if len(text) > most:
        raise ValueError(f"has {len(text):,} characters: at most {most:,} are allowed")
    if "\x00" in text:
        raise ValueError("holds a NUL character, which no text here can: leave it out")
    try:
        length = len(text.encode())
    except UnicodeEncodeError:
        raise ValueError("holds half of a character: send Unicode text") from None
    if most_bytes is not None and length > most_bytes:
        raise ValueError(f"takes {length:,} bytes in UTF-8: at most {most_bytes:,} are allowed")
    return text


def _texts(value: Any) -> list[str]:
    if len(value) > MOST_ELEMENTS:
        raise ValueError(f"has {len(value):,} elements: at most {MOST_ELEMENTS:,} are allowed")
    return [text_value(element, LONGEST_ELEMENT) for element in value]


def json_value(value: Any) -> Any:
    """A JSON value that PostgreSQL can hold. Raises ValueError, whose message goes on after its name."""
    try:
        text = orjson.dumps(value)
    except (TypeError, ValueError):
        # Integers beyond 64 bits and halves of characters; depth is the scalar's matter.
        raise ValueError("holds a number or text that JSON does not carry: numbers fit 64 bits") from None
    if len(text) > LONGEST_JSON:
        raise ValueError(f"takes {len(text):,} bytes as JSON: at most {LONGEST_JSON:,} are allowed")
    if b"\\u0000" in text and _NUL_IN_JSON.search(text):
        raise ValueError("holds a NUL character, which no text here can: leave it out")
    return value


def _vector(value: Any) -> list[float]:
    if len(value) > _MOST_DIMENSIONS:
        raise ValueError(f"has {len(value):,} numbers: at most {_MOST_DIMENSIONS:,} are allowed")
    # The sum is no number if one of them is none, which comparisons would not tell.
    fits = min(value) >= -_LARGEST_FLOAT32 and max(value) <= _LARGEST_FLOAT32
    if not fits or not isfinite(sum(value)):
        raise ValueError("holds a number that does not fit 32-bit floats")
    return value  # type: ignore[no-any-return]


def _number_reader(column: Column[Any]) -> tuple[Read, str]:
    checked = _bounds(column)
    widest = _widest(column)
    low, high = (one if one is not None else other for one, other in zip(checked, widest, strict=True))

    def read(value: Any) -> Any:
        if isinstance(value, float) and not isfinite(value):
            raise ValueError("is not a finite number")
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(f"is {value}: it must be {_range(low, high)}")
        return value

    told = _range(*checked)
    return read, f"It is {told}." if told else ""


def _range(low: Any, high: Any) -> str:
    if low is None:
        return "" if high is None else f"at most {high}"
    return f"at least {low}" if high is None else f"from {low} to {high}"


def _widest(column: Column[Any]) -> tuple[Decimal | None, Decimal | None]:
    """What digits there are room for."""
    kind = column.type
    if not isinstance(kind, Numeric) or kind.precision is None:
        return None, None
    scale = kind.scale or 0
    most = Decimal(10) ** (kind.precision - scale) - Decimal(1).scaleb(-scale)
    return -most, most


def _bounds(column: Column[Any]) -> tuple[Any, Any]:
    """What the checks of the table say."""
    low: Any = None
    high: Any = None
    for text in _checks(column):
        least, between = _LEAST.fullmatch(text), _BETWEEN.fullmatch(text)
        if least and least[1] == column.name:
            low = int(least[3]) + (1 if least[2] == ">" else 0)
        elif between and between[1] == column.name:
            low, high = _plain(between[2]), _plain(between[3])
    return low, high


def _plain(text: str) -> int | float:
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)


def _longest(column: Column[Any]) -> int | None:
    found = [
        int(match[2])
        for text in _checks(column)
        if (match := _LENGTH.fullmatch(text)) and match[1] == column.name
    ]
    return min(found, default=None)


def _checks(column: Column[Any]) -> list[str]:
    constraints = [*column.table.constraints, *column.constraints]
    return [str(check.sqltext) for check in constraints if isinstance(check, CheckConstraint)]


def _is_indexed(column: Column[Any]) -> bool:
    table = column.table
    named = re.compile(rf"\b{column.name}\b")
    parts = [part for index in table.indexes for part in index.expressions]
    keys = [key for key in table.constraints if isinstance(key, (UniqueConstraint, PrimaryKeyConstraint))]
    return any(named.search(str(getattr(part, "name", part))) for part in parts) or any(
        column.name in key.columns for key in keys
    )
