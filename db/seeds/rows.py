"""Rows of a scenario, written down as readable data and turned into what the database takes.

A scenario names its rows: `Session/tainan-trip` is the session of that name, and its id is derived from the
name, so that every run writes the same bytes. A file holds one TOML table per row, named after the model.
Where a column holds an id, its value is such a name (the row's own without the class); in a text column a
name is marked with `@`. Where it holds a time, its value is days from the anchor's and the UTC clock, as
`-3d 04:05`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources.abc import Traversable
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Column, DateTime, Table, Uuid

from db import models
from db.base import Base

ANCHOR: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NAMESPACE: Final = UUID("6f2d9a34-1c7b-5e80-9d41-a7c3be50f218")

_MOMENT: Final = re.compile(r"(-?\d+)d (\d\d):(\d\d)(?::(\d\d))?")

Row = dict[str, Any]


def identity(name: str) -> UUID:
    """The id of the row with this name, as `"Session/tainan-trip"`."""
    return uuid5(NAMESPACE, name)


def moment(text: str) -> datetime:
    """The time that `text` names relative to the anchor's day. Raises ValueError when it names none."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a time: write it as `-3d 04:05` or `-3d 04:05:06`.")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    midnight = ANCHOR.replace(hour=0, minute=0)
    return midnight + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def chance(name: str, low: float, high: float) -> float:
    """A number between `low` and `high` that looks random and is always the same for `name`."""
    return low + (high - low) * (identity(name).int % 1_000_003) / 1_000_003


class Scenario:
    """Rows by table, each found by its id."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[UUID, Row]] = {table.name: {} for table in Base.metadata.sorted_tables}

    def load(self, file: Traversable) -> None:
        """Add the rows of a TOML file whose tables are named after models."""
        for model, rows in tomllib.loads(file.read_text("utf-8")).items():
            for row in rows:
                self.add(getattr(models, model), **row)

    def add(self, model: type[Base], /, **values: Any) -> Row:
        """Add one row. Raises ValueError for a column that the model lacks or a row that is there already."""
        table = Base.metadata.tables[model.__tablename__]
        row = {name: _converted(model, table.columns[name], value) for name, value in values.items()}
        row.setdefault("id", identity(f"{model.__name__}/{sorted(str(value) for value in values.values())}"))
        self._complete(table, row)
        if row["id"] in self.rows[table.name]:
            raise ValueError(f"{model.__name__} {values.get('id')} is written twice.")
        self.rows[table.name][row["id"]] = row
        return row

    def find(self, name: str) -> Row:
        """The row of this name, as `"Document/handbook"`. Raises KeyError when there is none."""
        model: type[Base] = getattr(models, name.partition("/")[0])
        return self.rows[model.__tablename__][identity(name)]

    def all(self, model: type[Base]) -> Iterator[Row]:
        """Every row of one model in the order of writing."""
        yield from self.rows[model.__tablename__].values()

    def _complete(self, table: Table, row: Row) -> None:
        """Fill in what follows from the rest: the owner from the parent, the time of change too."""
        columns = table.columns
        if "user_id" in columns and "user_id" not in row:
            owner = self._owner(table, row)
            if owner is not None:
                row["user_id"] = owner
        if "created_at" in columns:
            row.setdefault("created_at", row.get("validated_at", row.get("generated_at", ANCHOR)))
        if "updated_at" in columns:
            row.setdefault("updated_at", row.get("deleted_at") or row["created_at"])

    def _owner(self, table: Table, row: Row) -> UUID | None:
        """The owner of the first parent that has one."""
        for constraint in table.foreign_key_constraints:
            column, parent = constraint.elements[0].parent.name, constraint.referred_table.name
            if row.get(column) is not None and "user_id" in constraint.referred_table.columns:
                owner = self.rows[parent][row[column]].get("user_id")
                if owner is not None:
                    return UUID(str(owner))
        return None


def _converted(model: type[Base], column: Column[Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if isinstance(column.type, Uuid):
        return identity(f"{model.__name__}/{value}" if column.name == "id" else value)
    if isinstance(column.type, DateTime):
        return moment(value)
    if value.startswith("@"):
        return str(identity(value[1:]))
    return value


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as JSON can hold it and PostgreSQL reads it back: times, ids and figures as text."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | Decimal) else value
