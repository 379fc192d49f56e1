"""The storm in a small form, and that its judge would notice."""

from pathlib import Path

import pytest
from sqlalchemy import URL, text

from bench.storm import Plan, storm
from bench.verdict import Verdict, judge
from db.session import Database

PLAN = Plan(executions=100, workers=3, kill_seconds=4.0, late_writers=2)


async def test_every_execution_ends_once_whatever_is_killed(database_url: URL, tmp_path: Path) -> None:
    figures = await storm(database_url, PLAN, tmp_path)
    assert figures.verdict.executions == PLAN.executions
    assert figures.verdict.faults == []
    assert figures.server_kills == 1
    assert figures.workers_killed > 0
    assert figures.verdict.leases_lost > 0
    assert figures.late_writes_tried == figures.late_writes_refused > 0


PENDING = """'{"status": "pending"}'"""
BROKEN = {
    "UPDATE executions SET total_tokens = 361": "used more or less",
    "DELETE FROM execution_events WHERE seq = 4": "with a gap",
    "DELETE FROM execution_events WHERE seq = 6": "exactly once",
    "DELETE FROM execution_steps WHERE seq = 2": "other steps",
    f"UPDATE execution_events SET data = {PENDING} WHERE seq = 2": "nobody held",
}
WHOLE = f"""
INSERT INTO users (username) VALUES ('u');

INSERT INTO agents (user_id, name) SELECT id, 'a' FROM users;

INSERT INTO executions (user_id, agent_id, kind) SELECT user_id, id, 'agent' FROM agents;

INSERT INTO execution_events (execution_id, user_id, type, message, data)
SELECT id, user_id, 'status', 'Queued.', {PENDING} FROM executions;

UPDATE executions SET status = 'running';

INSERT INTO execution_steps (execution_id, user_id, seq, status)
SELECT id, user_id, seq, 'completed' FROM executions, generate_series(1, 3) seq;

INSERT INTO execution_events (execution_id, user_id, type, message, data)
SELECT id, user_id, 'step_finished', 'm', jsonb_build_object('step', seq, 'status', 'completed')
FROM executions, generate_series(1, 3) seq;

UPDATE executions SET status = 'completed', steps_completed = 3, total_tokens = 360
"""


async def done(database: Database, *changes: str) -> Verdict:
    """One execution that went well, then changed by hand."""
    async with database.transaction() as session:
        for statement in (*WHOLE.split(";"), *changes):
            await session.execute(text(statement.replace(":", "\\:")))
    async with database.read() as connection:
        return await judge(connection)


@pytest.mark.parametrize(("change", "fault"), BROKEN.items())
async def test_the_judge_would_notice(database: Database, change: str, fault: str) -> None:
    verdict = await done(database, change)
    assert any(fault in each for each in verdict.faults)


async def test_the_judge_finds_nothing_where_all_is_well(database: Database) -> None:
    verdict = await done(database)
    assert (verdict.executions, verdict.events, verdict.faults) == (1, 6, [])
