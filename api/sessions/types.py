"""Conversations: sessions, their messages, and what an answer rested on."""

from datetime import datetime

from api.core.mirror import mirror, to_many, to_one, walk
from api.core.nodes import Node
from db import branches, models
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
    leaf_seq: int | None
    origin_seq: int | None
    event_seq: BigInt
    meta: Json
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Session.user)
    personality = to_one(models.Session.personality)
    agent = to_one(models.Session.agent)
    origin = to_one(models.Session.origin)
    forks = to_many(models.Session.forks)
    messages = to_many(models.Session.messages)
    events = to_many(models.Session.events)
    executions = to_many(models.Session.executions)
    branch = walk(
        models.Message,
        branches.path_of_session,
        branches.within,
        order="seq",
        description="The conversation as it stands: every message from the first to where it goes on, "
        "with those that it shares with its origin and without those of other branches.",
    )
    context = walk(
        models.Message,
        branches.context_of_session,
        branches.within,
        order="seq",
        description="What a language model has to be told of it: the newest summary of `branch`, and the "
        "messages that it does not stand for; all of `branch` where there is no summary.",
    )
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
    branch_seq: int
    role: models.MessageRole
    content: str
    model: str | None
    temperature: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    embedded_tool_calls: Json | None
    is_summary: bool
    summarized_seq: int | None
    edited_at: datetime | None
    meta: Json
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Message.user)
    session = to_one(models.Message.session)
    parent = to_one(models.Message.parent)
    children = to_many(models.Message.children)
    path = walk(
        models.Message,
        branches.path_of_message,
        branches.within,
        order="seq",
        description="Every message from the first of the conversation to this one, through one branch.",
    )
    context = walk(
        models.Message,
        branches.context_of_message,
        branches.within,
        order="seq",
        description="What of `path` a language model has to be told: its newest summary, and the messages "
        "that it does not stand for; all of it where there is no summary.",
    )
    memories_used = to_many(models.Message.memories_used)
    citations = to_many(models.Message.citations)
    tool_calls = to_many(models.Message.tool_calls)
    llm_calls = to_many(models.Message.llm_calls)
    events = to_many(models.Message.events)


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


@mirror(models.SessionEvent)
class SessionEvent(Node):
    seq: BigInt
    type: models.SessionEventType
    text: str | None
    text_from: int | None
    created_at: datetime

    user = to_one(models.SessionEvent.user)
    session = to_one(models.SessionEvent.session)
    message = to_one(models.SessionEvent.message)
