"""Remember when background work is due, so that one of several processes does each turn of it.

Revision: 2026_11_22_12_jobs
Before: 2026_11_22_11_executions
"""

from typing import Final

from migrations.ddl import keep_updated_at, run

revision: Final = "2026_11_22_12_jobs"
down_revision: Final = "2026_11_22_11_executions"
branch_labels: Final = None
depends_on: Final = None

JOBS: Final = """
CREATE TABLE jobs (
    id uuid DEFAULT uuidv7() NOT NULL,
    name text COLLATE pg_c_utf8 NOT NULL CONSTRAINT jobs_name_check CHECK (char_length(name) <= 100),
    due_at timestamptz DEFAULT now() NOT NULL,
    runs bigint DEFAULT 0 NOT NULL,
    last_run_at timestamptz,
    last_error text COLLATE pg_c_utf8,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT jobs_pkey PRIMARY KEY (id),
    CONSTRAINT jobs_name_key UNIQUE (name),
    CONSTRAINT jobs_runs_check CHECK (runs >= 0)
);

CREATE INDEX jobs_created_at_id_idx ON jobs (created_at DESC, id DESC)
"""


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(JOBS)
    keep_updated_at("jobs")


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("DROP TABLE jobs")
