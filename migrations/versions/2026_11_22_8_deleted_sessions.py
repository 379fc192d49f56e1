"""Find the deleted sessions without reading all.

Why: a call or a record is hidden with its session, and whoever sees the rows of every owner had all sessions
read to learn which of them are deleted.
Risk: sessions takes no writes while its rows are read once; the index holds the deleted ones only.

Revision: 2026_11_22_8_deleted_sessions
Before: 2026_11_22_7_presentable
"""

from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_8_deleted_sessions"
down_revision: Final = "2026_11_22_7_presentable"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("CREATE INDEX sessions_deleted_idx ON sessions (id) WHERE deleted_at IS NOT NULL")


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("DROP INDEX sessions_deleted_idx")
