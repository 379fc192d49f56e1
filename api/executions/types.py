"""Runs of agents and workflows: the run, its steps and its events."""

from datetime import datetime
from decimal import Decimal

from api.core.mirror import mirror, to_many, to_one
from api.core.nodes import Node
from db import models
from db.columns import BigInt, Json


@mirror(models.Execution)
class Execution(Node):
    kind: models.ExecutionKind
    status: models.ExecutionStatus
    workflow_version: int | None
    progress: int
    input: Json
    output: Json | None
    error: Json | None
    current_node_id: str | None
    steps_total: int | None
    steps_completed: int
    attempt: int
    retry_count: int
    max_retries: int
    duration_ms: int | None
    total_tokens: BigInt | None
    cost_usd: Decimal | None
    scheduled_at: datetime | None
    deadline_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    lease_owner: str | None
    lease_expires_at: datetime | None
    leases_lost: int
    event_seq: BigInt
    meta: Json
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Execution.user)
    agent = to_one(models.Execution.agent)
    workflow = to_one(models.Execution.workflow)
    session = to_one(models.Execution.session)
    parent = to_one(models.Execution.parent)
    children = to_many(models.Execution.children)
    retry_of = to_one(models.Execution.retry_of)
    retries = to_many(models.Execution.retries)
    steps = to_many(models.Execution.steps)
    events = to_many(models.Execution.events)
    tool_calls = to_many(models.Execution.tool_calls)
    llm_calls = to_many(models.Execution.llm_calls)
    code_executions = to_many(models.Execution.code_executions)


@mirror(models.ExecutionStep)
class ExecutionStep(Node):
    seq: int
    node_id: str | None
    status: models.StepStatus
    input: Json | None
    output: Json | None
    error: Json | None
    started_at: datetime | None
    finished_at: datetime | None
    created_at: datetime
    updated_at: datetime

    user = to_one(models.ExecutionStep.user)
    execution = to_one(models.ExecutionStep.execution)


@mirror(models.ExecutionEvent)
class ExecutionEvent(Node):
    seq: BigInt
    type: models.ExecutionEventType
    level: models.EventLevel
    message: str
    data: Json
    created_at: datetime

    user = to_one(models.ExecutionEvent.user)
    execution = to_one(models.ExecutionEvent.execution)
