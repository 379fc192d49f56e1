"""Users and what belongs to a person: preferences and profile."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    Identified,
    Owned,
    SoftDeleted,
    Versioned,
    orders,
    reference,
    relation,
    within,
)
from db.columns import IPAddress, Json, ValueSet, between, closed, limited, listed

if TYPE_CHECKING:
    from db.models.access import ApiKey, IdempotencyKey, RefreshToken, UserIdentity
    from db.models.agents import Agent, AgentPlugin
    from db.models.calls import LlmCall, ToolCall
    from db.models.code import CodeExecution
    from db.models.data_sources import DataSource, DataSourceSchema, DataSourceTable, SqlQuery
    from db.models.documents import Document, DocumentChunk
    from db.models.embeddings import ChunkEmbedding, MemoryEmbedding
    from db.models.executions import Execution, ExecutionEvent, ExecutionStep
    from db.models.imports import ImportRun
    from db.models.insights import AdRecommendation, BehaviorEvent, IntentAnalysis, UsageDaily
    from db.models.memories import Memory, MemoryLink
    from db.models.message_sources import MessageCitation, MessageMemory
    from db.models.operations import ApiRequest, AuditLog
    from db.models.personalities import Personality, PersonalityValidation
    from db.models.session_events import SessionEvent
    from db.models.sessions import Message, Session
    from db.models.workflows import Workflow, WorkflowVersion


class UserStatus(ValueSet):
    """Whether a user may use the service."""

    ACTIVE = "active", "May sign in and use the service."
    SUSPENDED = "suspended", "May not sign in until an administrator lifts the suspension."


class Role(ValueSet):
    """What a user may do, roughly; `permissions` refines it."""

    ADMIN = "admin", "Sees and changes everything."
    DEVELOPER = "developer", "Builds agents and workflows."
    ANALYST = "analyst", "Asks questions of data sources and reads figures."
    VIEWER = "viewer", "Reads, and changes nothing."
    USER = "user", "Uses the service in their own name."
    GUEST = "guest", "Tries the service without an account of their own."


class PasswordScheme(ValueSet):
    """How a password is hashed."""

    ARGON2 = "argon2", "Argon2id."
    BCRYPT = "bcrypt", "bcrypt; hashed anew with Argon2id at the next sign-in."
    UNKNOWN = "unknown", "Imported and not recognised: the password must be set anew."


class Theme(ValueSet):
    """How the user interface looks."""

    LIGHT = "light", "Dark on light."
    DARK = "dark", "Light on dark."
    SYSTEM = "system", "As the user's device has it."


class User(Identified, Versioned, SoftDeleted, Base):
    """A person or service that uses the system."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("num_nonnulls(email, username, external_id) > 0", name="identity"),
        CheckConstraint("(password_hash IS NULL) = (password_scheme IS NULL)", name="password"),
        CheckConstraint(f"roles <@ ARRAY[{listed(Role)}]", name="roles"),
        Index(
            "users_email_key", text("lower(email)"), unique=True, postgresql_where=text("deleted_at IS NULL")
        ),
        Index(
            "users_username_key",
            text("lower(username)"),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "users_auth_provider_external_id_key",
            "auth_provider",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL AND deleted_at IS NULL"),
        ),
        *orders(
            "users",
            None,
            "created_at",
            "updated_at",
            nullable=("username", "display_name", "last_login_at"),
        ),
    )

    username: Mapped[str | None] = limited(
        "username", 100, doc="Name used to sign in; unique without regard to case."
    )
    email: Mapped[str | None] = limited("email", 255, doc="E-mail address; unique without regard to case.")
    password_hash: Mapped[str | None] = limited("password_hash", 255, doc="Hash of the password.")
    password_scheme: Mapped[PasswordScheme | None] = closed(
        "password_scheme", PasswordScheme, doc="How the password is hashed; null without a password."
    )
    auth_provider: Mapped[str] = mapped_column(
        server_default="local",
        doc="Who vouches for the user: `local`, a provider, or the system imported from.",
    )
    external_id: Mapped[str | None] = mapped_column(doc="How `authProvider` names the user.")
    display_name: Mapped[str | None] = limited("display_name", 100, doc="Name shown to people.")
    avatar_url: Mapped[str | None] = mapped_column(doc="Address of a picture of the user.")
    bio: Mapped[str | None] = mapped_column(doc="What the user says about themselves.")
    status: Mapped[UserStatus] = closed(
        "status", UserStatus, default=UserStatus.ACTIVE, doc="Whether the user may use the service."
    )
    roles: Mapped[list[str]] = mapped_column(
        server_default=text("'{user}'"), doc="Roles that the user holds."
    )
    permissions: Mapped[list[str]] = mapped_column(
        server_default=text("'{}'"), doc="What the user may do beside their roles, such as `agent:read`."
    )
    email_verified: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether the e-mail address was shown to be the user's."
    )
    email_verified_at: Mapped[datetime | None] = mapped_column(doc="When the e-mail address was verified.")
    last_login_at: Mapped[datetime | None] = mapped_column(doc="When the user last signed in.")
    last_login_ip: Mapped[IPAddress | None] = mapped_column(doc="Network address of the last sign-in.")
    last_seen_at: Mapped[datetime | None] = mapped_column(doc="When the user last did anything, roughly.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the user as JSON."
    )

    preferences: Mapped["UserPreferences | None"] = relation(
        "User.id",
        "UserPreferences.user_id",
        back_populates="user",
        uselist=False,
        doc="How the user likes things.",
    )
    profile: Mapped["UserProfile | None"] = relation(
        "User.id",
        "UserProfile.user_id",
        back_populates="user",
        uselist=False,
        doc="What use tells of the user.",
    )
    sessions: Mapped[list["Session"]] = relation(
        "User.id", "Session.user_id", back_populates="user", doc="Sessions of the user."
    )
    messages: Mapped[list["Message"]] = relation(
        "User.id", "Message.user_id", back_populates="user", doc="Messages in the user's sessions."
    )
    message_memories: Mapped[list["MessageMemory"]] = relation(
        "User.id", "MessageMemory.user_id", back_populates="user", doc="Uses of the user's memories."
    )
    message_citations: Mapped[list["MessageCitation"]] = relation(
        "User.id", "MessageCitation.user_id", back_populates="user", doc="Citations in the user's answers."
    )
    personalities: Mapped[list["Personality"]] = relation(
        "User.id", "Personality.user_id", back_populates="user", doc="Personalities that the user made."
    )
    personality_validations: Mapped[list["PersonalityValidation"]] = relation(
        "User.id", "PersonalityValidation.user_id", back_populates="user", doc="Verdicts on personalities."
    )
    memories: Mapped[list["Memory"]] = relation(
        "User.id", "Memory.user_id", back_populates="user", doc="What is remembered about the user."
    )
    memory_links: Mapped[list["MemoryLink"]] = relation(
        "User.id", "MemoryLink.user_id", back_populates="user", doc="Links between the user's memories."
    )
    memory_embeddings: Mapped[list["MemoryEmbedding"]] = relation(
        "User.id", "MemoryEmbedding.user_id", back_populates="user", doc="Vectors of the user's memories."
    )
    agents: Mapped[list["Agent"]] = relation(
        "User.id", "Agent.user_id", back_populates="user", doc="Agents of the user."
    )
    agent_plugins: Mapped[list["AgentPlugin"]] = relation(
        "User.id", "AgentPlugin.user_id", back_populates="user", doc="Plugins of the user's agents."
    )
    executions: Mapped[list["Execution"]] = relation(
        "User.id", "Execution.user_id", back_populates="user", doc="Runs of the user's agents and workflows."
    )
    execution_steps: Mapped[list["ExecutionStep"]] = relation(
        "User.id", "ExecutionStep.user_id", back_populates="user", doc="Steps of the user's executions."
    )
    session_events: Mapped[list["SessionEvent"]] = relation(
        "User.id", "SessionEvent.user_id", back_populates="user", doc="Events of the user's sessions."
    )
    execution_events: Mapped[list["ExecutionEvent"]] = relation(
        "User.id", "ExecutionEvent.user_id", back_populates="user", doc="Events of the user's executions."
    )
    workflows: Mapped[list["Workflow"]] = relation(
        "User.id", "Workflow.user_id", back_populates="user", doc="Workflows of the user."
    )
    workflow_versions: Mapped[list["WorkflowVersion"]] = relation(
        "User.id", "WorkflowVersion.user_id", back_populates="user", doc="Versions of the user's workflows."
    )
    authored_workflow_versions: Mapped[list["WorkflowVersion"]] = relation(
        "User.id",
        "WorkflowVersion.created_by",
        back_populates="author",
        doc="Versions of workflows that the user saved.",
    )
    documents: Mapped[list["Document"]] = relation(
        "User.id", "Document.user_id", back_populates="user", doc="Documents of the user."
    )
    document_chunks: Mapped[list["DocumentChunk"]] = relation(
        "User.id", "DocumentChunk.user_id", back_populates="user", doc="Chunks of the user's documents."
    )
    chunk_embeddings: Mapped[list["ChunkEmbedding"]] = relation(
        "User.id", "ChunkEmbedding.user_id", back_populates="user", doc="Vectors of the user's chunks."
    )
    tool_calls: Mapped[list["ToolCall"]] = relation(
        "User.id", "ToolCall.user_id", back_populates="user", doc="Tools called for the user."
    )
    llm_calls: Mapped[list["LlmCall"]] = relation(
        "User.id", "LlmCall.user_id", back_populates="user", doc="Language model calls made for the user."
    )
    code_executions: Mapped[list["CodeExecution"]] = relation(
        "User.id", "CodeExecution.user_id", back_populates="user", doc="Code that was run for the user."
    )
    data_sources: Mapped[list["DataSource"]] = relation(
        "User.id", "DataSource.user_id", back_populates="user", doc="Databases that the user can ask."
    )
    data_source_schemas: Mapped[list["DataSourceSchema"]] = relation(
        "User.id", "DataSourceSchema.user_id", back_populates="user", doc="Schemas of the data sources."
    )
    data_source_tables: Mapped[list["DataSourceTable"]] = relation(
        "User.id", "DataSourceTable.user_id", back_populates="user", doc="Tables of the user's data sources."
    )
    sql_queries: Mapped[list["SqlQuery"]] = relation(
        "User.id", "SqlQuery.user_id", back_populates="user", doc="Questions the user asked of databases."
    )
    usage_days: Mapped[list["UsageDaily"]] = relation(
        "User.id",
        "UsageDaily.user_id",
        back_populates="user",
        order_by="UsageDaily.date.desc()",
        doc="What the user used, day by day.",
    )
    behavior_events: Mapped[list["BehaviorEvent"]] = relation(
        "User.id", "BehaviorEvent.user_id", back_populates="user", doc="What the user did."
    )
    intent_analyses: Mapped[list["IntentAnalysis"]] = relation(
        "User.id", "IntentAnalysis.user_id", back_populates="user", doc="What the user was found to want."
    )
    ad_recommendations: Mapped[list["AdRecommendation"]] = relation(
        "User.id", "AdRecommendation.user_id", back_populates="user", doc="Ads recommended to the user."
    )
    api_keys: Mapped[list["ApiKey"]] = relation(
        "User.id", "ApiKey.user_id", back_populates="user", doc="API keys that act for the user."
    )
    refresh_tokens: Mapped[list["RefreshToken"]] = relation(
        "User.id", "RefreshToken.user_id", back_populates="user", doc="Tokens that renew the user's sign-ins."
    )
    idempotency_keys: Mapped[list["IdempotencyKey"]] = relation(
        "User.id", "IdempotencyKey.user_id", back_populates="user", doc="Keys that make retries safe."
    )
    identities: Mapped[list["UserIdentity"]] = relation(
        "User.id", "UserIdentity.user_id", back_populates="user", doc="How the user is known elsewhere."
    )
    api_requests: Mapped[list["ApiRequest"]] = relation(
        "User.id", "ApiRequest.user_id", back_populates="user", doc="Requests that the user made."
    )
    audit_logs: Mapped[list["AuditLog"]] = relation(
        "User.id", "AuditLog.actor_user_id", back_populates="actor", doc="Recorded deeds of the user."
    )
    audit_trail: Mapped[list["AuditLog"]] = relation(
        "User.id",
        "AuditLog.user_id",
        back_populates="user",
        doc="What was done to things of the user, by whomever.",
    )
    import_runs: Mapped[list["ImportRun"]] = relation(
        "User.id", "ImportRun.started_by_id", back_populates="started_by", doc="Imports the user started."
    )


class UserPreferences(Identified, Owned, Versioned, Base):
    """How one user likes things; null means that the user has no opinion."""

    __tablename__ = "user_preferences"
    __table_args__ = (
        UniqueConstraint("user_id"),
        between("temperature", 0, 2),
        CheckConstraint("max_tokens > 0", name="max_tokens"),
        within("user_preferences", "default_personality_id"),
        *orders("user_preferences", "user_id", "created_at", "updated_at"),
        *orders("user_preferences", None, "created_at"),
    )

    preferred_model: Mapped[str | None] = mapped_column(doc="Language model for new sessions.")
    temperature: Mapped[Decimal | None] = mapped_column(
        Numeric(4, 3), doc="Sampling temperature for new sessions, from 0 to 2."
    )
    max_tokens: Mapped[int | None] = mapped_column(doc="Longest answer, in tokens.")
    use_rag_by_default: Mapped[bool] = mapped_column(
        server_default=text("false"),
        doc="Whether answers rest on the user's documents unless told otherwise.",
    )
    use_conversation_memory: Mapped[bool] = mapped_column(
        server_default=text("true"), doc="Whether answers may use what is remembered about the user."
    )
    default_personality_id: Mapped[UUID | None] = reference(
        "personalities.id", ondelete="SET NULL", doc="The personality for new sessions."
    )
    language: Mapped[str | None] = mapped_column(doc="Language as a BCP 47 tag, such as `zh-TW`.")
    timezone: Mapped[str | None] = mapped_column(doc="Time zone by its IANA name, such as `Asia/Taipei`.")
    theme: Mapped[Theme | None] = closed("theme", Theme, doc="How the user interface looks.")
    auto_tts: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether answers are read aloud."
    )
    show_reasoning: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether the reasoning behind an answer is shown."
    )
    extra: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="Preferences that have no field of their own."
    )

    user: Mapped["User"] = relation(
        "UserPreferences.user_id", "User.id", back_populates="preferences", doc="The user whose they are."
    )
    default_personality: Mapped["Personality | None"] = relation(
        "UserPreferences.default_personality_id",
        "Personality.id",
        back_populates="preferred_by",
        doc="The personality for new sessions.",
    )


class UserProfile(Identified, Owned, Versioned, Base):
    """What a user's sessions tell about them, worked out from time to time."""

    __tablename__ = "user_profiles"
    __table_args__ = (
        UniqueConstraint("user_id"),
        *orders("user_profiles", "user_id", "created_at", "updated_at", "generated_at"),
        *orders("user_profiles", None, "created_at"),
    )

    interests: Mapped[list[str]] = mapped_column(
        server_default=text("'{}'"), doc="Subjects the user returns to."
    )
    habits: Mapped[Json] = mapped_column(
        server_default=text("'{}'"),
        doc="`most_active_time`, `avg_session_duration_minutes`, `favorite_topics`.",
    )
    personality_insights: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="`communication_style`, `question_types`, `interaction_patterns`."
    )
    statistics: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="Figures about the user as JSON."
    )
    generated_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), doc="When it was worked out."
    )

    user: Mapped["User"] = relation(
        "UserProfile.user_id", "User.id", back_populates="profile", doc="The user whom it describes."
    )
