"""People end, halt and resume executions."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import aliased

from db.errors import NotFound, WrongStatus
from db.models import Execution, ExecutionStatus
from db.policy import Viewer, changeable
from db.session import WriteSession
from db.transitions import ACTIVE, TRANSITIONS

CANCELLED: Final = "CANCELLED"
"""The code in `error` of an execution that somebody cancelled and said why."""


async def cancel(
    session: WriteSession, ids: Collection[UUID], *, reason: str | None, children: bool
) -> Sequence[UUID]:
    """End executions, with all that they started if `children` is said; those that had not ended before."""
    if not ids:
        return []
    wanted: Any = Execution.id.in_(ids)
    if children:
        tree = select(Execution.id).where(wanted).cte(recursive=True)
        child = aliased(Execution)
        tree = tree.union(select(child.id).where(child.parent_id == tree.c.id))
        wanted = Execution.id.in_(select(tree.c.id))
    locked = select(Execution.id).where(wanted, Execution.status.in_(ACTIVE)).order_by(Execution.id)
    ending = (await session.scalars(locked.with_for_update(key_share=True))).all()
    if not ending:
        return []
    values: dict[str, Any] = {"status": ExecutionStatus.CANCELLED}
    if reason is not None:
        values["error"] = {"code": CANCELLED, "message": reason}
    await session.execute(
        update(Execution)
        .where(Execution.id.in_(ending))
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return ending


async def cancel_one(
    session: WriteSession, viewer: Viewer, key: UUID, *, reason: str | None, children: bool
) -> ExecutionStatus:
    """End an execution; the status that it had.

    Doing it again changes nothing. Raises NotFound, and WrongStatus for one that ended otherwise.
    """
    status = await _lock(session, viewer, key)
    if status is not ExecutionStatus.CANCELLED:
        _check(status, ExecutionStatus.CANCELLED, "cancelled")
    await cancel(session, [key], reason=reason, children=children)
    return status


async def cancel_where(
    session: WriteSession,
    viewer: Viewer,
    condition: ColumnElement[bool],
    *,
    reason: str | None,
    children: bool,
    limit: int,
) -> tuple[Sequence[UUID], bool]:
    """End executions that fulfil a condition, the oldest first; their ids, and whether there are more.

    At most `limit` of them are ended in one go; what they started comes on top.
    """
    found = select(Execution.id).where(changeable(Execution, viewer), Execution.status.in_(ACTIVE), condition)
    ids = (await session.scalars(found.order_by(Execution.id).limit(limit + 1))).all()
    ended = await cancel(session, ids[:limit], reason=reason, children=children)
    return ended, len(ids) > limit


async def pause(session: WriteSession, viewer: Viewer, key: UUID) -> ExecutionStatus:
    """Halt an execution, whose worker loses it; the status that it had. Raises NotFound and WrongStatus."""
    return await _step(session, viewer, key, ExecutionStatus.PAUSED, "paused")


async def resume(session: WriteSession, viewer: Viewer, key: UUID) -> ExecutionStatus:
    """Let a worker claim an execution again that was halted. Raises NotFound and WrongStatus."""
    status = await _lock(session, viewer, key)
    if status is not ExecutionStatus.PAUSED:
        raise WrongStatus(f"An execution that is {status.name} cannot be resumed.", str(status.value))
    await _set(session, key, ExecutionStatus.PENDING)
    return status


async def _step(
    session: WriteSession, viewer: Viewer, key: UUID, to: ExecutionStatus, done: str
) -> ExecutionStatus:
    status = await _lock(session, viewer, key)
    _check(status, to, done)
    await _set(session, key, to)
    return status


async def _lock(session: WriteSession, viewer: Viewer, key: UUID) -> ExecutionStatus:
    status: ExecutionStatus | None = await session.scalar(
        select(Execution.status)
        .where(changeable(Execution, viewer), Execution.id == key)
        .with_for_update(key_share=True)
    )
    if status is None:
        raise NotFound("There is no such execution.")
    return status


async def _set(session: WriteSession, key: UUID, status: ExecutionStatus) -> None:
    await session.execute(
        update(Execution)
        .where(Execution.id == key)
        .values(status=status)
        .execution_options(synchronize_session=False)
    )


def _check(status: ExecutionStatus, to: ExecutionStatus, done: str) -> None:
    if to not in TRANSITIONS[status]:
        raise WrongStatus(f"An execution that is {status.name} cannot be {done}.", str(status.value))
