"""The database as the rest of the program sees it: short reads, and transactions that commit at their end."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any, NewType, Self

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool import QueuePool

from db import faults
from db.engine import make_engine
from db.settings import DatabaseSettings

ReadSession = NewType("ReadSession", AsyncConnection)
"""A connection for statements that read: each sees its own snapshot, and costs exactly one round trip."""

WriteSession = NewType("WriteSession", AsyncSession)
"""A session inside one transaction. Store functions flush it; only `Database.transaction` commits."""


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """Connections of one process to the primary server."""

    size: int
    checked_out: int
    idle: int
    overflow: int


class Database:
    """One primary server and any number of read replicas."""

    def __init__(self, engine: AsyncEngine, replicas: Sequence[AsyncEngine] = ()) -> None:
        self.engine = engine
        self._replicas = tuple(replicas)
        self._reads = engine.execution_options(isolation_level="AUTOCOMMIT")
        options = [replica.execution_options(isolation_level="AUTOCOMMIT") for replica in replicas]
        self._stale_reads = cycle(options or [self._reads])

    @classmethod
    def connect(cls, url: URL, settings: DatabaseSettings | None = None) -> Self:
        """A database at `url` with the pool and limits of `settings`.

        Nothing connects before the first use.
        """
        settings = settings or DatabaseSettings()
        options = settings.model_dump(exclude={"url", "replicas"})
        return cls(
            make_engine(url, **options), [make_engine(replica, **options) for replica in settings.replicas]
        )

    @asynccontextmanager
    async def read(self, *, stale: bool = False) -> AsyncIterator[ReadSession]:
        """A connection for one statement or a few; give it back before waiting for anything else.

        With `stale`, a replica answers if there is one. Raises Unavailable or TimedOut.
        """
        engine = next(self._stale_reads) if stale else self._reads
        async with _connection(engine) as connection:
            yield ReadSession(connection)

    async def read_text(self, sql: str, values: Sequence[Any]) -> str:
        """The one text that a finished statement returns; `$1`, `$2` … stand for `values`.

        Raises Unavailable or TimedOut.
        """
        async with self.read() as connection:
            result = await connection.exec_driver_sql(sql, tuple(values))
            return str(result.scalar_one())

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """A transaction that commits when the block ends and rolls back when it raises.

        Raises Conflict or Invalid for a violated constraint, else Unavailable or TimedOut.
        """
        async with (
            _connection(self.engine) as connection,
            AsyncSession(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield WriteSession(session)

    def pool_status(self) -> PoolStatus:
        """How many connections are open and in use now."""
        pool = self.engine.pool
        if not isinstance(pool, QueuePool):
            raise TypeError(f"{type(pool).__name__} does not count its connections")
        return PoolStatus(
            size=pool.size(),
            checked_out=pool.checkedout(),
            idle=pool.checkedin(),
            overflow=max(0, pool.overflow()),
        )

    async def dispose(self) -> None:
        """Close all connections; a later use opens new ones."""
        for engine in (self.engine, *self._replicas):
            await engine.dispose()


@asynccontextmanager
async def _connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection whose faults are typed errors, given back also when the task is cancelled."""
    connection = engine.connect()
    try:
        await connection.start()
    except (OSError, DBAPIError, PoolTimeout) as error:
        raise faults.connecting(error) from error
    try:
        yield connection
    except DBAPIError as error:
        fault = faults.executing(error)
        if fault is None:
            raise
        raise fault from error
    finally:
        await asyncio.shield(connection.close())
