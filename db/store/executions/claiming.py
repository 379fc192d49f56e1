"""Workers take executions that wait: each is given to one, whoever else asks at the same moment."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from db.columns import ValueSet
from db.models import (
    Agent,
    AgentPlugin,
    Execution,
    ExecutionKind,
    ExecutionStatus,
    ExecutionStep,
    Personality,
    StepStatus,
    Workflow,
    WorkflowVersion,
)
from db.policy import Viewer
from db.session import WriteSession
from db.store.executions.leases import Input, from_now, inputs_of, workable
from db.transitions import ACTIVE


@dataclass(frozen=True, slots=True)
class DoneStep:
    """A step that an earlier worker recorded."""

    seq: int
    node_id: str | None
    status: StepStatus
    output: Any
    error: Any


@dataclass(frozen=True, slots=True)
class Plugin:
    """An ability that the agent is given."""

    name: str
    type: Any
    config: Any


@dataclass(frozen=True, slots=True)
class Claimed:
    """An execution with all that its worker needs, and nothing else of its owner's."""

    id: UUID
    token: int
    kind: ExecutionKind
    input: Any
    attempt: int
    event_seq: int
    session_id: UUID | None
    lease_expires_at: datetime
    deadline_at: datetime | None
    agent_id: UUID | None
    agent_name: str | None
    agent_settings: Any
    prompt: str | None
    workflow_id: UUID | None
    workflow_name: str | None
    workflow_version: int | None
    nodes: Any
    edges: Any
    plugins: Sequence[Plugin]
    steps: Sequence[DoneStep]
    inputs: Sequence[Input]


_DUE: Final = func.coalesce(Execution.scheduled_at, Execution.created_at)


async def claim(
    session: WriteSession,
    viewer: Viewer,
    *,
    worker: str,
    kinds: Collection[ExecutionKind],
    limit: int,
    seconds: float,
) -> list[Claimed]:
    """Take at most `limit` executions that are due, the oldest first, for so many seconds."""
    free = _free(viewer, kinds, limit)
    taken = await session.execute(
        update(Execution)
        .where(Execution.id == free.c.id)
        .values(status=ExecutionStatus.RUNNING, lease_owner=worker, lease_expires_at=from_now(seconds))
        .returning(Execution.id)
        .execution_options(synchronize_session=False)
    )
    return await _needed(session, taken.scalars().all())


def _free(viewer: Viewer, kinds: Collection[ExecutionKind], limit: int) -> Any:
    """The rows to take, locked. Each kind is walked in its order by its part of one index."""
    parts = [_due(viewer, kind, limit) for kind in sorted(kinds, key=lambda kind: kind.name)]
    due = union_all(*(select(part.c.id, part.c.due) for part in parts)).subquery("due")
    return select(due.c.id).order_by(due.c.due, due.c.id).limit(limit).cte("free")


def _due(viewer: Viewer, kind: ExecutionKind, limit: int) -> Any:
    earlier = aliased(Execution, name="earlier")
    return (
        select(Execution.id, _DUE.label("due"))
        .where(
            workable(viewer),
            # Literals, since a plan for all values could not use an index for some.
            Execution.status == quoted(ExecutionStatus.PENDING),
            Execution.kind == quoted(kind),
            func.now() >= _DUE,
            or_(Execution.deadline_at.is_(None), Execution.deadline_at > func.now()),
            # In a session one runs at a time, in the order in which they were started.
            ~exists().where(
                earlier.session_id == Execution.session_id,
                earlier.id < Execution.id,
                earlier.status.in_([quoted(status) for status in ACTIVE]),
            ),
        )
        .order_by(_DUE, Execution.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True, of=Execution)
        .cte(f"due_{kind.value}")
    )


def quoted(value: ValueSet) -> Any:
    """A value of a closed set as an SQL literal."""
    return literal_column(f"'{value.value}'")


async def _needed(session: WriteSession, ids: Sequence[UUID]) -> list[Claimed]:
    if not ids:
        return []
    found = await session.execute(
        select(
            Execution,
            Agent.name.label("agent_name"),
            Agent.settings.label("agent_settings"),
            Personality.template,
            Workflow.name.label("workflow_name"),
            _drawn("nodes", Workflow.nodes),
            _drawn("edges", Workflow.edges),
        )
        .outerjoin(Agent, Agent.id == Execution.agent_id)
        .outerjoin(Personality, Personality.id == Agent.personality_id)
        .outerjoin(Workflow, Workflow.id == Execution.workflow_id)
        .outerjoin(
            WorkflowVersion,
            and_(
                WorkflowVersion.workflow_id == Execution.workflow_id,
                WorkflowVersion.version == Execution.workflow_version,
            ),
        )
        .where(Execution.id.in_(ids))
        .order_by(_DUE, Execution.id)
    )
    rows = found.all()
    plugins = await _plugins(session, {row.Execution.agent_id for row in rows} - {None})
    steps = await _steps(session, ids)
    inputs = await inputs_of(session, dict.fromkeys(ids, 0))
    return [
        Claimed(
            id=row.Execution.id,
            token=row.Execution.lease_token,
            kind=row.Execution.kind,
            input=row.Execution.input,
            attempt=row.Execution.attempt,
            event_seq=row.Execution.event_seq,
            session_id=row.Execution.session_id,
            lease_expires_at=row.Execution.lease_expires_at,
            deadline_at=row.Execution.deadline_at,
            agent_id=row.Execution.agent_id,
            agent_name=row.agent_name,
            agent_settings=row.agent_settings,
            prompt=row.template,
            workflow_id=row.Execution.workflow_id,
            workflow_name=row.workflow_name,
            workflow_version=row.Execution.workflow_version,
            nodes=row.nodes,
            edges=row.edges,
            plugins=plugins.get(row.Execution.agent_id, ()),
            steps=steps.get(row.Execution.id, ()),
            inputs=inputs.get(row.Execution.id, ()),
        )
        for row in rows
    ]


def _drawn(name: str, drawing: Any) -> Any:
    """Nodes or edges of the version that runs, or of the drawing where none does."""
    saved = case((WorkflowVersion.id.is_not(None), WorkflowVersion.data[name]), else_=drawing)
    return type_coerce(saved, JSONB).label(name)


async def _plugins(session: WriteSession, agents: Iterable[UUID]) -> dict[UUID, list[Plugin]]:
    found = await session.execute(
        select(AgentPlugin.agent_id, AgentPlugin.name, AgentPlugin.plugin_type, AgentPlugin.config)
        .where(AgentPlugin.agent_id.in_(agents), AgentPlugin.is_enabled)
        .order_by(AgentPlugin.agent_id, AgentPlugin.order_index, AgentPlugin.id)
    )
    given: dict[UUID, list[Plugin]] = {}
    for agent_id, name, plugin_type, config in found:
        given.setdefault(agent_id, []).append(Plugin(name, plugin_type, config))
    return given


async def _steps(session: WriteSession, ids: Iterable[UUID]) -> dict[UUID, list[DoneStep]]:
    found = await session.execute(
        select(
            ExecutionStep.execution_id,
            ExecutionStep.seq,
            ExecutionStep.node_id,
            ExecutionStep.status,
            ExecutionStep.output,
            ExecutionStep.error,
        )
        .where(ExecutionStep.execution_id.in_(ids))
        .order_by(ExecutionStep.execution_id, ExecutionStep.seq)
    )
    done: dict[UUID, list[DoneStep]] = {}
    for row in found:
        step = DoneStep(row.seq, row.node_id, row.status, row.output, row.error)
        done.setdefault(row.execution_id, []).append(step)
    return done
