"""Workers: who may be one, what a lease is good for, and what happens when one is silent."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from api.jobs import WORK, do_due, keep_doing
from db.errors import Unavailable
from db.policy import Viewer
from db.session import Database, WriteSession
from db.store import jobs
from db.store.executions.upkeep import end_overdue, take_back
from db.store.jobs import Work
from tests.api.executions.conftest import (
    APPEND,
    CLAIM,
    COMPLETE,
    FAIL,
    HEARTBEAT,
    STEP,
    Desk,
    Held,
)

RUN_OUT = "UPDATE executions SET lease_expires_at = now() - interval '1 second' WHERE lease_owner IS NOT NULL"


async def code_of(desk: Desk, viewer: Viewer) -> str | None:
    """The code of the top-level error that a claim is answered with."""
    asked = {"worker": "w", "kinds": ["AGENT"]}
    result = await desk.run(desk.database, viewer, CLAIM, input=asked)
    if result.errors is None:
        return None
    return str((result.errors[0].extensions or {})["code"])


async def swept(desk: Desk, task: Any) -> int:
    async with desk.database.transaction() as session:
        found: int = await task(session)
        return found


async def test_who_may_be_a_worker(desk: Desk) -> None:
    owner = desk.owner
    assert await code_of(desk, Viewer(None)) == "UNAUTHENTICATED"
    assert await code_of(desk, Viewer(owner.user_id, frozenset({"viewer"}))) == "FORBIDDEN"
    assert await code_of(desk, replace(owner, scopes=frozenset({"execution:read"}))) == "FORBIDDEN"
    assert await code_of(desk, replace(owner, scopes=frozenset({"execution:work"}))) is None
    assert await code_of(desk, owner) is None


async def test_workers_do_their_owners_executions_unless_they_may_do_all(desk: Desk) -> None:
    started = await desk.start()
    (other,) = await desk.sql("INSERT INTO users (username) VALUES ('other') RETURNING id")
    stranger = Viewer(other.id, frozenset({"user"}))
    asked = {"worker": "w", "kinds": ["AGENT", "WORKFLOW"]}
    assert (await desk.do(stranger, CLAIM, **asked))["executions"] == []
    # The scopes of a key cut down what its owner may, and the user may not do everybody's.
    scoped = replace(stranger, scopes=frozenset({"execution:work_all"}))
    assert await code_of(desk, scoped) == "FORBIDDEN"
    claimed = (await desk.do(desk.owner, CLAIM, **asked))["executions"]
    assert [each["executionId"] for each in claimed] == [started]
    held = Held(claimed[0])
    assert (await desk.refused(stranger, COMPLETE, **held.write()))[0] == "NOT_FOUND"
    (state,) = (await desk.do(stranger, HEARTBEAT, leases=[held.lease]))["leases"]
    assert (state["held"], state["status"]) == (False, None)


async def test_a_worker_sees_only_what_it_was_given(desk: Desk) -> None:
    held = await desk.held()
    payload = await desk.do(desk.worker, APPEND, **held.write(), events=[{"message": "m"}])
    assert payload["execution"] is None
    read = await desk.run(
        desk.database, desk.worker, "{ executions { nodes { id } } agents { nodes { id } } }"
    )
    assert read.data == {"executions": {"nodes": []}, "agents": {"nodes": []}}


async def test_nothing_is_claimed_twice(desk: Desk) -> None:
    started = {await desk.start() for _ in range(20)}
    claims = await asyncio.gather(*(desk.claim(3, worker=f"w{number}") for number in range(12)))
    claimed = [held.id for each in claims for held in each]
    while more := await desk.claim(3):
        claimed += [held.id for held in more]
    assert sorted(claimed) == sorted(started)


async def test_kinds_are_kept_apart_and_the_oldest_come_first(desk: Desk) -> None:
    flow = str(desk.known["workflows"])
    started = [await desk.start(**({"workflowId": flow} if number % 2 else {})) for number in range(4)]
    assert [each.id for each in await desk.claim(1)] == started[:1]
    assert [each.id for each in await desk.claim(9, kinds=["WORKFLOW"])] == [started[1], started[3]]
    (last,) = await desk.claim(9)
    assert last.id == started[2]


async def test_a_write_that_is_sent_again_is_not_done_again(desk: Desk) -> None:
    held = await desk.held()
    first = held.write()
    step = {"seq": 1, "status": "COMPLETED", "usage": {"tokens": "5"}}
    for _ in range(3):
        await desk.do(desk.worker, APPEND, **first, events=[{"message": "once"}])
    second = held.write()
    for _ in range(3):
        await desk.do(desk.worker, STEP, **second, **step)
    third = held.write()
    assert (await desk.refused(desk.worker, APPEND, **held.write(), events=[])) == (
        "INVALID",
        ["input", "write"],
        None,
    )
    for _ in range(3):
        await desk.do(desk.worker, COMPLETE, **third, output={"n": 1})
    now = await desk.now(held.id)
    assert (now["status"], now["totalTokens"], now["output"]) == ("COMPLETED", "5", {"n": 1})
    assert await desk.story(held.id) == [
        "Queued.",
        "Now running.",
        "once",
        "Step 1: completed.",
        "Now completed.",
    ]


async def test_a_failure_that_is_sent_again_queues_one_retry(desk: Desk) -> None:
    held = await desk.held()
    write = held.write()
    for _ in range(3):
        payload = await desk.do(desk.worker, FAIL, **write, code="X", message="x", retryable=True)
        assert payload["retried"]
    assert await desk.sql("SELECT count(*) FROM executions") == [(2,)]


async def test_a_late_write_is_refused(desk: Desk) -> None:
    late = await desk.held()
    await desk.sql(RUN_OUT)
    # Nobody took it yet, so that its worker may go on.
    await desk.do(desk.worker, HEARTBEAT, leases=[late.lease])
    assert await swept(desk, take_back) == 0
    await desk.sql(RUN_OUT)
    assert await swept(desk, take_back) == 1
    for document, given in (
        (APPEND, {"events": [{"message": "late"}]}),
        (STEP, {"seq": 1, "status": "COMPLETED"}),
        (FAIL, {"code": "X", "message": "x"}),
        (COMPLETE, {}),
    ):
        write = {"lease": late.lease, "write": "1"}
        refused = await desk.refused(desk.worker, document, **write, **given)
        assert refused == ("LEASE_LOST", ["input", "lease"], "PENDING")
    (held,) = await desk.claim(worker="next")
    refused = await desk.refused(desk.worker, COMPLETE, lease=late.lease, write="1")
    assert refused == ("LEASE_LOST", ["input", "lease"], "RUNNING")
    (state,) = (await desk.do(desk.worker, HEARTBEAT, leases=[late.lease]))["leases"]
    assert (state["held"], state["status"]) == (False, "RUNNING")
    await desk.do(desk.worker, COMPLETE, **held.write())
    now = await desk.now(held.id)
    assert (now["status"], now["leasesLost"]) == ("COMPLETED", 1)
    story = await desk.story(held.id)
    assert story == ["Queued.", "Now running.", "Now pending.", "Now running.", "Now completed."]


async def test_what_its_workers_fall_silent_on_fails_in_the_end(desk: Desk) -> None:
    started = await desk.start(maxRetries=1)
    for _ in range(2):
        assert len(await desk.claim()) == 1
        await desk.sql(RUN_OUT)
        assert await swept(desk, take_back) == 1
    now = await desk.now(started)
    assert (now["status"], now["error"]["code"], now["leasesLost"]) == ("FAILED", "WORKER_LOST", 2)
    assert (await desk.events(started))[-1]["data"]["error"] == "WORKER_LOST"


async def test_what_waits_for_input_goes_on_waiting_without_its_worker(desk: Desk) -> None:
    held = await desk.held(maxRetries=0)
    await desk.do(desk.worker, STEP, **held.write(), seq=1, status="WAITING_INPUT")
    await desk.sql(RUN_OUT)
    assert await swept(desk, take_back) == 1
    assert await swept(desk, take_back) == 0
    now = await desk.now(held.id)
    assert (now["status"], now["leaseOwner"], now["leasesLost"]) == ("WAITING_INPUT", None, 0)


async def test_a_deadline_ends_what_is_late(desk: Desk) -> None:
    later = {"deadlineAt": "2999-01-01T00:00:00Z"}
    waiting, kept = await desk.start(**later), await desk.start(**later)
    (held, _) = await desk.claim(2)
    assert held.id == waiting
    assert await swept(desk, end_overdue) == 0
    await desk.sql(
        "UPDATE executions SET deadline_at = now() WHERE lease_owner IS NOT NULL AND id = :id",
        id=await key(desk, waiting),
    )
    assert await swept(desk, end_overdue) == 1
    now = await desk.now(waiting)
    assert (now["status"], now["error"]["code"]) == ("TIMEOUT", "TIMEOUT")
    assert (await desk.refused(desk.worker, COMPLETE, **held.write()))[2] == "TIMEOUT"
    assert (await desk.now(kept))["status"] == "RUNNING"


async def key(desk: Desk, execution: str) -> Any:
    (row,) = await desk.sql(
        "SELECT id FROM executions WHERE encode(convert_to('Execution:' || id, 'UTF8'), 'base64') = :id",
        id=execution,
    )
    return row.id


@pytest.mark.parametrize(
    ("document", "given", "path"),
    [
        (APPEND, {"events": [{"message": "m"}] * 101}, ["input", "events"]),
        (APPEND, {"events": [{"message": "a\x00"}]}, ["input", "events", "0", "message"]),
        (APPEND, {"events": [], "progress": 101}, ["input", "progress"]),
        (STEP, {"seq": 0, "status": "RUNNING"}, ["input", "seq"]),
        (STEP, {"seq": 1, "status": "RUNNING", "usage": {"costUsd": "-1"}}, ["input", "usage", "costUsd"]),
        (COMPLETE, {"output": {"\x00": 1}}, ["input", "output"]),
        (FAIL, {"code": "", "message": "x"}, ["input", "code"]),
    ],
)
async def test_bad_reports_are_told_with_their_path(
    desk: Desk, document: str, given: dict[str, Any], path: list[str]
) -> None:
    held = await desk.held()
    assert await desk.refused(desk.worker, document, **held.write(), **given) == ("INVALID", path, None)
    assert await desk.story(held.id) == ["Queued.", "Now running."]


async def test_a_step_that_ended_stays_as_it_is(desk: Desk) -> None:
    held = await desk.held()
    await desk.do(desk.worker, STEP, **held.write(), seq=1, status="SKIPPED")
    refused = await desk.refused(desk.worker, STEP, **held.write(), seq=1, status="RUNNING")
    assert refused == ("WRONG_STATUS", ["input", "lease"], "RUNNING")


async def test_one_process_does_each_turn_of_the_work(database: Database) -> None:
    done: list[int] = []

    async def count(_session: WriteSession) -> int:
        done.append(1)
        await asyncio.sleep(0)
        return 1

    work = [Work("test", 3_600, count)]
    async with database.transaction() as session:
        await jobs.announce(session, ["test"])
        await jobs.announce(session, ["test"])
    await asyncio.gather(*(do_due(database, work) for _ in range(8)))
    assert done == [1]
    async with database.read() as connection:
        ready, wait = await jobs.due(connection, ["test"])
    assert ready == []
    assert 0 < wait <= 3_600


async def test_a_turn_that_breaks_off_is_due_again(database: Database) -> None:
    async def crash(_session: WriteSession) -> int:
        raise RuntimeError

    work = Work("test", 3_600, crash)
    async with database.transaction() as session:
        await jobs.announce(session, ["test"])
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await jobs.take_turn(session, work)
    async with database.read() as connection:
        assert (await jobs.due(connection, ["test"]))[0] == ["test"]


async def test_work_that_fails_is_put_off(database: Database) -> None:
    async def fail(_session: WriteSession) -> int:
        raise Unavailable("Away.")

    work = [Work("test", 3_600, fail)]
    async with database.transaction() as session:
        await jobs.announce(session, ["test"])
    await do_due(database, work)
    async with database.read() as connection:
        assert (await jobs.due(connection, ["test"]))[0] == []


async def test_what_expired_is_cleared_away(desk: Desk) -> None:
    await desk.sql(
        "INSERT INTO memories (user_id, memory_type, content, expires_at) "
        "VALUES (:id, 'user', 'old', now()), (:id, 'user', 'kept', now() + interval '1 day')",
        id=desk.owner.user_id,
    )
    await desk.sql(
        "INSERT INTO api_keys (user_id, name, key_prefix, key_hash, expires_at) "
        "VALUES (:id, 'k', 'p', 'h', now())",
        id=desk.owner.user_id,
    )
    await desk.sql(
        "INSERT INTO refresh_tokens (user_id, token_hash, family_id, expires_at) "
        "VALUES (:id, 'gone', :id, now() - interval '2 days'), (:id, 'told', :id, now() - interval '1 hour')",
        id=desk.owner.user_id,
    )
    await desk.sql(
        "INSERT INTO idempotency_keys (user_id, key, operation, request_hash, expires_at) "
        "VALUES (:id, 'k', 'o', 'h', now())",
        id=desk.owner.user_id,
    )
    task = asyncio.create_task(keep_doing(desk.database))
    due = "SELECT count(*) FROM jobs WHERE runs > 0"
    while await desk.sql(due) != [(len(WORK),)]:
        assert not task.done()
        await asyncio.sleep(0.05)
    task.cancel()
    assert await desk.sql("SELECT content FROM memories WHERE deleted_at IS NULL") == [("kept",)]
    assert await desk.sql("SELECT status FROM api_keys") == [("expired",)]
    assert await desk.sql("SELECT token_hash FROM refresh_tokens") == [("told",)]
    assert await desk.sql("SELECT count(*) FROM idempotency_keys") == [(0,)]
    assert await desk.sql("SELECT name FROM jobs WHERE last_error IS NOT NULL") == []
