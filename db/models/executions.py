"""Runs of agents and workflows: executions, their steps and their events."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Identified, Logged, Owned, Timestamped, orders, owned_with, relation, within
from db.columns import BigInt, Json, ValueSet, between, closed, limited, not_negative

if TYPE_CHECKING:
    from db.models.agents import Agent
    from db.models.calls import LlmCall, ToolCall
    from db.models.code import CodeExecution
    from db.models.sessions import Session
    from db.models.users import User
    from db.models.workflows import Workflow


class ExecutionKind(ValueSet):
    """What is being run."""

    AGENT = "agent", "One agent works on one input."
    WORKFLOW = "workflow", "The nodes of a workflow are run."


class ExecutionStatus(ValueSet):
    """How far a run has come."""

    PENDING = "pending", "Waiting to be started."
    RUNNING = "running", "At work."
    PAUSED = "paused", "Halted by a person; can be resumed."
    WAITING_INPUT = "waiting_input", "Halted until somebody gives the input that was asked for."
    COMPLETED = "completed", "Ended with a result."
    FAILED = "failed", "Ended with an error."
    CANCELLED = "cancelled", "Ended by a person before it was done."
    TIMEOUT = "timeout", "Ended because it took longer than allowed."


class StepStatus(ValueSet):
    """How far a step has come."""

    PENDING = "pending", "Waiting for its turn."
    RUNNING = "running", "At work."
    WAITING_INPUT = "waiting_input", "Halted until somebody gives the input that was asked for."
    COMPLETED = "completed", "Ended with a result."
    FAILED = "failed", "Ended with an error."
    SKIPPED = "skipped", "Left out because its condition did not hold."
    CANCELLED = "cancelled", "Ended before it was done because the execution was."


class EventLevel(ValueSet):
    """How much an event matters."""

    DEBUG = "debug", "Of use to whoever looks for a fault."
    INFO = "info", "The ordinary course of things."
    WARNING = "warning", "Unexpected, but the run goes on."
    ERROR = "error", "Something failed."


class ExecutionEventType(ValueSet):
    """What an event tells."""

    LOG = "log", "A line that the run wrote."
    STATUS = "status", "The execution changed its status."
    PROGRESS = "progress", "The execution came further."
    STEP_STARTED = "step_started", "A step began."
    STEP_FINISHED = "step_finished", "A step ended, well or badly."
    OUTPUT = "output", "A part of the output arrived."
    INPUT_REQUESTED = "input_requested", "The run needs an input from somebody."
    INPUT_RECEIVED = "input_received", "The input that was asked for arrived."


_ACTIVE: Final = "status IN ('pending', 'running', 'paused', 'waiting_input')"


class Execution(Identified, Owned, Timestamped, Base):
    """One run of an agent or a workflow."""

    __tablename__ = "executions"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        owned_with("agent_id", "agents", ondelete="CASCADE"),
        owned_with("workflow_id", "workflows", ondelete="CASCADE"),
        owned_with("session_id", "sessions", ondelete="SET NULL (session_id)"),
        owned_with("parent_id", "executions", ondelete="SET NULL (parent_id)"),
        owned_with("retry_of_id", "executions", ondelete="SET NULL (retry_of_id)"),
        CheckConstraint(
            "CASE kind WHEN 'agent' THEN agent_id IS NOT NULL ELSE workflow_id IS NOT NULL END",
            name="subject",
        ),
        CheckConstraint("(lease_owner IS NULL) = (lease_expires_at IS NULL)", name="lease"),
        CheckConstraint("parent_id <> id", name="parent_id"),
        CheckConstraint("retry_of_id <> id", name="retry_of_id"),
        CheckConstraint("attempt >= 1", name="attempt"),
        CheckConstraint("workflow_version >= 1", name="workflow_version"),
        between("progress", 0, 100),
        *not_negative(
            "duration_ms",
            "total_tokens",
            "cost_usd",
            "retry_count",
            "max_retries",
            "steps_total",
            "steps_completed",
            "event_seq",
            "lease_token",
            "lease_write",
            "leases_lost",
        ),
        Index(
            "executions_active_idx",
            "status",
            text("coalesce(scheduled_at, created_at)"),
            "id",
            postgresql_where=text(_ACTIVE),
        ),
        Index(
            "executions_claim_idx",
            "kind",
            text("coalesce(scheduled_at, created_at)"),
            "id",
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "executions_deadline_at_idx",
            "deadline_at",
            postgresql_where=text(f"{_ACTIVE} AND deadline_at IS NOT NULL"),
        ),
        Index("executions_session_active_idx", "session_id", "id", postgresql_where=text(_ACTIVE)),
        Index("executions_user_id_status_idx", "user_id", "status", text("created_at DESC"), text("id DESC")),
        Index("executions_workflow_id_status_idx", "workflow_id", "status", text("created_at DESC")),
        Index(
            "executions_input_idx",
            "input",
            postgresql_using="gin",
            postgresql_ops={"input": "jsonb_path_ops"},
        ),
        Index(
            "executions_output_idx",
            "output",
            postgresql_using="gin",
            postgresql_ops={"output": "jsonb_path_ops"},
        ),
        within("executions", "agent_id"),
        within("executions", "workflow_id"),
        within("executions", "session_id"),
        within("executions", "parent_id"),
        within("executions", "retry_of_id"),
        *orders(
            "executions",
            "user_id",
            "created_at",
            "updated_at",
            nullable=("started_at", "finished_at", "duration_ms", "cost_usd"),
        ),
        *orders("executions", None, "created_at"),
    )

    kind: Mapped[ExecutionKind] = closed("kind", ExecutionKind, doc="Whether an agent or a workflow is run.")
    agent_id: Mapped[UUID | None] = mapped_column(doc="The agent that runs.")
    workflow_id: Mapped[UUID | None] = mapped_column(
        doc="The workflow that runs, or that the agent's run was started by."
    )
    workflow_version: Mapped[int | None] = mapped_column(
        doc="The saved version of the workflow that runs; null where its drawing does."
    )
    session_id: Mapped[UUID | None] = mapped_column(
        doc="The session for which it runs; a session has one run at work at a time."
    )
    parent_id: Mapped[UUID | None] = mapped_column(
        doc="The execution that started this one as a part of itself."
    )
    retry_of_id: Mapped[UUID | None] = mapped_column(doc="The execution that this one tries again.")
    status: Mapped[ExecutionStatus] = closed(
        "status", ExecutionStatus, default=ExecutionStatus.PENDING, doc="How far it has come."
    )
    progress: Mapped[int] = mapped_column(server_default=text("0"), doc="Progress in per cent.")
    input: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="What it was given.")
    output: Mapped[Json | None] = mapped_column(doc="What came of it.")
    error: Mapped[Json | None] = mapped_column(doc="What went wrong, with `code` and `message`.")
    current_node_id: Mapped[str | None] = limited(
        "current_node_id", 100, doc="The workflow node that is at work."
    )
    steps_total: Mapped[int | None] = mapped_column(doc="Number of steps, once known.")
    steps_completed: Mapped[int] = mapped_column(server_default=text("0"), doc="Number of steps done.")
    attempt: Mapped[int] = mapped_column(server_default=text("1"), doc="Which try this is, from 1.")
    retry_count: Mapped[int] = mapped_column(
        server_default=text("0"), doc="Number of tries that failed before this one."
    )
    max_retries: Mapped[int] = mapped_column(
        server_default=text("3"), doc="Number of times that it may be tried again."
    )
    duration_ms: Mapped[int | None] = mapped_column(doc="Time it took, in milliseconds.")
    total_tokens: Mapped[BigInt | None] = mapped_column(doc="Tokens used, if known.")
    cost_usd: Mapped[Decimal | None] = mapped_column(doc="Cost in US dollars, if known.")
    scheduled_at: Mapped[datetime | None] = mapped_column(
        doc="It does not start before this; null means at once."
    )
    deadline_at: Mapped[datetime | None] = mapped_column(doc="It is ended when it is not done by then.")
    started_at: Mapped[datetime | None] = mapped_column(doc="When it began.")
    finished_at: Mapped[datetime | None] = mapped_column(doc="When it ended, well or badly.")
    lease_owner: Mapped[str | None] = mapped_column(doc="The worker that holds it.")
    lease_expires_at: Mapped[datetime | None] = mapped_column(
        doc="When another worker may take it if its holder is silent."
    )
    lease_token: Mapped[BigInt] = mapped_column(
        server_default=text("0"), doc="Grows with each lease; a worker with an older one may no longer write."
    )
    lease_write: Mapped[BigInt] = mapped_column(
        server_default=text("0"),
        doc="Number of the newest write of the lease; one that is sent again is not done again.",
    )
    leases_lost: Mapped[int] = mapped_column(
        server_default=text("0"), doc="Number of workers that fell silent while they held it."
    )
    event_seq: Mapped[BigInt] = mapped_column(
        server_default=text("0"), doc="The `seq` of its newest event; 0 if it has none."
    )
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the execution as JSON."
    )

    user: Mapped["User"] = relation(
        "Execution.user_id", "User.id", back_populates="executions", doc="The user who owns it."
    )
    agent: Mapped["Agent | None"] = relation(
        "Execution.agent_id", "Agent.id", back_populates="executions", doc="The agent that runs."
    )
    workflow: Mapped["Workflow | None"] = relation(
        "Execution.workflow_id", "Workflow.id", back_populates="executions", doc="The workflow that runs."
    )
    session: Mapped["Session | None"] = relation(
        "Execution.session_id",
        "Session.id",
        back_populates="executions",
        doc="The session for which it runs.",
    )
    parent: Mapped["Execution | None"] = relation(
        "Execution.parent_id",
        "Execution.id",
        back_populates="children",
        doc="The execution that started this one.",
    )
    children: Mapped[list["Execution"]] = relation(
        "Execution.id", "Execution.parent_id", back_populates="parent", doc="Executions that it started."
    )
    retry_of: Mapped["Execution | None"] = relation(
        "Execution.retry_of_id",
        "Execution.id",
        back_populates="retries",
        doc="The execution that this one tries again.",
    )
    retries: Mapped[list["Execution"]] = relation(
        "Execution.id",
        "Execution.retry_of_id",
        back_populates="retry_of",
        doc="Executions that try it again.",
    )
    steps: Mapped[list["ExecutionStep"]] = relation(
        "Execution.id",
        "ExecutionStep.execution_id",
        back_populates="execution",
        order_by="ExecutionStep.seq",
        doc="Its steps in order.",
    )
    events: Mapped[list["ExecutionEvent"]] = relation(
        "Execution.id",
        "ExecutionEvent.execution_id",
        back_populates="execution",
        order_by="ExecutionEvent.seq",
        doc="What happened to it, in order.",
    )
    tool_calls: Mapped[list["ToolCall"]] = relation(
        "Execution.id", "ToolCall.execution_id", back_populates="execution", doc="Tools that it called."
    )
    llm_calls: Mapped[list["LlmCall"]] = relation(
        "Execution.id", "LlmCall.execution_id", back_populates="execution", doc="Its language model calls."
    )
    code_executions: Mapped[list["CodeExecution"]] = relation(
        "Execution.id", "CodeExecution.execution_id", back_populates="execution", doc="Code that it ran."
    )


class ExecutionStep(Identified, Owned, Timestamped, Base):
    """One step of an execution, such as a node of a workflow."""

    __tablename__ = "execution_steps"
    __table_args__ = (
        # Lists the parts of one whole in their order, too.
        UniqueConstraint("execution_id", "seq"),
        owned_with("execution_id", "executions", ondelete="CASCADE"),
        *not_negative("seq"),
        *orders("execution_steps", "user_id", "created_at", nullable=("started_at",)),
        *orders("execution_steps", None, "created_at"),
    )

    execution_id: Mapped[UUID] = mapped_column(doc="The execution that it belongs to.")
    seq: Mapped[int] = mapped_column(doc="Position in the execution, ascending.")
    node_id: Mapped[str | None] = limited("node_id", 100, doc="The workflow node that it ran.")
    status: Mapped[StepStatus] = closed(
        "status", StepStatus, default=StepStatus.PENDING, doc="How far it has come."
    )
    input: Mapped[Json | None] = mapped_column(doc="What it was given.")
    output: Mapped[Json | None] = mapped_column(doc="What came of it.")
    error: Mapped[Json | None] = mapped_column(doc="What went wrong, with `code` and `message`.")
    started_at: Mapped[datetime | None] = mapped_column(doc="When it began.")
    finished_at: Mapped[datetime | None] = mapped_column(doc="When it ended, well or badly.")

    user: Mapped["User"] = relation(
        "ExecutionStep.user_id", "User.id", back_populates="execution_steps", doc="The user who owns it."
    )
    execution: Mapped["Execution"] = relation(
        "ExecutionStep.execution_id",
        "Execution.id",
        back_populates="steps",
        doc="The execution that it belongs to.",
    )


class ExecutionEvent(Identified, Owned, Logged, Base):
    """Something that happened to an execution."""

    __tablename__ = "execution_events"
    __table_args__ = (
        owned_with("execution_id", "executions", ondelete="CASCADE"),
        CheckConstraint("seq >= 1", name="seq"),
        within("execution_events", "execution_id", "seq", descending=False),
        *orders("execution_events", "user_id", "created_at"),
        *orders("execution_events", None, "created_at"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    execution_id: Mapped[UUID] = mapped_column(doc="The execution that it happened to.")
    seq: Mapped[BigInt] = mapped_column(doc="Number of the event in its execution: 1, 2, 3 … without gaps.")
    type: Mapped[ExecutionEventType] = closed(
        "type", ExecutionEventType, default=ExecutionEventType.LOG, doc="What the event tells."
    )
    level: Mapped[EventLevel] = closed(
        "level", EventLevel, default=EventLevel.INFO, doc="How much the event matters."
    )
    message: Mapped[str] = mapped_column(doc="The event in words.")
    data: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="The event in figures, as JSON.")

    user: Mapped["User"] = relation(
        "ExecutionEvent.user_id", "User.id", back_populates="execution_events", doc="The user who owns it."
    )
    execution: Mapped["Execution"] = relation(
        "ExecutionEvent.execution_id",
        "Execution.id",
        back_populates="events",
        doc="The execution that it happened to.",
    )
