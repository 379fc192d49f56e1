"""Every value that the columns of a source can hold and nobody expects: one row for each."""

from collections.abc import Iterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL

from tests.importers.data.common import connect

DEEP = 700
TEXTS = (
    "",
    " ",
    "\t\n",
    "null",
    "NaN",
    '{"a":',
    "O'Brien %s \\u0000 \\",
    "👩‍👩‍👧 é ﷽",
    "0",
    "-1",
    "x" * 20_000,
)
JSONS = (
    "null", "1", "-0.0", '"x"', "[]", "{}", "[[], {}]", '["a", null, 1]', "1e400", "[1e400]", "true",
    '{"n": 123456789012345678901234567890, "f": 0.12345678901234567890}', '  {"a" : [ 1 , 2 ]}  ',
    "[" * DEEP + "]" * DEEP, '{"": ""}', '{"a": "x\\u2028y"}',
)  # fmt: skip
ONLY_JSON = ('{"a": "\\u0000"}', '["\\ud800"]', '{"a": 1, "a": 2}', '{"\\u0000": 1}', "1e999999")
TIMES = (
    "-infinity", "infinity", "4713-01-01 00:00:00 BC", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999",
    "1900-01-01 00:00:00", "1970-01-01 00:00:00", "294276-12-31 23:59:59",
)  # fmt: skip
VALUES: dict[str, tuple[str, ...]] = {
    "text": TEXTS,
    "character varying": TEXTS,
    "integer": ("-2147483648", "2147483647", "-1", "0"),
    "bigint": ("-9223372036854775808", "9223372036854775807", "-1", "0"),
    "double precision": ("NaN", "Infinity", "-Infinity", "1e308", "5e-324", "-0.0", "-1", "0.30000000000000004"),
    "numeric": ("NaN", "-1", "0", "9.9996", "999999.9999", "1e300", "Infinity", "0.123456789012345"),
    "boolean": ("true", "false"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "json": JSONS + ONLY_JSON,
    "jsonb": JSONS,
    "timestamp without time zone": TIMES,
    "timestamp with time zone": TIMES,
    "date": ("-infinity", "infinity", "4713-01-01 BC", "5874897-12-31", "0001-01-01"),
    "text[]": ("{}", "{NULL}", "{a,NULL}", "{{a},{b}}", "[0:1]={a,b}", '{"",""}', "{a,a}"),
    "uuid[]": ("{}", "{NULL}", "{00000000-0000-0000-0000-000000000000}"),
    "inet": ("::1/64", "0.0.0.0/0", "255.255.255.255", "fe80::1"),
    "vector": (f"[{','.join(['0'] * 1536)}]", f"[{','.join(['1e38'] * 1536)}]"),
}  # fmt: skip
KEYS = {"integer": "{0}", "bigint": "{0}", "uuid": "00000000-0000-4000-8000-{0:012d}"}
_REFUSED = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.StatementTooComplexError,
)

_COLUMNS = """
    SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type,
        EXISTS (SELECT FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f'
            AND a.attnum = ANY(f.conkey)) AS leads,
        coalesce(i.indisprimary, false) AS key, format_type(a.atttypid, a.atttypmod) AS full
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY(i.indkey)
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum
"""


def values_of(kind: str, full: str) -> Iterator[str | None]:
    """What to try in a column of a type: one text is as long as it takes."""
    yield None
    yield from VALUES[kind]
    if kind == "character varying" and "(" in full:
        yield "界" * int(full[full.index("(") + 1 : -1])


async def add_odd_rows(url: URL) -> int:
    """For each column of each table and each odd value that it takes, a copy of a row; how many there are."""
    connection = await connect(url)
    made = 0
    try:
        await connection.execute("SET session_replication_role = replica")
        tables: dict[str, list[Any]] = {}
        for row in await connection.fetch(_COLUMNS):
            tables.setdefault(row["table"], []).append(row)
        for table, columns in tables.items():
            (key,) = [column for column in columns if column["key"]]
            for column in columns:
                if column is key and key["type"] != "character varying":
                    continue
                # Foreign keys hold in every source that has them.
                for value in [None] if column["leads"] else values_of(column["type"], column["full"]):
                    made += await _add(connection, table, columns, key, column, value, 900_000_000 + made)
    finally:
        await connection.close()
    return made


async def _add(
    connection: Any, table: str, columns: list[Any], key: Any, odd: Any, value: str | None, number: int
) -> bool:
    """Copy the first row with one odd value, a key of its own, and unique texts where they must be."""
    parts, given = [], []
    for column in columns:
        name, kind = column["name"], column["full"]
        if column is odd:
            given.append(value)
            parts.append(f"${len(given)}::text::{kind}")
        elif column is key:
            given.append(KEYS.get(column["type"], "key-{0}").format(number))
            parts.append(f"${len(given)}::text::{kind}")
        elif name in UNIQUE:
            given.append(str(number))
            parts.append(f"left(t.\"{name}\", 8) || '-' || ${len(given)}::text")
        else:
            parts.append(f't."{name}"')
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    try:
        await connection.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {", ".join(parts)} FROM '
            f'(SELECT * FROM "{table}" ORDER BY "{key["name"]}" LIMIT 1) t',
            *given,
        )
    except _REFUSED:
        return False
    return True


UNIQUE = {"username", "email", "key_hash", "key", "request_id"}
"""Columns in which copies would be taken for one another; the keys of sessions have to stay."""
