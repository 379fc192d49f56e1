"""Connections that finished statements hand to each other, and the queue for the pool."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection, QueuePool
from sqlalchemy.util import greenlet_spawn

from db.faults import DRIVER_ERRORS

_CANCELLATION_SECONDS: Final = 5.0


# By whether one plan suits all values of a statement; PostgreSQL plans others anew while that seems to pay.
_PLANNING: Final = {True: "SET plan_cache_mode = force_generic_plan", False: "RESET plan_cache_mode"}


class Leases:
    """The connections of one engine, for those who run one statement and those who keep one for longer.

    To take a connection from SQLAlchemy's pool and give it back costs as much as a statement for one row. So
    what one statement took stays at hand for the next, and goes back when a session needs it. All wait
    in one queue, first come, first served; the pool's own lets newcomers overtake.
    """

    def __init__(self, engine: AsyncEngine, *, size: int, timeout: float) -> None:
        self._engine = engine
        self._timeout = timeout
        self._turns = asyncio.Semaphore(size)
        self._idle: dict[bool, list[PoolProxiedConnection]] = {True: [], False: []}
        self._recoveries: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return sum(len(idle) for idle in self._idle.values())

    async def take(self, *, generic: bool) -> PoolProxiedConnection:
        """A connection in nobody else's use, with no transaction open. Raises what the pool raises.

        With `generic`, the server keeps one plan of a statement for all values.
        """
        await self._wait()
        try:
            for planning, idle in ((generic, self._idle[generic]), (not generic, self._idle[not generic])):
                while idle:
                    # The one used last has the warmest caches.
                    lease = idle.pop()
                    driver = lease.driver_connection
                    if driver is not None and not driver.is_closed():
                        return lease if planning is generic else await _planning(lease, generic=generic)
                    # The pool replaces it at its next use.
                    await _return(lease)
            lease = await self._engine.raw_connection()
            return await _planning(lease, generic=True) if generic else lease
        except BaseException:
            self._turns.release()
            raise

    def give_back(self, lease: PoolProxiedConnection, *, generic: bool) -> None:
        """Keep a connection for the next statement."""
        self._idle[generic].append(lease)
        self._turns.release()

    async def recover(self, lease: PoolProxiedConnection, *, generic: bool) -> None:
        """Give back a connection whose statement was cancelled, when the server has ended that too.

        It goes on to its end also when whoever waits for it is cancelled once more.
        """
        recovery = asyncio.create_task(self._recover(lease, generic=generic))
        self._recoveries.add(recovery)
        recovery.add_done_callback(self._recoveries.discard)
        await asyncio.shield(recovery)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A time in which the pool has a connection for the caller, who gives it back before the end."""
        await self._wait()
        try:
            pool = self._engine.pool
            if isinstance(pool, QueuePool) and pool.checkedin() == 0:
                await self._return_one()
            yield
        finally:
            self._turns.release()

    async def release(self) -> None:
        """Give every idle connection back to the pool."""
        while len(self):
            await self._return_one()

    async def _return_one(self) -> None:
        """Give the pool back the connection that has rested longest, if there is any."""
        if self._idle[False]:
            await _return(self._idle[False].pop(0))
        elif self._idle[True]:
            await _return(await _planning(self._idle[True].pop(0), generic=False))

    async def _wait(self) -> None:
        if not self._turns.locked():
            await self._turns.acquire()
            return
        try:
            async with asyncio.timeout(self._timeout):
                await self._turns.acquire()
        except TimeoutError:
            raise PoolTimeout("every connection is in use") from None

    async def _recover(self, lease: PoolProxiedConnection, *, generic: bool) -> None:
        driver: Any = lease.driver_connection
        try:
            # The driver sends it only after the server has confirmed the cancellation.
            await driver.fetchrow(";", timeout=_CANCELLATION_SECONDS)
        except (*DRIVER_ERRORS, TimeoutError):
            driver.terminate()
        self.give_back(lease, generic=generic)


async def _return(lease: PoolProxiedConnection) -> None:
    # Shielded, since a connection that is lost on the way back is lost to the pool for good.
    await asyncio.shield(greenlet_spawn(lease.close))


async def _planning(lease: PoolProxiedConnection, *, generic: bool) -> PoolProxiedConnection:
    """The connection, planning as told; one that is lost goes back to the pool, which replaces it."""
    driver: Any = lease.driver_connection
    try:
        await driver.execute(_PLANNING[generic])
    except DRIVER_ERRORS:
        driver.terminate()
    except BaseException:
        driver.terminate()
        await _return(lease)
        raise
    return lease
