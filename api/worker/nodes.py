"""What the demo worker makes of the nodes of a workflow: which way it goes, and how often a loop turns."""

from collections.abc import Mapping
from typing import Any, Final

from api.graphs.kinds import BODY, DONE, NodeKind
from api.graphs.plan import Plan
from api.graphs.walk import Record, Task, Walk
from api.worker.run import Run

_TURNS: Final = 2
"""How often a loop goes through its body where the input does not say."""


class Tour:
    """A walk, and the steps that were recorded of it. What an input may say of nodes by their ids:

    `fail` names one that fails; `choose` has for conditions and switches the handle at which they go on
    (left out, `true` and the first case) and for loops how often they go through their bodies (twice).
    """

    def __init__(self, run: Run, plan: Plan, walk: Walk, seq: int) -> None:
        self.walk = walk
        self._limits = {step.node_id: step.max_iterations for step in plan.steps}
        self._input = run.input if isinstance(run.input, dict) else {}
        self._seq = seq
        self._recorded = {step["nodeId"] for step in run.claimed["steps"] if step["status"] == "SKIPPED"}

    @classmethod
    async def begin(cls, run: Run, plan: Plan) -> "Tour":
        """A walk that has come as far as the steps that earlier workers recorded. Raises WalkError."""
        steps: list[Mapping[str, Any]] = sorted(run.claimed["steps"], key=lambda step: int(step["seq"]))
        ended = [(step["seq"], record) for step in steps if (record := Record.read(step)) is not None]
        kinds = {step.node_id: step.kind for step in plan.steps}
        for _, record in ended:
            # What was answered comes again with the claim, and belongs to the node that asked.
            if kinds.get(record.node_id) == NodeKind.HUMAN.value and run.has_input:
                await run.next_input()
        skipped = [step["seq"] for step in steps if step["status"] == "SKIPPED"]
        walk = Walk.resume(plan, [record for _, record in ended])
        return cls(run, plan, walk, max([*(seq for seq, _ in ended), *skipped], default=0))

    @property
    def total(self) -> int:
        """How many steps there will be, as far as is known, while the newest one is being run."""
        return self._seq - 1 + self.walk.remaining

    @property
    def unrecorded(self) -> list[str]:
        """The nodes that were skipped, without those of which an earlier worker wrote so."""
        return [key for key in self.walk.skipped if key not in self._recorded]

    def next_seq(self) -> int:
        """The number of the next step."""
        self._seq += 1
        return self._seq

    def fails(self, task: Task) -> bool:
        """Whether a node is to fail."""
        return bool(self._input.get("fail") == task.node_id)

    def outcome(self, task: Task, answer: Any) -> tuple[Any, str | None]:
        """What comes out of a node, and the handle with which it ends."""
        choose = self._input.get("choose")
        chosen = choose.get(task.node_id) if isinstance(choose, dict) else None
        match NodeKind(task.kind):
            case NodeKind.TRIGGER:
                return self._input, None
            case NodeKind.HUMAN:
                return answer, None
            case NodeKind.OUTPUT:
                return dict(task.inputs), None
            case NodeKind.CONDITION:
                return None, str(chosen or "true")
            case NodeKind.SWITCH:
                return None, str(chosen or task.data["cases"][0])
            case NodeKind.LOOP:
                turns = chosen if isinstance(chosen, int) else min(_TURNS, self._limits[task.node_id] or 0)
                return {"turn": task.iteration}, BODY if task.iteration < turns else DONE
        return {"said": f"{task.label or task.node_id} was run; the demo worker calls nothing."}, None
