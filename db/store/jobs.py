"""Turns of background work: whoever holds the row's lock does one, and commits it with the time of the next.

So one of any number of processes does each turn, and a turn that a crash broke off is due again at once.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from sqlalchemy import extract, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from db.models import Job
from db.session import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work: what it is called, seconds from one turn to the next, and how it is done.

    `task` says how many rows it changed, and `full` is the number of them at which there is more to do.
    """

    name: str
    every: float
    task: Callable[[WriteSession], Awaitable[int]]
    full: int | None = None


async def announce(session: WriteSession, names: Collection[str]) -> None:
    """Write down work that is not there yet; it is due now."""
    adding = insert(Job).values([{"name": name} for name in sorted(names)])
    await session.execute(adding.on_conflict_do_nothing(index_elements=["name"]))


async def due(session: ReadSession, names: Collection[str]) -> tuple[list[str], float]:
    """The work that is due, the longest first, and seconds until the next is; zero if there is any."""
    wait = extract("epoch", Job.due_at - func.clock_timestamp()).label("wait")
    found = await session.execute(select(Job.name, wait).where(Job.name.in_(names)).order_by(Job.due_at))
    rows = found.all()
    ready = [row.name for row in rows if row.wait <= 0]
    return ready, 0.0 if ready or not rows else float(min(row.wait for row in rows))


async def take_turn(session: WriteSession, work: Work) -> int | None:
    """Do work that is due; how many rows it changed, or None if it is not due or another process does it."""
    locked = select(Job.id).where(Job.name == work.name, Job.due_at <= func.clock_timestamp())
    key = await session.scalar(locked.with_for_update(skip_locked=True))
    if key is None:
        return None
    changed = await work.task(session)
    more = work.full is not None and changed >= work.full
    await session.execute(
        update(Job)
        .where(Job.id == key)
        .values(
            due_at=func.clock_timestamp() + text(f"interval '{0 if more else work.every} seconds'"),
            runs=Job.runs + 1,
            last_run_at=func.clock_timestamp(),
            last_error=None,
        )
        .execution_options(synchronize_session=False)
    )
    return changed


async def put_off(session: WriteSession, work: Work, error: str) -> None:
    """Remember that a turn failed; the next one comes in its time."""
    await session.execute(
        update(Job)
        .where(Job.name == work.name)
        .values(
            due_at=func.clock_timestamp() + text(f"interval '{work.every} seconds'"),
            last_error=error,
        )
        .execution_options(synchronize_session=False)
    )
