"""Connections to the database that is imported into: one's own, or borrowed from a pool."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Final, TypeAlias

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from db import faults
from db.importers.source import Connection

Connector: TypeAlias = Callable[[AsyncExitStack], Awaitable[Connection]]
"""Opens a connection that is closed with the stack. Raises Unavailable or Misconfigured."""

# A crash of the server may lose the last batches with their checkpoint: the next run makes them again.
_SETTINGS: Final = {
    "application_name": "atrium import",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "synchronous_commit": "off",
    "jit": "off",
    "TimeZone": "UTC",
    # The guards of executions let an import say how a run ended.
    "atrium.importing": "on",
}


def dialled(url: URL) -> Connector:
    """Connections that are opened for the import alone."""

    async def dial(stack: AsyncExitStack) -> Connection:
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            connection = await asyncpg.connect(dsn, server_settings=_SETTINGS, timeout=30)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise faults.connecting(error) from error
        stack.push_async_callback(connection.close)
        return connection

    return dial


def borrowed(engine: AsyncEngine) -> Connector:
    """Connections from a pool; they do not go back there, since an import leaves its settings on them."""

    async def borrow(stack: AsyncExitStack) -> Connection:
        try:
            lent = await engine.connect()
            stack.push_async_callback(lent.close)
            stack.push_async_callback(lent.invalidate)
            connection = (await lent.get_raw_connection()).driver_connection
        except (OSError, DBAPIError, PoolTimeout) as error:
            raise faults.connecting(error) from error
        if connection is None:
            raise RuntimeError("the pool lent a connection that has no driver")
        for name, value in _SETTINGS.items():
            await connection.execute(f"SET {name} = '{value}'")
        return connection

    return borrow
