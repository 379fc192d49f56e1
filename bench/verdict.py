"""What must be true of executions after a storm, asked of the database itself."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text

from db.session import ReadSession

_STEPS: Final = 3
_TOKENS: Final = 120
"""What the demo worker does with an agent, and what it reports of each step."""

_FIGURES: Final = text("""
    SELECT count(*) AS executions, sum(leases_lost)::bigint AS leases_lost,
           (SELECT count(*) FROM execution_events) AS events
    FROM executions
""")

# Each finds the executions of which something is not as it must be.
_CHECKS: Final = {
    "did not complete": "SELECT id FROM executions WHERE status <> 'completed'",
    "did not end exactly once": """
        SELECT executions.id FROM executions LEFT JOIN execution_events
            ON execution_id = executions.id AND type = 'status'
               AND data ->> 'status' IN ('completed', 'failed', 'cancelled', 'timeout')
        GROUP BY executions.id HAVING count(execution_id) <> 1
    """,
    "have events with a gap, a repetition, or beyond the end": """
        SELECT executions.id FROM executions LEFT JOIN execution_events ON execution_id = executions.id
        GROUP BY executions.id, event_seq
        HAVING count(*) <> event_seq OR count(DISTINCT seq) <> event_seq OR min(seq) <> 1
            OR max(seq) <> event_seq
            OR max(seq) FILTER (WHERE data ->> 'status' = 'completed' AND type = 'status') <> event_seq
    """,
    "were written to while nobody held them": """
        SELECT execution_id FROM (
            SELECT execution_id, type, lag(type) OVER w AS type_before,
                lag(data ->> 'status') OVER w AS before
            FROM execution_events WINDOW w AS (PARTITION BY execution_id ORDER BY seq)
        ) told
        WHERE type <> 'status' AND type_before = 'status' AND before <> 'running'
    """,
    "have other steps than those that were done": f"""
        SELECT executions.id FROM executions LEFT JOIN execution_steps ON execution_id = executions.id
        GROUP BY executions.id, steps_completed
        HAVING count(*) FILTER (WHERE execution_steps.status = 'completed') <> {_STEPS}
            OR count(*) <> {_STEPS} OR steps_completed <> {_STEPS}
    """,  # noqa: S608 - numbers of this file
    "had a step that finished twice": """
        SELECT execution_id FROM execution_events WHERE type = 'step_finished'
        GROUP BY execution_id, data ->> 'step' HAVING count(*) <> 1
    """,
    "used more or less than was reported": f"""
        SELECT id FROM executions WHERE total_tokens IS DISTINCT FROM {_STEPS * _TOKENS}
    """,  # noqa: S608 - numbers of this file
    "were begun more often than they were claimed": """
        SELECT executions.id FROM executions JOIN execution_events ON execution_id = executions.id
        WHERE type = 'status' AND data ->> 'status' = 'running'
        GROUP BY executions.id, lease_token, leases_lost
        HAVING count(*) <> lease_token OR lease_token <> leases_lost + 1
    """,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Figures, and what is wrong."""

    executions: int = 0
    events: int = 0
    leases_lost: int = 0
    faults: list[str] = field(default_factory=list)


async def judge(connection: ReadSession) -> Verdict:
    """Look at every execution of the database, all of which the demo worker did for an agent."""
    figures = (await connection.execute(_FIGURES)).one()
    faults = []
    for what, query in _CHECKS.items():
        found = (await connection.execute(text(query.replace(":", "\\:")))).all()
        if found:
            faults.append(f"{len(found)} {what}, as {found[0][0]}")
    return Verdict(figures.executions, figures.events, figures.leases_lost or 0, faults)
