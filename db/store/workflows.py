"""Versions of workflows: the drawing as it stands, what was published of it, and what is brought back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select

from db.errors import Invalid
from db.models import Workflow, WorkflowStatus, WorkflowVersion
from db.policy import Viewer, rows
from db.session import ReadSession, WriteSession
from db.store.change import change, hold
from db.store.drafts import Draft

SAVED: Final = ("name", "description", "nodes", "edges", "viewport", "tags")
"""What a version holds of a workflow."""

_PUBLISHED: Final = (WorkflowStatus.ACTIVE, WorkflowStatus.PAUSED)
_DRAWN: Final = (
    Workflow.id,
    Workflow.user_id,
    Workflow.version,
    Workflow.published_version,
    *(getattr(Workflow, name) for name in SAVED),
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A workflow as it stands, and what counts its changes."""

    id: UUID
    user_id: UUID
    version: int
    published_version: int | None
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """A version that was saved."""

    id: UUID
    number: int


async def hold_workflow(
    session: WriteSession, viewer: Viewer, workflow_id: UUID, expected_version: int | None
) -> Drawing:
    """Lock a workflow that the viewer may change. Raises NotFound and Stale."""
    row = await hold(
        session,
        viewer,
        Workflow,
        {"id": workflow_id},
        attributes=("published_version", *SAVED),
        expected_version=expected_version,
    )
    state = {name: row[name] for name in SAVED}
    return Drawing(row["id"], row["user_id"], row["version"], row["published_version"], state)


async def read_workflow(session: ReadSession, viewer: Viewer, workflow_id: UUID) -> Drawing | None:
    """A workflow that the viewer may see, as it stands."""
    wanted = rows(Workflow, viewer, *_DRAWN).where(Workflow.id == workflow_id)
    row = (await session.execute(wanted)).one_or_none()
    return None if row is None else _drawing(row)


async def read_version(
    session: ReadSession | WriteSession, viewer: Viewer, workflow_id: UUID, version: int
) -> dict[str, Any] | None:
    """What a saved version of a workflow holds, if the viewer may see it."""
    wanted = rows(WorkflowVersion, viewer, WorkflowVersion.data).where(
        WorkflowVersion.workflow_id == workflow_id, WorkflowVersion.version == version
    )
    data = (await session.execute(wanted)).scalar_one_or_none()
    return data if isinstance(data, dict) else None


async def judge_status(session: WriteSession, drafts: Sequence[Draft]) -> None:
    """Blame workflows that are to be active, or paused, and were never published."""
    asking = [draft for draft in drafts if draft.values.get("status") in _PUBLISHED]
    if not asking:
        return
    keys = [draft.id for draft in asking]
    wanted = select(Workflow.id).where(Workflow.id.in_(keys), Workflow.published_at.is_not(None))
    published = set(await session.scalars(wanted))
    for draft in asking:
        if draft.id not in published:
            draft.blame(Invalid("Publish the workflow first: see `publishWorkflow`.", "status"), "status")


async def publish(session: WriteSession, drawing: Drawing, author: UUID | None) -> Saved:
    """Save a workflow that is held as its newest version, and let that one run."""
    saved = await _save(session, drawing, author)
    values = {"status": WorkflowStatus.ACTIVE, "published_at": func.now(), "published_version": saved.number}
    await change(session, Workflow, drawing.id, values)
    return saved


async def restore(session: WriteSession, drawing: Drawing, data: dict[str, Any]) -> None:
    """Bring back what a version holds; what it does not hold stays as it is, and so does what runs."""
    held: dict[str, Any] = {name: data[name] for name in SAVED if name in data}
    fitting: dict[str, Any] = {name: value for name, value in held.items() if _fits(name, value)}
    await change(session, Workflow, drawing.id, fitting)


def _fits(name: str, value: Any) -> bool:
    """Whether a value can stand in a column: an import may have brought anything."""
    match name:
        case "name":
            return isinstance(value, str)
        case "description":
            return value is None or isinstance(value, str)
        case "tags":
            return isinstance(value, list) and all(isinstance(tag, str) for tag in value)
    return value is not None


async def _save(session: WriteSession, drawing: Drawing, author: UUID | None) -> Saved:
    newest = await session.scalar(
        select(func.max(WorkflowVersion.version)).where(WorkflowVersion.workflow_id == drawing.id)
    )
    number = (newest or 0) + 1
    values = {"workflow_id": drawing.id, "user_id": drawing.user_id, "version": number}
    made = await session.scalars(
        insert(WorkflowVersion)
        .values(**values, data=drawing.state, created_by=author)
        .returning(WorkflowVersion.id)
    )
    return Saved(made.one(), number)


def _drawing(row: Any) -> Drawing:
    key, owner, version, published, *state = row
    return Drawing(key, owner, version, published, dict(zip(SAVED, state, strict=True)))
