"""Calls to tools and to language models."""

from datetime import datetime
from decimal import Decimal

from api.core.mirror import mirror, to_one
from api.core.nodes import Node
from db import models
from db.columns import Json


@mirror(models.ToolCall)
class ToolCall(Node):
    tool_name: str
    tool_type: models.ToolType | None
    server_name: str | None
    arguments: Json
    result: Json | None
    result_text: str | None
    status: models.CallStatus
    error_message: str | None
    duration_ms: int | None
    meta: Json
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.ToolCall.user)
    session = to_one(models.ToolCall.session)
    message = to_one(models.ToolCall.message)
    execution = to_one(models.ToolCall.execution)


@mirror(models.LlmCall)
class LlmCall(Node):
    provider: str
    model: str
    endpoint: str
    request: Json
    response: Json | None
    status: models.CallStatus
    http_status: int | None
    error_message: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    total_tokens: int | None
    cost_usd: Decimal | None
    latency_ms: int | None
    meta: Json
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.LlmCall.user)
    session = to_one(models.LlmCall.session)
    message = to_one(models.LlmCall.message)
    execution = to_one(models.LlmCall.execution)
