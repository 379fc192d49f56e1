"""What lets programs in on a user's behalf."""

from datetime import datetime

from api.core.mirror import mirror, to_many, to_one
from api.core.nodes import Node
from db import models


@mirror(models.ApiKey)
class ApiKey(Node):
    name: str
    description: str | None
    key_prefix: str
    scopes: list[str]
    rate_limit_per_minute: int | None
    status: models.ApiKeyStatus
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.ApiKey.user)
    api_requests = to_many(models.ApiKey.api_requests)
