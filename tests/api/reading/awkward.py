"""Awkward values of every kind of column."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Numeric, Table, inspect

from api.core import kinds
from api.core.declarations import Mirror, MirroredColumn
from api.core.kinds import Kind
from db.counters import COUNTERS

# Neither U+0000 nor unpaired surrogates: PostgreSQL holds neither.
TEXTS: Final = (
    "", "a", "A", "ab", "b", "%", "_", "a%b_c", "\\", "\\\\", "a\\%", "/", "//%", "'", '"', "'\"`;--", "é",
    "É", "ß", "ẞ", "ΣΑΣ", "σας", "İ", "i", "ı", "Ж", "ж", "ﬀ", "Ǆ", "ǆ", "😀", "👩\u200d👧", "𐐀", "𐐨",
    "\uffff", "中文", "中", "文", "日本語 ABC", " leading", "trailing ", "a\nb", "\t", "{}", "null", "NULL",
    "\x01", "\u2028", "e\u0301",
)  # fmt: skip
JSON_VALUES: Final[tuple[Any, ...]] = (
    {}, [], [[]], [{}], None, True, False, 0, 1, 1.0, -0.0, 1e20, 0.1, 2**53, "", "a", "1", "中文", "%", "\\",
    {"a": None}, {"a": 1}, {"a": 1.0}, {"a": {"b": [1, 2, {"c": None}]}}, {"a": [1, "1", True, None]},
    {"": ""}, {"中": "文"}, {"%": "\\"}, {"0": "a", "1": {"a": 1}}, ["a", "b"], ["a", ["a"]], ["a", "a", 1],
    [None], [1, [2, [3]]], [{"a": 1, "b": 2}, {"a": 1}], {"a": [{"b": 1}, {"b": 2}]},
    {"a": "😀", "b": {"a": []}},
)  # fmt: skip
POOLS: Final[dict[Kind, tuple[Any, ...]]] = {
    kinds.TEXT: TEXTS,
    kinds.INT: (0, 1, -1, 2, 7, 42, 99, 2**31 - 1, -(2**31)),
    kinds.BIGINT: (0, 1, -1, 2, 2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)),
    kinds.FLOAT: (
        0.0, -0.0, 0.1, 0.1 + 0.2, 0.3, 0.5, 1.0, 1e-7, 5e-324, 1e22, 1.7976931348623157e308, -1e308,
    ),
    kinds.DECIMAL: tuple(
        Decimal(text)
        for text in (
            "0", "-0", "1", "1.5", "0.1", "0.12", "0.123", "0.00000001", "-0.00000001", "1.99999999",
            "9999999999.99999999", "-9999999999.99999999", "1e-30", "1e30",
            "123456789012345678901234567890.5",
        )
    ),
    kinds.BOOLEAN: (True, False),
    kinds.DATETIME: (
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, 0, 2, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, 0, 123_400, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ),
    kinds.DATE: (date(1, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(2026, 1, 1), date(9999, 12, 31)),
    kinds.IP: (
        "127.0.0.1", "192.0.2.7", "192.0.2.8", "192.0.2.0/24", "192.0.2.7/24", "10.0.0.0/8",
        "255.255.255.255", "::", "::1", "2001:db8::7", "2001:db8::/32", "2001:db8::7/64", "::ffff:192.0.2.7",
    ),
    kinds.TEXTS: (
        [], ["a"], ["A"], ["a", "b"], ["b", "a"], ["a", "a"], [""], ["%"], ["{", "}"], ['"', "\\", ","],
        ["NULL"], ["中文", "😀"], [" "],
    ),
    kinds.ID: (UUID(int=1), UUID(int=7), UUID(int=2**128 - 1)),
}  # fmt: skip

# Triggers add to these, and other columns of the row decide these.
_COUNTED: Final = [counter.name for counter in COUNTERS if counter.column != "last_message_at"]
_LIMITED: Final = dict.fromkeys([*_COUNTED, "sessions.event_seq", "executions.event_seq"], 1_000)
_DECIDED: Final = {"users.roles", "documents.content_hash", "api_keys.revoked_at"}


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON value, so that JSON's null is another thing than NULL."""

    value: Any


def pool(column: MirroredColumn) -> tuple[Any, ...]:
    """Awkward values of a column's kind, also those that the column could not hold; never None."""
    if column.kind.values is not None:
        return tuple(column.kind.values)
    if column.kind is kinds.JSON:
        return tuple(Json(value) for value in JSON_VALUES)
    return POOLS[column.kind]


def sql_column(mirror: Mirror, column: MirroredColumn) -> Column[Any]:
    """The column that a field shows."""
    found: Column[Any] = inspect(mirror.model).attrs[column.attribute].columns[0]
    return found


def storable(mirror: Mirror, column: MirroredColumn) -> list[Any]:
    """The awkward values that a column can be given; None is among them where it takes NULL."""
    sql = sql_column(mirror, column)
    if sql.computed or str(sql) in _DECIDED or column.kind is kinds.VECTOR_:
        return []
    fits = _fits(sql)
    # JSON's null in a column without NULL would be no answer for its field.
    values = [value for value in pool(column) if fits(value) and (column.nullable or value != Json(None))]
    return [*values, None] if column.nullable else values


def _fits(column: Column[Any]) -> Any:
    table = column.table
    assert isinstance(table, Table)
    low, high = float("-inf"), float(_LIMITED.get(f"{table.name}.{column.name}", "inf"))
    longest = None
    for check in table.constraints:
        rule = str(check.sqltext) if isinstance(check, CheckConstraint) else ""
        if match := re.fullmatch(rf"{column.name} (>=|>) (\d+)", rule):
            low = float(match[2]) + (match[1] == ">")
        elif match := re.fullmatch(rf"{column.name} BETWEEN ([\d.]+) AND ([\d.]+)", rule):
            low, high = float(match[1]), float(match[2])
        elif match := re.fullmatch(rf"char_length\({column.name}\) <= (\d+)", rule):
            longest = int(match[1])
    scale = column.type.scale if isinstance(column.type, Numeric) else None

    def fits(value: Any) -> bool:
        if isinstance(value, str):
            return longest is None or len(value) <= longest - 10
        if isinstance(value, Decimal) and scale is not None:
            precision: Any = column.type
            if abs(value) >= 10 ** (precision.precision - scale) or value != round(value, scale):
                return False
        return not isinstance(value, (int, float, Decimal)) or low <= value <= high

    return fits
