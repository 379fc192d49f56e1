"""Let the database guard the life of an execution: its status, its times, its lease and its events.

Why: whoever writes to `executions`, by hand too, must not be able to end one twice, to bring an ended one
back, to write an event into its middle, or to work on with a lease that is lost.
Risk: executions and execution_events are locked for a moment; no row is rewritten or read, but for the new
indexes of executions, during which it takes no writes. Lists by `updated_at` no longer move with every event.

Revision: 2026_11_22_11_executions
Before: 2026_11_22_9_owners
"""

from typing import Final

from migrations.ddl import keep_updated_at, run

revision: Final = "2026_11_22_11_executions"
down_revision: Final = "2026_11_22_10_writing"
branch_labels: Final = None
depends_on: Final = None

# What changes with each heartbeat or event is in no index, so that these updates touch none.
COLUMNS: Final = """
ALTER TABLE executions
    ADD COLUMN session_id uuid,
    ADD COLUMN lease_write bigint DEFAULT 0 NOT NULL,
    ADD COLUMN leases_lost integer DEFAULT 0 NOT NULL,
    ADD CONSTRAINT executions_lease_write_check CHECK (lease_write >= 0),
    ADD CONSTRAINT executions_leases_lost_check CHECK (leases_lost >= 0),
    ADD CONSTRAINT executions_session_id_user_id_fkey FOREIGN KEY (session_id, user_id)
        REFERENCES sessions (id, user_id) ON DELETE SET NULL (session_id) ON UPDATE CASCADE DEFERRABLE;

ALTER TABLE executions SET (fillfactor = 80);

DROP INDEX executions_lease_expires_at_idx;

CREATE INDEX executions_claim_idx ON executions (kind, coalesce(scheduled_at, created_at), id)
    WHERE status = 'pending';

CREATE INDEX executions_deadline_at_idx ON executions (deadline_at)
    WHERE status IN ('pending', 'running', 'paused', 'waiting_input') AND deadline_at IS NOT NULL;

CREATE INDEX executions_session_active_idx ON executions (session_id, id)
    WHERE status IN ('pending', 'running', 'paused', 'waiting_input');

CREATE INDEX executions_session_id_created_at_id_idx ON executions (session_id, created_at DESC, id DESC);

CREATE STATISTICS executions_session_id_user_id_stat (dependencies) ON session_id, user_id FROM executions;

DROP TRIGGER set_updated_at ON executions
"""

# All columns but those that say that a worker holds the execution and that events were written.
CHANGES: Final = (
    "id, user_id, kind, agent_id, workflow_id, session_id, parent_id, retry_of_id, status, progress, input,\n"
    "    output, error, current_node_id, steps_total, steps_completed, attempt, retry_count, max_retries,\n"
    "    leases_lost, duration_ms, total_tokens, cost_usd, scheduled_at, deadline_at, started_at,\n"
    "    finished_at, metadata, created_at"
)

# The list of steps is made by db/transitions.py, and a test compares it with what stands there now.
GUARD: Final = """
CREATE FUNCTION guard_execution() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('pending', 'running'),
        ('pending', 'paused'),
        ('pending', 'cancelled'),
        ('pending', 'timeout'),
        ('running', 'pending'),
        ('running', 'paused'),
        ('running', 'waiting_input'),
        ('running', 'completed'),
        ('running', 'failed'),
        ('running', 'cancelled'),
        ('running', 'timeout'),
        ('paused', 'pending'),
        ('paused', 'cancelled'),
        ('paused', 'timeout'),
        ('waiting_input', 'running'),
        ('waiting_input', 'pending'),
        ('waiting_input', 'paused'),
        ('waiting_input', 'failed'),
        ('waiting_input', 'cancelled'),
        ('waiting_input', 'timeout')
    ) THEN
        RAISE EXCEPTION 'an execution that is % cannot become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', TABLE = 'executions', COLUMN = 'status',
                CONSTRAINT = 'executions_transition_check';
    END IF;
    IF NEW.lease_token < OLD.lease_token OR NEW.event_seq < OLD.event_seq THEN
        RAISE EXCEPTION 'the fencing token and the number of the newest event only grow'
            USING ERRCODE = 'check_violation', TABLE = 'executions', CONSTRAINT = 'executions_growth_check';
    END IF;
    IF OLD.status IN ('completed', 'failed', 'cancelled', 'timeout') AND (
        NEW.input, NEW.output, NEW.error, NEW.progress, NEW.event_seq, NEW.lease_token, NEW.lease_owner
    ) IS DISTINCT FROM (
        OLD.input, OLD.output, OLD.error, OLD.progress, OLD.event_seq, OLD.lease_token, OLD.lease_owner
    ) THEN
        RAISE EXCEPTION 'an execution that is % is final', OLD.status
            USING ERRCODE = 'check_violation', TABLE = 'executions', CONSTRAINT = 'executions_final_check';
    END IF;
    NEW.started_at := OLD.started_at;
    NEW.finished_at := OLD.finished_at;
    NEW.duration_ms := OLD.duration_ms;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    NEW.event_seq := NEW.event_seq + 1;
    IF NEW.status = 'running' THEN
        NEW.started_at := coalesce(OLD.started_at, clock_timestamp());
        IF OLD.status = 'pending' THEN
            NEW.lease_token := OLD.lease_token + 1;
            NEW.lease_write := 0;
        END IF;
    ELSIF NEW.status <> 'waiting_input' THEN
        NEW.lease_owner := NULL;
        NEW.lease_expires_at := NULL;
    END IF;
    IF NEW.status IN ('completed', 'failed', 'cancelled', 'timeout') THEN
        -- A transaction may have begun before the one that started it.
        NEW.finished_at := greatest(clock_timestamp(), NEW.started_at);
        NEW.duration_ms := least(extract(epoch FROM NEW.finished_at - NEW.started_at) * 1000, 2147483647);
    END IF;
    IF NEW.status = 'completed' THEN
        NEW.progress := 100;
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION guard_execution IS
    'Refuses steps that db/transitions.py does not allow; keeps times, lease and the number of events';

CREATE TRIGGER guard_execution BEFORE UPDATE ON executions FOR EACH ROW
    EXECUTE FUNCTION guard_execution();

CREATE FUNCTION tell_execution() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO execution_events (execution_id, user_id, seq, type, level, message, data)
    VALUES (
        NEW.id, NEW.user_id, NEW.event_seq, 'status',
        CASE WHEN NEW.status IN ('failed', 'timeout') THEN 'error'
            WHEN NEW.status = 'cancelled' THEN 'warning' ELSE 'info' END,
        'Now ' || replace(NEW.status, '_', ' ') || '.',
        jsonb_strip_nulls(jsonb_build_object(
            'status', NEW.status, 'from', OLD.status, 'error', NEW.error -> 'code', 'worker', NEW.lease_owner
        ))
    );
    IF NEW.status IN ('completed', 'failed', 'cancelled', 'timeout') THEN
        UPDATE execution_steps SET status = 'cancelled', finished_at = NEW.finished_at
        WHERE execution_id = NEW.id AND status IN ('pending', 'running', 'waiting_input');
    END IF;
    PERFORM pg_notify('atrium', json_build_object('kind', 'execution', 'id', NEW.id)\\:\\:text);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION tell_execution IS 'Writes the event of each step of an execution, and wakes who listens';

CREATE TRIGGER tell_execution AFTER UPDATE OF status ON executions FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION tell_execution();

CREATE FUNCTION number_execution_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest bigint;
    state text;
BEGIN
    SELECT event_seq, status INTO newest, state FROM executions
    WHERE id = NEW.execution_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        -- The foreign key says it better.
        NEW.seq := coalesce(NEW.seq, 1);
    ELSIF NEW.seq IS NULL THEN
        IF state IN ('completed', 'failed', 'cancelled', 'timeout') THEN
            RAISE EXCEPTION 'an execution that is % takes no more events', state
                USING ERRCODE = 'check_violation', TABLE = 'execution_events',
                    CONSTRAINT = 'execution_events_final_check';
        END IF;
        NEW.seq := newest + 1;
        UPDATE executions SET event_seq = NEW.seq WHERE id = NEW.execution_id;
        PERFORM pg_notify('atrium', json_build_object('kind', 'execution', 'id', NEW.execution_id)\\:\\:text);
    ELSIF NEW.seq > newest THEN
        RAISE EXCEPTION 'event % of an execution that has %', NEW.seq, newest
            USING ERRCODE = 'check_violation', TABLE = 'execution_events', COLUMN = 'seq',
                CONSTRAINT = 'execution_events_seq_check',
                HINT = 'Leave seq out, and the database gives it.';
    ELSIF EXISTS (
        SELECT FROM execution_events
        WHERE execution_id = NEW.execution_id AND seq = NEW.seq AND id <> NEW.id
    ) THEN
        RAISE EXCEPTION 'event % of the execution is there already', NEW.seq
            USING ERRCODE = 'unique_violation', TABLE = 'execution_events', COLUMN = 'seq',
                CONSTRAINT = 'execution_events_seq_key',
                DETAIL = format('Key (seq)=(%s) already exists.', NEW.seq);
    END IF;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION number_execution_event IS
    'Gives an event the next number of its execution; imports may bring theirs, up to event_seq';

CREATE TRIGGER number_execution_event BEFORE INSERT ON execution_events FOR EACH ROW
    EXECUTE FUNCTION number_execution_event()
"""

TAKEN_BACK: Final = """
DROP TRIGGER set_updated_at ON executions;

DROP TRIGGER number_execution_event ON execution_events;

DROP TRIGGER tell_execution ON executions;

DROP TRIGGER guard_execution ON executions;

DROP FUNCTION number_execution_event, tell_execution, guard_execution;

DROP STATISTICS executions_session_id_user_id_stat;

DROP INDEX executions_claim_idx, executions_deadline_at_idx;

ALTER TABLE executions DROP COLUMN session_id, DROP COLUMN lease_write, DROP COLUMN leases_lost;

ALTER TABLE executions RESET (fillfactor);

CREATE INDEX executions_lease_expires_at_idx ON executions (lease_expires_at)
    WHERE lease_expires_at IS NOT NULL
"""


def upgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(COLUMNS)
    keep_updated_at("executions", of=CHANGES)
    run(GUARD)


def downgrade() -> None:
    run("SET LOCAL lock_timeout = '10s'")
    run(TAKEN_BACK)
    keep_updated_at("executions")
