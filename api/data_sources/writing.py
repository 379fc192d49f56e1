"""What may be written of databases that can be asked, and of the questions asked."""

from api.writing.declarations import writable
from db import models

writable(
    models.DataSource,
    once="kind",
    change="name is_active last_synced_at",
    parts=(models.DataSource.schemas,),
)
writable(
    models.DataSourceSchema,
    once="data_source_id",
    change="name description is_enhanced enhanced_at",
    key="data_source_id name",
    parts=(models.DataSourceSchema.tables,),
)
writable(
    models.DataSourceTable,
    once="schema_id",
    change=("name description row_count columns indexes foreign_keys sample_data last_analyzed_at"),
    key="schema_id name",
    bulk=True,
)
writable(
    models.SqlQuery,
    once="data_source_id question",
    change=(
        "generated_sql validation_result is_safe status executed result_row_count duration_ms executed_at"
    ),
)
