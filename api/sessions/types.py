"""Conversations: sessions, their messages, and what an answer rested on."""

from datetime import datetime

from api.core.mirror import mirror, to_many, to_one
from api.core.nodes import Node
from db import models
from db.columns import BigInt, Json


@mirror(models.Session)
class Session(Node):
    kind: models.SessionKind
    mode: models.SessionMode | None
    title: str | None
    model: str | None
    system_prompt: str | None
    source: str | None
    external_id: str | None
    client_session_key: str | None
    user_segment: str | None
    preferences: Json
    is_archived: bool
    message_count: int
    total_tokens: BigInt
    last_message_at: datetime | None
    meta: Json
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Session.user)
    personality = to_one(models.Session.personality)
    agent = to_one(models.Session.agent)
    messages = to_many(models.Session.messages)
    memories = to_many(models.Session.memories)
    tool_calls = to_many(models.Session.tool_calls)
    llm_calls = to_many(models.Session.llm_calls)
    behavior_events = to_many(models.Session.behavior_events)
    intent_analyses = to_many(models.Session.intent_analyses)
    ad_recommendations = to_many(models.Session.ad_recommendations)
    api_requests = to_many(models.Session.api_requests)


@mirror(models.Message)
class Message(Node):
    seq: int
    role: models.MessageRole
    content: str
    model: str | None
    temperature: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    embedded_tool_calls: Json | None
    is_summary: bool
    edited_at: datetime | None
    meta: Json
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Message.user)
    session = to_one(models.Message.session)
    parent = to_one(models.Message.parent)
    children = to_many(models.Message.children)
    memories_used = to_many(models.Message.memories_used)
    citations = to_many(models.Message.citations)
    tool_calls = to_many(models.Message.tool_calls)


@mirror(models.MessageMemory, many="messageMemories")
class MessageMemory(Node):
    external_ref: str | None
    similarity: float | None
    created_at: datetime

    user = to_one(models.MessageMemory.user)
    message = to_one(models.MessageMemory.message)
    memory = to_one(models.MessageMemory.memory)


@mirror(models.MessageCitation)
class MessageCitation(Node):
    position: int
    external_ref: str | None
    quote: str | None
    similarity: float | None
    created_at: datetime

    user = to_one(models.MessageCitation.user)
    message = to_one(models.MessageCitation.message)
    document = to_one(models.MessageCitation.document)
    chunk = to_one(models.MessageCitation.chunk)
