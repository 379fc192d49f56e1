"""${message}.

Why: what the schema could not do before.
Risk: which tables are locked or rewritten, and for how long at a million rows.

Revision: ${up_revision}
Before: ${down_revision | comma,n}
Created: ${create_date}
"""

from typing import Final

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
from migrations.ddl import run

revision: Final = ${repr(up_revision)}
down_revision: Final = ${repr(down_revision)}
branch_labels: Final = ${repr(branch_labels)}
depends_on: Final = ${repr(depends_on)}


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    ${downgrades if downgrades else "pass"}
