"""What each column can hold, read from the models: values of a source are held to it before they are sent."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DefaultClause,
    Double,
    Integer,
    Numeric,
    Table,
    TextClause,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.base import Base
from db.columns import Closed


@dataclass(frozen=True, slots=True)
class Fault:
    """Says what is wrong with a value, None where the column can hold it, and what comes nearest to it.

    What `rounds` only loses digits, and is written all the same.
    """

    wrong: Callable[[Any], str | None]
    nearest: Callable[[Any], Any]
    rounds: bool = False

    def __call__(self, value: Any) -> str | None:
        """What is wrong with a value."""
        return self.wrong(value)


# Kept by triggers here; what the source counted is compared, never written.
COUNTED: Final[Mapping[str, frozenset[str]]] = {
    "sessions": frozenset({"message_count", "total_tokens", "last_message_at"}),
    "personalities": frozenset({"usage_count"}),
    "documents": frozenset({"chunk_count"}),
}

_LENGTH: Final = re.compile(r"char_length\((\w+)\) <= (\d+)")
_LEAST: Final = re.compile(r"(\w+) (>=|>) (-?\d+)")
_BETWEEN: Final = re.compile(r"(\w+) BETWEEN (\S+) AND (\S+)")


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as rows are written to it: its columns in order, defaults in Python, and what may be wrong."""

    table: Table
    columns: tuple[str, ...]
    defaults: Mapping[str, Any]
    faults: tuple[tuple[str, Fault], ...]
    json: frozenset[str]
    required: frozenset[str]
    lists: frozenset[str]
    blank: Mapping[str, Any]
    """A row without values of its own."""
    arrange: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    """The values of a row in the order of the columns."""

    @property
    def is_dated(self) -> bool:
        """Whether rows say when they were made."""
        return "created_at" in self.blank

    @property
    def is_changing(self) -> bool:
        """Whether rows say when they last changed."""
        return "updated_at" in self.blank

    @property
    def has_metadata(self) -> bool:
        """Whether further facts have a place in the row itself."""
        return "metadata" in self.columns


@cache
def shape(entity: str) -> Shape:
    """The shape of a table, worked out once."""
    table = Base.metadata.tables[entity]
    written = [column for column in table.columns if column.computed is None]
    defaults = {column.name: _default(column) for column in written if _default(column) is not None}
    faults = [(column.name, fault) for column in written for fault in _faults(column)]
    for constraint in (*table.constraints, *(each for column in written for each in column.constraints)):
        if isinstance(constraint, CheckConstraint):
            faults += _checked(str(constraint.sqltext))
    columns = {column.name for column in written}
    return Shape(
        table,
        tuple(column.name for column in written),
        defaults,
        tuple((name, fault) for name, fault in faults if name in columns),
        frozenset(column.name for column in written if isinstance(column.type, JSONB)),
        frozenset(column.name for column in written if not column.nullable),
        frozenset(column.name for column in written if isinstance(column.type, ARRAY)),
        {column.name: defaults.get(column.name) for column in written},
        itemgetter(*(column.name for column in written)),
    )


def _default(column: Column[Any]) -> Any:
    """The constant that the server would write, as the driver takes it; None without one."""
    clause = column.server_default
    if not isinstance(clause, DefaultClause):
        return None
    said = clause.arg.text if isinstance(clause.arg, TextClause) else str(clause.arg)
    if "(" in said and not said.startswith("'"):
        return None
    said = said.strip("'")
    match column.type:
        case ARRAY():
            return [part for part in said.strip("{}").split(",") if part]
        case Boolean():
            return said == "true"
        case Integer():
            return int(said)
        case Double():
            return float(said)
    return said


def _faults(column: Column[Any]) -> list[Fault]:
    match column.type:
        case Closed() as closed:
            return [_outside({member.value for member in closed.values})]
        case BigInteger():
            return [_range(-(2**63), 2**63 - 1)]
        case Integer():
            return [_range(-(2**31), 2**31 - 1)]
        case Double():
            return [_INFINITE]
        case Numeric() as numeric if numeric.precision is not None:
            scale = Decimal(1).scaleb(-(numeric.scale or 0))
            return [_wider(10 ** (numeric.precision - (numeric.scale or 0)), scale), _finer(scale)]
        case Numeric():
            return [_UNBOUNDED]
    return []


def _checked(condition: str) -> list[tuple[str, Fault]]:
    if found := _LENGTH.fullmatch(condition):
        return [(found[1], _longer(int(found[2])))]
    if found := _LEAST.fullmatch(condition):
        least = int(found[3]) + (1 if found[2] == ">" else 0)
        return [(found[1], _range(least, math.inf))]
    if found := _BETWEEN.fullmatch(condition):
        return [(found[1], _range(float(found[2]), float(found[3])))]
    return []


def _nothing(_: Any) -> None:
    return None


def _range(least: float, most: float) -> Fault:
    def wrong(value: Any) -> str | None:
        # NaN is in no range.
        return None if least <= value <= most else "out of range"

    def nearest(value: Any) -> Any:
        return least if value != value or value < least else most  # noqa: PLR0124

    return Fault(wrong, nearest)


def _wider(bound: int, scale: Decimal) -> Fault:
    # What the server would round up to the bound is beyond it, too.
    most = bound - scale / 2

    def wrong(value: Any) -> str | None:
        number = Decimal(value)
        return None if number.is_finite() and abs(number) < most else "out of range"

    return Fault(wrong, _nothing)


def _finer(scale: Decimal) -> Fault:
    def nearest(value: Any) -> Decimal:
        return Decimal(value).quantize(scale, ROUND_HALF_UP)

    def wrong(value: Any) -> str | None:
        return None if nearest(value) == value else "more digits than are kept: it was rounded"

    return Fault(wrong, nearest, rounds=True)


def _not_finite(value: Any) -> str | None:
    try:
        return None if math.isfinite(value) else "not a finite number"
    except OverflowError:
        return "out of range"


def _endless(value: Any) -> str | None:
    return None if Decimal(value).is_finite() else "not a finite number"


_INFINITE: Final = Fault(_not_finite, lambda _: 0)
_UNBOUNDED: Final = Fault(_endless, lambda _: 0)


def _longer(most: int) -> Fault:
    def wrong(value: Any) -> str | None:
        return None if len(value) <= most else f"longer than {most} characters"

    return Fault(wrong, lambda value: value[:most])


def _outside(values: set[str]) -> Fault:
    def wrong(value: Any) -> str | None:
        return None if value in values else "not one of the values that are known here"

    return Fault(wrong, _nothing)
