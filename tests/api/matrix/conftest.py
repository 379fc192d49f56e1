"""The town, and the API over it on both reading paths."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import URL

from api.app import served_schema
from tests.api.crowd import copied, populated
from tests.api.differential.apps import BothPaths, both_paths
from tests.api.matrix.town import Town, read_rows, settle
from tests.conftest import HOME_VARIABLE, once
from tests.factories import World

TOWN: Final = "atrium_town"
"""The database of which each town is a copy, made once for a run."""

# What is asked at once here would be refused for its size.
LIMITS: Final[dict[str, Any]] = {
    "max_aliases": 1_000, "max_root_fields": 1_000, "max_nodes": 1_000_000_000, "max_fields": 10_000,
    "max_tokens": 20_000, "max_document_length": 200_000, "max_errors": 1_000,
    "max_cost": dict.fromkeys(("admin", "developer", "analyst", "user", "viewer", "guest"), 1_000_000_000),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A town and the two applications over it."""

    town: Town
    both: BothPaths


@pytest.fixture(autouse=True)
def _quietly(unlogged: None) -> None:
    """For all tests here."""


@pytest.fixture(scope="package")
def people(postgres_url: URL, template: URL) -> list[World]:
    """Who lives in every copy of the town."""
    written = Path(os.environ[HOME_VARIABLE], f"{TOWN}.json")
    with once(TOWN) as first:
        if first:
            made = asyncio.run(found_town(postgres_url))
            written.write_text(json.dumps(made, default=str), encoding="utf-8")
    worlds = json.loads(written.read_text(encoding="utf-8"))
    return [{table: UUID(key) for table, key in world.items()} for world in worlds]


async def found_town(postgres_url: URL) -> list[World]:
    """Make the database of which all towns are copies."""
    async with copied(postgres_url, TOWN) as database, database.engine.begin() as connection:
        return await connection.run_sync(settle)


@asynccontextmanager
async def settled(postgres_url: URL, name: str, people: list[World]) -> AsyncIterator[Town]:
    """A copy of the town."""
    async with populated(postgres_url, name, read_rows, source=TOWN) as (database, rows):
        yield Town(database, people, rows)


@pytest.fixture(scope="package")
async def town(postgres_url: URL, people: list[World], names: Iterator[str]) -> AsyncIterator[Town]:
    """The town that nobody changes."""
    async with settled(postgres_url, next(names), people) as found:
        yield found


@pytest.fixture(scope="package")
async def asked(town: Town) -> AsyncIterator[Asked]:
    """The API over it."""
    async with both_paths(town.database, served_schema(), **LIMITS) as both:
        yield Asked(town, both)
