"""Let conversations branch, and forks share messages instead of copying them.

Why: a branch is read by a few ranges of one index instead of message by message, a session that was forked
says where, a summary says what it stands for, and a call of a language model says for which message.
Risk: messages and sessions take no writes while each message is given its branch, about a second for every
50,000 messages; their indexes are built in the same time.

Revision: 2026_11_22_13_branches
Before: 2026_11_22_10_writing
"""

from typing import Final

from migrations.ddl import run

revision: Final = "2026_11_22_13_branches"
down_revision: Final = "2026_11_22_12_jobs"
branch_labels: Final = None
depends_on: Final = None

COLUMNS: Final = """
ALTER TABLE messages
    ADD COLUMN branch_seq integer CONSTRAINT messages_branch_seq_check CHECK (branch_seq >= 0),
    ADD COLUMN summarized_seq integer CONSTRAINT messages_summarized_seq_check CHECK (summarized_seq >= 0);

ALTER TABLE sessions
    ADD COLUMN leaf_seq integer CONSTRAINT sessions_leaf_seq_check CHECK (leaf_seq >= 0),
    ADD COLUMN origin_id uuid,
    ADD COLUMN origin_seq integer CONSTRAINT sessions_origin_seq_check CHECK (origin_seq >= 0);

ALTER TABLE llm_calls ADD COLUMN message_id uuid
"""

# A message continues the branch of its parent if it is the first to follow it in its session. Where no
# message of a session has a parent, each follows the one before. Times of change and counters stay.
FILL: Final = """
ALTER TABLE messages DISABLE TRIGGER USER;

CREATE TEMPORARY TABLE followers ON COMMIT DROP AS
SELECT DISTINCT ON (follower.parent_id) follower.parent_id, follower.id
FROM messages follower
JOIN messages parent ON parent.id = follower.parent_id
    AND parent.session_id = follower.session_id AND parent.seq < follower.seq
ORDER BY follower.parent_id, follower.seq;

ALTER TABLE followers ADD PRIMARY KEY (parent_id);

CREATE UNIQUE INDEX ON followers (id);

ANALYZE followers;

SET LOCAL enable_hashjoin = off;

SET LOCAL enable_mergejoin = off;

CREATE TEMPORARY TABLE placed ON COMMIT DROP AS
WITH RECURSIVE line AS (
    SELECT id, seq AS branch_seq FROM messages
    WHERE NOT EXISTS (SELECT FROM followers WHERE followers.id = messages.id)
    UNION ALL
    SELECT followers.id, line.branch_seq FROM line JOIN followers ON followers.parent_id = line.id
)
SELECT id, branch_seq FROM line;

SET LOCAL enable_hashjoin = on;

SET LOCAL enable_mergejoin = on;

UPDATE messages SET branch_seq = placed.branch_seq FROM placed WHERE placed.id = messages.id;

UPDATE messages SET branch_seq = plain.first_seq, parent_id = plain.before_id
FROM (
    SELECT id, min(seq) OVER talk AS first_seq, count(parent_id) OVER talk AS parents,
        lag(id) OVER (PARTITION BY session_id ORDER BY seq) AS before_id
    FROM messages WINDOW talk AS (PARTITION BY session_id)
) plain
WHERE plain.id = messages.id AND plain.parents = 0 AND plain.before_id IS NOT NULL;

ALTER TABLE messages ENABLE TRIGGER USER
"""

CONSTRAINTS: Final = """
ALTER TABLE messages
    ALTER COLUMN branch_seq SET NOT NULL,
    ADD CONSTRAINT messages_session_id_branch_seq_seq_key UNIQUE (session_id, branch_seq, seq),
    ADD CONSTRAINT messages_branch_check CHECK (branch_seq <= seq),
    ADD CONSTRAINT messages_summary_check
        CHECK (summarized_seq IS NULL OR is_summary AND summarized_seq < seq);

CREATE INDEX messages_summaries_idx ON messages (session_id, branch_seq, seq)
    WHERE is_summary AND deleted_at IS NULL;

ALTER TABLE sessions
    ADD CONSTRAINT sessions_origin_id_user_id_fkey FOREIGN KEY (origin_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE SET NULL (origin_id) ON UPDATE CASCADE DEFERRABLE,
    ADD CONSTRAINT sessions_origin_check CHECK (origin_id IS NULL OR origin_seq IS NOT NULL),
    ADD CONSTRAINT sessions_origin_id_check CHECK (origin_id <> id);

CREATE INDEX sessions_origin_id_created_at_id_idx ON sessions (origin_id, created_at DESC, id DESC);

CREATE STATISTICS sessions_origin_id_user_id_stat (dependencies) ON origin_id, user_id FROM sessions;

ALTER TABLE llm_calls
    ADD CONSTRAINT llm_calls_message_id_user_id_fkey FOREIGN KEY (message_id, user_id)
        REFERENCES messages (id, user_id) ON DELETE SET NULL (message_id) ON UPDATE CASCADE DEFERRABLE;

CREATE INDEX llm_calls_message_id_created_at_id_idx ON llm_calls (message_id, created_at DESC, id DESC);

CREATE STATISTICS llm_calls_message_id_user_id_stat (dependencies) ON message_id, user_id FROM llm_calls
"""

TRIGGERS: Final = """
CREATE FUNCTION place_message() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    home record;
BEGIN
    SELECT leaf_seq, origin_id, origin_seq INTO home FROM sessions WHERE id = NEW.session_id;
    IF NEW.parent_id IS NULL AND home.leaf_seq IS NULL THEN
        SELECT id INTO NEW.parent_id FROM messages
        WHERE session_id = NEW.session_id AND seq < NEW.seq AND deleted_at IS NULL
        ORDER BY seq DESC LIMIT 1;
    END IF;
    IF NEW.parent_id IS NULL AND (home.leaf_seq IS NOT NULL OR home.origin_id IS NOT NULL) THEN
        SELECT messages.id INTO NEW.parent_id
        FROM message_lineage(
            CASE WHEN home.leaf_seq IS NULL THEN home.origin_id ELSE NEW.session_id END,
            coalesce(home.leaf_seq, home.origin_seq)
        ) stretch
        JOIN messages ON messages.session_id = stretch.session_id
            AND messages.branch_seq = stretch.branch_seq
            AND messages.seq BETWEEN stretch.first_seq AND stretch.last_seq
        WHERE messages.deleted_at IS NULL AND messages.seq < NEW.seq
        ORDER BY messages.seq DESC LIMIT 1;
    END IF;
    SELECT parent.branch_seq INTO NEW.branch_seq FROM messages parent
    WHERE parent.id = NEW.parent_id AND parent.session_id = NEW.session_id AND NOT EXISTS (
        SELECT FROM messages other
        WHERE other.session_id = parent.session_id AND other.branch_seq = parent.branch_seq
            AND other.seq > parent.seq
    );
    NEW.branch_seq := coalesce(NEW.branch_seq, NEW.seq);
    IF home.leaf_seq IS NOT NULL THEN
        UPDATE sessions SET leaf_seq = NULL WHERE id = NEW.session_id;
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION place_message IS
    'A message without a parent follows what was said last; the first to follow one goes on with its branch';

CREATE TRIGGER place_inserted BEFORE INSERT ON messages
    FOR EACH ROW WHEN (NEW.branch_seq IS NULL) EXECUTE FUNCTION place_message()
"""

# Each is called in FROM. Having a search path of its own keeps the planner from looking inside, where it
# would take every recursion for one of many rows; ROWS says how many there are as a rule.
FUNCTIONS: Final = """
CREATE FUNCTION message_lineage(of_session uuid, up_to integer)
RETURNS TABLE (session_id uuid, branch_seq integer, first_seq integer, last_seq integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path = public, pg_temp AS $$
    WITH RECURSIVE line AS (
        (
            SELECT leaf.session_id, leaf.branch_seq, leaf.seq AS last_seq FROM messages leaf
            WHERE leaf.session_id = of_session AND leaf.seq <= up_to ORDER BY leaf.seq DESC LIMIT 1
        )
        UNION ALL
        SELECT parent.session_id, parent.branch_seq, parent.seq
        FROM line
        JOIN messages head ON head.session_id = line.session_id AND head.seq = line.branch_seq
        JOIN messages parent ON parent.id = head.parent_id AND parent.seq < head.seq
    )
    SELECT line.session_id, line.branch_seq, line.branch_seq, line.last_seq FROM line
$$;

COMMENT ON FUNCTION message_lineage IS
    'The stretches of branches that lead from the first message to one, deleted messages among them';

CREATE FUNCTION message_context(of_session uuid, up_to integer)
RETURNS TABLE (session_id uuid, branch_seq integer, first_seq integer, last_seq integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path = public, pg_temp AS $$
    WITH lineage AS MATERIALIZED (SELECT * FROM message_lineage(of_session, up_to)), summary AS (
        SELECT found.until FROM lineage, LATERAL (
            SELECT said.seq, coalesce(said.summarized_seq, said.seq - 1) AS until FROM messages said
            WHERE said.session_id = lineage.session_id AND said.branch_seq = lineage.branch_seq
                AND said.seq BETWEEN lineage.first_seq AND lineage.last_seq
                AND said.is_summary AND said.deleted_at IS NULL
                AND EXISTS (SELECT FROM sessions WHERE id = said.session_id AND deleted_at IS NULL)
            ORDER BY said.seq DESC LIMIT 1
        ) found
        ORDER BY found.seq DESC LIMIT 1
    )
    SELECT lineage.session_id, lineage.branch_seq,
        greatest(lineage.first_seq, (SELECT until + 1 FROM summary)), lineage.last_seq
    FROM lineage WHERE lineage.last_seq > coalesce((SELECT until FROM summary), -1)
$$;

COMMENT ON FUNCTION message_context IS
    'What of the lineage of a message its newest summary does not stand for, the summary included';

CREATE FUNCTION session_leaf(of_session uuid)
RETURNS TABLE (session_id uuid, seq integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1 SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN own.seq IS NULL THEN sessions.origin_id ELSE sessions.id END,
        coalesce(own.seq, sessions.origin_seq)
    FROM sessions, LATERAL (
        SELECT coalesce(sessions.leaf_seq, (
            SELECT max(said.seq) FROM messages said
            WHERE said.session_id = sessions.id AND said.deleted_at IS NULL
        )) AS seq
    ) own
    WHERE sessions.id = of_session
$$;

COMMENT ON FUNCTION session_leaf IS 'The place of the message after which a conversation goes on';

CREATE FUNCTION path_of_message(message uuid)
RETURNS TABLE (session_id uuid, branch_seq integer, first_seq integer, last_seq integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path = public, pg_temp AS $$
    SELECT path.* FROM messages, message_lineage(messages.session_id, messages.seq) path
    WHERE messages.id = message
$$;

CREATE FUNCTION context_of_message(message uuid)
RETURNS TABLE (session_id uuid, branch_seq integer, first_seq integer, last_seq integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path = public, pg_temp AS $$
    SELECT context.* FROM messages, message_context(messages.session_id, messages.seq) context
    WHERE messages.id = message
$$;

CREATE FUNCTION path_of_session(session uuid)
RETURNS TABLE (session_id uuid, branch_seq integer, first_seq integer, last_seq integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path = public, pg_temp AS $$
    SELECT path.* FROM session_leaf(session) leaf, message_lineage(leaf.session_id, leaf.seq) path
$$;

CREATE FUNCTION context_of_session(session uuid)
RETURNS TABLE (session_id uuid, branch_seq integer, first_seq integer, last_seq integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 3 SET search_path = public, pg_temp AS $$
    SELECT context.* FROM session_leaf(session) leaf, message_context(leaf.session_id, leaf.seq) context
$$
"""


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(COLUMNS)
    run(FILL)
    run(CONSTRAINTS)
    run(FUNCTIONS)
    run(TRIGGERS)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run("""
DROP TRIGGER place_inserted ON messages;

DROP FUNCTION
    place_message(), context_of_session(uuid), path_of_session(uuid), context_of_message(uuid),
    path_of_message(uuid), session_leaf(uuid), message_context(uuid, integer),
    message_lineage(uuid, integer);

DROP STATISTICS llm_calls_message_id_user_id_stat, sessions_origin_id_user_id_stat;

ALTER TABLE llm_calls DROP COLUMN message_id;

ALTER TABLE sessions DROP COLUMN leaf_seq, DROP COLUMN origin_id, DROP COLUMN origin_seq;

ALTER TABLE messages DROP COLUMN branch_seq, DROP COLUMN summarized_seq
""")
