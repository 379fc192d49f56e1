"""What waits to be prepared: taken up by one process at a time, and taken over from one that dies."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from db.models import Preparation, Prepared
from db.session import ReadSession, WriteSession

_LONGEST_ERROR: Final = 2_000


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that one process prepares. Only who has the newest token may end it."""

    target_id: UUID
    token: int
    attempts: int
    cut: bool


class Superseded(Exception):
    """What a process was preparing changed meanwhile, is gone, or was taken over by another."""


async def enqueue(
    session: WriteSession, kind: Prepared, targets: Collection[UUID], *, cut: bool = False
) -> int:
    """Let something be prepared; how many wait that did not. With `cut`, documents are read anew.

    What is being prepared already begins again.
    """
    if not targets:
        return 0
    adding = insert(Preparation).values(
        [{"kind": kind, "target_id": key, "cut": cut} for key in sorted(set(targets))]
    )
    found = await session.execute(
        adding.on_conflict_do_update(
            index_elements=["target_id"],
            set_={
                "due_at": func.now(),
                "token": Preparation.token + 1,
                "attempts": 0,
                "cut": Preparation.cut | adding.excluded.cut,
                "last_error": None,
            },
        ).returning(text("xmax = 0"))
    )
    return sum(1 for (new,) in found if new)


async def claim(session: WriteSession, kind: Prepared, *, most: int, seconds: float) -> list[Claim]:
    """Take up what has been due longest, for so many seconds of silence."""
    due = (
        select(Preparation.id)
        .where(Preparation.kind == kind, Preparation.due_at <= func.clock_timestamp())
        .order_by(Preparation.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = await session.execute(
        update(Preparation)
        .where(Preparation.id.in_(due))
        .values(token=Preparation.token + 1, due_at=func.clock_timestamp() + timedelta(seconds=seconds))
        .returning(Preparation.target_id, Preparation.token, Preparation.attempts, Preparation.cut)
        .execution_options(synchronize_session=False)
    )
    return [Claim(*row) for row in taken]


async def beat(session: WriteSession, claims: Sequence[Claim], seconds: float) -> None:
    """Say that they are still being prepared. Raises Superseded where one of them no longer is."""
    for each in claims:
        kept = await session.execute(
            update(Preparation)
            .where(Preparation.target_id == each.target_id, Preparation.token == each.token)
            .values(due_at=func.clock_timestamp() + timedelta(seconds=seconds))
            .returning(Preparation.id)
            .execution_options(synchronize_session=False)
        )
        if kept.first() is None:
            raise Superseded


async def hold(session: WriteSession, claim: Claim) -> None:
    """Lock what is being prepared until the transaction ends. Raises Superseded."""
    held = select(Preparation.id).where(
        Preparation.target_id == claim.target_id, Preparation.token == claim.token
    )
    if await session.scalar(held.with_for_update()) is None:
        raise Superseded


async def put_off(
    session: WriteSession, claim: Claim, seconds: float, error: str, *, counts: bool = True
) -> None:
    """Let it be tried again after so many seconds; `counts` says whether this was an attempt that failed."""
    await session.execute(
        update(Preparation)
        .where(Preparation.target_id == claim.target_id, Preparation.token == claim.token)
        .values(
            due_at=func.clock_timestamp() + timedelta(seconds=seconds),
            attempts=Preparation.attempts + (1 if counts else 0),
            last_error=error[:_LONGEST_ERROR],
        )
        .execution_options(synchronize_session=False)
    )


async def cut_is_done(session: WriteSession, claim: Claim) -> None:
    """From now on it lacks vectors only."""
    await session.execute(
        update(Preparation)
        .where(Preparation.target_id == claim.target_id)
        .values(cut=False)
        .execution_options(synchronize_session=False)
    )


async def release(session: WriteSession, claims: Sequence[Claim]) -> None:
    """Give back what was taken up and not finished; somebody may take it up at once."""
    for each in claims:
        await put_off(session, each, 0, "", counts=False)


async def forget(session: WriteSession, claims: Sequence[Claim]) -> None:
    """They are prepared, or not to be: those that changed meanwhile go on waiting."""
    for each in claims:
        await session.execute(
            delete(Preparation).where(
                Preparation.target_id == each.target_id, Preparation.token == each.token
            )
        )


async def waiting(session: ReadSession | WriteSession) -> int:
    """How much waits, or is being prepared."""
    return int(await session.scalar(select(func.count()).select_from(Preparation)) or 0)
