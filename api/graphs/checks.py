"""Whether a graph can be run: handles, loops, circles, and what leads nowhere. One fault for each mistake."""

from collections.abc import Iterator
from typing import Any, Final

from api.graphs.graph import Fault, Graph, Node, read_graph
from api.graphs.inputs import input_faults_of
from api.graphs.kinds import BODY, NodeKind, handles
from api.graphs.loops import Loops, find_loops, order

MOST_ITERATIONS: Final = 10_000
USUAL_ITERATIONS: Final = 100
_RUN_BY_TRIGGERS: Final = "Nothing leads to this node from a trigger: draw an edge to it, or delete it."


def examine(nodes: Any, edges: Any) -> tuple[Graph, list[Fault]]:
    """A graph, and everything that keeps it from being run."""
    graph, faults = read_graph(nodes, edges)
    return graph, faults or check(graph)


def check(graph: Graph) -> list[Fault]:
    """What keeps a graph from being run."""
    if not any(node.kind is not NodeKind.NOTE for node in graph.nodes):
        return [Fault("There is nothing to run: draw at least one node.", ("nodes",))]
    loops = find_loops(graph)
    faults = [fault for node in graph.nodes for fault in _node(graph, node)]
    faults += _edges(graph)
    faults += _loops(graph, loops)
    faults += _circles(graph, loops)
    if not faults:
        faults += _unreached(graph, loops)
    return faults


def entries(graph: Graph, loops: Loops) -> list[Node]:
    """The nodes at which a run begins: the triggers or, without any, those that nothing leads to at first."""
    triggers = [node for node in graph.nodes if node.kind is NodeKind.TRIGGER]
    led_to = {edge.target for edge in loops.forward}
    return triggers or [
        node for node in graph.nodes if node.kind is not NodeKind.NOTE and node.id not in led_to
    ]


def iterations(node: Node) -> int:
    """How often a loop goes through its body at most."""
    most = node.data.get("maxIterations", USUAL_ITERATIONS)
    return most if isinstance(most, int) else USUAL_ITERATIONS


def _node(graph: Graph, node: Node) -> Iterator[Fault]:
    place = ("nodes", str(node.index))
    if node.kind is NodeKind.TRIGGER:
        if graph.entering[node.id]:
            yield Fault("A trigger begins the run: no edge leads to it.", (*place, "id"))
        for fault in input_faults_of(node.data):
            yield Fault(fault.message, (*place, "data", *fault.path))
    elif node.kind is NodeKind.SWITCH:
        cases: Any = node.data.get("cases")
        if not (isinstance(cases, list) and cases and all(isinstance(case, str) and case for case in cases)):
            yield Fault("The cases of a switch are a list of names, at least one.", (*place, "data", "cases"))
        elif len({*cases, "default", "error"}) < len(cases) + 2:
            yield Fault(
                "The cases of a switch differ, and none is called `default` or `error`.",
                (*place, "data", "cases"),
            )
    elif node.kind is NodeKind.LOOP:
        most = node.data.get("maxIterations", USUAL_ITERATIONS)
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_ITERATIONS:
            yield Fault(
                f"A loop runs 1 to {MOST_ITERATIONS:,} times: write a whole number.",
                (*place, "data", "maxIterations"),
            )


def _edges(graph: Graph) -> Iterator[Fault]:
    for edge in graph.edges:
        place = ("edges", str(edge.index))
        source, target = graph.by_id[edge.source], graph.by_id[edge.target]
        offered = handles(source.kind, source.data)
        if NodeKind.NOTE in (source.kind, target.kind):
            yield Fault("A note is never run: no edge leads from it or to it.", place)
        elif not offered:
            yield Fault("An output ends the run: no edge leaves it.", (*place, "source"))
        elif edge.handle not in offered:
            known = ", ".join("null" if each is None else each for each in offered)
            yield Fault(
                f"Edges leave a node of the kind {source.kind.value} at one of the handles {known}.",
                (*place, "sourceHandle"),
            )
        if edge.raw.get("targetHandle") is not None:
            yield Fault(
                "Edges enter a node at the handle without a name: write null.", (*place, "targetHandle")
            )


def _loops(graph: Graph, loops: Loops) -> Iterator[Fault]:
    for loop, body in loops.bodies.items():
        place = ("nodes", str(graph.by_id[loop].index))
        if not any(edge.handle == BODY for edge in graph.leaving[loop]):
            yield Fault("Nothing hangs on the handle `body` of this loop.", place)
        elif not loops.back[loop]:
            yield Fault("The body of this loop never leads back to it.", place)
        shared = body & loops.after[loop]
        for edge in graph.edges:
            if edge.source in body - shared and edge.target in shared:
                yield Fault(
                    f"This edge leaves the body of the loop {loop}: go on from its handle `done` instead.",
                    ("edges", str(edge.index)),
                )
        for edge in graph.edges:
            if edge.target in body - shared and edge.source not in body and edge.source != loop:
                yield Fault(
                    f"This edge leads into the body of the loop {loop}: lead it to the loop instead.",
                    ("edges", str(edge.index)),
                )


def _circles(graph: Graph, loops: Loops) -> Iterator[Fault]:
    ends = [(edge.source, edge.target) for edge in loops.forward]
    _, circles = order((node.id for node in graph.nodes), ends)
    for circle in circles:
        inside = set(circle)
        closing = next(edge for edge in loops.forward if edge.target == circle[0] and edge.source in inside)
        named = ", ".join([*circle[:10], *(["…"] if len(circle) > 10 else [])])
        yield Fault(
            f"This edge closes a circle that no loop node ends ({named}): draw it as the body of a loop.",
            ("edges", str(closing.index)),
        )


def _unreached(graph: Graph, loops: Loops) -> Iterator[Fault]:
    waiting = [node.id for node in entries(graph, loops)]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [edge.target for edge in graph.leaving[node]]
    for each in graph.nodes:
        if each.id not in found and each.kind is not NodeKind.NOTE:
            yield Fault(_RUN_BY_TRIGGERS, ("nodes", str(each.index)))
