"""The life of an execution through the API: every step that people and workers can bring about."""

import asyncio
from typing import Any

import orjson
import pytest

from db.models import ExecutionStatus
from db.transitions import ACTIVE, ENDED, TRANSITIONS
from tests.api.executions.conftest import (
    APPEND,
    CANCEL,
    CANCEL_MANY,
    COMPLETE,
    FAIL,
    HEARTBEAT,
    PAUSE,
    RESUME,
    RETRY,
    START,
    STEP,
    SUBMIT,
    Desk,
    Held,
)

S = ExecutionStatus


async def test_from_start_to_result(desk: Desk) -> None:
    started = (await desk.do(desk.owner, START, agentId=desk.agent, input={"task": "看"}))["execution"]
    assert (started["status"], started["eventSeq"], started["startedAt"]) == ("PENDING", "1", None)
    (held,) = await desk.claim(worker="one")
    claimed = held.claimed
    assert (claimed["executionId"], claimed["input"], claimed["attempt"]) == (
        started["id"],
        {"task": "看"},
        1,
    )
    assert claimed["agent"]["prompt"] == "Be brief."
    assert [each["pluginType"] for each in claimed["agent"]["plugins"]] == ["WEB_SEARCH"]
    assert claimed["workflow"] is None
    running = await desk.now(held.id)
    assert (running["status"], running["leaseOwner"]) == ("RUNNING", "one")
    assert running["startedAt"] is not None
    worker = desk.worker
    await desk.do(worker, APPEND, **held.write(), events=[{"message": "一"}, {"message": "two"}], progress=10)
    step = {"seq": 1, "nodeId": "read", "stepsTotal": 2}
    await desk.do(worker, STEP, **held.write(), **step, status="RUNNING")
    used = {"tokens": "30", "costUsd": "0.00000001"}
    await desk.do(worker, STEP, **held.write(), **step, status="COMPLETED", output={"n": 1}, usage=used)
    half = await desk.now(held.id)
    assert (half["progress"], half["stepsCompleted"], half["stepsTotal"]) == (50, 1, 2)
    assert (half["totalTokens"], half["costUsd"]) == ("30", "0.00000001")
    await desk.do(worker, COMPLETE, **held.write(), output={"answer": 42}, usage=used)
    done = await desk.now(held.id)
    assert (done["status"], done["progress"], done["output"]) == ("COMPLETED", 100, {"answer": 42})
    assert (done["totalTokens"], done["costUsd"], done["leaseOwner"]) == ("60", "0.00000002", None)
    assert done["durationMs"] >= 0
    assert done["finishedAt"] >= done["startedAt"]
    assert await desk.story(held.id) == [
        *("Queued.", "Now running.", "一", "two"),
        *("Step read started.", "Step read: completed.", "Now completed."),
    ]
    actions = await desk.sql("SELECT action, resource_id FROM audit_logs")
    assert [action for action, _ in actions] == ["execution.start"]


async def test_an_owner_who_works_sees_the_counters_in_the_answer(desk: Desk) -> None:
    held = await desk.held()
    payload = await desk.do(
        desk.owner, STEP, **held.write(), seq=1, status="COMPLETED", usage={"tokens": "7"}
    )
    assert payload["execution"]["totalTokens"] == "7"
    assert payload["execution"]["stepsCompleted"] == 1
    payload = await desk.do(desk.owner, COMPLETE, **held.write(), usage={"tokens": "3"})
    assert (payload["execution"]["totalTokens"], payload["execution"]["status"]) == ("10", "COMPLETED")


async def come_to(desk: Desk, status: ExecutionStatus) -> Held:
    """An execution that has a status, come to by the API, and the lease it last had."""
    if status is S.PENDING:
        return Held({"executionId": await desk.start(), "token": "0"})
    held = await desk.held()
    match status:
        case S.PAUSED:
            await desk.do(desk.owner, PAUSE, id=held.id)
        case S.WAITING_INPUT:
            await desk.do(desk.worker, STEP, **held.write(), seq=1, status="WAITING_INPUT")
        case S.COMPLETED:
            await desk.do(desk.worker, COMPLETE, **held.write())
        case S.FAILED:
            await desk.do(desk.worker, FAIL, **held.write(), code="X", message="x")
        case S.CANCELLED:
            await desk.do(desk.owner, CANCEL, id=held.id)
        case S.TIMEOUT:
            await desk.sql("UPDATE executions SET status = 'timeout' WHERE status = 'running'")
    assert (await desk.now(held.id))["status"] == status.name
    return held


async def bring(desk: Desk, held: Held, status: ExecutionStatus) -> dict[str, Any]:
    """Ask through the API for a status; the payload."""
    match status:
        case S.RUNNING | S.PENDING if (await desk.now(held.id))["status"] == "WAITING_INPUT":
            return await desk.ask(desk.owner, SUBMIT, id=held.id, input=1)
        case S.PENDING:
            return await desk.ask(desk.owner, RESUME, id=held.id)
        case S.PAUSED:
            return await desk.ask(desk.owner, PAUSE, id=held.id)
        case S.WAITING_INPUT:
            return await desk.ask(desk.worker, STEP, **held.write(), seq=2, status="WAITING_INPUT")
        case S.COMPLETED:
            return await desk.ask(desk.worker, COMPLETE, **held.write())
        case S.FAILED:
            return await desk.ask(desk.worker, FAIL, **held.write(), code="X", message="x")
    return await desk.ask(desk.owner, CANCEL, id=held.id)


# What only the database's clock brings about, and what a second request leaves as it is.
BY_CLOCK = {(S.RUNNING, S.PENDING), (S.WAITING_INPUT, S.PENDING)}
AGAIN = {(S.CANCELLED, S.CANCELLED), (S.WAITING_INPUT, S.WAITING_INPUT)}
ASKED = (S.PENDING, S.PAUSED, S.WAITING_INPUT, S.COMPLETED, S.FAILED, S.CANCELLED)


@pytest.mark.parametrize("after", ASKED, ids=lambda status: status.name)
@pytest.mark.parametrize("before", S, ids=lambda status: status.name)
async def test_every_pair_through_the_api(
    desk: Desk, before: ExecutionStatus, after: ExecutionStatus
) -> None:
    held = await come_to(desk, before)
    seen = await desk.events(held.id)
    payload = await bring(desk, held, after)
    now = await desk.now(held.id)
    if before is S.WAITING_INPUT and after is S.PENDING:
        assert now["status"] == "RUNNING"
    elif (after in TRANSITIONS[before] and (before, after) not in BY_CLOCK) or (before, after) in AGAIN:
        assert payload["errors"] == []
        assert now["status"] == after.name
    else:
        (error,) = payload["errors"]
        assert error["code"] in {"WRONG_STATUS", "LEASE_LOST"}
        assert error["status"] == before.name
        assert now["status"] == before.name
        assert await desk.events(held.id) == seen


async def test_only_what_waits_is_claimed(desk: Desk) -> None:
    for status in S:
        await come_to(desk, status)
        for held in await desk.claim(10):
            assert status is S.PENDING
            await desk.do(desk.owner, CANCEL, id=held.id)


async def test_cancel_reaches_the_worker_with_its_next_heartbeat_and_wins(desk: Desk) -> None:
    held = await desk.held()
    beat = await desk.do(desk.worker, HEARTBEAT, leases=[held.lease])
    assert [(each["held"], each["status"]) for each in beat["leases"]] == [(True, "RUNNING")]
    cancelled = (await desk.do(desk.owner, CANCEL, id=held.id, reason="Not needed."))["execution"]
    assert (cancelled["status"], cancelled["error"]) == (
        "CANCELLED",
        {"code": "CANCELLED", "message": "Not needed."},
    )
    (state,) = (await desk.do(desk.worker, HEARTBEAT, leases=[held.lease]))["leases"]
    assert (state["held"], state["status"], state["leaseExpiresAt"]) == (False, "CANCELLED", None)
    for document, given in ((COMPLETE, {}), (APPEND, {"events": [{"message": "late"}]})):
        refused = await desk.refused(desk.worker, document, **held.write(), **given)
        assert refused == ("LEASE_LOST", ["input", "lease"], "CANCELLED")
        held.writes -= 1
    assert await desk.now(held.id) == cancelled
    assert (await desk.story(held.id))[-1] == "Now cancelled."


async def test_cancel_takes_the_children_along(desk: Desk) -> None:
    parent = await desk.start()
    child = await desk.start(parentId=parent)
    grandchild = await desk.start(parentId=child)
    done = await desk.start(parentId=parent)
    await desk.do(desk.owner, CANCEL, id=done)
    apart = await desk.start(parentId=parent)
    await desk.do(desk.owner, CANCEL, id=child, children=False)
    assert (await desk.now(grandchild))["status"] == "PENDING"
    await desk.do(desk.owner, CANCEL, id=parent)
    assert {(await desk.now(each))["status"] for each in (parent, child, grandchild, apart)} == {"CANCELLED"}
    assert (await desk.events(done))[-1]["seq"] == "2"
    refused = await desk.refused(desk.owner, START, agentId=desk.agent, parentId=parent)
    assert refused == ("INVALID", ["input", "parentId"], None)


async def test_cancel_by_filter(desk: Desk) -> None:
    agents = [await desk.start(input={"n": number}) for number in range(3)]
    flow = await desk.start(workflowId=str(desk.known["workflows"]))
    where = {"kind": {"eq": "AGENT"}}
    first = await desk.do(desk.owner, CANCEL_MANY, where=where, limit=2)
    assert (first["count"], first["ids"], first["hasMore"]) == (2, agents[:2], True)
    second = await desk.do(desk.owner, CANCEL_MANY, where=where, limit=2)
    assert (second["ids"], second["hasMore"]) == (agents[2:], False)
    assert (await desk.now(flow))["status"] == "PENDING"
    stranger = await desk.do(desk.worker, CANCEL_MANY, where={})
    assert (stranger["count"], (await desk.now(flow))["status"]) == (0, "PENDING")


async def test_what_waits_for_input_is_given_it_by_heartbeat(desk: Desk) -> None:
    held = await desk.held()
    await desk.do(desk.worker, STEP, **held.write(), seq=1, nodeId="ask", status="WAITING_INPUT")
    assert (await desk.now(held.id))["status"] == "WAITING_INPUT"
    assert (await desk.do(desk.owner, SUBMIT, id=held.id, input={"yes": True}))["execution"][
        "status"
    ] == "RUNNING"
    (state,) = (await desk.do(desk.worker, HEARTBEAT, leases=[held.lease]))["leases"]
    (given,) = state["inputs"]
    assert (state["held"], given["input"]) == (True, {"yes": True})
    lease = {**held.lease, "inputsAfter": given["seq"]}
    (state,) = (await desk.do(desk.worker, HEARTBEAT, leases=[lease]))["leases"]
    assert state["inputs"] == []
    await desk.do(desk.worker, STEP, **held.write(), seq=1, status="COMPLETED")
    await desk.do(desk.worker, COMPLETE, **held.write())
    kinds = [each["type"] for each in await desk.events(held.id)]
    assert (
        kinds.count("INPUT_REQUESTED") == kinds.count("INPUT_RECEIVED") == kinds.count("STEP_FINISHED") == 1
    )


async def test_input_for_what_nobody_holds_comes_with_the_next_claim(desk: Desk) -> None:
    held = await desk.held()
    await desk.do(desk.worker, STEP, **held.write(), seq=1, status="WAITING_INPUT")
    await desk.sql("UPDATE executions SET lease_owner = NULL, lease_expires_at = NULL")
    assert (await desk.do(desk.owner, SUBMIT, id=held.id, input=7))["execution"]["status"] == "PENDING"
    assert await desk.refused(desk.worker, COMPLETE, **held.write()) == (
        "LEASE_LOST",
        ["input", "lease"],
        "PENDING",
    )
    (again,) = await desk.claim()
    assert [each["input"] for each in again.claimed["inputs"]] == [7]
    assert [(each["seq"], each["status"]) for each in again.claimed["steps"]] == [(1, "PENDING")]
    assert int(again.claimed["token"]) == int(held.claimed["token"]) + 1


async def test_lineage_of_retries(desk: Desk) -> None:
    first = await desk.start(maxRetries=2, input={"n": 1})
    (held,) = await desk.claim()
    failed = await desk.do(desk.worker, FAIL, **held.write(), code="X", message="x", retryable=True)
    assert failed["retried"]
    (second,) = await desk.sql(
        "SELECT id::text, scheduled_at > now() AS later, attempt, retry_count, input FROM executions "
        "WHERE retry_of_id IS NOT NULL"
    )
    assert (second.later, second.attempt, second.retry_count, second.input) == (True, 2, 1, {"n": 1})
    assert await desk.claim() == []
    assert await desk.refused(desk.owner, RETRY, id=first) == ("CONFLICT", ["input"], None)
    await desk.do(desk.owner, CANCEL, id=second.id)
    third = (await desk.do(desk.owner, RETRY, id=second.id, immediately=True))["execution"]
    assert (third["attempt"], third["retryCount"], third["scheduledAt"]) == (3, 2, None)
    (held,) = await desk.claim()
    assert held.id == third["id"]
    last = await desk.do(desk.worker, FAIL, **held.write(), code="X", message="x", retryable=True)
    assert not last["retried"]
    assert await desk.refused(desk.owner, RETRY, id=third["id"]) == ("INVALID", ["input"], None)
    assert await desk.sql("SELECT count(*) FROM executions") == [(3,)]


async def test_a_session_runs_one_at_a_time(desk: Desk) -> None:
    here = {"sessionId": str(desk.known["sessions"])}
    first = await desk.start(**here)
    assert await desk.refused(desk.owner, START, agentId=desk.agent, **here) == (
        "CONFLICT",
        ["input", "sessionId"],
        None,
    )
    second = await desk.start(**here, whenBusy="ENQUEUE")
    elsewhere = await desk.start()
    held, other = await desk.claim(10)
    assert {held.id, other.id} == {first, elsewhere}
    first_held = held if held.id == first else other
    await desk.do(desk.owner, PAUSE, id=first)
    assert await desk.claim(10) == []
    await desk.do(desk.owner, RESUME, id=first)
    (first_held,) = await desk.claim(10)
    await desk.do(desk.worker, COMPLETE, **first_held.write())
    (second_held,) = await desk.claim(10)
    assert second_held.id == second
    third = await desk.start(**here, whenBusy="INTERRUPT")
    assert (await desk.now(second))["status"] == "CANCELLED"
    assert [each.id for each in await desk.claim(10)] == [third]


async def test_input_is_held_to_the_schema(desk: Desk) -> None:
    schema = {
        "type": "object",
        "properties": {"rows": {"items": {"type": "integer"}}, "name": {"pattern": "^(a+)+$"}},
        "required": ["rows"],
    }
    update = "UPDATE agents SET metadata = jsonb_build_object('input_schema', CAST(:schema AS jsonb))"
    await desk.sql(update, schema=orjson.dumps(schema).decode())
    payload = await desk.ask(desk.owner, START, agentId=desk.agent, input={"rows": [1, "x", 2, "y"]})
    assert [each["path"] for each in payload["errors"]] == [
        ["input", "input", "rows", "1"],
        ["input", "input", "rows", "3"],
    ]
    slow = {"rows": [], "name": "a" * 40 + "!"}
    for given in ({}, slow):
        assert (await desk.refused(desk.owner, START, agentId=desk.agent, input=given))[0] == "INVALID"
    assert await desk.sql("SELECT count(*) FROM executions") == [(0,)]
    remote = orjson.dumps({"$ref": "http://127.0.0.1:9/schema"}).decode()
    await desk.sql(update, schema=remote)
    assert await desk.refused(desk.owner, START, agentId=desk.agent) == ("INVALID", ["input", "input"], None)
    await desk.sql("UPDATE agents SET metadata = '{}'")
    await desk.start(input={"anything": True})


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"input": {"a": "\x00"}}, ["input", "input"]),
        ({"metadata": [1]}, ["input", "metadata"]),
        ({"maxRetries": -1}, ["input", "maxRetries"]),
        ({"deadlineAt": "2020-01-01T00:00:00Z"}, ["input", "deadlineAt"]),
        ({"workflowId": "00000000-0000-0000-0000-000000000000"}, ["input", "agentId"]),
    ],
)
async def test_bad_terms_are_told_with_their_path(desk: Desk, given: dict[str, Any], path: list[str]) -> None:
    assert await desk.refused(desk.owner, START, agentId=desk.agent, **given) == ("INVALID", path, None)
    assert await desk.sql("SELECT count(*) FROM executions") == [(0,)]


async def test_the_same_key_starts_one_execution(desk: Desk) -> None:
    given = {"agentId": desk.agent, "input": {"n": 1}, "idempotencyKey": "k"}
    payloads = await asyncio.gather(*(desk.do(desk.owner, START, **given) for _ in range(20)))
    assert all(each == payloads[0] for each in payloads)
    assert await desk.sql("SELECT count(*) FROM executions") == [(1,)]
    other = {**given, "input": {"n": 2}}
    refused = await desk.refused(desk.owner, START, **other)
    assert refused == ("IDEMPOTENCY_MISMATCH", ["input", "idempotencyKey"], None)
    execution = payloads[0]["execution"]["id"]
    await desk.do(desk.owner, CANCEL, id=execution)
    retries = [await desk.do(desk.owner, RETRY, id=execution, idempotencyKey="r") for _ in range(3)]
    assert all(each == retries[0] for each in retries)
    # What was refused takes no key.
    await desk.refused(desk.owner, START, **{**given, "agentId": "x", "idempotencyKey": "later"})
    await desk.do(desk.owner, START, **{**given, "idempotencyKey": "later"})
    assert await desk.sql("SELECT count(*) FROM executions") == [(3,)]


async def test_what_is_switched_off_is_not_run(desk: Desk) -> None:
    await desk.sql("UPDATE agents SET status = 'inactive'")
    assert await desk.refused(desk.owner, START, agentId=desk.agent) == (
        "INVALID",
        ["input", "agentId"],
        None,
    )


def test_the_table_knows_every_status() -> None:
    assert set(TRANSITIONS) == set(S) == {*ACTIVE, *ENDED}
    assert {status.name for status in ENDED} == {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT"}
    reached = {after for following in TRANSITIONS.values() for after in following}
    assert reached == set(S)
