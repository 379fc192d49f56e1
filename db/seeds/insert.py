"""Writing the rows that are missing, and none that are there."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Column, DefaultClause, ForeignKeyConstraint, Table, TextClause, text

from db.seeds.rows import Row, plain
from db.session import WriteSession

Absent = dict[str, set[UUID]]
"""Ids by table that could not be written because something else holds what must be unique."""


async def insert_missing(session: WriteSession, table: Table, rows: Iterable[Row], absent: Absent) -> int:
    """Write those of `rows` whose id is not there, in one statement; say how many they were.

    A row that collides with a foreign one (a user name that is taken) is left out and noted in `absent`, and
    so is every row that cannot be without it; where the reference may be null, it is.
    """
    kept = []
    for row in rows:
        fitting = _without(table, row, absent)
        if fitting is None:
            absent.setdefault(table.name, set()).add(row["id"])
        else:
            kept.append(fitting)
    if not kept:
        return 0
    written = set(await session.scalars(text(_statement(table, kept)), {"rows": _document(kept)}))
    others = [row["id"] for row in kept if row["id"] not in written]
    if others:
        present = set(
            await session.scalars(
                text(f'SELECT id FROM "{table.name}" WHERE id = ANY(:ids)'),  # noqa: S608
                {"ids": others},
            )
        )
        absent.setdefault(table.name, set()).update(set(others) - present)
    return len(written)


def _without(table: Table, row: Row, absent: Absent) -> Row | None:
    """The row without references to what is absent, or None when it cannot be without them."""
    for constraint in table.foreign_key_constraints:
        missing = absent.get(constraint.referred_table.name)
        column = _reference(constraint)
        if missing and row.get(column.name) in missing:
            if not column.nullable:
                return None
            row = {**row, column.name: None}
    return row


def _reference(constraint: ForeignKeyConstraint) -> Column[Any]:
    """The column of a foreign key that names the parent; the second of a pair only repeats the owner."""
    column: Column[Any] = constraint.elements[0].parent
    return column


def _document(rows: Iterable[Mapping[str, Any]]) -> str:
    return orjson.dumps([plain(row) for row in rows]).decode()


_INSERT: Final = (
    'INSERT INTO "{table}" ({columns}) SELECT {values} '
    'FROM jsonb_populate_recordset(NULL::"{table}", CAST(:rows AS jsonb)) WITH ORDINALITY AS r '
    "ORDER BY r.ordinality ON CONFLICT DO NOTHING RETURNING id"
)


def _statement(table: Table, rows: Iterable[Mapping[str, Any]]) -> str:
    """One INSERT for all rows. They travel as one JSON document, which spares binding thousands of values."""
    named = {name for row in rows for name in row}
    columns = [column for column in table.columns if column.name in named]
    return _INSERT.format(
        table=table.name,
        columns=", ".join(f'"{column.name}"' for column in columns),
        values=", ".join(_value(column) for column in columns),
    ).replace("::", "\\:\\:")


def _value(column: Column[Any]) -> str:
    """The value of a column, or its default for rows that say nothing."""
    default = column.server_default
    if column.nullable or not isinstance(default, DefaultClause):
        return f'r."{column.name}"'
    said = default.arg.text if isinstance(default.arg, TextClause) else f"'{default.arg}'"
    return f'coalesce(r."{column.name}", {said})'
