"""Runs the migrations: from Alembic's command line, from the program, or into a file of SQL."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from alembic import context
from alembic.util import CommandError
from sqlalchemy import URL, Connection, text

from db import models
from db.engine import make_engine
from db.search.indexes import PREFIX as OF_OWNERS
from db.settings import DatabaseSettings

# Any number of our own, the same in every version, so that two programs never migrate at once.
MIGRATION_LOCK: Final = 7_316_402_218
# A migration that waits for a lock blocks all who come after it: better to fail and try again.
LOCK_TIMEOUT: Final = "10s"

METADATA: Final = models.User.metadata
PARTITIONED: Final = [
    table.name for table in METADATA.tables.values() if table.kwargs["postgresql_partition_by"]
]
PARTITION: Final = re.compile(rf"({'|'.join(PARTITIONED)})_(\d{{4}}_\d{{2}}|default)")

OPTIONS: Final[dict[str, Any]] = {
    "target_metadata": METADATA,
    "transaction_per_migration": True,
    "compare_type": True,
    "compare_server_default": True,
    "include_name": lambda name, kind, _parents: (
        PARTITION.fullmatch(name or "") is None
        if kind == "table"
        else kind != "index" or not (name or "").startswith(OF_OWNERS)
    ),
}


def database_url() -> URL:
    """The URL that the program gave, or the one of the environment."""
    url: URL | None = context.config.attributes.get("url") or DatabaseSettings().url
    if url is None:
        raise CommandError(
            "Set ATRIUM_DATABASE_URL, or run atrium migrate, which knows the embedded PostgreSQL."
        )
    return url


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Let one program migrate at a time; the lock timeout holds for everything but this wait."""
    if connection.in_transaction():
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        yield
        return
    connection.execute(text(f"SELECT pg_advisory_lock({MIGRATION_LOCK})"))
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("RESET lock_timeout"))
        connection.execute(text(f"SELECT pg_advisory_unlock({MIGRATION_LOCK})"))
        connection.commit()


def migrate(connection: Connection) -> None:
    """Migrate over a connection; if it is in a transaction, the migrations become part of it."""
    with alone(connection):
        context.configure(connection=connection, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


async def connect_and_migrate() -> None:
    """Migrate over a connection of our own, on which statements may take as long as they need."""
    engine = make_engine(
        database_url(),
        pool_size=1,
        statement_timeout_ms=0,
        idle_transaction_timeout_ms=0,
        application_name="atrium-migrate",
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


def write_sql() -> None:
    """Print the SQL instead of running it."""
    # Another style of parameters would double every per cent sign.
    style = {"paramstyle": "named"}
    context.configure(dialect_name="postgresql", dialect_opts=style, literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    write_sql()
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    asyncio.run(connect_and_migrate())
