"""The vector extension, and the functions that all later tables lean on.

Revision: 2026_11_22_1_foundation
Before: nothing
"""

from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_1_foundation"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None

FUNCTIONS: Final = """
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE FUNCTION ensure_partitions(months_ahead integer, first_month date DEFAULT current_date)
RETURNS SETOF text LANGUAGE plpgsql SET TimeZone = 'UTC' SET search_path = public, pg_temp AS $$
DECLARE
    whole record;
    month timestamp;
    part text;
    stray text;
BEGIN
    IF months_ahead IS NULL OR months_ahead < 0 THEN
        RAISE EXCEPTION 'months_ahead must be zero or more' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR whole IN
        SELECT c.relname AS name, a.attname AS key
        FROM pg_partitioned_table p
        JOIN pg_class c ON c.oid = p.partrelid AND c.relnamespace = 'public'::regnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
        WHERE p.partstrat = 'r' AND p.partnatts = 1 AND p.partdefid <> 0
            AND a.atttypid = 'timestamptz'::regtype
        ORDER BY c.relname
    LOOP
        FOR month IN
            SELECT generate_series(
                date_trunc('month', first_month::timestamp),
                date_trunc('month', current_date::timestamp) + make_interval(months => months_ahead),
                '1 month'
            )
        LOOP
            part := whole.name || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass(quote_ident(part)) IS NOT NULL;
            stray := format(
                '%I >= %L AND %I < %L',
                whole.key, month::timestamptz, whole.key, (month + interval '1 month')::timestamptz
            );
            -- Rows of the month that came before its partition lie in the default one; they move.
            EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', whole.name);
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, whole.name);
            EXECUTE format(
                'WITH moved AS (DELETE FROM %I WHERE %s RETURNING *) INSERT INTO %I SELECT * FROM moved',
                whole.name || '_default', stray, part
            );
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                whole.name, part, month::timestamptz, (month + interval '1 month')::timestamptz
            );
            RETURN NEXT part;
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION ensure_partitions IS
    'Makes the month partitions from first_month to months_ahead after the current one; returns those made';
"""

# Others may have put vectors of their own into this database, or may own the extension: then it stays.
DROP_EXTENSION: Final = """
DO $$
BEGIN
    DROP EXTENSION IF EXISTS vector;
EXCEPTION
    WHEN dependent_objects_still_exist OR insufficient_privilege THEN
        RAISE NOTICE 'the extension vector stays: %', SQLERRM;
END
$$
"""


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("CREATE EXTENSION IF NOT EXISTS vector")
    run(FUNCTIONS)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("DROP FUNCTION ensure_partitions, set_updated_at")
    run(DROP_EXTENSION)
