"""Walking a plan: which nodes are to be run now, and what follows from what they answered.

    walk = Walk(plan)
    while not walk.finished:
        for task in walk.ready:
            walk.complete(task.node_id, output, handle="true")

Nothing here runs anything or waits: a worker runs what is ready, one node or several at once, and says how
each ended. The same answers in the same order always lead to the same state, so a worker that takes over a
run tells a new walk what its steps say, by `resume`, and goes on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from api.graphs.kinds import BODY, DONE, ERROR, NodeKind
from api.graphs.plan import Link, Plan, Step

_VALUE: Final = "value"
_HANDLE: Final = "handle"


class WalkError(Exception):
    """A run cannot go on like this: the sentence says why."""


class Ended(Enum):
    """How a step ended."""

    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Task:
    """A node that is to be run: what led to it by node id, and how often it has been run in its loop."""

    node_id: str
    kind: str
    label: str | None
    data: Mapping[str, Any]
    inputs: Mapping[str, Any]
    iteration: int


@dataclass(frozen=True, slots=True)
class Record:
    """A step that has ended, as the API has it."""

    node_id: str
    ended: Ended
    output: Any = None
    handle: str | None = None

    @classmethod
    def read(cls, step: Mapping[str, Any]) -> "Record | None":
        """The record of a step that a claim brought; None for one that has not ended, or was not run."""
        if step["nodeId"] is None or step["status"] not in {"COMPLETED", "FAILED"}:
            return None
        if step["status"] == "FAILED":
            return cls(step["nodeId"], Ended.FAILED, step["error"])
        found = step["output"]
        # Whoever wrote it may not have known of handles.
        if isinstance(found, Mapping) and found.keys() == {_VALUE, _HANDLE}:
            return cls(step["nodeId"], Ended.COMPLETED, found[_VALUE], found[_HANDLE])
        return cls(step["nodeId"], Ended.COMPLETED, found)


def step_output(output: Any, handle: str | None) -> dict[str, Any]:
    """What is recorded as the output of a step, so that `Record.read` finds the handle there again."""
    return {_VALUE: output, _HANDLE: handle}


class _State(Enum):
    WAITING = "waiting"
    READY = "ready"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    FAILED = "failed"


_OVER: Final = frozenset({_State.COMPLETED, _State.SKIPPED, _State.FAILED})


class Walk:
    """One run of a plan, as far as it has come."""

    def __init__(self, plan: Plan) -> None:
        self._steps: dict[str, Step] = {step.node_id: step for step in plan.steps}
        self._entries = frozenset(plan.entry_ids)
        self._leaving: dict[str, list[tuple[str, Link]]] = {key: [] for key in self._steps}
        for step in plan.steps:
            for link in step.after:
                self._leaving[link.source_id].append((step.node_id, link))
        self._bodies = {
            key: [each for each in self._steps if self._is_inside(each, key)]
            for key, step in self._steps.items()
            if step.max_iterations is not None
        }
        self._state = dict.fromkeys(self._steps, _State.WAITING)
        # Of each edge whether it was taken; those that are not here are undecided.
        self._taken: dict[str, bool] = {}
        self._output: dict[str, Any] = {}
        self._turns = dict.fromkeys(self._bodies, 0)
        self._turning: set[str] = set()
        for key in self._entries:
            self._state[key] = _State.READY
        for key in self._steps:
            self._settle(key)

    @classmethod
    def resume(cls, plan: Plan, records: Iterable[Record]) -> "Walk":
        """A walk that has come as far as the steps that have ended, given in the order of their ends.

        Raises WalkError where they do not fit the plan.
        """
        walk = cls(plan)
        for record in records:
            if record.ended is Ended.COMPLETED:
                walk.complete(record.node_id, record.output, record.handle)
            elif not walk.fail(record.node_id, record.output):
                raise WalkError(f"The run ended when {record.node_id} failed.")
        return walk

    @property
    def ready(self) -> list[Task]:
        """The nodes that are to be run now, in the order of the plan; empty when the run is finished."""
        return [self._task(step) for key, step in self._steps.items() if self._state[key] is _State.READY]

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be run."""
        return _State.READY not in self._state.values()

    @property
    def remaining(self) -> int:
        """How many nodes are still to be run or skipped, as far as is known; loops may bring more."""
        return sum(1 for state in self._state.values() if state not in _OVER)

    @property
    def skipped(self) -> list[str]:
        """The nodes that no taken edge led to, as far as that is known."""
        return [key for key, state in self._state.items() if state is _State.SKIPPED]

    @property
    def output(self) -> Any:
        """What the run comes to, by node id: what led to its output nodes, or what the last nodes gave."""
        done = [key for key, state in self._state.items() if state is _State.COMPLETED]
        ends = [key for key in done if self._steps[key].kind == NodeKind.OUTPUT.value] or [
            key for key in done if not any(self._taken.get(link.edge_id) for _, link in self._leaving[key])
        ]
        return {key: self._output.get(key) for key in ends}

    def complete(self, node_id: str, output: Any = None, handle: str | None = None) -> None:
        """A ready node was run, and edges at `handle` are taken; where a node has no such edge, none is.

        A loop completes with the handle `body` to go through its body once more, or with `done`.
        Raises WalkError for a node that is not ready, and for a loop that goes on beyond its limit.
        """
        step = self._ready(node_id)
        if step.max_iterations is not None:
            handle = handle or DONE
            if handle == BODY and self._turns[node_id] >= step.max_iterations:
                raise WalkError(f"The loop {node_id} ran {step.max_iterations} times, which is its limit.")
        self._output[node_id] = output
        self._state[node_id] = _State.COMPLETED
        if handle == BODY and step.max_iterations is not None:
            self._turn(node_id)
        else:
            self._turning.discard(node_id)
            self._leave(node_id, handle)

    def fail(self, node_id: str, error: Any = None) -> bool:
        """A ready node failed. True if an edge at its handle `error` leads on; else the run has failed."""
        self._ready(node_id)
        self._state[node_id] = _State.FAILED
        self._output[node_id] = error
        if not any(link.handle == ERROR for _, link in self._leaving[node_id]):
            return False
        self._leave(node_id, ERROR)
        return True

    def _ready(self, node_id: str) -> Step:
        if self._state.get(node_id) is not _State.READY:
            raise WalkError(f"The node {node_id} is not to be run now.")
        return self._steps[node_id]

    def _task(self, step: Step) -> Task:
        inputs = {
            link.source_id: self._output.get(link.source_id)
            for link in step.after
            if self._taken.get(link.edge_id) and (not link.back or step.node_id in self._turning)
        }
        loop = step.node_id if step.node_id in self._turns else step.loop_id
        turns = self._turns[loop] if loop is not None else 0
        inside = loop is not None and loop != step.node_id
        return Task(step.node_id, step.kind, step.label, step.data, inputs, turns - 1 if inside else turns)

    def _turn(self, loop: str) -> None:
        """Go through the body of a loop once more: all in it is as if it had never been run."""
        self._turns[loop] += 1
        self._turning.add(loop)
        inside = set(self._bodies[loop])
        for key in inside:
            self._state[key] = _State.WAITING
            self._output.pop(key, None)
            if key in self._turns:
                self._turns[key] = 0
                self._turning.discard(key)
            for _, link in self._leaving[key]:
                self._taken.pop(link.edge_id, None)
        for _, link in self._leaving[loop]:
            if link.handle == BODY:
                self._taken[link.edge_id] = True
        for target, link in self._leaving[loop]:
            if link.handle == BODY:
                self._settle(target)
        self._return(loop)

    def _leave(self, node_id: str, handle: str | None) -> None:
        """Decide the edges of a node that has ended, and what follows from that."""
        waiting = [(node_id, handle, True)]
        while waiting:
            key, at, ran = waiting.pop()
            turned = self._turns.get(key, 0) > 0
            for _, link in self._leaving[key]:
                # The edges into a body that was gone through were taken, and stay so.
                if not (turned and link.handle == BODY):
                    self._taken[link.edge_id] = ran and link.handle == at
            for target, link in self._leaving[key]:
                if link.back:
                    self._return(target)
                elif self._settle(target):
                    waiting.append((target, None, False))
            loop = self._steps[key].loop_id
            if loop is not None:
                self._return(loop)

    def _settle(self, key: str) -> bool:
        """Let a node be run, or skip it, once all that leads to it is decided; True if it is skipped now."""
        if self._state[key] is not _State.WAITING or key in self._entries:
            return False
        forward = [link for link in self._steps[key].after if not link.back]
        if not all(link.edge_id in self._taken for link in forward):
            return False
        if any(self._taken[link.edge_id] for link in forward):
            self._state[key] = _State.READY
            return False
        self._state[key] = _State.SKIPPED
        return True

    def _return(self, loop: str) -> None:
        """Let a loop be asked again when nothing of its body is left to be run."""
        if loop in self._turning and all(self._state[key] in _OVER for key in self._bodies[loop]):
            self._state[loop] = _State.READY

    def _is_inside(self, key: str, loop: str) -> bool:
        around = self._steps[key].loop_id
        while around is not None and around != loop:
            around = self._steps[around].loop_id
        return around == loop
