"""Who holds an execution: leases with a fencing token, which every write of a worker carries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Row, bindparam, func, select, true, update
from sqlalchemy.dialects.postgresql import INTERVAL

from db.errors import Forbidden, Invalid, LeaseLost, NotFound
from db.models import Execution, ExecutionEvent, ExecutionEventType, ExecutionStatus
from db.policy import Viewer, bool_of
from db.rights import deeds_of
from db.session import WriteSession
from db.transitions import HELD

WORK: Final = "execution:work"
WORK_ALL: Final = "execution:work_all"


@dataclass(frozen=True, slots=True)
class Lease:
    """An execution and the token with which it was claimed."""

    execution_id: UUID
    token: int


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a worker; `number` counts them in a lease from 1. What is sent again is not done again."""

    lease: Lease
    number: int


@dataclass(frozen=True, slots=True)
class Input:
    """What somebody gave to an execution that waited for it."""

    seq: int
    value: Any
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Beat:
    """What a worker learns of an execution; `held` says whether it still may write to it."""

    execution_id: UUID
    held: bool
    status: ExecutionStatus | None
    lease_expires_at: datetime | None
    inputs: Sequence[Input] = ()


def work_of(viewer: Viewer) -> frozenset[str]:
    """Which permissions to work somebody has; none for whoever has not signed in."""
    return deeds_of(viewer.roles, viewer.permissions, viewer.scopes) if viewer.user_id else frozenset()


def workable(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that limits executions to those that the viewer may do, by their permission to work.

    Raises Forbidden for whoever has none.
    """
    deeds = work_of(viewer)
    if WORK_ALL in deeds:
        return true()
    if WORK not in deeds:
        raise Forbidden(f"To do executions takes the permission {WORK}.")
    return bool_of(Execution.user_id == viewer.user_id)


def from_now(seconds: float) -> ColumnElement[datetime]:
    """The time so many seconds from now, by the database's clock."""
    return func.now() + bindparam(None, timedelta(seconds=seconds), type_=INTERVAL())


async def hold(session: WriteSession, viewer: Viewer, write: Write) -> Row[Any] | None:
    """Lock the execution that a worker writes to; None if this write was done before.

    Raises:
        NotFound: there is no such execution for this worker.
        LeaseLost: it was taken back, halted, or ended, or is held by another.
        Invalid: writes are missing before this one.
    """
    found = await session.execute(
        select(
            Execution.id,
            Execution.user_id,
            Execution.status,
            Execution.lease_token,
            Execution.lease_owner,
            Execution.lease_write,
            Execution.steps_total,
            Execution.total_tokens,
            Execution.cost_usd,
        )
        .where(workable(viewer), Execution.id == write.lease.execution_id)
        .with_for_update(key_share=True)
    )
    row = cast(Row[Any] | None, found.one_or_none())
    if row is None:
        raise NotFound("There is no such execution.")
    if row.lease_token == write.lease.token and 0 < write.number <= row.lease_write:
        return None
    if row.lease_token != write.lease.token or row.status not in HELD or row.lease_owner is None:
        raise LeaseLost(
            f"The lease is lost, and the execution is {row.status.name}: leave it.", row.status.value
        )
    if write.number != row.lease_write + 1:
        raise Invalid(f"The next write of this lease has the number {row.lease_write + 1}.", "write")
    return row


async def note_write(session: WriteSession, write: Write, **values: Any) -> None:
    """Remember that a write was done, along with what it changes of the execution."""
    await session.execute(
        update(Execution)
        .where(Execution.id == write.lease.execution_id)
        .values(lease_write=write.number, **values)
        .execution_options(synchronize_session=False)
    )


async def heartbeat(
    session: WriteSession, viewer: Viewer, leases: Sequence[tuple[Lease, int]], seconds: float
) -> list[Beat]:
    """Keep leases for so many seconds more, and tell what became of the executions, in the order asked.

    Each lease comes with the number of the newest event that its worker knows: later inputs are told.
    """
    tokens = {lease.execution_id: lease.token for lease, _ in leases}
    found = await session.execute(
        select(Execution.id, Execution.status, Execution.lease_token, Execution.lease_owner)
        .where(workable(viewer), Execution.id.in_(tokens))
        .order_by(Execution.id)
        .with_for_update(key_share=True)
    )
    rows = {row.id: row for row in found}
    held = [
        key
        for key, row in rows.items()
        if row.lease_token == tokens[key] and row.status in HELD and row.lease_owner is not None
    ]
    expiries = await session.execute(
        update(Execution)
        .where(Execution.id.in_(held))
        .values(lease_expires_at=from_now(seconds))
        .returning(Execution.id, Execution.lease_expires_at)
        .execution_options(synchronize_session=False)
    )
    until = {row.id: row.lease_expires_at for row in expiries}
    inputs = await inputs_of(
        session, {lease.execution_id: seq for lease, seq in leases if lease.execution_id in until}
    )
    return [
        Beat(
            lease.execution_id,
            lease.execution_id in until,
            rows[lease.execution_id].status if lease.execution_id in rows else None,
            until.get(lease.execution_id),
            inputs.get(lease.execution_id, ()),
        )
        for lease, _ in leases
    ]


async def inputs_of(session: WriteSession, after: dict[UUID, int]) -> dict[UUID, list[Input]]:
    """What executions were given after an event of theirs, oldest first."""
    given: dict[UUID, list[Input]] = {}
    if not after:
        return given
    found = await session.execute(
        select(
            ExecutionEvent.execution_id, ExecutionEvent.seq, ExecutionEvent.data, ExecutionEvent.created_at
        )
        .where(
            ExecutionEvent.execution_id.in_(after),
            ExecutionEvent.type == ExecutionEventType.INPUT_RECEIVED,
        )
        .order_by(ExecutionEvent.execution_id, ExecutionEvent.seq)
    )
    for row in found:
        key, data = row.execution_id, cast(Mapping[str, Any], row.data)
        if row.seq > after[key]:
            given.setdefault(key, []).append(Input(row.seq, data.get("input"), row.created_at))
    return given
