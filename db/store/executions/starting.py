"""Executions begin: of an agent or a workflow, alone or in the turn of a session."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from db.errors import Conflict, Invalid, NotFound
from db.matrix import Reach
from db.models import (
    Agent,
    AgentStatus,
    Execution,
    ExecutionEventType,
    ExecutionKind,
    ExecutionStatus,
    Session,
    Workflow,
    WorkflowStatus,
)
from db.policy import Viewer, changeable, rows
from db.session import WriteSession
from db.store.executions.ending import cancel
from db.store.executions.events import Event, add_events
from db.store.workflows import read_version
from db.transitions import ACTIVE


class WhenBusy(Enum):
    """What happens to a run whose session has one that has not ended."""

    REJECT = "reject"
    INTERRUPT = "interrupt"
    ENQUEUE = "enqueue"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be run: an agent with its metadata, or a workflow with the nodes and edges that run.

    `version` is the saved version of a workflow, None for its drawing.
    """

    kind: ExecutionKind
    id: UUID
    user_id: UUID
    meta: Any = None
    version: int | None = None
    nodes: Any = None
    edges: Any = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How it is to be run."""

    input: Any = field(default_factory=dict)
    session_id: UUID | None = None
    parent_id: UUID | None = None
    when_busy: WhenBusy = WhenBusy.REJECT
    max_retries: int = 3
    scheduled_at: datetime | None = None
    deadline_at: datetime | None = None
    meta: Any = field(default_factory=dict)


async def find_subject(session: WriteSession, viewer: Viewer, kind: ExecutionKind, key: UUID) -> Subject:
    """An agent or workflow that the viewer may run, the latter as it was published.

    Raises NotFound, and Invalid for one that is switched off.
    """
    model: Any = Agent if kind is ExecutionKind.AGENT else Workflow
    drawn = (
        () if kind is ExecutionKind.AGENT else (Workflow.published_version, Workflow.nodes, Workflow.edges)
    )
    found = await session.execute(
        rows(model, viewer, model.user_id, model.status, model.meta, *drawn).where(model.id == key)
    )
    row = found.one_or_none()
    reach = viewer.rights.changes[Execution]
    if row is None or (reach is not Reach.ALL and row.user_id != viewer.user_id):
        raise NotFound(f"There is no such {kind.value}.", f"{kind.value}_id")
    if row.status not in {AgentStatus.ACTIVE, WorkflowStatus.ACTIVE}:
        raise Invalid(
            f"The {kind.value} is {row.status.value}, and only what is active can be run: activate it.",
            f"{kind.value}_id",
        )
    if kind is ExecutionKind.AGENT:
        return Subject(kind, key, row.user_id, meta=row.meta)
    saved = (
        None
        if row.published_version is None
        else await read_version(session, viewer, key, row.published_version)
    )
    if saved is None:
        return Subject(kind, key, row.user_id, nodes=row.nodes, edges=row.edges)
    return Subject(
        kind,
        key,
        row.user_id,
        version=row.published_version,
        nodes=saved.get("nodes"),
        edges=saved.get("edges"),
    )


async def start(session: WriteSession, viewer: Viewer, subject: Subject, terms: Terms) -> UUID:
    """Begin a run, which waits for a worker; its id.

    Raises NotFound for a session or parent that is not there, Conflict for a session that is busy, and
    Invalid for a parent that has ended.
    """
    if terms.session_id is not None:
        await _take_turn(session, viewer, subject, terms)
    if terms.parent_id is not None:
        await _check_parent(session, viewer, subject, terms.parent_id)
    named = (
        {"agent_id": subject.id}
        if subject.kind is ExecutionKind.AGENT
        else {"workflow_id": subject.id, "workflow_version": subject.version}
    )
    return await add_execution(
        session,
        user_id=subject.user_id,
        kind=subject.kind,
        input=terms.input,
        session_id=terms.session_id,
        parent_id=terms.parent_id,
        max_retries=terms.max_retries,
        scheduled_at=terms.scheduled_at,
        deadline_at=terms.deadline_at,
        meta=terms.meta,
        **named,
    )


async def add_execution(session: WriteSession, **values: Any) -> UUID:
    """Write a run that waits for a worker, with its first event; its id."""
    made: UUID = (
        await session.execute(
            insert(Execution).values(status=ExecutionStatus.PENDING, **values).returning(Execution.id)
        )
    ).scalar_one()
    queued = Event(ExecutionEventType.STATUS, "Queued.", {"status": ExecutionStatus.PENDING.value})
    await add_events(session, made, values["user_id"], [queued])
    return made


async def _take_turn(session: WriteSession, viewer: Viewer, subject: Subject, terms: Terms) -> None:
    # The lock makes the order of ids that of commits, by which runs of one session are claimed.
    locked = await session.scalar(
        rows(Session, viewer, Session.id)
        .where(Session.id == terms.session_id, Session.user_id == subject.user_id)
        .with_for_update(key_share=True)
    )
    if locked is None:
        raise NotFound("There is no such session of the owner of what is to be run.", "session_id")
    if terms.when_busy is WhenBusy.ENQUEUE:
        return
    busy = (
        await session.scalars(
            select(Execution.id).where(Execution.session_id == terms.session_id, Execution.status.in_(ACTIVE))
        )
    ).all()
    if busy and terms.when_busy is WhenBusy.REJECT:
        raise Conflict(
            "The session has a run that has not ended: wait for it, or choose INTERRUPT or ENQUEUE.",
            ("session_id",),
        )
    await cancel(session, busy, reason="Another run of the session took its place.", children=True)


async def _check_parent(session: WriteSession, viewer: Viewer, subject: Subject, parent_id: UUID) -> None:
    # Whoever cancels the parent meanwhile finds this child, or is found by it.
    status = await session.scalar(
        select(Execution.status)
        .where(changeable(Execution, viewer), Execution.id == parent_id, Execution.user_id == subject.user_id)
        .with_for_update(key_share=True)
    )
    if status is None:
        raise NotFound("There is no such parent of the owner of what is to be run.", "parent_id")
    if status not in ACTIVE:
        raise Invalid("The parent has ended, and can have no more parts: leave parentId out.", "parent_id")
