"""Which nodes a loop goes through again, which edges lead back, and which circles no loop ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from api.graphs.graph import Edge, Graph
from api.graphs.kinds import BODY, NodeKind


@dataclass(frozen=True, slots=True)
class Loops:
    """The loops of a graph: of each its `bodies`, what follows it, and the edges that lead back to it."""

    bodies: Mapping[str, frozenset[str]]
    after: Mapping[str, frozenset[str]]
    back: Mapping[str, tuple[Edge, ...]]
    forward: tuple[Edge, ...]

    def innermost(self, node: str) -> str | None:
        """The loop whose body a node is in; of several the one that is inside the others."""
        around = [loop for loop, body in self.bodies.items() if node in body]
        return min(around, key=lambda loop: len(self.bodies[loop]), default=None)


def find_loops(graph: Graph) -> Loops:
    """The loops of a graph. An edge leads back if it comes from the body of the loop to which it leads."""
    loops = [node.id for node in graph.nodes if node.kind is NodeKind.LOOP]
    bodies = {loop: _reached(graph, loop, body=True) for loop in loops}
    after = {loop: _reached(graph, loop, body=False) for loop in loops}
    back = {
        loop: tuple(edge for edge in graph.entering[loop] if edge.source in bodies[loop]) for loop in loops
    }
    returning = {edge.index for edges in back.values() for edge in edges}
    forward = tuple(edge for edge in graph.edges if edge.index not in returning)
    return Loops(bodies, after, back, forward)


def _reached(graph: Graph, loop: str, *, body: bool) -> frozenset[str]:
    """What follows from one side of a loop without going through the loop itself again."""
    waiting = [edge.target for edge in graph.leaving[loop] if (edge.handle == BODY) is body]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node != loop and node not in found:
            found.add(node)
            waiting += [edge.target for edge in graph.leaving[node]]
    return frozenset(found)


def order(nodes: Iterable[str], edges: Iterable[tuple[str, str]]) -> tuple[list[str], list[list[str]]]:
    """Nodes so that each stands after all that lead to it, as far as that is possible; and the circles.

    Of nodes that could stand next, the one that comes first in `nodes` does. A circle is a group of nodes
    each of which leads to each.
    """
    listed = list(nodes)
    following: dict[str, list[str]] = {node: [] for node in listed}
    missing = dict.fromkeys(listed, 0)
    for source, target in edges:
        following[source].append(target)
        missing[target] += 1
    place = {node: index for index, node in enumerate(listed)}
    free = [node for node in listed if missing[node] == 0]
    ordered: list[str] = []
    while free:
        node = min(free, key=place.__getitem__)
        free.remove(node)
        ordered.append(node)
        for other in following[node]:
            missing[other] -= 1
            if missing[other] == 0:
                free.append(other)
    left = set(listed) - set(ordered)
    return ordered, _circles([node for node in listed if node in left], following, left)


def _circles(nodes: list[str], following: Mapping[str, list[str]], within: set[str]) -> list[list[str]]:
    """Strongly connected groups by Tarjan, without recursion; one node is one if it leads to itself."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    open_: set[str] = set()
    found: list[list[str]] = []
    for start in nodes:
        if start in number:
            continue
        path = [(start, iter(following[start]))]
        number[start] = lowest[start] = len(number)
        stack.append(start)
        open_.add(start)
        while path:
            node, others = path[-1]
            other = next((each for each in others if each in within), None)
            if other is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
                if lowest[node] == number[node]:
                    group = _unwind(stack, open_, node)
                    if len(group) > 1 or node in following[node]:
                        found.append(group)
            elif other not in number:
                number[other] = lowest[other] = len(number)
                stack.append(other)
                open_.add(other)
                path.append((other, iter(following[other])))
            elif other in open_:
                lowest[node] = min(lowest[node], number[other])
    return found


def _unwind(stack: list[str], open_: set[str], node: str) -> list[str]:
    group: list[str] = []
    while not group or group[-1] != node:
        group.append(stack.pop())
        open_.discard(group[-1])
    return group[::-1]
