"""Users and what belongs to a person: preferences, profile, identities."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ColumnElement, Integer, cast, func
from sqlalchemy.orm import aliased

from api.core.mirror import computed, mirror, to_many, to_one
from api.core.nodes import Node
from db import models
from db.columns import BigInt, IPAddress, Json
from db.policy import Entity, Viewer, rows


def _session_count(user: Entity, viewer: Viewer) -> ColumnElement[int]:
    session = aliased(models.Session)
    return (
        rows(session, viewer, func.count())
        .where(session.user_id == user.id)
        .correlate(user)
        .scalar_subquery()
    )


def _message_count(user: Entity, viewer: Viewer) -> ColumnElement[int]:
    session = aliased(models.Session)
    messages = cast(func.coalesce(func.sum(session.message_count), 0), Integer)
    return rows(session, viewer, messages).where(session.user_id == user.id).correlate(user).scalar_subquery()


def _total_tokens(user: Entity, viewer: Viewer) -> ColumnElement[int]:
    session = aliased(models.Session)
    tokens = cast(func.coalesce(func.sum(session.total_tokens), 0), BigInteger)
    return rows(session, viewer, tokens).where(session.user_id == user.id).correlate(user).scalar_subquery()


@mirror(models.User, natural_keys=("username", "email"), names={"username": "login"})
class User(Node):
    username: str | None
    email: str | None
    auth_provider: str
    external_id: str | None
    display_name: str | None
    avatar_url: str | None
    bio: str | None
    status: models.UserStatus
    roles: list[str]
    permissions: list[str]
    email_verified: bool
    email_verified_at: datetime | None
    last_login_at: datetime | None
    last_login_ip: IPAddress | None
    last_seen_at: datetime | None
    meta: Json
    session_count: int = computed(_session_count, description="Sessions that the user has.")
    message_count: int = computed(_message_count, description="Messages in the user's sessions.")
    total_tokens: BigInt = computed(_total_tokens, description="Tokens that the user's sessions took.")
    version: int
    created_at: datetime
    updated_at: datetime

    preferences = to_one(models.User.preferences)
    profile = to_one(models.User.profile)
    sessions = to_many(models.User.sessions)
    messages = to_many(models.User.messages)
    message_memories = to_many(models.User.message_memories)
    message_citations = to_many(models.User.message_citations)
    personalities = to_many(models.User.personalities)
    personality_validations = to_many(models.User.personality_validations)
    memories = to_many(models.User.memories)
    memory_links = to_many(models.User.memory_links)
    memory_embeddings = to_many(models.User.memory_embeddings)
    agents = to_many(models.User.agents)
    agent_plugins = to_many(models.User.agent_plugins)
    executions = to_many(models.User.executions)
    execution_steps = to_many(models.User.execution_steps)
    session_events = to_many(models.User.session_events)
    execution_events = to_many(models.User.execution_events)
    workflows = to_many(models.User.workflows)
    workflow_versions = to_many(models.User.workflow_versions)
    authored_workflow_versions = to_many(models.User.authored_workflow_versions)
    documents = to_many(models.User.documents)
    document_chunks = to_many(models.User.document_chunks)
    chunk_embeddings = to_many(models.User.chunk_embeddings)
    tool_calls = to_many(models.User.tool_calls)
    llm_calls = to_many(models.User.llm_calls)
    code_executions = to_many(models.User.code_executions)
    data_sources = to_many(models.User.data_sources)
    data_source_schemas = to_many(models.User.data_source_schemas)
    data_source_tables = to_many(models.User.data_source_tables)
    sql_queries = to_many(models.User.sql_queries)
    usage_days = to_many(models.User.usage_days)
    behavior_events = to_many(models.User.behavior_events)
    intent_analyses = to_many(models.User.intent_analyses)
    ad_recommendations = to_many(models.User.ad_recommendations)
    api_keys = to_many(models.User.api_keys)
    identities = to_many(models.User.identities)
    api_requests = to_many(models.User.api_requests)
    audit_logs = to_many(models.User.audit_logs)
    audit_trail = to_many(models.User.audit_trail)
    import_runs = to_many(models.User.import_runs)


@mirror(models.UserPreferences, many="allUserPreferences")
class UserPreferences(Node):
    preferred_model: str | None
    temperature: Decimal | None
    max_tokens: int | None
    use_rag_by_default: bool
    use_conversation_memory: bool
    language: str | None
    timezone: str | None
    theme: models.Theme | None
    auto_tts: bool
    show_reasoning: bool
    extra: Json
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.UserPreferences.user)
    default_personality = to_one(models.UserPreferences.default_personality)


@mirror(models.UserProfile)
class UserProfile(Node):
    interests: list[str]
    habits: Json
    personality_insights: Json
    statistics: Json
    generated_at: datetime
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.UserProfile.user)


@mirror(models.UserIdentity, many="userIdentities")
class UserIdentity(Node):
    provider: str
    subject: str
    email: str | None
    email_verified: bool
    last_used_at: datetime | None
    meta: Json
    created_at: datetime
    updated_at: datetime

    user = to_one(models.UserIdentity.user)
