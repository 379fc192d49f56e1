"""What is to be run: its input is held to its schema, and a run walks the version with which it began."""

from typing import Any

import orjson
import pytest

from tests.api.executions.conftest import CANCEL, COMPLETE, FAIL, RETRY, START, Desk, mutation
from tests.api.workflows.drawings import LOOPING, State, chain, node
from tests.db.fingerprints import fingerprints

PUBLISH = mutation("publishWorkflow", "workflow { publishedVersion }").replace(
    "... on LeaseLostError { status } ... on WrongStatusError { status }", ""
)
CLAIM_PLAN = mutation(
    "claimExecutions", "executions { executionId token workflow { version plan { steps { nodeId } } nodes } }"
)


async def draw(desk: Desk, state: State, *, publish: bool = True) -> str:
    """The desk's workflow with another drawing."""
    key = str(desk.known["workflows"])
    await desk.sql(
        "UPDATE workflows SET nodes = CAST(:nodes AS jsonb), edges = CAST(:edges AS jsonb)",
        **{name: orjson.dumps(state[name]).decode() for name in ("nodes", "edges")},
    )
    if publish:
        await desk.do(desk.owner, PUBLISH, id=key)
    return key


def told(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    assert payload["execution"] is None
    return [(each["code"], each["path"]) for each in payload["errors"]]


async def test_a_workflow_takes_what_its_triggers_declare(desk: Desk) -> None:
    key = await draw(desk, LOOPING)
    before = await fingerprints(desk.database)
    for given, path in (
        ({}, []),
        ({"items": "none"}, ["items"]),
        ([], []),
        ("x", []),
        ({"items": [], "padding": "x" * 70_000}, []),
    ):
        payload = await desk.ask(desk.owner, START, workflowId=key, input=given)
        assert told(payload) == [("INVALID", ["input", "input", *path])], given
    assert told(await desk.ask(desk.owner, START, workflowId=key)) == [("INVALID", ["input", "input"])]
    assert await fingerprints(desk.database) == before
    started = await desk.do(desk.owner, START, workflowId=key, input={"items": [1], "more": True})
    assert started["execution"]["status"] == "PENDING"


async def test_it_is_the_published_version_that_counts(desk: Desk) -> None:
    key = await draw(desk, LOOPING)
    wanting = [node("start", "trigger", inputs=[{"name": "other", "required": True}])]
    await draw(desk, {"nodes": wanting, "edges": []}, publish=False)
    await desk.start(workflowId=key, input={"items": []})
    assert told(await desk.ask(desk.owner, START, workflowId=key, input={"other": 1})) == [
        ("INVALID", ["input", "input"])
    ]


async def test_a_workflow_without_declared_inputs_takes_any_object(desk: Desk) -> None:
    key = str(desk.known["workflows"])
    await desk.start(workflowId=key, input={"long": "x" * 100_000})
    assert told(await desk.ask(desk.owner, START, workflowId=key, input=[1])) == [
        ("INVALID", ["input", "input"])
    ]


@pytest.mark.parametrize(
    ("nodes", "path"),
    [([], ["nodes"]), ([{"id": "a", "type": "magic"}], ["nodes", "0", "type"]), ({}, ["nodes"])],
)
async def test_a_workflow_that_cannot_be_run_is_not_started(desk: Desk, nodes: Any, path: list[str]) -> None:
    """An import may have brought it; the API would not have published it."""
    key = await draw(desk, {"nodes": nodes, "edges": []}, publish=False)
    before = await fingerprints(desk.database)
    payload = await desk.ask(desk.owner, START, workflowId=key)
    assert told(payload) == [("INVALID", ["input", "workflowId", *path])]
    assert await fingerprints(desk.database) == before


async def claim_plan(desk: Desk) -> tuple[dict[str, Any], list[str]]:
    """The lease of the one execution that waits, and the nodes of the plan that comes with it."""
    payload = await desk.do(desk.worker, CLAIM_PLAN, worker="w", kinds=["WORKFLOW"], limit=2)
    (claimed,) = payload["executions"]
    steps = [each["nodeId"] for each in claimed["workflow"]["plan"]["steps"]]
    assert [each["id"] for each in claimed["workflow"]["nodes"]] == steps
    return {
        "lease": {name: claimed[name] for name in ("executionId", "token")},
        "write": "1",
        "version": claimed["workflow"]["version"],
    }, steps


async def test_a_run_goes_on_with_the_version_with_which_it_began(desk: Desk) -> None:
    key = await draw(desk, {"nodes": [node("a"), node("b")], "edges": chain("a", "b")})
    started = await desk.start(workflowId=key, maxRetries=1)
    await draw(desk, {"nodes": [node("c")], "edges": []})
    shown = await desk.sql("SELECT workflow_version FROM executions")
    assert shown == [(1,)]
    lease, steps = await claim_plan(desk)
    assert (lease.pop("version"), steps) == (1, ["a", "b"])
    await desk.do(desk.worker, FAIL, **lease, code="X", message="x")
    await desk.do(desk.owner, RETRY, id=started, immediately=True)
    lease, steps = await claim_plan(desk)
    assert (lease.pop("version"), steps) == (1, ["a", "b"]), "another try is of the same version"
    await desk.do(desk.worker, COMPLETE, **lease)
    await desk.start(workflowId=key)
    lease, steps = await claim_plan(desk)
    assert (lease["version"], steps) == (2, ["c"])


async def test_the_drawing_runs_where_nothing_was_published(desk: Desk) -> None:
    key = str(desk.known["workflows"])
    started = await desk.start(workflowId=key)
    lease, steps = await claim_plan(desk)
    assert (lease["version"], steps) == (None, ["a", "b"])
    await desk.do(desk.owner, CANCEL, id=started)


async def test_there_is_no_plan_of_what_cannot_be_run(desk: Desk) -> None:
    await desk.start(workflowId=str(desk.known["workflows"]))
    await desk.sql("UPDATE workflows SET nodes = '7'")
    payload = await desk.do(desk.worker, CLAIM_PLAN, worker="w", kinds=["WORKFLOW"])
    assert payload["executions"][0]["workflow"] == {"version": None, "plan": None, "nodes": 7}
