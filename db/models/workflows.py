"""Workflows as drawn in the editor, and their versions."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    Created,
    Identified,
    Owned,
    SoftDeleted,
    Versioned,
    orders,
    owned_with,
    reference,
    relation,
    within,
)
from db.columns import Json, ValueSet, closed, limited

if TYPE_CHECKING:
    from db.models.executions import Execution
    from db.models.users import User


class WorkflowStatus(ValueSet):
    """Whether a workflow can be run."""

    DRAFT = "draft", "Being drawn; not yet published."
    ACTIVE = "active", "Published and ready to run."
    PAUSED = "paused", "Published, but switched off for now."
    ARCHIVED = "archived", "Put away; kept for its executions."


class Workflow(Identified, Owned, Versioned, SoftDeleted, Base):
    """A graph of nodes and edges that is run as a whole."""

    __tablename__ = "workflows"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("published_version >= 1", name="published_version"),
        Index("workflows_tags_idx", "tags", postgresql_using="gin"),
        Index(
            "workflows_nodes_idx", "nodes", postgresql_using="gin", postgresql_ops={"nodes": "jsonb_path_ops"}
        ),
        Index(
            "workflows_edges_idx", "edges", postgresql_using="gin", postgresql_ops={"edges": "jsonb_path_ops"}
        ),
        *orders("workflows", "user_id", "created_at", "updated_at", "name", nullable=("published_at",)),
        *orders("workflows", None, "created_at"),
    )

    name: Mapped[str] = limited("name", 100, doc="Name shown to people.")
    description: Mapped[str | None] = mapped_column(doc="What it is for.")
    status: Mapped[WorkflowStatus] = closed(
        "status", WorkflowStatus, default=WorkflowStatus.DRAFT, doc="Whether it can be run."
    )
    nodes: Mapped[Json] = mapped_column(server_default=text("'[]'"), doc="Nodes in the format of VueFlow.")
    edges: Mapped[Json] = mapped_column(server_default=text("'[]'"), doc="Edges in the format of VueFlow.")
    viewport: Mapped[Json] = mapped_column(
        server_default=text("""'{"x": 0, "y": 0, "zoom": 1}'"""),
        doc="The part of the drawing that was last in view: `x`, `y`, `zoom`.",
    )
    tags: Mapped[list[str]] = mapped_column(server_default=text("'{}'"), doc="Words to find it by.")
    published_at: Mapped[datetime | None] = mapped_column(doc="When it was last published.")
    published_version: Mapped[int | None] = mapped_column(
        doc="The saved version that runs; null before it is published here."
    )
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the workflow as JSON."
    )

    user: Mapped["User"] = relation(
        "Workflow.user_id", "User.id", back_populates="workflows", doc="The user who owns it."
    )
    versions: Mapped[list["WorkflowVersion"]] = relation(
        "Workflow.id",
        "WorkflowVersion.workflow_id",
        back_populates="workflow",
        order_by="WorkflowVersion.version.desc()",
        doc="Its saved versions, newest first.",
    )
    executions: Mapped[list["Execution"]] = relation(
        "Workflow.id", "Execution.workflow_id", back_populates="workflow", doc="Its runs."
    )


class WorkflowVersion(Identified, Owned, Created, Base):
    """A workflow as it was when somebody saved it."""

    __tablename__ = "workflow_versions"
    __table_args__ = (
        UniqueConstraint("workflow_id", "version"),
        owned_with("workflow_id", "workflows", ondelete="CASCADE"),
        CheckConstraint("version >= 1", name="version"),
        within("workflow_versions", "workflow_id", "version"),
        within("workflow_versions", "created_by"),
        *orders("workflow_versions", "user_id", "created_at"),
        *orders("workflow_versions", None, "created_at"),
    )

    workflow_id: Mapped[UUID] = mapped_column(doc="The workflow that was saved.")
    version: Mapped[int] = mapped_column(doc="Number of the version in its workflow, from 1.")
    data: Mapped[Json] = mapped_column(doc="The whole workflow as it was, as JSON.")
    created_by: Mapped[UUID | None] = reference(
        "users.id", ondelete="SET NULL", doc="The user who saved it; null when the account is gone."
    )

    user: Mapped["User"] = relation(
        "WorkflowVersion.user_id", "User.id", back_populates="workflow_versions", doc="The user who owns it."
    )
    workflow: Mapped["Workflow"] = relation(
        "WorkflowVersion.workflow_id",
        "Workflow.id",
        back_populates="versions",
        doc="The workflow that was saved.",
    )
    author: Mapped["User | None"] = relation(
        "WorkflowVersion.created_by",
        "User.id",
        back_populates="authored_workflow_versions",
        doc="The user who saved it.",
    )
