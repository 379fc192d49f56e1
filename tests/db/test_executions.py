"""The life of an execution as the database itself guards it, whoever writes."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise, product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.errors import Conflict, Invalid
from db.models import ExecutionStatus
from db.session import Database
from db.transitions import ACTIVE, ENDED, TRANSITIONS, allowed_sql, ended_sql, steps
from tests.db.rows import create_rows

S = ExecutionStatus
ADD = "INSERT INTO execution_events (execution_id, user_id, message) SELECT id, user_id, 'm' FROM executions"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PAIRS = [(before, after) for before, after in product(S, S) if before is not after]


@pytest.fixture
async def known(database: Database) -> Mapping[str, UUID]:
    """A row in every table; the execution is pending and has one event."""
    async with database.transaction() as session:
        return await (await session.connection()).run_sync(create_rows)


async def run(database: Database, sql: str, **values: Any) -> None:
    async with database.transaction() as session:
        await session.execute(text(sql), values)


async def ask(database: Database, sql: str, **values: Any) -> Any:
    async with database.read() as connection:
        return (await connection.execute(text(sql), values)).one()


async def seqs(database: Database) -> list[int]:
    async with database.read() as connection:
        found = await connection.execute(text("SELECT seq FROM execution_events ORDER BY seq"))
        return [row.seq for row in found]


def route(goal: ExecutionStatus) -> list[ExecutionStatus]:
    """A shortest way of allowed steps from the first status to another."""
    ways = [[S.PENDING]]
    while True:
        for way in ways:
            if way[-1] is goal:
                return way
        ways = [[*way, after] for way in ways for after in TRANSITIONS[way[-1]]]


async def test_the_trigger_knows_the_same_steps_as_the_program(database: Database) -> None:
    source = (await ask(database, "SELECT prosrc FROM pg_proc WHERE proname = 'guard_execution'")).prosrc
    assert f"NOT IN (\n{allowed_sql()}\n    )" in source, (
        "write a migration with db.transitions.allowed_sql()"
    )
    for name in ("guard_execution", "tell_execution", "number_execution_event"):
        source = (await ask(database, "SELECT prosrc FROM pg_proc WHERE proname = :name", name=name)).prosrc
        assert set(re.findall(r" IN \('completed'[^)]*\)", source)) == {f" IN ({ended_sql()})"}


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=lambda status: status.name)
async def test_every_pair_by_hand(
    database: Database, known: Mapping[str, UUID], before: ExecutionStatus, after: ExecutionStatus
) -> None:
    for status in route(before)[1:]:
        await run(database, "UPDATE executions SET status = :status", status=status.value)
    stood = await ask(database, "SELECT * FROM executions")
    step = "UPDATE executions SET status = :status, started_at = :then, finished_at = :then"
    if (before.value, after.value) not in set(steps()):
        with pytest.raises(Invalid, match="cannot follow"):
            await run(database, step, status=after.value, then=LONG_AGO)
        assert await ask(database, "SELECT * FROM executions") == stood
        return
    await run(database, step, status=after.value, then=LONG_AGO)
    row = await ask(database, "SELECT * FROM executions")
    assert row.status == after.value
    assert row.started_at is None or row.started_at > LONG_AGO
    assert (row.finished_at is not None) == (after in ENDED)
    if stood.started_at is not None:
        assert row.started_at == stood.started_at
        if after in ENDED:
            assert row.finished_at >= row.started_at
            assert row.duration_ms >= 0
    assert row.event_seq == stood.event_seq + 1
    told = await ask(database, "SELECT data FROM execution_events WHERE seq = :seq", seq=row.event_seq)
    assert (told.data["from"], told.data["status"]) == (before.value, after.value)
    assert await seqs(database) == list(range(1, row.event_seq + 1))


async def test_nothing_changes_what_has_ended(database: Database, known: Mapping[str, UUID]) -> None:
    for status in ("running", "completed"):
        await run(database, "UPDATE executions SET status = :status", status=status)
    for change in (
        "output = '1'",
        "error = '{}'",
        "input = '1'",
        "progress = 5",
        "event_seq = event_seq + 1",
    ):
        with pytest.raises(Invalid, match="stays as it is"):
            await run(database, f"UPDATE executions SET {change}")
    with pytest.raises(Invalid, match="takes no more events"):
        await run(database, ADD)
    ended = await ask(database, "SELECT finished_at FROM executions")
    await run(database, "UPDATE executions SET finished_at = :then, total_tokens = 5", then=LONG_AGO)
    assert await ask(database, "SELECT finished_at FROM executions") == ended


async def test_the_token_grows_with_every_claim(database: Database, known: Mapping[str, UUID]) -> None:
    tokens = []
    for status in (
        "running",
        "pending",
        "running",
        "waiting_input",
        "running",
        "paused",
        "pending",
        "running",
    ):
        lease = ", lease_owner = 'w', lease_expires_at = now()" if status == "running" else ""
        await run(database, f"UPDATE executions SET status = :status{lease}", status=status)
        row = await ask(database, "SELECT lease_token, lease_owner FROM executions")
        tokens.append(row.lease_token)
        assert (row.lease_owner is not None) == (status in {"running", "waiting_input"})
    # An input that arrives does not take the lease from its worker.
    assert tokens == [1, 1, 2, 2, 2, 2, 2, 3]
    for smaller in ("lease_token = lease_token - 1", "event_seq = event_seq - 1"):
        with pytest.raises(Invalid):
            await run(database, f"UPDATE executions SET {smaller}")


async def test_the_database_numbers_events(database: Database, known: Mapping[str, UUID]) -> None:
    add = (
        "INSERT INTO execution_events (execution_id, user_id, message, seq) "
        "SELECT id, user_id, 'm', :seq FROM executions"
    )
    for _ in range(3):
        await run(database, add, seq=None)
    assert await seqs(database) == [1, 2, 3, 4]
    assert (await ask(database, "SELECT event_seq FROM executions")).event_seq == 4
    with pytest.raises(Conflict):
        await run(database, add, seq=2)
    with pytest.raises(Invalid):
        await run(database, add, seq=6)
    assert await seqs(database) == [1, 2, 3, 4]


async def hasty(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        await session.execute(text(ADD))


async def broken_off(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text(ADD))
        raise RuntimeError


async def test_numbers_of_many_writers_have_no_gap(database: Database, known: Mapping[str, UUID]) -> None:
    async with database.transaction() as one:
        await one.execute(text(ADD))
        # The second one waits for the first.
        with pytest.raises(DBAPIError, match="lock timeout"):
            await hasty(database)
    # What is rolled back leaves no number behind.
    with pytest.raises(RuntimeError):
        await broken_off(database)
    await run(database, ADD)
    found = await seqs(database)
    assert all(after == before + 1 for before, after in pairwise(found))
    assert found[-1] == 3


async def test_steps_end_with_the_execution(database: Database, known: Mapping[str, UUID]) -> None:
    for status in ("running", "failed"):
        await run(database, "UPDATE executions SET status = :status", status=status)
    row = await ask(database, "SELECT status, finished_at FROM execution_steps")
    assert row.status == "cancelled"
    assert row.finished_at is not None


async def test_listeners_are_woken_by_what_commits(database: Database, known: Mapping[str, UUID]) -> None:
    heard: list[str] = []
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.add_listener("atrium", lambda *given: heard.append(given[3]))
        await run(database, "UPDATE executions SET status = 'running'")
        await driver.fetchval("SELECT 1")
        told = f'"id" : "{known["executions"]}", "user" : "{known["users"]}"'
        assert heard == [f'{{"kind" : "execution", {told}}}']
        await connection.invalidate()


def test_every_status_is_reached() -> None:
    assert [route(status)[-1] for status in S] == list(S)
    assert set(ACTIVE) | set(ENDED) == set(S)
