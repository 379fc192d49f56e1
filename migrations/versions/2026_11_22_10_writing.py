"""Count the changes of what people change, and keep the audit as it was written.

Why: an update may demand the version that it saw, and the audit tells owners what was done to their things.
Risk: each table named here is locked for a moment, and none is rewritten. From now on a row of the audit can
neither be changed nor deleted, but for the names of users who are deleted for good.

Revision: 2026_11_22_10_writing
Before: 2026_11_22_9_owners
"""

from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_10_writing"
down_revision: Final = "2026_11_22_9_owners"
branch_labels: Final = None
depends_on: Final = None

# Agents and workflows have had versions from the start.
COUNTED: Final = (
    "agent_plugins",
    "api_keys",
    "code_executions",
    "configs",
    "data_source_schemas",
    "data_source_tables",
    "data_sources",
    "documents",
    "embedding_models",
    "llm_calls",
    "memories",
    "messages",
    "personalities",
    "sessions",
    "sql_queries",
    "tool_calls",
    "user_preferences",
    "user_profiles",
    "users",
)
COUNTED_BEFORE: Final = ("agents", "workflows")

FUNCTIONS: Final = """
CREATE FUNCTION count_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    -- A user who is deleted for good is taken off the rows that name them, which stay otherwise.
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'actor_user_id' - 'user_id' = to_jsonb(OLD) - 'actor_user_id' - 'user_id'
            AND (NEW.actor_user_id IS NOT DISTINCT FROM OLD.actor_user_id OR (NEW.actor_user_id IS NULL
                AND NOT EXISTS (SELECT FROM users WHERE id = OLD.actor_user_id)))
            AND (NEW.user_id IS NOT DISTINCT FROM OLD.user_id OR (NEW.user_id IS NULL
                AND NOT EXISTS (SELECT FROM users WHERE id = OLD.user_id)))
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit is only ever added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
"""

AUDIT: Final = """
ALTER TABLE audit_logs ADD COLUMN user_id uuid REFERENCES users (id) ON DELETE SET NULL;

UPDATE audit_logs SET user_id = CASE
    WHEN resource_type <> 'user' THEN actor_user_id
    ELSE (SELECT id FROM users WHERE id::text = resource_id)
END;

CREATE INDEX audit_logs_user_id_created_at_id_idx ON audit_logs (user_id, created_at DESC, id DESC);

CREATE TRIGGER refuse_rewriting BEFORE UPDATE OR DELETE ON audit_logs
    FOR EACH ROW EXECUTE FUNCTION refuse_rewriting();

CREATE TRIGGER refuse_emptying BEFORE TRUNCATE ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

REVOKE UPDATE, DELETE, TRUNCATE ON audit_logs FROM PUBLIC
"""

# What counts as a change of a row is what moves `updated_at`.
TRIGGERS: Final = """
DO $$
DECLARE
    kept record;
BEGIN
    FOR kept IN
        SELECT pg_get_triggerdef(oid) AS text FROM pg_trigger
        WHERE tgname = 'set_updated_at'
            AND tgrelid::regclass::text = ANY (string_to_array('{tables}', ' '))
    LOOP
        EXECUTE replace(replace(kept.text, 'set_updated_at', 'count_version'), 'updated_at = new.updated_at',
            'version = new.version');
    END LOOP;
END
$$
"""


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(FUNCTIONS)
    for table in COUNTED:
        run(f"ALTER TABLE {table} ADD COLUMN version integer NOT NULL DEFAULT 1")
    run(TRIGGERS.format(tables=" ".join(COUNTED + COUNTED_BEFORE)))
    run(AUDIT)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("DROP TRIGGER refuse_rewriting ON audit_logs")
    run("DROP TRIGGER refuse_emptying ON audit_logs")
    run("ALTER TABLE audit_logs DROP COLUMN user_id")
    for table in COUNTED + COUNTED_BEFORE:
        run(f"DROP TRIGGER count_version ON {table}")
    for table in COUNTED:
        run(f"ALTER TABLE {table} DROP COLUMN version")
    run("DROP FUNCTION count_version(), refuse_rewriting()")
