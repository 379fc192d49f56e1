"""Writing a batch: what is new is copied, the rest merged from temporary tables, in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]

from db.base import Base
from db.importers.limits import shape
from db.importers.records import Origin, Record, Way
from db.importers.texts import dumped

# Rows are written after those that they name.
_ORDER: Final = {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
# Copied as text: the driver has no binary form of them.
_AS_TEXT: Final = {"embedding": "vector"}
# Later by a hair, or the trigger would take it for an edit of today, and the next import would keep off.
_TOUCHED: Final = "updated_at = e.updated_at + interval '1 microsecond'"
_ADDED: Final = ("roles", "permissions")
# Changes of these move `updated_at` of no row.
_UNSEEN: Final = frozenset({"event_seq"})
# What is linked may be new.
_WAYS: Final = {way: place for place, way in enumerate((Way.CHANGED, Way.FILL, Way.NEW, Way.LINK))}

_ORIGINS: Final = """
    INSERT INTO import_map (run_id, source, source_table, source_key, entity, entity_id, is_stub, fingerprint,
        details)
    SELECT $1, $2, source_table, source_key, entity, entity_id, is_stub, fingerprint, details
    FROM staged_import_map
    ON CONFLICT (source, source_table, source_key, entity) DO UPDATE
    SET entity_id = EXCLUDED.entity_id, is_stub = EXCLUDED.is_stub, details = EXCLUDED.details,
        fingerprint = coalesce(EXCLUDED.fingerprint, import_map.fingerprint), imported_at = now()
"""
_ORIGIN_COLUMNS: Final = (
    "source_table",
    "source_key",
    "entity",
    "entity_id",
    "is_stub",
    "fingerprint",
    "details",
)


class Staging:
    """Temporary tables of one connection to the target, emptied at the end of each transaction."""

    def __init__(self, connection: "asyncpg.Connection", system: str, run_id: UUID | None) -> None:
        self.connection = connection
        self.system = system
        self.run_id = run_id
        self._made: set[str] = set()

    def forget(self) -> None:
        """Make the tables anew at the next batch: a transaction that made some was rolled back."""
        self._made.clear()

    async def write(self, records: Sequence[Record], origins: Sequence[Origin], *, fresh: bool) -> None:
        """Write records and where they came from, inside the caller's transaction.

        `fresh` says that nothing of the step's rows was here before.
        """
        groups: dict[tuple[int, str, int], list[Record]] = defaultdict(list)
        for record in records:
            groups[_ORDER[record.entity], record.entity, _WAYS[record.way]].append(record)
        for (_, entity, _), group in sorted(groups.items(), key=lambda each: each[0]):
            await self._merge(entity, group[0].way, group)
        rows = [_origin(each) for each in origins]
        if fresh:
            rows = [(self.run_id, self.system, *row) for row in rows]
            columns = ("run_id", "source", *_ORIGIN_COLUMNS)
            await self.connection.copy_records_to_table("import_map", records=rows, columns=columns)
            return
        await self._stage("import_map", _ORIGIN_COLUMNS, rows)
        await self.connection.execute(_ORIGINS, self.run_id, self.system)

    async def _stage(self, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Copy rows into the temporary table that stands for a table, and is made when it is first needed."""
        staged = f"staged_{table}"
        if table not in self._made:
            selected = ", ".join(
                f"''::text AS \"{name}\"" if name in _AS_TEXT else f'"{name}"' for name in columns
            )
            await self.connection.execute(
                f"CREATE TEMP TABLE IF NOT EXISTS {staged} ON COMMIT DELETE ROWS AS "
                f"SELECT {selected} FROM {table} WITH NO DATA"
            )
            self._made.add(table)
        await self.connection.execute(f"TRUNCATE {staged}")
        await self.connection.copy_records_to_table(staged, records=rows, columns=columns)

    async def _merge(self, entity: str, way: Way, group: Sequence[Record]) -> None:
        columns = shape(entity).columns
        if way is Way.LINK:
            # What is said last of a row counts.
            group = list({record.values[columns.index("id")]: record for record in group}.values())
        rows = [record.values for record in group]
        if way is Way.NEW and _AS_TEXT.keys().isdisjoint(columns):
            await self.connection.copy_records_to_table(entity, records=rows, columns=columns)
            return
        await self._stage(entity, columns, rows)
        match way:
            case Way.NEW:
                quoted = ", ".join(f'"{name}"' for name in columns)
                values = ", ".join(_typed(name) for name in columns)
                statement = f"INSERT INTO {entity} ({quoted}) SELECT {values} FROM staged_{entity} s"
            case Way.CHANGED:
                given = sorted(frozenset[str]().union(*(record.given for record in group)))
                if not given:
                    return
                sets = ", ".join(f'"{name}" = {_typed(name)}' for name in given)
                statement = f"UPDATE {entity} e SET {sets} FROM staged_{entity} s WHERE e.id = s.id"
            case Way.LINK:
                given = sorted(frozenset[str]().union(*(record.given for record in group)))
                parts = [f'"{name}" = {_typed(name)}' for name in given]
                if "updated_at" in columns and not _UNSEEN.issuperset(given):
                    parts.append(_TOUCHED)
                joined = ", ".join(parts)
                statement = f"UPDATE {entity} e SET {joined} FROM staged_{entity} s WHERE e.id = s.id"
            case Way.FILL:
                statement = _filling(entity, group)
        await self.connection.execute(statement)


def _typed(name: str) -> str:
    return f's."{name}"::{_AS_TEXT[name]}' if name in _AS_TEXT else f's."{name}"'


def _filling(entity: str, group: Sequence[Record]) -> str:
    """The UPDATE that fills in what is empty; a row that has all of it already is not touched."""
    given = sorted(
        frozenset[str]().union(*(record.given for record in group)) - {"created_at", "updated_at", "status"}
    )
    targets = []
    for name in given:
        if name in _ADDED:
            joined = f"ARRAY(SELECT DISTINCT unnest(e.{name} || s.{name}) ORDER BY 1)"
            targets.append((name, joined))
        elif name in shape(entity).json & shape(entity).required:
            targets.append((name, f"s.{name} || e.{name}"))
        elif name == "password_scheme":
            kept = "CASE WHEN e.password_hash IS NULL THEN s.password_scheme ELSE e.password_scheme END"
            targets.append((name, kept))
        elif shape(entity).table.c[name].nullable:
            targets.append((name, f'coalesce(e."{name}", s."{name}")'))
        elif name == "email_verified":
            same = "lower(e.email) = lower(s.email) AND s.email_verified"
            targets.append((name, f"e.email_verified OR coalesce({same}, false)"))
    sets = ", ".join(f'"{name}" = {value}' for name, value in targets)
    if "updated_at" in shape(entity).columns:
        sets += f", {_TOUCHED}"
    old = ", ".join(f'e."{name}"' for name, _ in targets)
    new = ", ".join(value for _, value in targets)
    return (
        f"UPDATE {entity} e SET {sets} FROM staged_{entity} s "
        f"WHERE e.id = s.id AND ({old}) IS DISTINCT FROM ({new})"
    )


def _origin(origin: Origin) -> tuple[Any, ...]:
    return (
        origin.table,
        origin.key,
        origin.entity,
        origin.id,
        origin.is_stub,
        origin.fingerprint,
        dumped(origin.details) if origin.details else "{}",
    )
