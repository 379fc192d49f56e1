"""Agents and the plugins that give them abilities."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
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
from db.columns import Json, ValueSet, closed, limited, not_negative

if TYPE_CHECKING:
    from db.models.code import CodeExecution
    from db.models.executions import Execution
    from db.models.personalities import Personality
    from db.models.sessions import Session
    from db.models.users import User


class AgentStatus(ValueSet):
    """Whether an agent can be run."""

    ACTIVE = "active", "Can be run."
    INACTIVE = "inactive", "Switched off for now."
    ARCHIVED = "archived", "Put away; kept for its executions."


class PluginType(ValueSet):
    """What a plugin lets an agent do."""

    CODE_EXECUTOR = "code_executor", "Run code in a sandbox."
    TEXT_TO_SQL = "text_to_sql", "Answer questions from a database."
    KNOWLEDGE_RAG = "knowledge_rag", "Answer from the user's documents."
    WEB_SEARCH = "web_search", "Search the web."
    FILE_UPLOAD = "file_upload", "Take files from the user."


class Agent(Identified, Owned, Versioned, SoftDeleted, Base):
    """An assistant that works on tasks with a personality, settings and plugins."""

    __tablename__ = "agents"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        CheckConstraint("version >= 1", name="version"),
        Index(
            "agents_active_idx",
            "user_id",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("status = 'active' AND deleted_at IS NULL"),
        ),
        Index("agents_settings_idx", "settings", postgresql_using="gin"),
        Index("agents_metadata_idx", "metadata", postgresql_using="gin"),
        within("agents", "personality_id"),
        *orders("agents", "user_id", "created_at", "updated_at", "name"),
        *orders("agents", None, "created_at"),
    )

    personality_id: Mapped[UUID | None] = reference(
        "personalities.id", ondelete="SET NULL", doc="The personality that it speaks with."
    )
    name: Mapped[str] = limited("name", 100, doc="Name shown to people.")
    description: Mapped[str | None] = mapped_column(doc="What it is for.")
    status: Mapped[AgentStatus] = closed(
        "status", AgentStatus, default=AgentStatus.ACTIVE, doc="Whether it can be run."
    )
    settings: Mapped[Json] = mapped_column(
        server_default=text("""'{"temperature": 0.7, "max_tokens": 4000, "top_p": 1.0}'"""),
        doc="Settings of the language model: `temperature`, `max_tokens`, `top_p` and others.",
    )
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the agent as JSON."
    )

    user: Mapped["User"] = relation(
        "Agent.user_id", "User.id", back_populates="agents", doc="The user who owns it."
    )
    personality: Mapped["Personality | None"] = relation(
        "Agent.personality_id",
        "Personality.id",
        back_populates="agents",
        doc="The personality it speaks with.",
    )
    plugins: Mapped[list["AgentPlugin"]] = relation(
        "Agent.id",
        "AgentPlugin.agent_id",
        back_populates="agent",
        order_by="AgentPlugin.order_index",
        doc="Its plugins in the order in which they run.",
    )
    executions: Mapped[list["Execution"]] = relation(
        "Agent.id", "Execution.agent_id", back_populates="agent", doc="Its runs."
    )
    sessions: Mapped[list["Session"]] = relation(
        "Agent.id", "Session.agent_id", back_populates="agent", doc="Sessions that it answers in."
    )
    code_executions: Mapped[list["CodeExecution"]] = relation(
        "Agent.id", "CodeExecution.agent_id", back_populates="agent", doc="Code that it ran."
    )


class AgentPlugin(Identified, Owned, Versioned, Base):
    """A plugin of an agent and its configuration."""

    __tablename__ = "agent_plugins"
    __table_args__ = (
        owned_with("agent_id", "agents", ondelete="CASCADE"),
        *not_negative("order_index"),
        Index(
            "agent_plugins_agent_id_plugin_type_key",
            "agent_id",
            "plugin_type",
            unique=True,
            postgresql_where=text("is_enabled"),
        ),
        within("agent_plugins", "agent_id", "order_index", descending=False),
        *orders("agent_plugins", "user_id", "created_at", "updated_at"),
        *orders("agent_plugins", None, "created_at"),
    )

    agent_id: Mapped[UUID] = mapped_column(doc="The agent that it serves.")
    name: Mapped[str] = limited("name", 100, doc="Name shown to people.")
    plugin_type: Mapped[PluginType] = closed(
        "plugin_type", PluginType, doc="What it lets the agent do; one enabled plugin a type and agent."
    )
    config: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="Configuration of the plugin.")
    is_enabled: Mapped[bool] = mapped_column(server_default=text("true"), doc="Whether it is switched on.")
    order_index: Mapped[int] = mapped_column(server_default=text("0"), doc="Place in the order of execution.")

    user: Mapped["User"] = relation(
        "AgentPlugin.user_id", "User.id", back_populates="agent_plugins", doc="The user who owns it."
    )
    agent: Mapped["Agent"] = relation(
        "AgentPlugin.agent_id", "Agent.id", back_populates="plugins", doc="The agent that it serves."
    )
