"""Databases that can be asked in plain language, and the questions asked."""

from datetime import datetime

from api.core.mirror import computed, mirror, to_many, to_one
from api.core.nodes import Node
from db import models
from db.columns import BigInt, Json


@mirror(models.DataSource)
class DataSource(Node):
    name: str
    kind: models.DataSourceKind
    has_connection: bool = computed(
        lambda source, _: source.connection_secret.is_not(None),
        description="Whether a connection is stored; the connection itself is never shown.",
    )
    is_active: bool
    last_synced_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.DataSource.user)
    schemas = to_many(models.DataSource.schemas)
    sql_queries = to_many(models.DataSource.sql_queries)


@mirror(models.DataSourceSchema)
class DataSourceSchema(Node):
    name: str
    description: str | None
    is_enhanced: bool
    enhanced_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.DataSourceSchema.user)
    data_source = to_one(models.DataSourceSchema.data_source)
    tables = to_many(models.DataSourceSchema.tables)


@mirror(models.DataSourceTable)
class DataSourceTable(Node):
    name: str
    description: str | None
    row_count: BigInt | None
    columns: Json
    indexes: Json
    foreign_keys: Json
    sample_data: Json
    last_analyzed_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.DataSourceTable.user)
    schema = to_one(models.DataSourceTable.schema)


@mirror(models.SqlQuery, one="sqlQuestion", many="sqlQuestions")
class SqlQuery(Node):
    question: str
    generated_sql: str
    validation_result: Json | None
    is_safe: bool
    status: models.SqlQueryStatus
    executed: bool
    result_row_count: int | None
    duration_ms: int | None
    executed_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.SqlQuery.user)
    data_source = to_one(models.SqlQuery.data_source)
