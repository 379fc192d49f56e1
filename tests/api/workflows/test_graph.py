"""What is wrong with a drawing: one fault for each mistake, each with its place."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strawberry.utils.str_converters import to_camel_case

from api.graphs.checks import check, examine
from api.graphs.graph import MOST_EDGES, MOST_NODES, read_graph
from api.graphs.inputs import input_schema
from api.graphs.plan import Plan, make_plan
from api.graphs.plan_types import plan_view
from tests.api.workflows.drawings import LOOPING, chain, edge, node, states

A, B, C = node("a"), node("b"), node("c")
START = node("start", "trigger")
LOOP = node("loop", "loop")
TURN = [edge("loop", "a", "body"), *chain("a", "loop")]


def paths(nodes: Any, edges: Any) -> list[str]:
    _, faults = examine(nodes, edges)
    assert all(fault.message.endswith((".", "`.")) for fault in faults)
    return [".".join(fault.path) for fault in faults]


@pytest.mark.parametrize(
    ("nodes", "edges", "expected"),
    [
        (None, [], ["nodes"]),
        ([A], {}, ["edges"]),
        ([], [], ["nodes"]),
        ([node("n", "note")], [], ["nodes"]),
        ([A, 5, "b"], [], ["nodes.1", "nodes.2"]),
        ([{"type": "tool"}], [], ["nodes.0.id"]),
        ([{"id": "", "type": "tool"}], [], ["nodes.0.id"]),
        ([{"id": 7, "type": "tool"}], [], ["nodes.0.id"]),
        ([{"id": "x" * 101, "type": "tool"}], [], ["nodes.0.id"]),
        ([{"id": "a"}], [], ["nodes.0.type"]),
        ([{"id": "a", "type": "wizard"}], [], ["nodes.0.type"]),
        ([{"id": "a", "type": ["tool"]}], [], ["nodes.0.type"]),
        ([{**A, "data": []}], [], ["nodes.0.data"]),
        ([{**A, "position": 3}], [], ["nodes.0.position"]),
        ([{**A, "position": {"x": 1}}], [], ["nodes.0.position.y"]),
        ([{**A, "position": {"x": True, "y": "1"}}], [], ["nodes.0.position.x", "nodes.0.position.y"]),
        ([A, A], [], ["nodes.1.id"]),
        ([{"id": "a", "type": "wizard"}, B], chain("a", "b"), ["nodes.0.type"]),
        ([A, B], [*chain("a", "b"), *chain("a", "b")], ["edges.1.id"]),
        ([A], [edge("a", "z")], ["edges.0.target"]),
        ([A], [edge("y", "z")], ["edges.0.source", "edges.0.target"]),
        ([A], [{"id": "e"}], ["edges.0.source", "edges.0.target"]),
        ([A, B], [{**edge("a", "b"), "sourceHandle": 4}], ["edges.0.sourceHandle"]),
        ([A] * (MOST_NODES + 1), [], ["nodes"]),
        ([A], [edge("a", "a")] * (MOST_EDGES + 1), ["edges"]),
        # What can be drawn, and not be run.
        ([A, B], [edge("a", "b", "true")], ["edges.0.sourceHandle"]),
        ([A, B], [{**edge("a", "b"), "targetHandle": "left"}], ["edges.0.targetHandle"]),
        ([node("a", "condition"), B], chain("a", "b"), ["edges.0.sourceHandle"]),
        ([node("a", "output"), B], chain("a", "b"), ["edges.0.source"]),
        ([node("a", "note"), B], chain("b", "a"), ["edges.0"]),
        ([node("a", "switch")], [], ["nodes.0.data.cases"]),
        ([node("a", "switch", cases=["x", "x"])], [], ["nodes.0.data.cases"]),
        ([node("a", "switch", cases=["default"])], [], ["nodes.0.data.cases"]),
        ([node("a", "switch", cases=["x"]), B], [edge("a", "b", "y")], ["edges.0.sourceHandle"]),
        ([START, A], [*chain("start", "a"), *chain("a", "start")], ["nodes.0.id", "edges.1"]),
        ([START, A], [], ["nodes.1"]),
        ([A], chain("a", "a"), ["edges.0"]),
        ([A, B, C], [*chain("a", "b", "c"), *chain("c", "a")], ["edges.2"]),
        ([A, B, C, node("d")], [*chain("a", "b", "a"), *chain("c", "d", "c")], ["edges.1", "edges.3"]),
        ([LOOP], [], ["nodes.0"]),
        ([LOOP, A], [edge("loop", "a", "body")], ["nodes.0"]),
        ([LOOP, A], [edge("loop", "a"), *chain("a", "loop")], ["edges.0.sourceHandle", "nodes.0", "edges.1"]),
        ([LOOP, A], [edge("loop", "a", "done"), *chain("a", "loop")], ["nodes.0", "edges.1"]),
        (
            [START, LOOP, A, B],
            [*chain("start", "loop"), *TURN, edge("loop", "b", "done"), edge("a", "b")],
            ["edges.4"],
        ),
        (
            [START, LOOP, A, B],
            [*chain("start", "loop"), *TURN, edge("start", "a")],
            ["edges.3"],
        ),
        ([node("loop", "loop", maxIterations=0), A], TURN, ["nodes.0.data.maxIterations"]),
        ([node("loop", "loop", maxIterations=True), A], TURN, ["nodes.0.data.maxIterations"]),
        ([node("s", "trigger", inputs=3)], [], ["nodes.0.data.inputs"]),
        ([node("s", "trigger", inputs=[{}])], [], ["nodes.0.data.inputs.0"]),
        ([node("s", "trigger", inputs=[{"name": "a"}, {"name": "a"}])], [], ["nodes.0.data.inputs.1.name"]),
        ([node("s", "trigger", inputs=[{"name": "a", "type": "date"}])], [], ["nodes.0.data.inputs.0.type"]),
        ([node("s", "trigger", inputSchema={"type": "string"})], [], ["nodes.0.data.inputSchema.type"]),
    ],
)  # fmt: skip
def test_each_mistake_is_told_once_with_its_place(nodes: Any, edges: Any, expected: list[str]) -> None:
    assert paths(nodes, edges) == expected


def test_faults_are_told_together() -> None:
    nodes = [A, A, {"id": "b"}, node("c", "loop")]
    edges = [edge("a", "z"), edge("a", "c"), edge("a", "c")]
    assert paths(nodes, edges) == ["nodes.1.id", "nodes.2.type", "edges.0.target", "edges.2.id"]


def test_a_loop_may_go_round() -> None:
    assert paths(LOOPING["nodes"], LOOPING["edges"]) == []


def test_loops_inside_loops_may_go_round() -> None:
    nodes = [node("outer", "loop"), node("inner", "loop"), A, B]
    edges = [
        edge("outer", "inner", "body"),
        edge("inner", "a", "body"),
        edge("a", "inner"),
        edge("inner", "outer", "done"),
        edge("outer", "b", "done"),
    ]
    assert paths(nodes, edges) == []
    graph, _ = read_graph(nodes, edges)
    plan = make_plan(graph)
    assert [(step.node_id, step.loop_id) for step in plan.steps] == [
        ("outer", None), ("inner", "outer"), ("a", "inner"), ("b", None),
    ]  # fmt: skip


def test_without_a_trigger_a_run_begins_where_nothing_leads() -> None:
    graph, faults = examine([A, B, C], chain("b", "c"))
    assert faults == []
    assert make_plan(graph).entry_ids == ("a", "b")


def test_the_input_of_a_run_is_what_the_triggers_say() -> None:
    graph, _ = read_graph(LOOPING["nodes"], LOOPING["edges"])
    assert input_schema(graph) == {
        "type": "object",
        "properties": {"items": {"type": "array"}},
        "required": ["items"],
    }
    own = {"type": "object", "required": ["a"]}
    graph, _ = read_graph([node("s", "trigger", inputSchema=own)], [])
    assert input_schema(graph) == own
    graph, _ = read_graph([A], [])
    assert input_schema(graph) == {"type": "object"}


@given(states())
def test_whatever_leads_to_a_step_stands_before_it(state: Any) -> None:
    graph, faults = examine(state["nodes"], state["edges"])
    assert faults == []
    plan = make_plan(graph)
    place = {step.node_id: index for index, step in enumerate(plan.steps)}
    assert place.keys() == {each["id"] for each in state["nodes"]}
    for each in state["edges"]:
        assert place[each["source"]] < place[each["target"]]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "b", "tool", "loop", "body", "done"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "type", "source", "target", "sourceHandle", "data", "position", "cases"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(JUNK, JUNK)
def test_no_drawing_breaks_the_reader(nodes: Any, edges: Any) -> None:
    given_nodes, given_edges = deepcopy(nodes), deepcopy(edges)
    graph, faults = read_graph(nodes, edges)
    assert (nodes, edges) == (given_nodes, given_edges)
    if not faults and not check(graph):
        make_plan(graph)


def test_a_plan_is_read_from_its_answer() -> None:
    graph, _ = read_graph(LOOPING["nodes"], LOOPING["edges"])
    plan = make_plan(graph)
    shown = plan_view(plan)
    answer = {
        "entryIds": shown.entry_ids,
        "steps": [
            {
                **{to_camel_case(name): value for name, value in vars(step).items()},
                "kind": step.kind.name,
                "after": [
                    {to_camel_case(name): value for name, value in vars(link).items()} for link in step.after
                ],
            }
            for step in shown.steps
        ],
    }
    assert Plan.read(answer) == plan
