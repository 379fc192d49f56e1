"""A database for tests that only read: two users' worlds, with awkward values, ties and NULLs everywhere."""

import random
from contextlib import nullcontext
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, Connection, Table

from api.core.declarations import MIRRORS, Mirror
from db.base import Base
from tests.api.reading.awkward import Json, sql_column, storable
from tests.db.rows import unguarded
from tests.factories import Factory

ROWS: Final = 6
"""Rows of each table in each world, beside its first one and those that unique keys need."""

# An execution runs one of the two, whichever its kind says.
_NEVER_NULL: Final = {"executions.agent_id", "executions.workflow_id"}

# The database numbers them itself, and takes none of an execution that has ended.
_GUARDED: Final = "execution_events"

Values = dict[str, list[Any]]


def fill(connection: Connection) -> None:
    """Insert the worlds; the same rows, but for ids, every time."""
    choice = random.Random(7)  # noqa: S311
    factory = Factory(connection)
    values = {mirror.model.__tablename__: values_of(mirror, choice) for mirror in MIRRORS.values()}
    for _ in range(2):
        world = {name: [key] for name, key in factory.world().items()}
        for table in Base.metadata.sorted_tables:
            with unguarded(connection) if table.name == _GUARDED else nullcontext():
                made = [
                    factory.create(
                        table.name,
                        {name: choice.choice(keys) for name, keys in world.items()},
                        **draw(values.get(table.name, {}), choice),
                        **_links(table, world, choice),
                    )
                    for _ in range(ROWS)
                ]
            # A world has one user: the others own nothing.
            if table.name != "users":
                world[table.name] += made
        # Nothing was ever written in it.
        factory.create("sessions", {name: keys[0] for name, keys in world.items()}, last_message_at=None)


def values_of(mirror: Mirror, choice: random.Random) -> Values:
    """What each column draws from, by column name; few values where lists are ordered, so that rows tie."""
    values = {}
    for column in mirror.columns.values():
        candidates = storable(mirror, column)
        if column.attribute in mirror.orders:
            some = [value for value in candidates if value is not None]
            candidates = [*choice.sample(some, min(4, len(some))), *([None] if column.nullable else [])]
        if candidates:
            values[sql_column(mirror, column).name] = candidates
    return values


def draw(values: Values, choice: random.Random) -> dict[str, Any]:
    """One value for each column, as the database driver takes it."""
    return {name: _stored(choice.choice(candidates)) for name, candidates in values.items()}


def _stored(value: Any) -> Any:
    if isinstance(value, Json):
        return JSON.NULL if value.value is None else value.value
    return value


def _links(table: Table, world: dict[str, list[UUID]], choice: random.Random) -> dict[str, UUID | None]:
    links: dict[str, UUID | None] = {}
    for column in table.c:
        for key in column.foreign_keys:
            if key.column.name == "id" and column.nullable and str(column) not in _NEVER_NULL:
                if choice.random() < 0.3:
                    links[column.name] = None
                elif key.column.table is table:
                    links[column.name] = choice.choice(world[table.name])
    return links
