"""Background work, inside `atrium serve` or as `atrium jobs`: any number of processes share it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from api.core.beside import beside
from db.errors import DataError
from db.session import Database
from db.store import expiry, jobs
from db.store.executions import upkeep
from db.store.jobs import Work

_log = structlog.get_logger("api.jobs")

WORK: Final = (
    Work("executions.take_back", 2, upkeep.take_back, upkeep.BATCH),
    Work("executions.end_overdue", 2, upkeep.end_overdue, upkeep.BATCH),
    Work("memories.expire", 60, expiry.expire_memories, expiry.BATCH),
    Work("api_keys.expire", 60, expiry.expire_api_keys, expiry.BATCH),
    Work("idempotency_keys.purge", 600, expiry.purge_idempotency_keys, expiry.BATCH),
    Work("refresh_tokens.purge", 3_600, expiry.purge_refresh_tokens, expiry.BATCH),
    Work("staged_embeddings.purge", 3_600, expiry.purge_staged_embeddings, expiry.BATCH),
    Work("partitions.make", 21_600, expiry.make_partitions),
)
"""All of it. What ends leases and deadlines is the same in all processes: the database's clock."""

_SHORTEST_SLEEP: Final = 0.2
_LONGEST_SLEEP: Final = 5.0


async def do_due(database: Database, work: Sequence[Work] = WORK) -> float:
    """Do what is due and no other process does; seconds until there may be more.

    What fails is logged, and tried again in its time. Raises Unavailable where the database is away.
    """
    async with database.read() as connection:
        ready, wait = await jobs.due(connection, [each.name for each in work])
    named = {each.name: each for each in work}
    for name in ready:
        await _take_turn(database, named[name])
    return wait


async def keep_doing(database: Database, work: Sequence[Work] = WORK) -> None:
    """Do background work until the task is cancelled; a database that is away is waited for."""
    announced = False
    while True:
        try:
            if not announced:
                async with database.transaction() as session:
                    await jobs.announce(session, [each.name for each in work])
                announced = True
            wait = await do_due(database, work)
        except DataError as error:
            _log.warning("jobs.waiting", error=error.message)
            wait = _LONGEST_SLEEP
        await asyncio.sleep(min(max(wait, _SHORTEST_SLEEP), _LONGEST_SLEEP))


@asynccontextmanager
async def at_work(database: Database) -> AsyncIterator[None]:
    """Background work beside whatever the block does."""
    async with beside(keep_doing(database)):
        yield


async def _take_turn(database: Database, work: Work) -> None:
    try:
        async with database.transaction() as session:
            changed = await jobs.take_turn(session, work)
    except (DataError, SQLAlchemyError) as error:
        _log.exception("jobs.failed", job=work.name)
        async with database.transaction() as session:
            await jobs.put_off(session, work, str(error))
        return
    if changed:
        _log.info("jobs.done", job=work.name, changed=changed)
