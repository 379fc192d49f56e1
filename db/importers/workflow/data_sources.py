"""Databases that users ask questions of, their schemas and tables, and the questions."""

import re
from typing import Final

from db.importers.batch import Batch
from db.importers.records import Known
from db.importers.steps import Ref, Row, Step
from db.importers.workflow.common import USERS, parents_owner

# What a connection string looks like before somebody encrypts it.
_PLAIN: Final = re.compile(r"\w[\w+.-]*://|.*\b(?:server|host|data source)\s*=", re.IGNORECASE | re.DOTALL)


def data_source(row: Row, batch: Batch) -> None:
    """A database; its connection is encrypted by a key that only the platform has, or should have been."""
    secret, key_id = row["connection_string"], None
    if _PLAIN.match(secret):
        made = batch.tools["vault"].seal(secret)
        secret, key_id = made.token, made.key_id
        batch.remark("a connection that was not encrypted in the source: kept encrypted")
    else:
        batch.remark("a connection encrypted with a key of the source: give the connection anew")
    batch.put(
        "data_sources",
        {
            "user_id": batch.owner("user_id", row["created_at"]),
            "name": row["name"],
            "kind": row["database_type"],
            "connection_secret": secret,
            "connection_key_id": key_id,
            "is_active": row["is_active"],
            "last_synced_at": row["last_sync_at"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
        source_id=row["id"],
    )


def schema(row: Row, batch: Batch) -> None:
    """A schema of a data source."""
    whole = _whole(batch, "database_id")
    if whole is None:
        return
    batch.put(
        "data_source_schemas",
        {
            "user_id": whole.owner,
            "data_source_id": whole.id,
            "name": row["schema_name"],
            "description": row["description"],
            "is_enhanced": row["is_enhanced"],
            "enhanced_at": row["enhanced_at"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
        source_id=row["id"],
    )


def table(row: Row, batch: Batch) -> None:
    """A table of a schema; the source lets two of one schema have one name."""
    whole = _whole(batch, "schema_id")
    if whole is None:
        return
    name = row["table_name"]
    if row["nth"]:
        batch.keep("table_name", name, "the second of its name in its schema: it got a number")
        number = f" ({row['nth'] + 1})"
        name = f"{name[: 100 - len(number)]}{number}"
    batch.put(
        "data_source_tables",
        {
            "user_id": whole.owner,
            "schema_id": whole.id,
            "name": name,
            "description": row["description"],
            "row_count": row["row_count"],
            "columns": batch.json("columns", "[]"),
            "indexes": batch.json("indexes", "[]"),
            "foreign_keys": batch.json("foreign_keys", "[]"),
            "sample_data": batch.json("sample_data", "[]"),
            "last_analyzed_at": row["last_analyzed_at"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
        source_id=row["id"],
    )


def question(row: Row, batch: Batch) -> None:
    """A question in plain language, and the SQL that was written for it."""
    whole = _whole(batch, "database_id")
    if whole is None:
        return
    batch.put(
        "sql_queries",
        {
            "user_id": parents_owner(batch, whole),
            "data_source_id": whole.id,
            "question": row["natural_language"],
            "generated_sql": row["generated_sql"],
            "validation_result": batch.json("validation_result", None),
            "is_safe": row["is_safe"],
            "executed": row["executed"],
            "status": "completed" if row["executed"] else "generated",
            "result_row_count": row["result_rows"],
            "duration_ms": row["execution_time_ms"],
            "created_at": row["created_at"],
            "updated_at": row["executed_at"] or row["created_at"],
            "executed_at": row["executed_at"],
        },
        source_id=row["id"],
    )


def _whole(batch: Batch, column: str) -> Known | None:
    found = batch.ref(column)
    if found is None:
        batch.orphan(f"{column} names what is not there", batch.row[column])
        batch.skip("what it is a part of is not there")
    return found


_DATABASES: Final = Ref("database_id", "data_sources", "databases")

DATA_SOURCES: Final = (
    Step(
        "databases",
        "data_sources",
        (
            *("id", "user_id", "name", "connection_string", "database_type", "is_active", "last_sync_at"),
            *("created_at", "updated_at"),
        ),
        data_source,
        refs=(USERS,),
        since="updated_at",
    ),
    Step(
        "schemas",
        "data_source_schemas",
        (
            *("id", "database_id", "schema_name", "description", "is_enhanced", "enhanced_at", "created_at"),
            "updated_at",
        ),
        schema,
        refs=(_DATABASES,),
        since="updated_at",
    ),
    Step(
        "tables",
        "data_source_tables",
        (
            *("id", "schema_id", "table_name", "description", "row_count", "columns", "indexes"),
            *("foreign_keys", "sample_data", "last_analyzed_at", "created_at", "updated_at"),
        ),
        table,
        refs=(Ref("schema_id", "data_source_schemas", "schemas"),),
        extra={
            "nth": "(SELECT count(*) FROM tables o WHERE o.schema_id = t.schema_id "
            "AND o.table_name = t.table_name AND o.id < t.id)"
        },
        since="updated_at",
        rows=1_000,
    ),
    Step(
        "sql_queries",
        "sql_queries",
        (
            *("id", "user_id", "database_id", "natural_language", "generated_sql", "validation_result"),
            *("is_safe", "executed", "result_rows", "execution_time_ms", "created_at", "executed_at"),
        ),
        question,
        refs=(USERS, _DATABASES),
    ),
)
