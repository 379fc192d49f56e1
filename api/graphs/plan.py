"""The plan of a run: what is done, in what order, and what each step waits for.

A plan is plain data. It goes to workers as the field `plan` of a workflow's graph, and `Plan.read` makes it
of that answer again, so that a worker walks it (`walk`) without anything else of this program.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.graphs.checks import entries, iterations
from api.graphs.graph import Graph
from api.graphs.kinds import BODY, NodeKind
from api.graphs.loops import find_loops, order


@dataclass(frozen=True, slots=True)
class Link:
    """An edge that leads to a step; `handle` is the one of its source, `back` says that it closes a loop."""

    edge_id: str
    source_id: str
    handle: str | None
    back: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What is done at one node. `loop_id` is the loop whose body it is in, the innermost of several.

    `max_iterations` is there for loops.
    """

    node_id: str
    kind: str
    label: str | None
    data: Mapping[str, Any]
    loop_id: str | None
    max_iterations: int | None
    after: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps, each after all that lead to it but for what leads back, and those that begin."""

    entry_ids: tuple[str, ...]
    steps: tuple[Step, ...]

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> "Plan":
        """The plan that the API answered: `entryIds` and `steps` with all of their fields."""
        return cls(tuple(answer["entryIds"]), tuple(_step(each) for each in answer["steps"]))


def make_plan(graph: Graph) -> Plan:
    """The plan of a graph that `checks.check` finds nothing wrong with."""
    loops = find_loops(graph)
    back = {edge.index for edges in loops.back.values() for edge in edges}
    # What follows a loop comes after its body, though no edge says so.
    waits = [
        (inner, edge.target)
        for loop, body in loops.bodies.items()
        for edge in loops.forward
        if edge.source == loop and edge.handle != BODY
        for inner in body
    ]
    ends = [(edge.source, edge.target) for edge in loops.forward]
    ordered, _ = order((node.id for node in graph.nodes), [*ends, *waits])
    steps = []
    for key in ordered:
        node = graph.by_id[key]
        if node.kind is NodeKind.NOTE:
            continue
        links = [Link(edge.id, edge.source, edge.handle, edge.index in back) for edge in graph.entering[key]]
        most = iterations(node) if node.kind is NodeKind.LOOP else None
        loop = loops.innermost(key)
        steps.append(Step(key, node.kind.value, node.label, node.data, loop, most, tuple(links)))
    return Plan(tuple(node.id for node in entries(graph, loops)), tuple(steps))


def _step(answer: Mapping[str, Any]) -> Step:
    links = [Link(each["edgeId"], each["sourceId"], each["handle"], each["back"]) for each in answer["after"]]
    return Step(
        answer["nodeId"],
        answer["kind"].lower(),
        answer["label"],
        answer["data"],
        answer["loopId"],
        answer["maxIterations"],
        tuple(links),
    )
