"""The one place where an engine is made, so that every connection behaves the same."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from sqlalchemy import URL, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from db.errors import Misconfigured

# Just-in-time compilation doubles the slow end of search statements and never pays for short reads.
SESSION_SETTINGS: Final[Mapping[str, str]] = {"jit": "off", "TimeZone": "UTC"}


def encode_json(value: Any) -> str:
    """JSON text of `value`, the same bytes that the API would send."""
    return orjson.dumps(value).decode()


def make_engine(
    url: URL,
    *,
    pool_size: int = 10,
    pool_timeout: float = 30.0,
    connect_timeout: float = 5.0,
    statement_timeout_ms: int = 10_000,
    idle_transaction_timeout_ms: int = 30_000,
    statement_cache_size: int = 500,
    application_name: str = "atrium",
    echo: bool = False,
) -> AsyncEngine:
    """An engine over asyncpg. Nothing connects before the first use.

    The driver reads the URL itself, so that it understands what libpq understands (`sslmode`, several
    hosts, a socket folder as `host`, `~/.pgpass`).
    """
    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={
            "dsn": url.set(drivername="postgresql").render_as_string(hide_password=False),
            "timeout": connect_timeout,
            "prepared_statement_cache_size": statement_cache_size,
            "statement_cache_size": statement_cache_size,
            # Statements of whole operations are long, and plans are kept as long as the program runs.
            "max_cacheable_statement_size": 0,
            "max_cached_statement_lifetime": 0,
            "server_settings": {
                **SESSION_SETTINGS,
                "application_name": application_name,
                "statement_timeout": str(statement_timeout_ms),
                "idle_in_transaction_session_timeout": str(idle_transaction_timeout_ms),
            },
        },
        pool_size=pool_size,
        # A connection beyond those that are kept is closed and opened anew all the time under load.
        max_overflow=0,
        pool_timeout=pool_timeout,
        # The connection used last has the warmest caches; the others may rest and be closed by the server.
        pool_use_lifo=True,
        json_serializer=encode_json,
        json_deserializer=orjson.loads,
        hide_parameters=not echo,
        echo=echo,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, entry: ConnectionPoolEntry, proxy: object) -> None:  # noqa: ARG001
    """Replace a connection that the server has closed, instead of failing the request that was given it.

    The driver learns of a closed connection from its socket, so looking costs nothing, where the pool's own
    pre-ping costs a round trip for every read. What neither can see (a host that vanished without a word)
    fails one statement, upon which the pool renews all its connections.
    """
    driver = entry.driver_connection
    if driver is None or driver.is_closed():
        raise DisconnectionError("the server closed this connection")


async def verify_session_settings(connection: AsyncConnection) -> None:
    """Raise Misconfigured when the server, or a pooler before it, dropped the settings sent at connecting.

    A pooler may swallow them without a word, and then no statement would ever be ended for being slow.
    """
    names = [*SESSION_SETTINGS, "statement_timeout", "idle_in_transaction_session_timeout"]
    rows = await connection.execute(
        text("SELECT lower(name) AS name, source FROM pg_settings WHERE lower(name) = ANY(:names)"),
        {"names": [name.lower() for name in names]},
    )
    sources = {row.name: row.source for row in rows}
    dropped = [name for name in names if sources.get(name.lower()) not in {"client", "session"}]
    if dropped:
        raise Misconfigured(
            f"The connection to PostgreSQL lost these settings: {', '.join(dropped)}. If a connection pooler "
            "stands in between, let it pass startup parameters, or connect to PostgreSQL directly."
        )
