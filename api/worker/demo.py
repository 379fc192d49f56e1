"""What the demo worker does: it goes through the steps of an agent, or walks the graph of a workflow.

No language model is called; what it answers says so.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from api.graphs.kinds import NodeKind
from api.graphs.plan import Plan
from api.graphs.walk import WalkError, step_output
from api.worker.nodes import Tour
from api.worker.run import Run

_AGENT_STEPS: Final = ("read", "think", "answer")
_ASKS: Final = "think"
_TOKENS: Final = 120
_COST: Final = "0.00036"


def _unseen(_run: Run) -> None:
    pass


class Demo:
    """Does executions, `pace` seconds a step; `advanced` is called after each."""

    def __init__(self, pace: float, advanced: Callable[[Run], None] = _unseen) -> None:
        self._pace = pace
        self._advanced = advanced

    async def __call__(self, run: Run) -> None:
        """Do one execution to its end, from where an earlier worker left it.

        An input with `fail: true` fails, one with `ask` waits for an answer; for workflows see `Tour`.
        """
        if run.claimed["kind"] == "WORKFLOW":
            await self._walk(run)
        else:
            await self._work(run)

    async def _work(self, run: Run) -> None:
        """The steps of an agent."""
        asks = bool(_told(run, "ask"))
        answers: list[Any] = []
        total = len(_AGENT_STEPS)
        for seq, name in enumerate(_AGENT_STEPS, start=1):
            asking = asks and name == _ASKS
            about = {"nodeId": name, "stepsTotal": total}
            if seq in run.done:
                # An answer that an earlier worker was given comes again with the claim.
                answers += [await run.next_input()] if asking and run.has_input else []
            else:
                await run.step(seq, "RUNNING", **about, input={"step": name})
                answers += [await self._ask(run, seq, about)] if asking else []
                await self._spend(run, seq, about, {"step": name})
            run.progress = 100 * seq // total
            self._advanced(run)
        if _told(run, "fail") is True:
            await self._fail(run)
            return
        output = {"said": f"{run.name} did {total} steps; the demo worker calls no model."}
        await run.complete({**output, **({"answers": answers} if answers else {})})

    async def _walk(self, run: Run) -> None:
        """The nodes of a workflow."""
        plan = run.claimed["workflow"]["plan"]
        if plan is None:
            message = "The workflow cannot be run: see `faults` of its graph, and publish it anew."
            await run.fail("WORKFLOW_NOT_RUNNABLE", message, retryable=False)
            return
        try:
            tour = await Tour.begin(run, Plan.read(plan))
            while not tour.walk.finished:
                if not await self._visit(run, tour):
                    return
        except WalkError as error:
            await run.fail("WALK_ENDED", str(error), retryable=False)
            return
        for key in tour.unrecorded:
            await run.step(tour.next_seq(), "SKIPPED", nodeId=key)
        if _told(run, "fail") is True:
            await self._fail(run)
            return
        await run.complete(tour.walk.output)

    async def _visit(self, run: Run, tour: Tour) -> bool:
        """Run the next node; False if the execution has ended with it."""
        task = tour.walk.ready[0]
        seq = tour.next_seq()
        about = {"nodeId": task.node_id, "stepsTotal": tour.total}
        await run.step(seq, "RUNNING", **about, input=dict(task.inputs))
        if tour.fails(task):
            error = {"code": "DEMO_FAILURE", "message": "The input asked the demo worker to fail here."}
            await run.step(seq, "FAILED", **about, error=error)
            if not tour.walk.fail(task.node_id, error):
                message = f"The node {task.label or task.node_id} failed: {error['message']}"
                await run.fail("NODE_FAILED", message, retryable=False)
                return False
        else:
            answer = await self._ask(run, seq, about) if task.kind == NodeKind.HUMAN.value else None
            output, handle = tour.outcome(task, answer)
            await self._spend(run, seq, about, step_output(output, handle))
            tour.walk.complete(task.node_id, output, handle)
        run.progress = min(99, 100 * seq // (seq + tour.walk.remaining))
        self._advanced(run)
        return True

    async def _ask(self, run: Run, seq: int, about: Mapping[str, Any]) -> Any:
        """What a person answers; asked for unless it has arrived already."""
        if not run.has_input:
            await run.step(seq, "WAITING_INPUT", **about)
        return await run.next_input()

    async def _spend(self, run: Run, seq: int, about: Mapping[str, Any], output: Any) -> None:
        """Take the time of a step, and record it as done."""
        await asyncio.sleep(self._pace)
        await run.say(f"{about['nodeId']}: done by the demo worker.", data={"step": seq})
        usage = {"tokens": str(_TOKENS), "costUsd": _COST}
        await run.step(seq, "COMPLETED", **about, output=output, usage=usage)

    async def _fail(self, run: Run) -> None:
        await run.fail("DEMO_FAILURE", "The input asked the demo worker to fail.", retryable=False)


def _told(run: Run, name: str) -> Any:
    return run.input.get(name) if isinstance(run.input, dict) else None
