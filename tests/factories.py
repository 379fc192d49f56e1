"""Rows for any table, made from the declarations; owners, unique keys and checks are respected."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    Uuid,
    delete,
    insert,
)

from db.base import Base
from db.models import ApiKeyStatus
from tests.db.rows import make_row, unguarded
from tests.leaks import planted

World: TypeAlias = dict[str, UUID]
"""One row of every table, all of one user: table names with ids."""

Made: TypeAlias = list[tuple[Table, UUID]]
"""Rows in the order in which they were made."""

# Of the members of a unique key, the one that makes it unique: a foreign key only where there is no other.
_PREFERRED = ("external_id", "source", "position", "seq", "chunk_index")

_KEPT: Final = {"audit_logs"}
"""Tables whose rows are only ever added to."""


class Factory:
    """Makes rows through one connection. What it made can be taken away again.

    `made` is another factory's, where one is to go on with the work of another.
    """

    def __init__(self, connection: Connection, made: "Made | None" = None) -> None:
        self._connection = connection
        self.made: Made = [] if made is None else made

    def world(self) -> World:
        """A new user, and one row of theirs in every other table."""
        world: World = {}
        for table in Base.metadata.sorted_tables:
            world[table.name] = self.create(table.name, world)
        return world

    def create(self, name: str, world: World, /, **values: Any) -> UUID:
        """Insert a row whose foreign keys lead into `world`, unless `values` (by column name) say otherwise.

        Texts that must be unique get a number at their end, other unique values are replaced by one.
        """
        table = Base.metadata.tables[name]
        row = make_row(table, world) | planted(table) | values
        for column in distinct(table):
            self._tell_apart(column, row, world)
        _MENDING.get(name, _nothing)(row)
        key = self._connection.scalar(insert(table).values(row).returning(table.c.id))
        assert isinstance(key, UUID)
        self.made.append((table, key))
        return key

    def remove(self, name: str, key: UUID) -> None:
        """Delete one row, also one that nobody may ever delete."""
        table = Base.metadata.tables[name]
        with unguarded(self._connection) if name in _KEPT else nullcontext():
            self._connection.execute(delete(table).where(table.c.id == key))

    def remove_all(self) -> None:
        """Delete what was made."""
        for table, key in reversed(self.made):
            self.remove(table.name, key)
        self.made.clear()

    def _tell_apart(self, column: Column[Any], row: dict[str, Any], world: World) -> None:
        number = next(_NUMBERS)
        if column.foreign_keys:
            (parent,) = {key.column.table for key in column.foreign_keys if key.column.name == "id"}
            row[column.name] = self.create(parent.name, world)
        elif isinstance(column.type, Boolean):
            row[column.name] = False
        elif isinstance(column.type, Integer):
            row[column.name] = number
        elif isinstance(column.type, Uuid):
            row[column.name] = UUID(int=number)
        elif isinstance(column.type, LargeBinary):
            row[column.name] = number.to_bytes(32, "big")
        elif isinstance(column.type, Date):
            row[column.name] = date(2000, 1, 1) + timedelta(days=number)
        elif row.get(column.name) is not None or not column.nullable:
            row[column.name] = f"{row.get(column.name) or ''}#{number}"


# Worlds of one process may share a database.
_NUMBERS = count(1_000)


@cache
def distinct(table: Table) -> tuple[Column[Any], ...]:
    """For each unique key of a table, the column by which its rows are told apart."""
    return tuple(dict.fromkeys(_telling(table, names) for names in _unique_keys(table)))


def _unique_keys(table: Table) -> list[list[str]]:
    keys = [
        [column.name for column in constraint.columns]
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    for index in table.indexes:
        if index.unique:
            parts = " ".join(str(getattr(part, "name", part)) for part in index.expressions)
            # A flag in the predicate takes rows out of the key.
            flags = re.findall(r"is_\w+", str(index.dialect_kwargs["postgresql_where"]))
            keys.append(flags or [word for word in re.findall(r"\w+", parts) if word in table.c])
    return [key for key in keys if "id" not in key]


def _telling(table: Table, names: list[str]) -> Column[Any]:
    own = [table.c[name] for name in names if not table.c[name].foreign_keys]
    preferred = [column for column in own if column.name in _PREFERRED]
    return (preferred or own or [table.c[name] for name in names])[-1]


def _nothing(row: dict[str, Any]) -> None:
    pass


def _mend_user(row: dict[str, Any]) -> None:
    if row.get("username") is row.get("email") is row.get("external_id") is None:
        row["external_id"] = str(next(_NUMBERS))


def _mend_api_key(row: dict[str, Any]) -> None:
    revoked = row.get("status") == ApiKeyStatus.REVOKED
    row["revoked_at"] = (row.get("revoked_at") or datetime(2026, 1, 1, tzinfo=UTC)) if revoked else None


def _mend_session(row: dict[str, Any]) -> None:
    if row.get("external_id") is not None and row.get("source") is None:
        row["source"] = "test"
    if row.get("origin_id") is not None and row.get("origin_seq") is None:
        row["origin_seq"] = 0


def _mend_message(row: dict[str, Any]) -> None:
    seq = row["seq"]
    if not row.get("is_summary") or (row.get("summarized_seq") or 0) >= seq:
        row["summarized_seq"] = None
    if row.get("branch_seq") is not None:
        row["branch_seq"] = min(row["branch_seq"], seq)


def _mend_execution(row: dict[str, Any]) -> None:
    leased = row.get("lease_owner") is not None and row.get("lease_expires_at") is not None
    if not leased:
        row["lease_owner"] = row["lease_expires_at"] = None


def _mend_memory_use(row: dict[str, Any]) -> None:
    # Two uses without a name would be the same use.
    row["external_ref"] = row.get("external_ref") or str(next(_NUMBERS))


# What checks demand of several columns together.
_MENDING: dict[str, Callable[[dict[str, Any]], None]] = {
    "users": _mend_user,
    "api_keys": _mend_api_key,
    "sessions": _mend_session,
    "messages": _mend_message,
    "executions": _mend_execution,
    "message_memories": _mend_memory_use,
}
