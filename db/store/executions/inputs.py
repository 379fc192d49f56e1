"""What people give to an execution that asked for it."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from db.errors import NotFound, WrongStatus
from db.models import Execution, ExecutionEventType, ExecutionStatus, ExecutionStep, StepStatus
from db.policy import Viewer, changeable
from db.session import WriteSession
from db.store.executions.events import Event, add_events


async def submit_input(session: WriteSession, viewer: Viewer, key: UUID, value: Any) -> None:
    """Give an execution the input that it waits for.

    A worker that holds it goes on and finds the input with its next heartbeat; if none does, the next one
    to claim it is given the input. Raises NotFound and WrongStatus.
    """
    held = (Execution.lease_owner.is_not(None)) & (Execution.lease_expires_at > func.now())
    found = await session.execute(
        select(Execution.user_id, Execution.status, held.label("held"))
        .where(changeable(Execution, viewer), Execution.id == key)
        .with_for_update(key_share=True)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("There is no such execution.")
    if row.status is not ExecutionStatus.WAITING_INPUT:
        raise WrongStatus(f"An execution that is {row.status.name} waits for no input.", row.status.value)
    received = Event(ExecutionEventType.INPUT_RECEIVED, "The input arrived.", {"input": value})
    await add_events(session, key, row.user_id, [received])
    await session.execute(
        update(ExecutionStep)
        .where(ExecutionStep.execution_id == key, ExecutionStep.status == StepStatus.WAITING_INPUT)
        .values(status=StepStatus.RUNNING if row.held else StepStatus.PENDING)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(Execution)
        .where(Execution.id == key)
        .values(status=ExecutionStatus.RUNNING if row.held else ExecutionStatus.PENDING)
        .execution_options(synchronize_session=False)
    )
