"""What the worker of an execution reports: events, steps, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from db.errors import WrongStatus
from db.models import (
    EventLevel,
    Execution,
    ExecutionEventType,
    ExecutionStatus,
    ExecutionStep,
    StepStatus,
)
from db.policy import Viewer
from db.session import WriteSession
from db.store.executions.events import Event, add_events
from db.store.executions.leases import Write, hold, note_write
from db.store.executions.retrying import add_retry, backoff

STEP_ENDED: Final = (StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED)
_BEGUN: Final = (StepStatus.RUNNING, StepStatus.WAITING_INPUT, StepStatus.COMPLETED, StepStatus.FAILED)
_LEVELS: Final = {StepStatus.FAILED: EventLevel.ERROR, StepStatus.CANCELLED: EventLevel.WARNING}


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used since the last report; added to the execution's."""

    tokens: int | None = None
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it stands now."""

    seq: int
    status: StepStatus
    node_id: str | None = None
    input: Any = None
    output: Any = None
    error: Any = None


async def append_events(
    session: WriteSession,
    viewer: Viewer,
    write: Write,
    events: Sequence[Event],
    *,
    progress: int | None = None,
) -> None:
    """Write what happened, and how far the execution is, in per cent. Raises what `hold` raises."""
    row = await hold(session, viewer, write)
    if row is None:
        return
    await add_events(session, row.id, row.user_id, events)
    await note_write(session, write, **({} if progress is None else {"progress": progress}))


async def record_step(
    session: WriteSession,
    viewer: Viewer,
    write: Write,
    step: Step,
    usage: Usage,
    *,
    steps_total: int | None = None,
) -> None:
    """Write a step, anew or further on, with its events; one that waits for input halts the execution.

    Raises what `hold` raises, and WrongStatus for a step that has ended.
    """
    row = await hold(session, viewer, write)
    if row is None:
        return
    before: StepStatus | None = await session.scalar(
        select(ExecutionStep.status).where(
            ExecutionStep.execution_id == row.id, ExecutionStep.seq == step.seq
        )
    )
    if before in STEP_ENDED:
        raise WrongStatus(f"Step {step.seq} is {before.name}, and stays as it is.", row.status.value)
    await _upsert(session, row, step)
    await add_events(session, row.id, row.user_id, _told(before, step))
    done = await session.scalar(
        select(func.count())
        .select_from(ExecutionStep)
        .where(ExecutionStep.execution_id == row.id, ExecutionStep.status == StepStatus.COMPLETED)
    )
    total = row.steps_total if steps_total is None else steps_total
    values: dict[str, Any] = {"steps_completed": done, "steps_total": total, **_used(row, usage)}
    if step.node_id is not None:
        values["current_node_id"] = step.node_id
    if total:
        # The whole is done when it is completed.
        values["progress"] = min(99, 100 * (done or 0) // total)
    if step.status is StepStatus.WAITING_INPUT:
        values["status"] = ExecutionStatus.WAITING_INPUT
    await note_write(session, write, **values)


async def complete(session: WriteSession, viewer: Viewer, write: Write, output: Any, usage: Usage) -> None:
    """End an execution with its result. Raises what `hold` raises, and WrongStatus while it waits."""
    row = await hold(session, viewer, write)
    if row is None:
        return
    if row.status is not ExecutionStatus.RUNNING:
        raise WrongStatus(f"An execution that is {row.status.name} cannot be completed.", row.status.value)
    values = {"status": ExecutionStatus.COMPLETED, "output": output, **_used(row, usage)}
    await note_write(session, write, **values)


async def fail(
    session: WriteSession, viewer: Viewer, write: Write, error: Any, usage: Usage, *, retryable: bool
) -> UUID | None:
    """End an execution with an error, and queue another try if it is `retryable` and may be tried again.

    The id of that try; of what was sent again too. Raises what `hold` raises.
    """
    row = await hold(session, viewer, write)
    if row is None:
        retried: UUID | None = await session.scalar(
            select(Execution.id).where(Execution.retry_of_id == write.lease.execution_id)
        )
        return retried
    await note_write(session, write, status=ExecutionStatus.FAILED, error=error, **_used(row, usage))
    whole = await session.get_one(Execution, row.id, populate_existing=True)
    if not retryable or whole.retry_count >= whole.max_retries:
        return None
    return await add_retry(session, whole, backoff(whole.retry_count))


async def _upsert(session: WriteSession, row: Row[Any], step: Step) -> None:
    began = func.now() if step.status in _BEGUN else None
    ended = func.now() if step.status in STEP_ENDED else None
    values = {
        "status": step.status,
        "node_id": step.node_id,
        "input": step.input,
        "output": step.output,
        "error": step.error,
    }
    adding = insert(ExecutionStep).values(
        execution_id=row.id,
        user_id=row.user_id,
        seq=step.seq,
        started_at=began,
        finished_at=ended,
        **values,
    )
    said = {name: getattr(adding.excluded, name) for name, value in values.items() if value is not None}
    await session.execute(
        adding.on_conflict_do_update(
            index_elements=["execution_id", "seq"],
            set_={
                **said,
                "started_at": func.coalesce(ExecutionStep.started_at, adding.excluded.started_at),
                "finished_at": adding.excluded.finished_at,
            },
        )
    )


def _told(before: StepStatus | None, step: Step) -> list[Event]:
    """The events of a step that came from one status to another."""
    name = step.node_id or str(step.seq)
    data = {"step": step.seq, "status": step.status.value, **({"node": step.node_id} if step.node_id else {})}
    kind = ExecutionEventType
    if step.status is StepStatus.RUNNING and before is not StepStatus.RUNNING:
        return [Event(kind.STEP_STARTED, f"Step {name} started.", data)]
    if step.status is StepStatus.WAITING_INPUT and before is not StepStatus.WAITING_INPUT:
        return [Event(kind.INPUT_REQUESTED, f"Step {name} waits for input.", data)]
    if step.status in STEP_ENDED:
        told = f"Step {name}: {step.status.value}."
        return [Event(kind.STEP_FINISHED, told, data, _LEVELS.get(step.status, EventLevel.INFO))]
    return []


def _used(row: Row[Any], usage: Usage) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if usage.tokens is not None:
        values["total_tokens"] = (row.total_tokens or 0) + usage.tokens
    if usage.cost_usd is not None:
        values["cost_usd"] = (row.cost_usd or Decimal(0)) + usage.cost_usd
    return values
