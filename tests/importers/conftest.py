"""Sources made from the documents' own statements, and importing from them."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlalchemy import URL

from bench.databases import administer
from db.importers.connections import dialled
from db.importers.options import Options
from db.importers.registry import SYSTEMS
from db.importers.report import Report
from db.importers.run import run_import
from db.importers.vault import Vault
from tests.api.test_cli import atrium
from tests.conftest import HOME_VARIABLE, TEMPLATE, once
from tests.importers.data.systems import GENERATORS, make
from tests.importers.hashing import KEYS

TAIPEI = ZoneInfo("Asia/Taipei")

__all__ = ["KEYS", "atrium"]

NewDatabase = Callable[[], URL]
Source = Callable[..., list[URL]]

ROWS = 300
"""Rows of the sources that tests share."""
CLONE = f"CREATE DATABASE {{}} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
SEAL = "ALTER DATABASE {} SET default_transaction_read_only = on"


@pytest.fixture
def blank(postgres_url: URL, names: Iterator[str]) -> Iterator[NewDatabase]:
    """Makes empty databases without any tables."""
    made = []

    def new() -> URL:
        name = next(names)
        asyncio.run(administer(postgres_url, f"CREATE DATABASE {name}"))
        made.append(name)
        return postgres_url.set(database=name)

    yield new
    for name in made:
        asyncio.run(administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def elsewhere(postgres_url: URL, names: Iterator[str]) -> AsyncIterator[URL]:
    """An empty database without any tables, for tests that are asynchronous."""
    name = next(names)
    await administer(postgres_url, f"CREATE DATABASE {name}")
    yield postgres_url.set(database=name)
    await administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def migrated(postgres_url: URL, template: URL, names: Iterator[str]) -> Iterator[NewDatabase]:
    """Makes databases with the whole schema and nothing in them."""
    made = []

    def new() -> URL:
        name = next(names)
        asyncio.run(administer(postgres_url, CLONE.format(name)))
        made.append(name)
        return postgres_url.set(database=name)

    yield new
    for name in made:
        asyncio.run(administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def bring(target: URL, system: str, sources: list[URL], **options: Any) -> Report:
    """Import a system as the command does; the zone is given unless an option says otherwise."""
    extra = {
        name: options.pop(name) for name in ("progress", "restart", "origin", "vault") if name in options
    }
    return await run_import(
        dialled(target),
        SYSTEMS[system],
        sources,
        Options(**{"zone": TAIPEI, **options}),
        vault=extra.pop("vault", Vault.of(KEYS)),
        **{"origin": "test", **extra},
    )


@pytest.fixture
def source(blank: NewDatabase) -> Source:
    """Makes the databases of a system and fills them with about so many rows, for this test alone."""

    def new(system: str, rows: int = 600, seed: int | None = None) -> list[URL]:
        urls = [blank() for _ in GENERATORS[system].databases]
        asyncio.run(make(system, urls, rows, seed))
        return urls

    return new


@pytest.fixture(scope="session")
def standing(postgres_url: URL) -> Source:
    """The databases of a system, made once, shared by all workers and therefore read-only."""

    def found(system: str, rows: int = ROWS) -> list[URL]:
        names = [f"source_{rows}_{name or system}" for name in GENERATORS[system].databases]
        urls = [postgres_url.set(database=name) for name in names]
        with once(f"source_{rows}_{system}") as first:
            if first:
                asyncio.run(administer(postgres_url, *(f"CREATE DATABASE {name}" for name in names)))
                asyncio.run(make(system, urls, rows))
                asyncio.run(administer(postgres_url, *(SEAL.format(name) for name in names)))
        return urls

    return found


@dataclass(frozen=True)
class Brought:
    """A system in a database of its own: where from, where to, and the account of it."""

    system: str
    sources: list[URL]
    here: URL
    report: Report


Brings = Callable[[str], Brought]


@pytest.fixture(scope="session")
def brought(postgres_url: URL, template: URL, standing: Source) -> Brings:
    """Systems brought in once from their standing sources, shared by all workers and therefore read-only."""

    def found(system: str) -> Brought:
        sources, name = standing(system), f"imported_{system}"
        here, paper = postgres_url.set(database=name), Path(os.environ[HOME_VARIABLE], f"{name}.json")
        with once(name) as first:
            if first:
                asyncio.run(administer(postgres_url, CLONE.format(name)))
                report = asyncio.run(bring(here, system, sources))
                paper.write_bytes(orjson.dumps(report.as_data()))
                asyncio.run(administer(postgres_url, SEAL.format(name)))
        return Brought(system, sources, here, Report.from_data(orjson.loads(paper.read_bytes())))

    return found
