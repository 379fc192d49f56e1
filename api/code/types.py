"""Code that ran in a sandbox."""

from datetime import datetime
from decimal import Decimal

from api.core.mirror import mirror, to_one
from api.core.nodes import Node
from db import models
from db.columns import IPAddress, Json


@mirror(models.CodeExecution)
class CodeExecution(Node):
    language: models.CodeLanguage
    code: str
    status: models.ExecutionStatus
    container_id: str | None
    container_ip: IPAddress | None
    stdout: str | None
    stderr: str | None
    exit_code: int | None
    duration_ms: int | None
    memory_used_mb: int | None
    cpu_usage_percent: Decimal | None
    security_score: int | None
    security_issues: list[str]
    started_at: datetime | None
    finished_at: datetime | None
    meta: Json
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.CodeExecution.user)
    agent = to_one(models.CodeExecution.agent)
    execution = to_one(models.CodeExecution.execution)
