"""Workflows and their versions."""

from datetime import datetime

from api.core.mirror import mirror, to_many, to_one
from api.core.nodes import Node
from db import models
from db.columns import Json


@mirror(models.Workflow)
class Workflow(Node):
    name: str
    description: str | None
    status: models.WorkflowStatus
    version: int
    nodes: Json
    edges: Json
    viewport: Json
    tags: list[str]
    published_at: datetime | None
    published_version: int | None
    meta: Json
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Workflow.user)
    versions = to_many(models.Workflow.versions)
    executions = to_many(models.Workflow.executions)


@mirror(models.WorkflowVersion)
class WorkflowVersion(Node):
    version: int
    data: Json
    created_at: datetime

    user = to_one(models.WorkflowVersion.user)
    workflow = to_one(models.WorkflowVersion.workflow)
    author = to_one(models.WorkflowVersion.author)
