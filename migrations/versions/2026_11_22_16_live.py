"""Number what happens in sessions, and wake who listens whenever something that can be followed changes.

Why: a reader of a session's events sees each of them once and in order, as of an execution's; whoever follows
executions, documents or imports hears of every change, also of one made by hand. Servers hear of rights that
change, so that they need not ask again and again for those of everybody who holds a stream.
Risk: sessions, messages, executions, execution_events, documents, import_runs, users, api_keys and
refresh_tokens are locked for a moment; no row is rewritten. From now on each new or changed message writes
one more row, and each of these changes sends a notification.

Revision: 2026_11_22_16_live
Before: 2026_11_22_15_versions_of_runs
"""

from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_16_live"
down_revision: Final = "2026_11_22_15_versions_of_runs"
branch_labels: Final = None
depends_on: Final = None

EVENTS: Final = """
ALTER TABLE sessions
    ADD COLUMN event_seq bigint DEFAULT 0 NOT NULL,
    ADD CONSTRAINT sessions_event_seq_check CHECK (event_seq >= 0);

CREATE TABLE session_events (
    id uuid DEFAULT uuidv7() NOT NULL,
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    seq bigint NOT NULL,
    type text COLLATE pg_c_utf8 NOT NULL
        CONSTRAINT session_events_type_check
            CHECK (type IN ('message_added', 'message_text', 'message_changed', 'message_deleted',
                'message_restored')),
    message_id uuid,
    text text COLLATE pg_c_utf8,
    text_from integer,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT session_events_pkey PRIMARY KEY (id, created_at),
    CONSTRAINT session_events_message_id_user_id_fkey FOREIGN KEY (message_id, user_id)
        REFERENCES messages (id, user_id) ON DELETE SET NULL (message_id) ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT session_events_seq_check CHECK (seq >= 1),
    CONSTRAINT session_events_session_id_user_id_fkey FOREIGN KEY (session_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE,
    CONSTRAINT session_events_text_from_check CHECK (text_from >= 0),
    CONSTRAINT session_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) PARTITION BY RANGE (created_at);

CREATE INDEX session_events_created_at_id_idx ON session_events (created_at DESC, id DESC);

CREATE INDEX session_events_message_id_seq_id_idx ON session_events (message_id, seq, id);

CREATE INDEX session_events_session_id_seq_id_idx ON session_events (session_id, seq, id);

CREATE INDEX session_events_user_id_created_at_id_idx
    ON session_events (user_id, created_at DESC, id DESC);

CREATE TABLE session_events_default PARTITION OF session_events DEFAULT;

SELECT ensure_partitions(2);

CREATE STATISTICS session_events_message_id_user_id_stat (dependencies)
    ON message_id, user_id FROM session_events;

CREATE STATISTICS session_events_session_id_user_id_stat (dependencies)
    ON session_id, user_id FROM session_events
"""

# Writers that tell others by another way collect what they changed, and notify nobody of it here.
WAKING: Final = """
CREATE FUNCTION wake(kind text, id uuid, owner uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    news text := json_build_object('kind', kind, 'id', id, 'user', owner)\\:\\:text;
BEGIN
    IF current_setting('atrium.wake', true) = 'collect' THEN
        PERFORM set_config('atrium.woken', coalesce(current_setting('atrium.woken', true), '') || news
            || E'\\n', true);
    ELSE
        PERFORM pg_notify('atrium', news);
    END IF;
END
$$;

COMMENT ON FUNCTION wake IS 'Tells who listens, at the end of the transaction, that something has changed';

CREATE FUNCTION wake_followers() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    changed record;
BEGIN
    -- Whole rows are not turned into JSON here: a document may have megabytes.
    IF TG_OP = 'DELETE' THEN
        changed := OLD;
    ELSE
        changed := NEW;
    END IF;
    IF TG_TABLE_NAME = 'import_runs' THEN
        PERFORM wake(TG_ARGV[0], changed.id, changed.started_by_id);
    ELSE
        PERFORM wake(TG_ARGV[0], changed.id, changed.user_id);
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION wake_followers IS
    'Wakes who follows the row; its argument is the kind of row'
"""

# What only says that a worker holds the execution changes nothing that anybody follows.
FOLLOWED: Final = {
    "executions": (
        "execution",
        """user_id, agent_id, workflow_id, session_id, parent_id, retry_of_id, status, progress, input,
    output, error, current_node_id, steps_total, steps_completed, attempt, retry_count, max_retries,
    leases_lost, total_tokens, cost_usd, scheduled_at, deadline_at, metadata""",
    ),
    "documents": (
        "document",
        """user_id, title, content_type, file_size, status, chunk_count, processed_at, indexed_at,
    metadata, deleted_at""",
    ),
    "import_runs": (
        "import_run",
        "started_by_id, status, report, rows_read, rows_written, rows_skipped, error_message, finished_at",
    ),
    "sessions": ("session", "user_id, deleted_at"),
}
# Nobody follows a session before it is there.
ONLY_DELETED: Final = ("sessions",)

FOLLOWING: Final = """
CREATE TRIGGER wake_changed AFTER UPDATE OF {columns} ON {table}
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION wake_followers('{kind}');

CREATE TRIGGER wake_others AFTER {others} ON {table}
    FOR EACH ROW EXECUTE FUNCTION wake_followers('{kind}')
"""

RIGHTS: Final = {
    "users": ("id", "status, roles, permissions, deleted_at"),
    "api_keys": ("user_id", "user_id, status, scopes, rate_limit_per_minute, expires_at"),
    "refresh_tokens": ("user_id", "user_id, family_id, expires_at, revoked_at"),
}
"""Tables on which rights stand, the column that names whose, and the others that count."""

# Each server has to hear of it, however it is told of other things. Making one gives nobody less than before.
TELLING_RIGHTS: Final = """
CREATE FUNCTION tell_rights() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    whose uuid := to_jsonb(OLD) ->> TG_ARGV[0];
BEGIN
    PERFORM pg_notify('atrium', json_build_object('kind', 'rights', 'id', whose, 'user', whose)\\:\\:text);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION tell_rights IS
    'Tells every server that a user''s rights may have changed; its argument is the column that names them'
"""
WATCHING: Final = """
CREATE TRIGGER tell_rights_changed AFTER UPDATE OF {columns} ON {table}
    FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
    EXECUTE FUNCTION tell_rights('{whose}');

CREATE TRIGGER tell_rights_deleted AFTER DELETE ON {table}
    FOR EACH ROW {when}EXECUTE FUNCTION tell_rights('{whose}')
"""

# Statement by statement, so that a million copied messages cost one update for each of their sessions.
TELLING: Final = """
CREATE FUNCTION tell_session() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    told record;
BEGIN
    -- Whoever copies history brings its events, or none.
    IF current_setting('atrium.events', true) = 'off' THEN
        RETURN NULL;
    END IF;
    FOR told IN EXECUTE format($sql$
        WITH news AS (%s), numbered AS (
            UPDATE sessions SET event_seq = event_seq + many FROM (
                SELECT session_id, count(*) AS many FROM news GROUP BY session_id
            ) counted WHERE sessions.id = counted.session_id
            RETURNING sessions.id, sessions.user_id, event_seq - many AS before
        ), written AS (
            INSERT INTO session_events (user_id, session_id, seq, type, message_id, text, text_from)
            SELECT numbered.user_id, session_id,
                before + row_number() OVER (PARTITION BY session_id ORDER BY message_seq, message),
                type, message_id, news.text, text_from
            FROM news JOIN numbered ON numbered.id = news.session_id
        )
        SELECT id, user_id FROM numbered
    $sql$, CASE TG_OP
        WHEN 'INSERT' THEN $sql$
            SELECT session_id, id AS message, id AS message_id, seq AS message_seq, 'message_added' AS type,
                NULL AS text, NULL\\:\\:integer AS text_from
            FROM new_messages WHERE deleted_at IS NULL
        $sql$
        WHEN 'DELETE' THEN $sql$
            SELECT session_id, id AS message, NULL\\:\\:uuid AS message_id, seq AS message_seq,
                'message_deleted' AS type, NULL AS text, NULL\\:\\:integer AS text_from
            FROM old_messages WHERE deleted_at IS NULL
        $sql$
        ELSE $sql$
            SELECT session_id, id AS message, id AS message_id, seq AS message_seq,
                CASE WHEN was_deleted AND NOT is_deleted THEN 'message_restored'
                    WHEN is_deleted THEN 'message_deleted'
                    WHEN grows THEN 'message_text' ELSE 'message_changed' END AS type,
                CASE WHEN grows AND NOT is_deleted AND NOT was_deleted
                    THEN substr(content, length + 1) END AS text,
                CASE WHEN grows AND NOT is_deleted AND NOT was_deleted THEN length END AS text_from
            FROM (
                SELECT fresh.session_id, fresh.id, fresh.seq, fresh.content,
                    char_length(stale.content) AS length,
                    stale.deleted_at IS NOT NULL AS was_deleted, fresh.deleted_at IS NOT NULL AS is_deleted,
                    starts_with(fresh.content, stale.content) AND fresh.content <> stale.content
                        AND fresh.edited_at IS NOT DISTINCT FROM stale.edited_at AS grows
                FROM new_messages fresh JOIN old_messages stale ON stale.id = fresh.id
                WHERE fresh.* IS DISTINCT FROM stale.*
                    AND (fresh.deleted_at IS NULL OR stale.deleted_at IS NULL)
            ) changed
        $sql$
    END)
    LOOP
        PERFORM wake('session', told.id, told.user_id);
    END LOOP;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION tell_session IS 'Writes the events of new and changed messages, and wakes who listens';

CREATE TRIGGER tell_inserted AFTER INSERT ON messages REFERENCING NEW TABLE AS new_messages
    FOR EACH STATEMENT EXECUTE FUNCTION tell_session();

CREATE TRIGGER tell_updated AFTER UPDATE ON messages
    REFERENCING OLD TABLE AS old_messages NEW TABLE AS new_messages
    FOR EACH STATEMENT EXECUTE FUNCTION tell_session();

CREATE TRIGGER tell_deleted AFTER DELETE ON messages REFERENCING OLD TABLE AS old_messages
    FOR EACH STATEMENT EXECUTE FUNCTION tell_session()
"""

# The functions of executions send their news as everything else does.
REPLACED: Final = """
DO $$
DECLARE
    source text;
BEGIN
    FOR source IN
        SELECT pg_get_functiondef(oid) FROM pg_proc
        WHERE proname IN ('number_execution_event', 'tell_execution')
            AND pronamespace = 'public'\\:\\:regnamespace
    LOOP
        source := replace(source, {before_event}, {after_event});
        source := replace(source, {before_status}, {after_status});
        EXECUTE source;
    END LOOP;
END
$$
"""
EVENT_NEWS: Final = (
    "$q$pg_notify('atrium', json_build_object('kind', 'execution', 'id', NEW.execution_id)\\:\\:text)$q$",
    "$q$wake('execution', NEW.execution_id, NEW.user_id)$q$",
)
STATUS_NEWS: Final = (
    "$q$pg_notify('atrium', json_build_object('kind', 'execution', 'id', NEW.id)\\:\\:text)$q$",
    "$q$wake('execution', NEW.id, NEW.user_id)$q$",
)


def _replace(event: tuple[str, str], status: tuple[str, str]) -> None:
    run(
        REPLACED.format(
            before_event=event[0], after_event=event[1], before_status=status[0], after_status=status[1]
        )
    )


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(EVENTS)
    run(WAKING)
    _replace(EVENT_NEWS, STATUS_NEWS)
    for table, (kind, columns) in FOLLOWED.items():
        others = "DELETE" if table in ONLY_DELETED else "INSERT OR DELETE"
        run(FOLLOWING.format(table=table, kind=kind, columns=columns, others=others))
    run(TELLING)
    run(TELLING_RIGHTS)
    for table, (whose, columns) in RIGHTS.items():
        old, new = (_of(row, columns) for row in ("OLD", "NEW"))
        # What is cleared away had no rights any longer.
        when = "WHEN (OLD.expires_at > now()) " if table == "refresh_tokens" else ""
        run(WATCHING.format(table=table, whose=whose, columns=columns, old=old, new=new, when=when))


def _of(row: str, columns: str) -> str:
    return ", ".join(f"{row}.{column}" for column in columns.split(", "))


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    for table in RIGHTS:
        run(f"DROP TRIGGER tell_rights_changed ON {table}")
        run(f"DROP TRIGGER tell_rights_deleted ON {table}")
    run("DROP FUNCTION tell_rights()")
    for operation in ("inserted", "updated", "deleted"):
        run(f"DROP TRIGGER tell_{operation} ON messages")
    for table in FOLLOWED:
        run(f"DROP TRIGGER wake_changed ON {table}")
        run(f"DROP TRIGGER wake_others ON {table}")
    _replace(EVENT_NEWS[::-1], STATUS_NEWS[::-1])
    run("DROP FUNCTION tell_session(), wake_followers(), wake(text, uuid, uuid)")
    run("DROP TABLE session_events")
    run("ALTER TABLE sessions DROP COLUMN event_seq")
