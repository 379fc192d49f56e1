"""The data set of the measurements: made-up users in an embedded PostgreSQL of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from rich.console import Console
from sqlalchemy import URL, text

from db.embedded import embedded_server
from db.seeds.population import MESSAGES, SESSIONS
from db.seeds.scale import seed_scale
from db.session import Database
from migrations.config import alembic_config


@contextmanager
def dataset(home: Path, messages: int, console: Console) -> Iterator[URL]:
    """The address of a database that has at least so many messages."""
    with embedded_server(home) as server:
        command.upgrade(alembic_config(server.url), "head")
        asyncio.run(_fill(server.url, messages, console))
        yield server.url


async def _fill(url: URL, messages: int, console: Console) -> None:
    users = -(-messages // (SESSIONS * MESSAGES))
    with console.status(f"making {users} users with {messages:,} messages"):
        made = await seed_scale(url, users)
    if made.rows:
        console.print(
            f"wrote {made.rows:,} rows in {made.seconds:.0f} s: {made.rows / made.seconds:,.0f} rows a second"
        )
        database = Database.connect(url)
        async with database.read() as session:
            await session.execute(text("VACUUM ANALYZE"))
        await database.dispose()
