"""Tell the planner that the parts of a whole have the whole's owner.

Why: PostgreSQL takes two conditions for independent, and expected next to no row of one session and one
owner where the session has hundreds. It then read both indexes from end to end and sorted, instead of
walking the one index that lists the parts in their order.
Risk: none of the tables is locked against reads or writes; those that have rows are sampled once. Each later
ANALYZE takes a little longer.

Revision: 2026_11_22_9_owners
Before: 2026_11_22_8_deleted_sessions
"""

from collections.abc import Iterator, Mapping
from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_9_owners"
down_revision: Final = "2026_11_22_8_deleted_sessions"
branch_labels: Final = None
depends_on: Final = None

# Each table with the foreign keys that hold its owner to that of the row they name.
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "ad_recommendations": ("intent_analysis_id", "session_id"),
    "agent_plugins": ("agent_id",),
    "behavior_events": ("session_id",),
    "chunk_embeddings": ("chunk_id", "document_id"),
    "code_executions": ("agent_id", "execution_id"),
    "data_source_schemas": ("data_source_id",),
    "data_source_tables": ("schema_id",),
    "document_chunks": ("document_id",),
    "execution_events": ("execution_id",),
    "execution_steps": ("execution_id",),
    "executions": ("agent_id", "parent_id", "retry_of_id", "workflow_id"),
    "intent_analyses": ("session_id",),
    "llm_calls": ("execution_id", "session_id"),
    "memories": ("session_id",),
    "memory_embeddings": ("memory_id",),
    "memory_links": ("memory_id", "related_id"),
    "message_citations": ("chunk_id", "document_id", "message_id"),
    "message_memories": ("memory_id", "message_id"),
    "messages": ("parent_id", "session_id"),
    "refresh_tokens": ("replaced_by_id",),
    "sessions": ("agent_id",),
    "sql_queries": ("data_source_id",),
    "tool_calls": ("execution_id", "message_id", "session_id"),
    "workflow_versions": ("workflow_id",),
}

ANALYZE: Final = """
DO $$
DECLARE part text;
BEGIN
    FOR part IN
        SELECT DISTINCT relname FROM pg_statistic_ext JOIN pg_class ON pg_class.oid = stxrelid
        WHERE stxname LIKE '%_user_id_stat' AND stxnamespace = current_schema()::regnamespace
            AND reltuples > 0
    LOOP
        EXECUTE format('ANALYZE %I', part);
    END LOOP;
END $$
"""


def names() -> Iterator[tuple[str, str, str]]:
    """Table, foreign key and the name of their statistics."""
    for table, keys in PARTS.items():
        for key in keys:
            yield table, key, f"{table}_{key}_user_id_stat"


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    for table, key, name in names():
        run(f"CREATE STATISTICS {name} (dependencies) ON {key}, user_id FROM {table}")
    run(ANALYZE)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    for _, _, name in names():
        run(f"DROP STATISTICS {name}")
