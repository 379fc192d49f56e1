"""Databases with many owners, made from the declarations: somebody's row in every table, for everybody."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import URL, Connection, Table, UniqueConstraint, update

from bench.databases import administer
from db.base import Base
from db.session import Database
from db.settings import DatabaseSettings
from tests.conftest import TEMPLATE
from tests.factories import Factory, World


def inhabit(connection: Connection, people: int) -> list[World]:
    """As many users as told, each with a row in every table, and another for what refers to its own table."""
    factory = Factory(connection)
    worlds = [factory.world() for _ in range(people)]
    for table in Base.metadata.sorted_tables:
        to_itself = [
            key.parent.name
            for key in table.foreign_keys
            if key.column.table is table and key.column.name == "id"
        ]
        for world in worlds:
            for column in to_itself:
                factory.create(table.name, world, **{column: world[table.name]})
            if one_for_each_user(table):
                # The factory found them a user of their own, so as not to clash.
                own = table.c.id == world[table.name]
                connection.execute(update(table).where(own).values(user_id=world["users"]))
    return worlds


def one_for_each_user(table: Table) -> bool:
    """Whether a user has one row of a table at most."""
    keys = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    return any([column.name for column in key.columns] == ["user_id"] for key in keys)


@asynccontextmanager
async def copied(postgres_url: URL, name: str, source: str = TEMPLATE) -> AsyncIterator[Database]:
    """A new copy of the database `source`, connected for the time of the block."""
    await administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
    # On a busy machine everything takes as long as it takes.
    settings = DatabaseSettings(
        pool_size=5, pool_timeout=600, connect_timeout=600, statement_timeout_ms=600_000
    )
    database = Database.connect(postgres_url.set(database=name), settings)
    try:
        yield database
    finally:
        await database.dispose()


@asynccontextmanager
async def populated(
    postgres_url: URL, name: str, populate: Callable[[Connection], Any], source: str = TEMPLATE
) -> AsyncIterator[tuple[Database, Any]]:
    """A copy of the database `source`, filled by `populate`, and what that returned; dropped at the end."""
    try:
        async with copied(postgres_url, name, source) as database:
            async with database.engine.begin() as connection:
                made = await connection.run_sync(populate)
            yield database, made
    finally:
        await administer(postgres_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
