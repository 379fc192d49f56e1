"""The demo worker walks workflows by the protocol alone: branches, loops, people, faults, and taking over."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from api.app import create_app, served_schema
from api.settings import ApiSettings
from api.worker.client import Client
from api.worker.demo import Demo
from api.worker.loop import Worker
from api.worker.run import Run
from tests.api.executions.conftest import CANCEL, SUBMIT, Desk
from tests.api.workflows.drawings import LOOPING, State, chain, edge, node

SCHEMA = served_schema()

Row = tuple[str, str, Any]


class Killed(Exception):
    """The worker is gone."""


class Heard(Client):
    """Tells of each write that was answered, and falls silent after some of them."""

    def __init__(self, http: httpx.AsyncClient, lives: int = 10_000) -> None:
        super().__init__(http, "http://atrium.test/graphql", "demo", 1)
        self.heard: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._left = lives

    async def write(self, name: str, asked: Mapping[str, Any]) -> None:
        if self._left == 0:
            raise Killed
        self._left -= 1
        await super().write(name, asked)
        self.heard.put_nowait(asked)

    async def _call(self, name: str, document: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        # Heartbeats are frequent, and no lease runs out because the machine is slow.
        lasting = {"leaseSeconds": 600} if "leaseSeconds" in asked else {}
        return await super()._call(name, document, {**asked, **lasting})

    async def until(self, **wanted: Any) -> Mapping[str, Any]:
        """The next write that has these values."""
        while True:
            asked = await self.heard.get()
            if wanted.items() <= asked.items():
                return asked


@asynccontextmanager
async def api_for(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The whole API over HTTP, asked by the desk's worker, who may see nothing but what it claims."""
    app = create_app(ApiSettings(user_rate_per_minute=0), desk.database, desk.worker, schema=SCHEMA)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        yield http


@asynccontextmanager
async def at_work(desk: Desk) -> AsyncIterator[tuple[Heard, asyncio.Queue[str]]]:
    """A worker, and what it tells of the ends of executions."""
    ends: asyncio.Queue[str] = asyncio.Queue()
    async with api_for(desk) as http:
        client = Heard(http)
        worker = Worker(
            client,
            Demo(0),
            slots=2,
            poll_seconds=0.05,
            told=lambda what, _run, _more: None if what == "began" else ends.put_nowait(what),
        )
        running = asyncio.create_task(worker.run())
        try:
            yield client, ends
        finally:
            worker.stop()
            await running


async def start(desk: Desk, state: State, **given: Any) -> str:
    """A run of the desk's workflow, drawn so."""
    await desk.sql(
        "UPDATE workflows SET nodes = CAST(:nodes AS jsonb), edges = CAST(:edges AS jsonb)",
        **{name: orjson.dumps(state[name]).decode() for name in ("nodes", "edges")},
    )
    return await desk.start(workflowId=str(desk.known["workflows"]), input=given)


async def finished(desk: Desk, state: State, **given: Any) -> dict[str, Any]:
    """A run that nobody disturbed, when it is over."""
    key = await start(desk, state, **given)
    async with at_work(desk) as (_, ends):
        assert await ends.get() == "ended"
    return await desk.now(key)


async def steps(desk: Desk) -> list[Row]:
    """Node, status and what came out, in the order of the steps, whose numbers have no gap."""
    rows = await desk.sql("SELECT seq, node_id, status, output FROM execution_steps ORDER BY seq")
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    return [(row[1], row[2], row[3]) for row in rows]


def nodes_of(rows: list[Row], status: str = "completed") -> list[str]:
    return [key for key, how, _ in rows if how == status]


BRANCHES: State = {
    "nodes": [
        node("start", "trigger"),
        node("check", "condition"),
        node("write", "llm"),
        node("warn", "notify"),
        node("sort", "switch", cases=["news", "spam"]),
        node("keep"),
        node("drop"),
        node("end", "output"),
    ],
    "edges": [
        *chain("start", "check"),
        edge("check", "write", "true"),
        edge("check", "warn", "false"),
        *chain("write", "sort"),
        edge("sort", "keep", "news"),
        edge("sort", "drop", "spam"),
        *chain("keep", "end"),
        *chain("drop", "end"),
    ],
}


async def test_one_way_of_each_branch_is_taken(desk: Desk) -> None:
    done = await finished(desk, BRANCHES, week="46")
    assert (done["status"], done["progress"], done["error"]) == ("COMPLETED", 100, None)
    rows = await steps(desk)
    assert nodes_of(rows) == ["start", "check", "write", "sort", "keep", "end"]
    assert sorted(nodes_of(rows, "skipped")) == ["drop", "warn"]
    outputs = {key: output for key, _, output in rows}
    assert outputs["start"] == {"value": {"week": "46"}, "handle": None}
    assert outputs["check"] == {"value": None, "handle": "true"}
    assert outputs["sort"]["handle"] == "news"
    assert list(done["output"]) == ["end"]
    assert list(done["output"]["end"]) == ["keep"]
    assert (done["stepsCompleted"], done["totalTokens"]) == (6, str(6 * 120))
    told = await desk.story(done["id"])
    assert told.count("Step write: completed.") == 1


async def test_an_input_chooses_the_way(desk: Desk) -> None:
    done = await finished(desk, BRANCHES, choose={"sort": "spam"})
    assert nodes_of(await steps(desk)) == ["start", "check", "write", "sort", "drop", "end"]
    assert list(done["output"]["end"]) == ["drop"]


async def test_a_loop_goes_through_its_body_as_often_as_it_may(desk: Desk) -> None:
    done = await finished(desk, LOOPING, items=[1], choose={"each": 3})
    assert done["status"] == "COMPLETED"
    turn = ["each", "ask", "good", "keep"]
    rows = await steps(desk)
    assert nodes_of(rows) == ["start", *turn, *turn, *turn, "each", "end"]
    assert [output for key, _, output in rows if key == "each"] == [
        {"value": {"turn": turn}, "handle": "body" if turn < 3 else "done"} for turn in range(4)
    ]


async def test_a_loop_that_goes_beyond_its_limit_ends_the_run(desk: Desk) -> None:
    done = await finished(desk, LOOPING, items=[1], choose={"each": 4})
    assert (done["status"], done["error"]["code"]) == ("FAILED", "WALK_ENDED")
    assert "its limit" in done["error"]["message"]
    assert nodes_of(await steps(desk)).count("ask") == 3


async def test_a_loop_of_one_turn_takes_one(desk: Desk) -> None:
    nodes = [node("each", "loop", maxIterations=1), node("a")]
    edges = [edge("each", "a", "body"), *chain("a", "each")]
    done = await finished(desk, {"nodes": nodes, "edges": edges})
    assert done["status"] == "COMPLETED"
    assert nodes_of(await steps(desk)) == ["each", "a", "each"]


FAULTY: State = {
    "nodes": [node("start", "trigger"), node("risky"), node("after"), node("rescue", "notify")],
    "edges": [*chain("start", "risky", "after"), edge("risky", "rescue", "error")],
}


async def test_a_node_that_fails_goes_on_at_its_error(desk: Desk) -> None:
    done = await finished(desk, FAULTY, fail="risky")
    assert done["status"] == "COMPLETED"
    rows = await steps(desk)
    assert (nodes_of(rows), nodes_of(rows, "failed")) == (["start", "rescue"], ["risky"])
    assert nodes_of(rows, "skipped") == ["after"]


async def test_a_node_that_fails_without_one_ends_the_run(desk: Desk) -> None:
    done = await finished(desk, {**FAULTY, "edges": chain("start", "risky", "after", "rescue")}, fail="risky")
    assert (done["status"], done["error"]["code"]) == ("FAILED", "NODE_FAILED")
    rows = await steps(desk)
    assert (nodes_of(rows), nodes_of(rows, "failed")) == (["start"], ["risky"])
    assert [
        each["level"] for each in await desk.events(done["id"]) if "risky: failed" in each["message"]
    ] == ["ERROR"]


ASKING: State = {
    "nodes": [node("start", "trigger"), node("first", "human"), node("then"), node("second", "human")],
    "edges": chain("start", "first", "then", "second"),
}


async def test_people_are_waited_for_each_in_their_turn(desk: Desk) -> None:
    key = await start(desk, ASKING)
    async with at_work(desk) as (client, ends):
        for name, answer in (("first", {"ok": True}), ("second", "進")):
            assert (await client.until(status="WAITING_INPUT"))["nodeId"] == name
            assert (await desk.now(key))["status"] == "WAITING_INPUT"
            await desk.do(desk.owner, SUBMIT, id=key, input=answer)
        assert await ends.get() == "ended"
    done = await desk.now(key)
    assert (done["status"], done["output"]) == ("COMPLETED", {"second": "進"})
    assert [output["value"] for name, _, output in await steps(desk) if name in ("first", "second")] == [
        {"ok": True},
        "進",
    ]


async def test_a_run_that_is_cancelled_is_left(desk: Desk) -> None:
    key = await start(desk, ASKING)
    async with at_work(desk) as (client, ends):
        await client.until(status="WAITING_INPUT")
        await desk.do(desk.owner, CANCEL, id=key)
        assert await ends.get() == "lost"
    assert (await desk.now(key))["status"] == "CANCELLED"
    assert nodes_of(await steps(desk)) == ["start"]


async def lives(desk: Desk, key: str, writes: int) -> int:
    """Let one worker after another make so many writes and fall silent; how many it took."""
    for count in range(1, 100):
        async with api_for(desk) as http:
            client = Heard(http, writes)
            (claimed,) = await client.claim(("WORKFLOW",), 1)
            try:
                await Demo(0)(Run(client, claimed))
            except Killed:
                # As the server does when the lease has run out.
                await desk.sql("UPDATE executions SET status = 'pending' WHERE status = 'running'")
            else:
                return count
    raise AssertionError(f"{key} never ended")


@pytest.mark.parametrize("writes", [3, 4, 5, 7])
@pytest.mark.parametrize(
    ("state", "given"),
    [
        (BRANCHES, {}),
        (LOOPING, {"items": [1]}),
        (FAULTY, {"fail": "risky"}),
    ],
    ids=["branches", "loop", "fault"],
)
async def test_whoever_takes_over_goes_on_where_the_other_stood(
    desk: Desk, state: State, given: dict[str, Any], writes: int
) -> None:
    undisturbed = await finished(desk, state, **given)
    wanted = await steps(desk)
    await desk.sql("DELETE FROM execution_steps")
    key = await start(desk, state, **given)
    assert await lives(desk, key, writes) > 1
    done = await desk.now(key)
    assert (done["status"], done["output"]) == (undisturbed["status"], undisturbed["output"])
    assert await steps(desk) == wanted
    ended = [each["data"]["step"] for each in await desk.events(key) if each["type"] == "STEP_FINISHED"]
    assert ended == list(range(1, len(wanted) + 1)), "no step was done twice"


async def test_an_answer_that_came_while_nobody_held_the_run_is_found(desk: Desk) -> None:
    key = await start(desk, ASKING)
    async with api_for(desk) as http:
        # Up to the question of the first person, and then silence.
        client = Heard(http, 5)
        (claimed,) = await client.claim(("WORKFLOW",), 1)
        run = asyncio.create_task(Demo(0)(Run(client, claimed)))
        await client.until(status="WAITING_INPUT")
        run.cancel()
        await asyncio.wait({run})
    await desk.sql("UPDATE executions SET lease_expires_at = now() - interval '1 second'")
    await desk.do(desk.owner, SUBMIT, id=key, input="one")
    assert (await desk.now(key))["status"] == "PENDING"
    async with at_work(desk) as (client, ends):
        assert (await client.until(status="WAITING_INPUT"))["nodeId"] == "second"
        await desk.do(desk.owner, SUBMIT, id=key, input="two")
        assert await ends.get() == "ended"
    assert (await desk.now(key))["output"] == {"second": "two"}
    assert [output["value"] for name, _, output in await steps(desk) if name == "first"] == ["one"]


async def test_what_cannot_be_run_ends_with_a_reason(desk: Desk) -> None:
    key = await start(desk, FAULTY)
    await desk.sql("UPDATE workflows SET nodes = '[]'")
    async with at_work(desk) as (_, ends):
        assert await ends.get() == "ended"
    done = await desk.now(key)
    assert (done["status"], done["error"]["code"]) == ("FAILED", "WORKFLOW_NOT_RUNNABLE")
