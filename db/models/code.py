"""Code that was run in a sandbox."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Identified, Owned, Versioned, orders, owned_with, relation, within
from db.columns import IPAddress, Json, ValueSet, between, closed, limited, not_negative
from db.models.executions import ExecutionStatus

if TYPE_CHECKING:
    from db.models.agents import Agent
    from db.models.executions import Execution
    from db.models.users import User


class CodeLanguage(ValueSet):
    """Language that code is written in."""

    PYTHON = "python", "A program in Python."
    JAVASCRIPT = "javascript", "A program in JavaScript."
    TYPESCRIPT = "typescript", "A program in TypeScript."


class CodeExecution(Identified, Owned, Versioned, Base):
    """One run of a piece of code in a sandbox."""

    __tablename__ = "code_executions"
    __table_args__ = (
        owned_with("agent_id", "agents", ondelete="SET NULL (agent_id)"),
        owned_with("execution_id", "executions", ondelete="SET NULL (execution_id)"),
        *not_negative("duration_ms", "memory_used_mb", "cpu_usage_percent"),
        between("security_score", 0, 100),
        Index(
            "code_executions_active_idx",
            "container_id",
            postgresql_where=text("status IN ('pending', 'running')"),
        ),
        Index(
            "code_executions_user_id_status_idx",
            "user_id",
            "status",
            text("created_at DESC"),
            text("id DESC"),
        ),
        within("code_executions", "agent_id"),
        within("code_executions", "execution_id"),
        *orders(
            "code_executions", "user_id", "created_at", "updated_at", nullable=("started_at", "duration_ms")
        ),
        *orders("code_executions", None, "created_at"),
    )

    agent_id: Mapped[UUID | None] = mapped_column(doc="The agent that ran it.")
    execution_id: Mapped[UUID | None] = mapped_column(doc="The execution that it was a part of.")
    language: Mapped[CodeLanguage] = closed("language", CodeLanguage, doc="Language of the code.")
    code: Mapped[str] = mapped_column(doc="The code.")
    status: Mapped[ExecutionStatus] = closed(
        "status", ExecutionStatus, default=ExecutionStatus.PENDING, doc="How far it has come."
    )
    container_id: Mapped[str | None] = limited("container_id", 100, doc="The container that it ran in.")
    container_ip: Mapped[IPAddress | None] = mapped_column(doc="Network address of the container.")
    stdout: Mapped[str | None] = mapped_column(doc="What it wrote to standard output.")
    stderr: Mapped[str | None] = mapped_column(doc="What it wrote to standard error.")
    exit_code: Mapped[int | None] = mapped_column(doc="Exit code; 0 means success.")
    duration_ms: Mapped[int | None] = mapped_column(doc="Time it took, in milliseconds.")
    memory_used_mb: Mapped[int | None] = mapped_column(doc="Most memory that it held, in megabytes.")
    cpu_usage_percent: Mapped[Decimal | None] = mapped_column(
        Numeric(5, 2), doc="Processor use in per cent of one core; above 100 on several."
    )
    security_score: Mapped[int | None] = mapped_column(
        doc="How safe it was judged, from 0 to 100, 100 being the safest."
    )
    security_issues: Mapped[list[str]] = mapped_column(
        server_default=text("'{}'"), doc="What was found unsafe about it."
    )
    started_at: Mapped[datetime | None] = mapped_column(doc="When it began.")
    finished_at: Mapped[datetime | None] = mapped_column(doc="When it ended, well or badly.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the run as JSON."
    )

    user: Mapped["User"] = relation(
        "CodeExecution.user_id", "User.id", back_populates="code_executions", doc="The user who owns it."
    )
    agent: Mapped["Agent | None"] = relation(
        "CodeExecution.agent_id", "Agent.id", back_populates="code_executions", doc="The agent that ran it."
    )
    execution: Mapped["Execution | None"] = relation(
        "CodeExecution.execution_id",
        "Execution.id",
        back_populates="code_executions",
        doc="The execution that it was a part of.",
    )
