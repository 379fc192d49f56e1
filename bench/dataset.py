"""The data set of the measurements: made-up users in an embedded PostgreSQL of its own."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg  # type: ignore[import-untyped]
from alembic import command
from platformdirs import user_cache_path
from rich.console import Console
from sqlalchemy import URL

from bench.databases import plain
from bench.people import Holdings, add_people
from db.embedded import EmbeddedServer, embedded_server
from db.seeds.scale import seed_scale
from db.seeds.shape import MESSAGES, SESSIONS
from migrations.config import alembic_config

VIEWER_HAS: Final = Holdings(sessions=300, messages=100)
"""So much that every page asked for is a full one, at three hundred different places."""

IN_CROWD: Final = Holdings(sessions=30, messages=10)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A filled database and the server that has it."""

    url: URL
    server: EmbeddedServer

    @property
    def dsn(self) -> str:
        """The address for drivers that SQLAlchemy does not wrap."""
        return plain(self.url)


def default_home() -> Path:
    """Where the data lie unless told otherwise: a cache that PostgreSQL's own user can enter."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/cache/atrium-bench")
    return user_cache_path("atrium-bench", appauthor=False)


@contextmanager
def dataset(
    home: Path, messages: int, console: Console, viewer_has: Holdings = VIEWER_HAS
) -> Iterator[Dataset]:
    """A database of at least so many messages, and those of the viewer; kept for the next time."""
    with embedded_server(home) as server:
        fill(server.url, -(-messages // (SESSIONS * MESSAGES)), console, viewer_has)
        yield Dataset(server.url, server)


def crowded(data: Dataset, users: int, console: Console) -> Dataset:
    """Another database of the same server: so many users with a session and two messages each."""
    name = f"crowd_{users}"
    asyncio.run(_create(data.dsn, name))
    url = data.url.set(database=name)
    fill(url, 1, console, IN_CROWD, crowd=users)
    return Dataset(url, data.server)


def fill(url: URL, users: int, console: Console, viewer_has: Holdings, crowd: int = 0) -> None:
    """Bring the schema up to date and add what is missing. Nothing happens where nothing is."""
    command.upgrade(alembic_config(url), "head")
    with console.status(f"filling {url.database} with {users + crowd:,} users"):
        made = asyncio.run(seed_scale(url, users))
        added = asyncio.run(_add(plain(url), viewer_has, crowd))
        if made.rows or added:
            asyncio.run(_settle(plain(url)))
    if made.rows:
        console.print(
            f"wrote {made.rows:,} rows in {made.seconds:.0f} s: {made.rows / made.seconds:,.0f} rows a second"
        )


async def _create(dsn: str, name: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


async def _add(dsn: str, has: Holdings, crowd: int) -> bool:
    connection = await asyncpg.connect(dsn)
    try:
        return await add_people(connection, has, crowd)
    finally:
        await connection.close()


async def _settle(dsn: str) -> None:
    """What the server would do in the background meanwhile, while it is measured: do it now."""
    connection = await asyncpg.connect(dsn, server_settings={"statement_timeout": "0"})
    try:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
