"""What whoever runs the service looks at: settings, requests, audit, errors, metrics."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, case, null, type_coerce

from api.core.mirror import computed, mirror, to_one
from api.core.nodes import Node
from db import models
from db.columns import IPAddress, Json
from db.policy import Entity, Viewer


def _shown_value(config: Entity, viewer: Viewer) -> ColumnElement[Json]:  # noqa: ARG001
    return type_coerce(case((config.is_secret, null()), else_=config.value), config.value.type)


@mirror(models.Config, natural_keys=("key",))
class Config(Node):
    key: str
    value: Json | None = computed(
        _shown_value, description="Its value as JSON; null where it is a secret, which nobody is shown."
    )
    description: str | None
    is_active: bool
    is_secret: bool
    version: int
    created_at: datetime
    updated_at: datetime


@mirror(models.ApiRequest)
class ApiRequest(Node):
    request_id: str | None
    method: str
    path: str
    query_params: Json
    request_headers: Json
    request_body: str | None
    status_code: int
    response_body: str | None
    duration_ms: int | None
    error_code: str | None
    error_message: str | None
    user_agent: str | None
    ip_address: IPAddress | None
    meta: Json
    created_at: datetime

    user = to_one(models.ApiRequest.user)
    session = to_one(models.ApiRequest.session)
    api_key = to_one(models.ApiRequest.api_key)


@mirror(models.AuditLog)
class AuditLog(Node):
    action: str
    resource_type: str
    resource_id: str | None
    changes: Json
    ip_address: IPAddress | None
    user_agent: str | None
    meta: Json
    created_at: datetime

    actor = to_one(models.AuditLog.actor)
    user = to_one(models.AuditLog.user)


@mirror(models.ErrorLog)
class ErrorLog(Node):
    error_type: str
    message: str
    stack_trace: str | None
    request_id: str | None
    context: Json
    meta: Json
    created_at: datetime


@mirror(models.Metric, names={"metric_type": "type"})
class Metric(Node):
    name: str
    value: Decimal
    metric_type: str | None
    tags: Json
    payload: Json | None
    recorded_at: datetime
