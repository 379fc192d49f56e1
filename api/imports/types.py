"""Moves from other systems, and where each of their rows went."""

from datetime import datetime
from uuid import UUID

from api.core.mirror import mirror, to_many, to_one
from api.core.nodes import Node
from db import models
from db.columns import BigInt, Json


@mirror(models.ImportRun)
class ImportRun(Node):
    source: str
    status: models.ImportStatus
    options: Json
    report: Json
    rows_read: BigInt
    rows_written: BigInt
    rows_skipped: BigInt
    error_message: str | None
    finished_at: datetime | None
    created_at: datetime
    updated_at: datetime

    started_by = to_one(models.ImportRun.started_by)
    mappings = to_many(models.ImportRun.mappings)


@mirror(models.ImportMapping)
class ImportMapping(Node):
    source: str
    source_table: str
    source_key: str
    entity: str
    entity_id: UUID
    is_stub: bool
    details: Json
    imported_at: datetime
    created_at: datetime

    run = to_one(models.ImportMapping.run)
