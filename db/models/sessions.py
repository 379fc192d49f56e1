"""Conversations: sessions and their messages."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    Identified,
    Owned,
    Searchable,
    SoftDeleted,
    Versioned,
    orders,
    owned_with,
    reference,
    relation,
    searched,
    within,
)
from db.columns import BigInt, Json, ValueSet, closed, limited, not_negative

if TYPE_CHECKING:
    from db.models.agents import Agent
    from db.models.calls import LlmCall, ToolCall
    from db.models.executions import Execution
    from db.models.insights import AdRecommendation, BehaviorEvent, IntentAnalysis
    from db.models.memories import Memory
    from db.models.message_sources import MessageCitation, MessageMemory
    from db.models.operations import ApiRequest
    from db.models.personalities import Personality
    from db.models.session_events import SessionEvent
    from db.models.users import User


class SessionKind(ValueSet):
    """What kind of session it is."""

    CHAT = "chat", "A conversation with messages."
    VISIT = "visit", "A visit to an application whose behaviour was observed; usually without messages."


class SessionMode(ValueSet):
    """How answers in a session are produced."""

    LLM = "llm", "The language model answers alone."
    MCP = "mcp", "The language model calls tools of MCP servers."
    RAG = "rag", "The language model answers from documents retrieved for the question."


class MessageRole(ValueSet):
    """Who speaks in a message."""

    USER = "user", "The person."
    ASSISTANT = "assistant", "The language model."
    SYSTEM = "system", "Instructions or a summary that the application put there."
    TOOL = "tool", "The result of a tool, given back to the language model."


class Session(Identified, Owned, Versioned, SoftDeleted, Base):
    """One conversation or visit of a user, held with a personality or an agent."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        owned_with("agent_id", "agents", ondelete="SET NULL (agent_id)"),
        owned_with("origin_id", "sessions", ondelete="SET NULL (origin_id)"),
        *not_negative("message_count", "total_tokens", "event_seq", "leaf_seq", "origin_seq"),
        CheckConstraint("external_id IS NULL OR source IS NOT NULL", name="source"),
        CheckConstraint("origin_id IS NULL OR origin_seq IS NOT NULL", name="origin"),
        CheckConstraint("origin_id <> id", name="origin_id"),
        Index(
            "sessions_source_external_id_key",
            "source",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index(
            "sessions_client_session_key_idx",
            "client_session_key",
            postgresql_where=text("client_session_key IS NOT NULL"),
        ),
        Index(
            "sessions_user_id_live_idx",
            "user_id",
            text("last_message_at DESC NULLS LAST"),
            text("id DESC"),
            postgresql_where=text("deleted_at IS NULL AND NOT is_archived"),
        ),
        Index("sessions_deleted_idx", "id", postgresql_where=text("deleted_at IS NOT NULL")),
        Index(
            "sessions_metadata_idx",
            "metadata",
            postgresql_using="gin",
            postgresql_ops={"metadata": "jsonb_path_ops"},
        ),
        within("sessions", "personality_id"),
        within("sessions", "agent_id"),
        within("sessions", "origin_id"),
        *orders(
            "sessions", "user_id", "created_at", "updated_at", "message_count", nullable=("last_message_at",)
        ),
        *orders("sessions", None, "created_at"),
    )

    kind: Mapped[SessionKind] = closed(
        "kind", SessionKind, default=SessionKind.CHAT, doc="Whether it is a conversation or a visit."
    )
    mode: Mapped[SessionMode | None] = closed("mode", SessionMode, doc="How answers are produced, if known.")
    title: Mapped[str | None] = mapped_column(
        doc="Title; null until somebody or something names the session."
    )
    model: Mapped[str | None] = limited("model", 100, doc="Language model chosen for the session.")
    system_prompt: Mapped[str | None] = mapped_column(
        doc="Instructions given to the language model verbatim, beside those of the personality."
    )
    personality_id: Mapped[UUID | None] = reference(
        "personalities.id", ondelete="SET NULL", doc="The personality that answers."
    )
    agent_id: Mapped[UUID | None] = mapped_column(doc="The agent that answers.")
    source: Mapped[str | None] = mapped_column(
        doc="The system that it was imported from; null if it was made here."
    )
    external_id: Mapped[str | None] = limited(
        "external_id", 255, doc="Key of the session in the system it came from; unique within `source`."
    )
    client_session_key: Mapped[str | None] = mapped_column(
        doc="Key with which a client groups several sessions; not unique."
    )
    user_segment: Mapped[str | None] = limited(
        "user_segment", 100, doc="Audience segment that the user belonged to in this session."
    )
    preferences: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="Preferences that hold in this session only."
    )
    is_archived: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether the user has put it away; it stays readable."
    )
    message_count: Mapped[int] = mapped_column(
        server_default=text("0"), doc="Number of messages that are not deleted."
    )
    total_tokens: Mapped[BigInt] = mapped_column(
        server_default=text("0"), doc="Tokens of all its messages that are not deleted."
    )
    last_message_at: Mapped[datetime | None] = mapped_column(doc="When the newest message was written.")
    leaf_seq: Mapped[int | None] = mapped_column(
        doc="The `seq` of its own message after which it goes on where that is not the newest; else null."
    )
    origin_id: Mapped[UUID | None] = mapped_column(doc="The session that it was forked from.")
    origin_seq: Mapped[int | None] = mapped_column(
        doc="The `seq` of the message of its origin after which it goes its own way."
    )
    event_seq: Mapped[BigInt] = mapped_column(
        server_default=text("0"), doc="The `seq` of its newest event; 0 if it has none."
    )
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the session as JSON."
    )

    user: Mapped["User"] = relation(
        "Session.user_id", "User.id", back_populates="sessions", doc="The user whose session it is."
    )
    personality: Mapped["Personality | None"] = relation(
        "Session.personality_id",
        "Personality.id",
        back_populates="sessions",
        doc="The personality that answers.",
    )
    agent: Mapped["Agent | None"] = relation(
        "Session.agent_id", "Agent.id", back_populates="sessions", doc="The agent that answers."
    )
    messages: Mapped[list["Message"]] = relation(
        "Session.id",
        "Message.session_id",
        back_populates="session",
        order_by="Message.seq",
        doc="Messages in the order in which they were written.",
    )
    events: Mapped[list["SessionEvent"]] = relation(
        "Session.id",
        "SessionEvent.session_id",
        back_populates="session",
        order_by="SessionEvent.seq",
        doc="What happened in it, in order.",
    )
    executions: Mapped[list["Execution"]] = relation(
        "Session.id", "Execution.session_id", back_populates="session", doc="Runs for it."
    )
    origin: Mapped["Session | None"] = relation(
        "Session.origin_id",
        "Session.id",
        back_populates="forks",
        doc="The session that it was forked from.",
    )
    forks: Mapped[list["Session"]] = relation(
        "Session.id", "Session.origin_id", back_populates="origin", doc="Sessions that were forked from it."
    )
    memories: Mapped[list["Memory"]] = relation(
        "Session.id", "Memory.session_id", back_populates="session", doc="Memories formed in it."
    )
    tool_calls: Mapped[list["ToolCall"]] = relation(
        "Session.id", "ToolCall.session_id", back_populates="session", doc="Tools called in it."
    )
    llm_calls: Mapped[list["LlmCall"]] = relation(
        "Session.id", "LlmCall.session_id", back_populates="session", doc="Language model calls made for it."
    )
    behavior_events: Mapped[list["BehaviorEvent"]] = relation(
        "Session.id", "BehaviorEvent.session_id", back_populates="session", doc="What the user did in it."
    )
    intent_analyses: Mapped[list["IntentAnalysis"]] = relation(
        "Session.id",
        "IntentAnalysis.session_id",
        back_populates="session",
        doc="What the user was found to want in it.",
    )
    ad_recommendations: Mapped[list["AdRecommendation"]] = relation(
        "Session.id", "AdRecommendation.session_id", back_populates="session", doc="Ads recommended in it."
    )
    api_requests: Mapped[list["ApiRequest"]] = relation(
        "Session.id", "ApiRequest.session_id", back_populates="session", doc="Requests made in it."
    )


class Message(Identified, Owned, Versioned, SoftDeleted, Searchable, Base):
    """One message of a session."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        # Lists the parts of one whole in their order, too.
        UniqueConstraint("session_id", "seq"),
        UniqueConstraint("session_id", "branch_seq", "seq"),
        owned_with("session_id", "sessions", ondelete="CASCADE"),
        owned_with("parent_id", "messages", ondelete="SET NULL (parent_id)"),
        *not_negative(
            "seq", "branch_seq", "summarized_seq", "prompt_tokens", "completion_tokens", "total_tokens"
        ),
        CheckConstraint("parent_id <> id", name="parent_id"),
        CheckConstraint("branch_seq <= seq", name="branch"),
        CheckConstraint("summarized_seq IS NULL OR is_summary AND summarized_seq < seq", name="summary"),
        Index(
            "messages_summaries_idx",
            "session_id",
            "branch_seq",
            "seq",
            postgresql_where=text("is_summary AND deleted_at IS NULL"),
        ),
        within("messages", "parent_id", "seq", descending=False),
        searched("messages"),
        *orders("messages", "user_id", "created_at"),
        *orders("messages", None, "created_at"),
    )

    session_id: Mapped[UUID] = mapped_column(doc="The session that it belongs to.")
    parent_id: Mapped[UUID | None] = mapped_column(
        doc="The message that it answers or replaces, where a conversation branches."
    )
    seq: Mapped[int] = mapped_column(doc="Position in the session, ascending.")
    branch_seq: Mapped[int] = mapped_column(
        FetchedValue(), doc="The branch that it stands in: the `seq` of that branch's first message."
    )
    role: Mapped[MessageRole] = closed("role", MessageRole, doc="Who speaks.")
    content: Mapped[str] = mapped_column(doc="The text.")
    model: Mapped[str | None] = limited("model", 100, doc="Language model that wrote it.")
    temperature: Mapped[float | None] = mapped_column(doc="Sampling temperature that it was written with.")
    prompt_tokens: Mapped[int | None] = mapped_column(doc="Tokens of the prompt, if known.")
    completion_tokens: Mapped[int | None] = mapped_column(doc="Tokens of the answer, if known.")
    total_tokens: Mapped[int | None] = mapped_column(
        doc="Tokens altogether; the only figure where the split is unknown."
    )
    embedded_tool_calls: Mapped[Json | None] = mapped_column(
        "tool_calls", doc="Tool calls as the source wrote them into the message; `toolCalls` has the records."
    )
    is_summary: Mapped[bool] = mapped_column(
        server_default=text("false"),
        doc="Whether it sums up earlier messages and stands for them in prompts.",
    )
    summarized_seq: Mapped[int | None] = mapped_column(
        doc="Of a summary, up to which `seq` it stands for the earlier messages; null means all before it."
    )
    edited_at: Mapped[datetime | None] = mapped_column(doc="When its text was last edited by the user.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the message as JSON."
    )

    user: Mapped["User"] = relation(
        "Message.user_id", "User.id", back_populates="messages", doc="The user whose session it belongs to."
    )
    session: Mapped["Session"] = relation(
        "Message.session_id", "Session.id", back_populates="messages", doc="The session that it belongs to."
    )
    parent: Mapped["Message | None"] = relation(
        "Message.parent_id",
        "Message.id",
        back_populates="children",
        doc="The message that it answers or replaces.",
    )
    children: Mapped[list["Message"]] = relation(
        "Message.id",
        "Message.parent_id",
        back_populates="parent",
        order_by="Message.seq",
        doc="Messages that answer or replace it.",
    )
    memories_used: Mapped[list["MessageMemory"]] = relation(
        "Message.id",
        "MessageMemory.message_id",
        back_populates="message",
        doc="Memories that the answer used.",
    )
    citations: Mapped[list["MessageCitation"]] = relation(
        "Message.id",
        "MessageCitation.message_id",
        back_populates="message",
        order_by="MessageCitation.position",
        doc="Passages of documents that the answer used.",
    )
    tool_calls: Mapped[list["ToolCall"]] = relation(
        "Message.id", "ToolCall.message_id", back_populates="message", doc="Tools called for the message."
    )
    llm_calls: Mapped[list["LlmCall"]] = relation(
        "Message.id",
        "LlmCall.message_id",
        back_populates="message",
        doc="Language model calls made for the message.",
    )
    events: Mapped[list["SessionEvent"]] = relation(
        "Message.id",
        "SessionEvent.message_id",
        back_populates="message",
        order_by="SessionEvent.seq",
        doc="What happened to it, in order.",
    )
