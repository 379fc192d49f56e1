"""The database as the rest of the program sees it: short reads, and transactions that commit at their end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final, NewType, Self

from asyncpg import InternalClientError  # type: ignore[import-untyped]
from sqlalchemy import URL, text
from sqlalchemy.connectors.asyncio import AsyncAdapt_Error
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool import QueuePool

from db import faults
from db.engine import make_engine
from db.errors import StatementFailed
from db.leases import Leases
from db.settings import DatabaseSettings

_CONNECTING: Final = (*faults.DRIVER_ERRORS, DBAPIError, PoolTimeout, AsyncAdapt_Error)

ReadSession = NewType("ReadSession", AsyncConnection)
"""A connection for statements that read: each sees its own snapshot, and costs exactly one round trip."""

WriteSession = NewType("WriteSession", AsyncSession)
"""A session inside one transaction. Store functions flush it; only `Database.transaction` commits."""


Publish = Callable[[Iterable[str]], Awaitable[None]]

_COLLECT: Final = text("SELECT set_config('atrium.wake', 'collect', true)")
_COLLECTED: Final = text("SELECT current_setting('atrium.woken', true)")


@dataclass(frozen=True, slots=True)
class PoolStatus:
    """Connections of one process to the primary server."""

    size: int
    checked_out: int
    idle: int


class Database:
    """One primary server and any number of read replicas."""

    def __init__(
        self,
        engine: AsyncEngine,
        replicas: Sequence[AsyncEngine] = (),
        *,
        pool_size: int,
        pool_timeout: float,
        url: URL | None = None,
    ) -> None:
        self.engine = engine
        self.url = url
        """Where the primary server is, for whoever needs a connection beside the pool."""
        self.pool_size = pool_size
        self.publish: Publish | None = None
        """Tells of what transactions changed once they have committed; without it the database does."""
        self._leases = {
            each: Leases(each, size=pool_size, timeout=pool_timeout) for each in (engine, *replicas)
        }
        self._autocommit = {
            each: each.execution_options(isolation_level="AUTOCOMMIT") for each in self._leases
        }
        self._stale_reads = cycle(tuple(replicas) or (engine,))

    @classmethod
    def connect(cls, url: URL, settings: DatabaseSettings | None = None) -> Self:
        """A database at `url` with the pool and limits of `settings`.

        Nothing connects before the first use.
        """
        settings = settings or DatabaseSettings()
        options = settings.model_dump(exclude={"url", "replicas"})
        return cls(
            make_engine(url, **options),
            [make_engine(replica, **options) for replica in settings.replicas],
            pool_size=settings.pool_size,
            pool_timeout=settings.pool_timeout,
            url=url,
        )

    @asynccontextmanager
    async def read(self, *, stale: bool = False) -> AsyncIterator[ReadSession]:
        """A connection for one statement or a few; give it back before waiting for anything else.

        With `stale`, a replica answers if there is one. Raises Unavailable or TimedOut.
        """
        engine = next(self._stale_reads) if stale else self.engine
        async with self._connection(engine, autocommit=True) as connection:
            yield ReadSession(connection)

    async def read_text(self, sql: str, values: Sequence[Any], *, generic: bool = False) -> str:
        """The one text that a finished statement returns; `$1`, `$2` … stand for `values`.

        With `generic`, PostgreSQL plans it once for all values instead of weighing each anew.

        The driver runs it on a connection of the same pool: SQLAlchemy's own execution takes longer than
        the statement of one row. Raises Unavailable, TimedOut or StatementFailed.
        """
        leases = self._leases[self.engine]
        try:
            lease = await leases.take(generic=generic)
        except _CONNECTING as error:
            raise faults.connecting(error) from error
        driver: Any = lease.driver_connection
        try:
            found: str = await driver.fetchval(sql, *values)
        except faults.DRIVER_ERRORS as error:
            if faults.confused(error):
                driver.terminate()
            leases.give_back(lease, generic=generic)
            fault = faults.executing(error, lost=driver.is_closed())
            raise fault or StatementFailed(str(error)) from error
        except BaseException:
            # Cancelled, as a rule.
            await leases.recover(lease, generic=generic)
            raise
        leases.give_back(lease, generic=generic)
        return found

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """A transaction that commits when the block ends and rolls back when it raises.

        Raises Conflict or Invalid for a violated constraint, else Unavailable or TimedOut.
        """
        async with (
            self._connection(self.engine) as connection,
            AsyncSession(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            if self.publish is not None:
                await session.execute(_COLLECT)
            yield WriteSession(session)
            news = None if self.publish is None else await session.scalar(_COLLECTED)
        if self.publish is not None and news:
            await self.publish(news.splitlines())

    def pool_status(self) -> PoolStatus:
        """How many connections are open and in use now."""
        pool = self.engine.pool
        if not isinstance(pool, QueuePool):
            raise TypeError(f"{type(pool).__name__} does not count its connections")
        leased = len(self._leases[self.engine])
        return PoolStatus(
            size=pool.size(),
            checked_out=pool.checkedout() - leased,
            idle=pool.checkedin() + leased,
        )

    async def dispose(self) -> None:
        """Close all connections; a later use opens new ones."""
        for engine, leases in self._leases.items():
            await leases.release()
            await engine.dispose()

    @asynccontextmanager
    async def _connection(
        self, engine: AsyncEngine, *, autocommit: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """A connection whose faults are typed errors, given back also when the task is cancelled."""
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self._leases[engine].turn())
                connection = (self._autocommit[engine] if autocommit else engine).connect()
                await connection.start()
                stack.push_async_callback(_close, connection)
            except _CONNECTING as error:
                raise faults.connecting(error) from error
            try:
                yield connection
            except (DBAPIError, InternalClientError) as error:
                if faults.confused(error):
                    await connection.invalidate(error)
                lost = isinstance(error, DBAPIError) and error.connection_invalidated
                fault = faults.executing(error, lost=lost)
                if fault is None:
                    raise
                raise fault from error


async def _close(connection: AsyncConnection) -> None:
    await asyncio.shield(connection.close())
