"""A row for every table, made from the declarations: what a migration must carry along."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from db import models
from db.columns import Closed

METADATA: MetaData = models.User.metadata

SAMPLES: list[tuple[type[Any], Any]] = [
    (VECTOR, [1.0, -2.0, 3.0]),
    (JSONB, {"made": "by a test"}),
    (ARRAY, ["a"]),
    (Boolean, True),
    (Date, date(2026, 1, 31)),
    (DateTime, datetime(2026, 1, 31, tzinfo=UTC)),
    (Double, 0.5),
    (Integer, 200),
    (Numeric, Decimal("0.00000001")),
    (LargeBinary, bytes(32)),
    (String, "文 text"),
    (Uuid, uuid.UUID(int=7)),
]
# What the types do not say.
SPECIAL: dict[str, dict[str, Any]] = {
    "users": {"username": "rows"},
    "executions": {"kind": "workflow"},
    "document_chunks": {"chunk_index": 0},
}
# What a trigger gives.
GIVEN = {"execution_events.seq"}


def sample(column: Column[Any]) -> Any:
    """A value that the column takes."""
    if isinstance(column.type, Closed):
        return next(iter(column.type.values))
    return next(value for kind, value in SAMPLES if isinstance(column.type, kind))


def needed(column: Column[Any]) -> bool:
    """Whether a row is refused without a value for the column."""
    return not column.nullable and column.server_default is None and str(column) not in GIVEN


def make_row(table: Table, known: dict[str, uuid.UUID]) -> dict[str, Any]:
    """A row whose foreign keys lead to the rows of `known` (table name to id); those to itself are null."""
    row: dict[str, Any] = {column.name: sample(column) for column in table.c if needed(column)}
    for column in table.c:
        for key in column.foreign_keys:
            if key.column.name == "id" and key.column.table is not table:
                row[column.name] = known[key.column.table.name]
    return row | SPECIAL.get(table.name, {})


def create_rows(connection: Connection) -> dict[str, uuid.UUID]:
    """One row in every table, all of one user; a second memory, to which the first one is linked."""
    known: dict[str, uuid.UUID] = {}
    for table in METADATA.sorted_tables:
        row = make_row(table, known)
        if table.name == "memory_links":
            other = make_row(METADATA.tables["memories"], known)
            memories = METADATA.tables["memories"]
            row["related_id"] = connection.scalar(insert(memories).values(other).returning(memories.c.id))
        found = connection.scalar(insert(table).values(row).returning(table.c.id))
        assert isinstance(found, uuid.UUID)
        known[table.name] = found
    return known


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Let no trigger notice what is written inside: no guard, no counter and no cascade."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    yield
    connection.execute(text("SET LOCAL session_replication_role = origin"))
