"""Remember which version of a workflow a run walks.

Why: a run goes on as it began, also when the workflow is published anew before it has ended.
Risk: executions is locked for a moment, and not rewritten.

Revision: 2026_11_22_15_versions_of_runs
Before: 2026_11_22_14_published_versions
"""

from typing import Final

from migrations.ddl import keep_updated_at, run

revision: Final = "2026_11_22_15_versions_of_runs"
down_revision: Final = "2026_11_22_14_published_versions"
branch_labels: Final = None
depends_on: Final = None

# All columns but those that say that a worker holds the execution and that events were written.
BEFORE: Final = (
    "id, user_id, kind, agent_id, workflow_id, session_id, parent_id, retry_of_id, status, progress, input,\n"
    "    output, error, current_node_id, steps_total, steps_completed, attempt, retry_count, max_retries,\n"
    "    leases_lost, duration_ms, total_tokens, cost_usd, scheduled_at, deadline_at, started_at,\n"
    "    finished_at, metadata, created_at"
)


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("""
ALTER TABLE executions ADD COLUMN workflow_version integer
    CONSTRAINT executions_workflow_version_check CHECK (workflow_version >= 1)
""")
    run("DROP TRIGGER set_updated_at ON executions")
    keep_updated_at("executions", of=f"{BEFORE}, workflow_version")


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("DROP TRIGGER set_updated_at ON executions")
    keep_updated_at("executions", of=BEFORE)
    run("ALTER TABLE executions DROP COLUMN workflow_version")
