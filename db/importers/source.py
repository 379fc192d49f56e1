"""The source: what tables it has, and their rows in order, from one snapshot, never held all at once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL

from db.errors import Invalid, Misconfigured, Unavailable
from db.importers.options import Options
from db.importers.steps import Row, Step

Connection: TypeAlias = Any
"""A connection of the driver, which has no types."""

# The driver's own is what it says between the server's last word and the end of the connection.
LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)

_COLUMNS: Final = """
    SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type,
        a.attnotnull AS required
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid)
        AND c.relnamespace <> 'pg_catalog'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attnum
"""
NAIVE: Final = "timestamp without time zone"
_ZONED: Final = "timestamp with time zone"
_DATED: Final = frozenset({NAIVE, _ZONED, "date"})
# Each row with a hash of all its values as text, by which it is known again if none of them has changed. The
# hash is the one that places rows in partitions, and so no version of PostgreSQL may change it.
_PRINTED: Final = """
    SELECT _row.*, lpad(to_hex(hashtextextended(_row::text, 0)), 32, '0')::uuid AS _print FROM ({}) _row
"""
# How values are written as text, whatever the server or the role is set to.
_WRITTEN: Final = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
}
# What stands before all values of a type, for keys that may be null.
_LOWEST: Final = {
    "uuid": "'00000000-0000-0000-0000-000000000000'",
    NAIVE: "'-infinity'",
    _ZONED: "'-infinity'",
    "integer": str(-(2**31)),
    "bigint": str(-(2**63)),
    "date": "'-infinity'",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the source: its SQL type without modifiers, and whether it takes NULL."""

    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows in order, the text of their keys, their fingerprints, and the position after the last of them.

    `goes_on` says that the next rows may belong to the same whole as the last of these.
    """

    rows: Sequence[Row]
    keys: Sequence[str]
    fingerprints: Sequence[Any]
    position: Sequence[str]
    goes_on: bool = True


class Source:
    """One or several databases of one system, read as they are at one moment."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.tables: dict[str, dict[str, Column]] = {}
        self._homes: dict[str, Connection] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, name: str, urls: Sequence[URL]) -> AsyncIterator[Self]:
        """The databases of a system. Raises Unavailable or Misconfigured where one cannot be read."""
        source = cls(name)
        async with AsyncExitStack() as stack:
            for url in urls:
                connection = await _connect(name, url, stack)
                for row in await connection.fetch(_COLUMNS):
                    if source._homes.setdefault(row["table"], connection) is connection:
                        columns = source.tables.setdefault(row["table"], {})
                        columns[row["column"]] = Column(row["type"], row["required"])
            yield source

    def check(self, steps: Sequence[Step], options: Options) -> None:
        """Raise Misconfigured where a table or a column is missing, or a time has no zone."""
        naive: list[str] = []
        for step in steps:
            if self.left_out(step, options):
                continue
            for table in step.needs:
                if table not in self.tables:
                    raise Misconfigured(
                        f"{self.name}: the table {table} is missing in the source. Check that --from "
                        f"names the "
                        f"right database; to go on without the table, add --without {table}."
                    )
            if step.query:
                naive += [f"{table}.{name}" for table in step.tables for name in self._naive(table)]
                continue
            for column in step.columns:
                if column not in self.tables[step.table]:
                    raise Misconfigured(
                        f"{self.name}: the table {step.table} has no column {column} in the source, "
                        f"which its "
                        "design has. Add the column there, empty if need be, and run the same command again."
                    )
            naive += [f"{step.table}.{each}" for each in self._naive(step.table) if each in step.columns]
        if naive and options.zone is None:
            rest = f" and {len(set(naive)) - 1} more columns" if len(set(naive)) > 1 else ""
            raise Misconfigured(
                f"{self.name} keeps times without a zone ({naive[0]}{rest}): say which zone they are in, as "
                "--source-tz Asia/Taipei."
            )

    def left_out(self, step: Step, options: Options) -> bool:
        """Whether a step needs a table that is to be left out."""
        return not options.without.isdisjoint(step.needs)

    def has(self, tables: Sequence[str]) -> bool:
        """Whether all these tables are there, in one database."""
        homes = {id(self._homes[table]) for table in tables if table in self._homes}
        return len(homes) == 1 and all(table in self._homes for table in tables)

    def plain_json(self, table: str) -> frozenset[str]:
        """The columns of type `json`, which keeps what `jsonb` does not."""
        return frozenset(name for name, column in self.tables.get(table, {}).items() if column.type == "json")

    async def fetch(self, tables: Sequence[str], query: str, *values: object) -> list[Any]:
        """The rows of a statement over tables of one database."""
        try:
            found: list[Any] = await self._homes[tables[0]].fetch(query, *values)
        except LOST as error:
            raise self._lost(tables[0], None) from error
        return found

    async def count(self, step: Step, options: Options) -> int:
        """How many rows a step will read."""
        query, values = self._statement(step, options, None)
        ((total,),) = await self.fetch(step.needs, f"SELECT count(*) FROM ({query}) counted", *values)
        return int(total)

    async def read(
        self, step: Step, options: Options, position: Sequence[str] | None
    ) -> AsyncIterator[Chunk]:
        """The rows of a step after a position, in the order of its key. Raises Unavailable or Invalid."""
        query, values = self._statement(step, options, position)
        home = self._homes[step.needs[0]]
        keys = [f"_k{number}" for number in range(len(step.key))]
        held: list[Row] = []
        try:
            ordered = f"{query} ORDER BY {', '.join(self._ordered(step))}"
            cursor = await home.cursor(_PRINTED.format(ordered), *values)
            while True:
                # In a transaction inside, or the one that holds the snapshot would end with a fault.
                async with home.transaction():
                    fetched = await cursor.fetch(min(options.batch, step.rows))
                if fetched:
                    position = [str(fetched[-1][name]) for name in keys]
                rows, held = [*held, *fetched], []
                if step.apart and fetched:
                    rows, held = _apart(rows)
                if rows:
                    after = [str(rows[-1][name]) for name in keys]
                    prints = [row["_print"] for row in rows]
                    goes_on = bool(fetched) and not held
                    yield Chunk(rows, [row[keys[-1]] for row in rows], prints, after, goes_on)
                if not fetched:
                    return
        except LOST as error:
            raise self._lost(step.title, position) from error
        except (UnicodeDecodeError, OverflowError, asyncpg.DataError) as error:
            raise await self._unreadable(step, options, position, error) from error

    # SQL

    def _statement(
        self, step: Step, options: Options, position: Sequence[str] | None
    ) -> tuple[str, list[Any]]:
        """The SELECT of a step without its order, and its values."""
        values: list[Any] = []
        columns = self._columns(step)
        parts = [self._selected(name, columns[name], options) for name in step.columns]
        parts += [f"{sql} AS {name}" for name, sql in step.extra.items()]
        for name, (table, sql) in step.optional.items():
            read = self.has((step.needs[0], table)) and table not in options.without
            parts.append(f"{sql if read else 'NULL'} AS {name}")
        parts += [f"({key})::text AS _k{number}" for number, key in enumerate(self._ordered(step))]
        parts += self._out_of_range(step, columns) + self._unknown(step)
        where = [step.where] if step.where else []
        if options.since is not None and step.since is not None:
            values.append(options.since)
            where.append(f"{self._zoned(step.since, columns[step.since], options)} >= $1")
        if position is not None:
            types = [columns[name].type for name in step.key]
            start = len(values) + 1
            after = ", ".join(f"CAST(${start + n}::text AS {kind})" for n, kind in enumerate(types))
            where.append(f"({', '.join(self._ordered(step))}) > ({after})")
            values += list(position)
        origin = f"({step.query})" if step.query else f'"{step.table}"'
        condition = f" WHERE {' AND '.join(f'({each})' for each in where)}" if where else ""
        return f"SELECT {', '.join(parts)} FROM {origin} t{condition}", values

    def _columns(self, step: Step) -> Mapping[str, Column]:
        if step.query:
            return {name: Column(kind, False) for name, kind in step.types.items()}
        return self.tables[step.table]

    def _ordered(self, step: Step) -> list[str]:
        columns = self._columns(step)
        return [
            f't."{name}"'
            if columns[name].required or number == len(step.key) - 1
            else f'coalesce(t."{name}", {_LOWEST.get(columns[name].type, chr(39) * 2)})'
            for number, name in enumerate(step.key)
        ]

    def _selected(self, name: str, column: Column, options: Options) -> str:
        if column.type in _DATED:
            zoned = self._zoned(name, column, options)
            return f'CASE WHEN {_sane(name)} THEN {zoned} END AS "{name}"'
        if column.type == "vector":
            return f't."{name}"::text AS "{name}"'
        return f't."{name}"'

    def _zoned(self, name: str, column: Column, options: Options) -> str:
        if column.type == NAIVE and options.zone is not None:
            # The name comes from the list of zones that this machine knows.
            return f"(t.\"{name}\" AT TIME ZONE '{options.zone.key}')"
        return f't."{name}"'

    def _out_of_range(self, step: Step, columns: Mapping[str, Column]) -> list[str]:
        times = [name for name in step.columns if columns[name].type in _DATED]
        if not times:
            return []
        wrong = " OR ".join(f"NOT {_sane(name)}" for name in times)
        texts = ", ".join(
            f"'{name}', CASE WHEN NOT {_sane(name)} THEN t.\"{name}\"::text END" for name in times
        )
        return [f"CASE WHEN {wrong} THEN jsonb_strip_nulls(jsonb_build_object({texts}))::text END AS _times"]

    def _unknown(self, step: Step) -> list[str]:
        """Columns that the design does not have, as one JSON text."""
        if step.query or step.partial:
            return []
        names = [name for name in self.tables[step.table] if name not in step.columns]
        if not names:
            return []
        quoted = ", ".join(f"'{name.replace(chr(39), chr(39) * 2)}', t.\"{name}\"" for name in names)
        return [f"json_build_object({quoted})::text AS _extra"]

    def _naive(self, table: str) -> list[str]:
        return [name for name, column in self.tables[table].items() if column.type == NAIVE]

    # Faults

    def _lost(self, table: str, position: Sequence[str] | None) -> Unavailable:
        after = f" after the row {position[-1]}" if position else ""
        return Unavailable(
            f"The connection to {self.name} was lost while {table} was read{after}. What was written is "
            "whole: run the same command again, and it goes on from there."
        )

    async def _unreadable(
        self, step: Step, options: Options, position: Sequence[str] | None, error: Exception
    ) -> Invalid:
        """Look for the row that cannot be read, one by one after the last good one."""
        query, values = self._statement(step, options, position)
        keys = f't."{step.key[-1]}"::text AS key'
        home = self._homes[step.needs[0]]
        order = f"ORDER BY {', '.join(self._ordered(step))}"
        for skipped in range(min(options.batch, step.rows)):
            one = f"{query} {order} OFFSET {skipped} LIMIT 1"
            try:
                async with home.transaction():
                    await home.fetch(one, *values)
            except (UnicodeDecodeError, OverflowError, asyncpg.DataError) as found:
                only_keys = query.replace(query[: query.index(" FROM ")], f"SELECT {keys}", 1)
                row = await home.fetchrow(f"{only_keys} {order} OFFSET {skipped} LIMIT 1", *values)
                key = row["key"] if row else "?"
                return Invalid(f"{self.name}.{step.title}, row {key}: {_unreadable(found)}")
        return Invalid(f"{self.name}.{step.title}: {_unreadable(error)}")


def _apart(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows up to where the last whole among them begins, and those of it; all of them if they are of one."""
    start = len(rows) - 1
    while start and rows[start - 1]["_k0"] == rows[-1]["_k0"]:
        start -= 1
    return (rows[:start], rows[start:]) if start else (rows, [])


def _sane(name: str) -> str:
    """Whether a time is one that the calendar of the API has; a missing one is no fault."""
    return f"(t.\"{name}\" IS NULL OR t.\"{name}\" BETWEEN '0001-01-02' AND '9999-12-30')"


def _unreadable(error: Exception) -> str:
    reason = (
        "it holds bytes that are no UTF-8"
        if isinstance(error, UnicodeDecodeError | asyncpg.CharacterNotInRepertoireError)
        else f"it cannot be read ({error})"
    )
    return (
        f"{reason}. Nothing of its batch was written: correct the row in the source, and run the same "
        "command again."
    )


def shown(url: URL) -> str:
    """A database as records and messages name it: without its passwords."""
    kept = {name: value for name, value in url.query.items() if not name.endswith("password")}
    return url.set(drivername="postgresql", query=kept).render_as_string(hide_password=True)


async def _connect(name: str, url: URL, stack: AsyncExitStack) -> Connection:
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = await asyncpg.connect(
            dsn, server_settings={"application_name": "atrium import", "jit": "off"}, timeout=30
        )
        stack.push_async_callback(connection.close)
        # One snapshot of everything, whoever writes to the source meanwhile.
        transaction = connection.transaction(isolation="repeatable_read", readonly=True)
        await transaction.start()
        for setting, value in {"statement_timeout": "0", **_WRITTEN}.items():
            await connection.execute(f"SET LOCAL {setting} = '{value}'")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise Unavailable(f"The source of {name} at {shown(url)} cannot be reached: {error}") from error
    return connection
