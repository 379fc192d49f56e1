"""Remember how far an import has come, what a row was like in its source, and let it say how runs ended.

Why: an import that was broken off goes on where it stopped, a later one takes over what has changed in the
source since, and values that have no place in the row here are kept beside it. A run that went on in the
source has ended there at a time of its own, which the guards of executions would not let anybody write.
Risk: executions is locked for a moment; the columns have constant defaults, so that no table is written anew.

Revision: 2026_11_22_17_import_checkpoints
Before: 2026_11_22_16_live
"""

from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_17_import_checkpoints"
down_revision: Final = "2026_11_22_16_live"
branch_labels: Final = None
depends_on: Final = None

GUARDS: Final = """
DROP TRIGGER guard_execution ON executions;

DROP TRIGGER tell_execution ON executions;

CREATE TRIGGER guard_execution BEFORE UPDATE ON executions FOR EACH ROW
    {not_importing} EXECUTE FUNCTION guard_execution();

CREATE TRIGGER tell_execution AFTER UPDATE OF status ON executions FOR EACH ROW
    WHEN (OLD.status <> NEW.status{nor_importing}) EXECUTE FUNCTION tell_execution()
"""
# Whoever writes to the table says so for a transaction or a connection.
IMPORTING: Final = "current_setting('atrium.importing', true) IS DISTINCT FROM 'on'"


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("""
ALTER TABLE import_runs
    ADD COLUMN checkpoint jsonb DEFAULT '{}' NOT NULL
        CONSTRAINT import_runs_checkpoint_not_null_json_check CHECK (jsonb_typeof(checkpoint) <> 'null')
""")
    run("""
ALTER TABLE import_map
    ADD COLUMN fingerprint uuid,
    ADD COLUMN details jsonb DEFAULT '{}' NOT NULL
        CONSTRAINT import_map_details_not_null_json_check CHECK (jsonb_typeof(details) <> 'null'),
    ADD COLUMN imported_at timestamptz DEFAULT now() NOT NULL
""")
    run(GUARDS.format(not_importing=f"WHEN ({IMPORTING})", nor_importing=f" AND {IMPORTING}"))


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(GUARDS.format(not_importing="", nor_importing=""))
    run("ALTER TABLE import_map DROP COLUMN imported_at, DROP COLUMN details, DROP COLUMN fingerprint")
    run("ALTER TABLE import_runs DROP COLUMN checkpoint")
