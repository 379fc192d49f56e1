"""Remember which version of a workflow runs.

Why: a workflow goes on being drawn while its runs follow what was published.
Risk: workflows is locked for a moment, and not rewritten.

Revision: 2026_11_22_14_published_versions
Before: 2026_11_22_13_branches
"""

from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_14_published_versions"
down_revision: Final = "2026_11_22_13_branches"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("""
ALTER TABLE workflows ADD COLUMN published_version integer
    CONSTRAINT workflows_published_version_check CHECK (published_version >= 1)
""")


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("ALTER TABLE workflows DROP COLUMN published_version")
