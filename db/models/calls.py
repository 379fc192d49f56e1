"""Calls to the outside: tools and language models."""

from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Identified, Owned, Versioned, orders, owned_with, relation, within
from db.columns import Json, ValueSet, closed, limited, not_negative

if TYPE_CHECKING:
    from db.models.executions import Execution
    from db.models.sessions import Message, Session
    from db.models.users import User


class CallStatus(ValueSet):
    """How a call went."""

    PENDING = "pending", "Not yet made."
    RUNNING = "running", "Made, and waiting for the answer."
    SUCCEEDED = "succeeded", "Answered without an error."
    FAILED = "failed", "Ended with an error."
    TIMEOUT = "timeout", "Ended because the answer took longer than allowed."
    CANCELLED = "cancelled", "Ended before the answer because nobody wanted it any more."
    UNKNOWN = "unknown", "The system that it was imported from did not say."


class ToolType(ValueSet):
    """Where a tool comes from."""

    BUILTIN = "builtin", "A part of the application."
    MCP = "mcp", "Offered by an MCP server."


class ToolCall(Identified, Owned, Versioned, Base):
    """One call of a tool."""

    __tablename__ = "tool_calls"
    __table_args__ = (
        owned_with("session_id", "sessions", ondelete="SET NULL (session_id)"),
        owned_with("message_id", "messages", ondelete="SET NULL (message_id)"),
        owned_with("execution_id", "executions", ondelete="SET NULL (execution_id)"),
        *not_negative("duration_ms"),
        Index(
            "tool_calls_user_id_tool_name_idx",
            "user_id",
            "tool_name",
            text("created_at DESC"),
            text("id DESC"),
        ),
        within("tool_calls", "session_id"),
        within("tool_calls", "message_id"),
        within("tool_calls", "execution_id"),
        *orders("tool_calls", "user_id", "created_at", nullable=("duration_ms",)),
        *orders("tool_calls", None, "created_at"),
    )

    session_id: Mapped[UUID | None] = mapped_column(doc="The session in which it was called.")
    message_id: Mapped[UUID | None] = mapped_column(doc="The message for which it was called.")
    execution_id: Mapped[UUID | None] = mapped_column(doc="The execution that called it.")
    tool_name: Mapped[str] = mapped_column(doc="Name of the tool.")
    tool_type: Mapped[ToolType | None] = closed(
        "tool_type", ToolType, doc="Where the tool comes from, if known."
    )
    server_name: Mapped[str | None] = mapped_column(doc="The MCP server that offers the tool.")
    arguments: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="What the tool was given.")
    result: Mapped[Json | None] = mapped_column(doc="What the tool gave back, as JSON.")
    result_text: Mapped[str | None] = mapped_column(doc="What the tool gave back, where that is no JSON.")
    status: Mapped[CallStatus] = closed("status", CallStatus, default=CallStatus.PENDING, doc="How it went.")
    error_message: Mapped[str | None] = mapped_column(doc="What went wrong.")
    duration_ms: Mapped[int | None] = mapped_column(doc="Time it took, in milliseconds.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the call as JSON."
    )

    user: Mapped["User"] = relation(
        "ToolCall.user_id", "User.id", back_populates="tool_calls", doc="The user for whom it was called."
    )
    session: Mapped["Session | None"] = relation(
        "ToolCall.session_id",
        "Session.id",
        back_populates="tool_calls",
        doc="The session in which it was called.",
    )
    message: Mapped["Message | None"] = relation(
        "ToolCall.message_id", "Message.id", back_populates="tool_calls", doc="The message it was called for."
    )
    execution: Mapped["Execution | None"] = relation(
        "ToolCall.execution_id",
        "Execution.id",
        back_populates="tool_calls",
        doc="The execution that called it.",
    )


class LlmCall(Identified, Owned, Versioned, Base):
    """One call of a language model, with what it used and what it cost."""

    __tablename__ = "llm_calls"
    __table_args__ = (
        owned_with("session_id", "sessions", ondelete="SET NULL (session_id)"),
        owned_with("message_id", "messages", ondelete="SET NULL (message_id)"),
        owned_with("execution_id", "executions", ondelete="SET NULL (execution_id)"),
        *not_negative(
            "prompt_tokens", "completion_tokens", "cached_tokens", "total_tokens", "cost_usd", "latency_ms"
        ),
        Index("llm_calls_user_id_model_idx", "user_id", "model", text("created_at DESC"), text("id DESC")),
        within("llm_calls", "session_id"),
        within("llm_calls", "message_id"),
        within("llm_calls", "execution_id"),
        *orders("llm_calls", "user_id", "created_at", nullable=("cost_usd", "latency_ms")),
        *orders("llm_calls", None, "created_at"),
    )

    session_id: Mapped[UUID | None] = mapped_column(doc="The session for which it was made.")
    message_id: Mapped[UUID | None] = mapped_column(doc="The message that it wrote, or was made for.")
    execution_id: Mapped[UUID | None] = mapped_column(doc="The execution that made it.")
    provider: Mapped[str] = limited("provider", 50, doc="Who runs the model, such as `anthropic`.")
    model: Mapped[str] = limited("model", 100, doc="The model called.")
    endpoint: Mapped[str] = limited("endpoint", 100, doc="The operation called, such as `chat/completions`.")
    request: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="What was sent.")
    response: Mapped[Json | None] = mapped_column(doc="What came back.")
    status: Mapped[CallStatus] = closed("status", CallStatus, default=CallStatus.PENDING, doc="How it went.")
    http_status: Mapped[int | None] = mapped_column(doc="HTTP status of the answer.")
    error_message: Mapped[str | None] = mapped_column(doc="What went wrong.")
    prompt_tokens: Mapped[int | None] = mapped_column(doc="Tokens of the prompt, if known.")
    completion_tokens: Mapped[int | None] = mapped_column(doc="Tokens of the answer, if known.")
    cached_tokens: Mapped[int | None] = mapped_column(
        doc="Tokens of the prompt that came from a cache, if known."
    )
    total_tokens: Mapped[int | None] = mapped_column(
        doc="Tokens altogether; the only figure where the split is unknown."
    )
    cost_usd: Mapped[Decimal | None] = mapped_column(doc="Cost in US dollars, if known.")
    latency_ms: Mapped[int | None] = mapped_column(doc="Time until the answer was complete, in milliseconds.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the call as JSON."
    )

    user: Mapped["User"] = relation(
        "LlmCall.user_id", "User.id", back_populates="llm_calls", doc="The user for whom it was made."
    )
    session: Mapped["Session | None"] = relation(
        "LlmCall.session_id",
        "Session.id",
        back_populates="llm_calls",
        doc="The session for which it was made.",
    )
    message: Mapped["Message | None"] = relation(
        "LlmCall.message_id",
        "Message.id",
        back_populates="llm_calls",
        doc="The message that it wrote, or was made for.",
    )
    execution: Mapped["Execution | None"] = relation(
        "LlmCall.execution_id", "Execution.id", back_populates="llm_calls", doc="The execution that made it."
    )
