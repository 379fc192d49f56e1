"""What comes and changes in a source between two imports, beside people who work on here."""

import asyncio

import pytest

from tests.importers.conftest import NewDatabase, Source, bring
from tests.importers.test_conflicts import fetch


def test_runs_that_had_not_ended_wait_here_and_end_as_the_source_says(
    source: Source, migrated: NewDatabase
) -> None:
    sources, here = source("workflow", 200), migrated()
    agents = sources[0]
    first = asyncio.run(bring(here, "workflow", sources))
    unended = "SELECT id FROM executions WHERE status IN ('pending', 'running') ORDER BY id"
    there = [row["id"] for row in asyncio.run(fetch(agents, unended))]
    assert len(there) > 2
    assert {row["status"] for row in asyncio.run(fetch(here, "SELECT status FROM executions"))} >= {"paused"}
    assert asyncio.run(fetch(here, unended)) == [], "workers here would take them up"
    ended, resumed = there[:2]
    asyncio.run(
        fetch(
            agents,
            "UPDATE executions SET status = 'completed', completed_at = '2026-02-03 04:05:06+00', "
            "started_at = '2026-02-03 04:05:00+00', execution_time_ms = 6000, tokens_used = 77, "
            "output = '{\"a\": 1}' WHERE id = ANY($1::uuid[])",
            [ended, resumed],
        )
    )
    asyncio.run(
        fetch(
            agents,
            "INSERT INTO execution_logs (execution_id, level, message, created_at) SELECT $1, 'info', "
            "'later ' || n, timestamptz '2026-02-03 04:05:00+00' + n * interval '1 s' "
            "FROM generate_series(1, 3) n",
            ended,
        )
    )
    asyncio.run(fetch(here, "UPDATE executions SET status = 'pending' WHERE id = $1", resumed))
    report = asyncio.run(bring(here, "workflow", sources))
    (row,) = asyncio.run(fetch(here, "SELECT * FROM executions WHERE id = $1", ended))
    assert (row["status"], row["duration_ms"], row["total_tokens"]) == ("completed", 6000, 77)
    assert row["finished_at"].isoformat() == "2026-02-03T04:05:06+00:00"
    lines = asyncio.run(
        fetch(
            here,
            "SELECT seq, type, message FROM execution_events WHERE execution_id = $1 ORDER BY seq",
            ended,
        )
    )
    assert [line["seq"] for line in lines] == list(range(1, row["event_seq"] + 1))
    assert [line["message"] for line in lines[-3:]] == ["later 1", "later 2", "later 3"]
    assert {line["type"] for line in lines} == {"log"}, "the import tells of no step of its own"
    (mine,) = asyncio.run(fetch(here, "SELECT status FROM executions WHERE id = $1", resumed))
    assert mine["status"] == "pending", "it was resumed here"
    table = report.tables["executions"]
    assert (table.changed, table.skipped) == (1, 1)
    assert first.agrees


def test_hands_other_than_those_of_an_import_are_still_guarded(
    standing: Source, migrated: NewDatabase
) -> None:
    here = migrated()
    asyncio.run(bring(here, "workflow", standing("workflow")))
    (row,) = asyncio.run(fetch(here, "SELECT id FROM executions WHERE status = 'completed' LIMIT 1"))
    with pytest.raises(Exception, match="cannot become running"):
        asyncio.run(fetch(here, "UPDATE executions SET status = 'running' WHERE id = $1", row["id"]))


def test_an_entry_of_the_audit_stays_as_it_was_taken_over(source: Source, migrated: NewDatabase) -> None:
    (there,), here = source("genesis", 100), migrated()
    asyncio.run(bring(here, "genesis", [there]))
    asyncio.run(fetch(there, "UPDATE audit_logs SET action = 'something else' WHERE id = 1"))
    report = asyncio.run(bring(here, "genesis", [there]))
    assert {each.what: each.count for each in report.tables["audit_logs"].skips.values()} == {
        "changed in the source, and here it is only ever added to: what is here stays": 1
    }
    owners = "SELECT count(*) AS n, count(user_id) AS owned FROM audit_logs WHERE actor_user_id IS NOT NULL"
    (row,) = asyncio.run(fetch(here, owners))
    assert row["n"] == row["owned"] > 0


def test_messages_of_an_import_are_one_branch_and_those_that_come_follow_what_was_said_here(
    source: Source, migrated: NewDatabase
) -> None:
    (there,), here = source("cozychat", 200), migrated()
    asyncio.run(bring(here, "cozychat", [there], batch=7))
    broken = """
        SELECT m.id FROM messages m LEFT JOIN messages b ON b.id = m.parent_id
        WHERE m.branch_seq <> 0 OR b.seq IS DISTINCT FROM CASE WHEN m.seq > 0 THEN m.seq - 1 END
            OR b.session_id <> m.session_id
    """
    assert asyncio.run(fetch(here, broken)) == []
    (busy,) = asyncio.run(
        fetch(here, "SELECT session_id, user_id, max(seq) AS last FROM messages GROUP BY 1, 2 "
              "ORDER BY count(*) DESC, 1 LIMIT 1")
    )  # fmt: skip
    asyncio.run(
        fetch(
            here,
            "INSERT INTO messages (session_id, user_id, role, content, seq) "
            "VALUES ($1, $2, 'user', 'here', $3)",
            busy["session_id"],
            busy["user_id"],
            busy["last"] + 1,
        )
    )
    asyncio.run(
        fetch(
            there,
            "INSERT INTO messages (session_id, user_id, role, content, created_at) "
            "VALUES ($1, $2, 'user', 'there', '2027-01-01')",
            busy["session_id"],
            busy["user_id"],
        )
    )
    asyncio.run(bring(here, "cozychat", [there]))
    lines = asyncio.run(
        fetch(
            here,
            "SELECT m.content, m.branch_seq, b.content AS before FROM messages m "
            "LEFT JOIN messages b ON b.id = m.parent_id WHERE m.session_id = $1 ORDER BY m.seq DESC LIMIT 2",
            busy["session_id"],
        )
    )
    assert [line["content"] for line in lines] == ["there", "here"]
    assert [line["branch_seq"] for line in lines] == [0, 0]
    assert lines[0]["before"] == "here"


def test_history_comes_without_news_and_what_changes_later_is_told(
    source: Source, migrated: NewDatabase
) -> None:
    (there,), here = source("cozychat", 100), migrated()
    asyncio.run(bring(here, "cozychat", [there]))
    told = "SELECT type, message_id FROM session_events"
    assert asyncio.run(fetch(here, told)) == []
    (changed,) = asyncio.run(
        fetch(
            there,
            "UPDATE messages SET content = '改過了' WHERE id = (SELECT id FROM messages ORDER BY id LIMIT 1) "
            "RETURNING id",
        )
    )
    assert asyncio.run(bring(here, "cozychat", [there])).tables["messages"].changed == 1
    assert [tuple(row) for row in asyncio.run(fetch(here, told))] == [("message_changed", changed["id"])]
    again = asyncio.run(bring(here, "cozychat", [there]))
    assert again.rows_written == 0
    assert again.rows_skipped == 0
