"""What nobody asks for: leases that ran out are taken back, and deadlines end what is late."""

from typing import Final

from sqlalchemy import case, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB

from db.models import Execution, ExecutionStatus
from db.session import WriteSession
from db.transitions import ACTIVE

BATCH: Final = 500
"""Executions that one call sees to at most; more of them are seen to by the next."""

WORKER_LOST: Final = {
    "code": "WORKER_LOST",
    "message": "Its workers fell silent, as often as it may be tried.",
}
LATE: Final = {"code": "TIMEOUT", "message": "Its deadline passed before it was done."}


async def take_back(session: WriteSession) -> int:
    """Free executions whose worker is silent; how many there were.

    They wait for another worker, unless that happened more often than they may be tried. What waits for input
    goes on waiting.
    """
    silent = or_(Execution.lease_expires_at.is_(None), Execution.lease_expires_at < func.now())
    waiting = Execution.status == ExecutionStatus.WAITING_INPUT
    found = (
        select(Execution.id)
        .where(
            silent,
            or_(Execution.status == ExecutionStatus.RUNNING, waiting & Execution.lease_owner.is_not(None)),
        )
        .order_by(Execution.id)
        .limit(BATCH)
        .with_for_update(key_share=True, skip_locked=True)
        .cte("silent")
    )
    given_up = Execution.leases_lost >= Execution.max_retries
    status = Execution.status.type
    taken = await session.execute(
        update(Execution)
        .where(Execution.id == found.c.id)
        .values(
            lease_owner=None,
            lease_expires_at=None,
            leases_lost=Execution.leases_lost + case((waiting, 0), else_=1),
            status=case(
                (waiting, Execution.status),
                (given_up, literal(ExecutionStatus.FAILED, status)),
                else_=literal(ExecutionStatus.PENDING, status),
            ),
            error=case((~waiting & given_up, literal(WORKER_LOST, JSONB)), else_=Execution.error),
        )
        .returning(Execution.id)
        .execution_options(synchronize_session=False)
    )
    return len(taken.all())


async def end_overdue(session: WriteSession) -> int:
    """End executions whose deadline has passed; how many there were."""
    found = (
        select(Execution.id)
        .where(Execution.status.in_(ACTIVE), Execution.deadline_at <= func.now())
        .order_by(Execution.id)
        .limit(BATCH)
        .with_for_update(key_share=True, skip_locked=True)
        .cte("overdue")
    )
    ended = await session.execute(
        update(Execution)
        .where(Execution.id == found.c.id)
        .values(status=ExecutionStatus.TIMEOUT, error=LATE)
        .returning(Execution.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())
