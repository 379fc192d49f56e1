"""Walking a plan: what is to be run, what is skipped, and what a worker finds that takes over."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.graphs.graph import read_graph
from api.graphs.plan import Plan, make_plan
from api.graphs.walk import Ended, Record, Walk, WalkError
from tests.api.workflows.drawings import LOOPING, chain, edge, node, states


def plan_of(nodes: Any, edges: Any) -> Plan:
    graph, faults = read_graph(nodes, edges)
    assert faults == []
    return make_plan(graph)


def ready(walk: Walk) -> list[str]:
    return [task.node_id for task in walk.ready]


def test_a_node_waits_for_all_that_lead_to_it() -> None:
    walk = Walk(plan_of([node(key) for key in "abcd"], [*chain("a", "b", "d"), *chain("a", "c", "d")]))
    assert ready(walk) == ["a"]
    walk.complete("a", 1)
    assert ready(walk) == ["b", "c"]
    walk.complete("c", 3)
    assert ready(walk) == ["b"]
    walk.complete("b", 2)
    (task,) = walk.ready
    assert (task.node_id, task.inputs) == ("d", {"b": 2, "c": 3})
    walk.complete("d", 4)
    assert walk.finished
    assert walk.output == {"d": 4}


def test_what_no_taken_edge_leads_to_is_skipped() -> None:
    nodes = [node("if", "condition"), node("yes"), node("no"), node("after"), node("end", "output")]
    edges = [
        edge("if", "yes", "true"),
        edge("if", "no", "false"),
        *chain("no", "after", "end"),
        edge("yes", "end"),
    ]
    walk = Walk(plan_of(nodes, edges))
    walk.complete("if", handle="true")
    assert (ready(walk), walk.skipped) == (["yes"], ["no", "after"])
    walk.complete("yes", "y")
    (task,) = walk.ready
    assert (task.node_id, task.inputs) == ("end", {"yes": "y"})


def test_a_loop_goes_round_until_it_is_done() -> None:
    walk = Walk(plan_of(LOOPING["nodes"], LOOPING["edges"]))
    walk.complete("start", {"items": [1, 2]})
    for turn, (handle, kept, dropped) in enumerate((("true", "keep", "drop"), ("false", "drop", "keep"))):
        (task,) = walk.ready
        assert (task.node_id, task.iteration) == ("each", turn)
        walk.complete("each", turn, "body")
        (task,) = walk.ready
        assert (task.node_id, task.iteration, task.inputs) == ("ask", turn, {"each": turn})
        walk.complete("ask")
        walk.complete("good", handle=handle)
        assert ready(walk) == [kept]
        assert dropped in walk.skipped
        walk.complete(kept, f"{kept} {turn}")
    (task,) = walk.ready
    assert task.inputs == {"start": {"items": [1, 2]}, "drop": "drop 1"}
    walk.complete("each", "all", "done")
    assert ready(walk) == ["end"]
    walk.complete("end", "result")
    assert walk.output == {"end": "result"}


def test_a_loop_without_a_turn_skips_its_body() -> None:
    walk = Walk(plan_of(LOOPING["nodes"], LOOPING["edges"]))
    walk.complete("start")
    walk.complete("each", handle="done")
    assert (ready(walk), walk.skipped) == (["end"], ["ask", "good", "keep", "drop"])


def test_a_loop_stops_at_its_limit() -> None:
    walk = Walk(
        plan_of([node("l", "loop", maxIterations=1), node("a")], [edge("l", "a", "body"), edge("a", "l")])
    )
    walk.complete("l", handle="body")
    walk.complete("a")
    with pytest.raises(WalkError, match="ran 1 times"):
        walk.complete("l", handle="body")
    walk.complete("l", handle="done")
    assert walk.finished


def test_loops_inside_loops_begin_anew() -> None:
    nodes = [node("outer", "loop"), node("inner", "loop", maxIterations=1), node("a")]
    edges = [
        edge("outer", "inner", "body"),
        edge("inner", "a", "body"),
        edge("a", "inner"),
        edge("inner", "outer", "done"),
    ]
    walk = Walk(plan_of(nodes, edges))
    seen = []
    for _ in range(2):
        walk.complete("outer", handle="body")
        for handle in ("body", "done"):
            (task,) = walk.ready
            seen.append((task.node_id, task.iteration))
            walk.complete("inner", handle=handle)
            if handle == "body":
                walk.complete("a")
    walk.complete("outer", handle="done")
    assert walk.finished
    assert seen == [("inner", 0), ("inner", 1)] * 2


def test_a_failure_goes_on_where_an_edge_says_so() -> None:
    nodes, edges = [node("a"), node("b"), node("c")], [edge("a", "b"), edge("a", "c", "error")]
    walk = Walk(plan_of(nodes, edges))
    assert walk.fail("a", "broken")
    (task,) = walk.ready
    assert (task.node_id, task.inputs, walk.skipped) == ("c", {"a": "broken"}, ["b"])
    assert not walk.fail("c")
    assert walk.finished


def test_only_what_is_ready_can_be_run() -> None:
    walk = Walk(plan_of([node("a"), node("b")], chain("a", "b")))
    for key in ("b", "z"):
        with pytest.raises(WalkError, match=key):
            walk.complete(key)
    walk.complete("a")
    with pytest.raises(WalkError, match="a"):
        walk.fail("a")


@given(state=st.one_of(states(), st.just(LOOPING)), choices=st.lists(st.integers(0, 10), max_size=60))
def test_whoever_takes_over_finds_the_same_run(state: Any, choices: list[int]) -> None:
    """At every point the steps that have ended make the walk anew; and every node ends or is skipped."""
    plan = plan_of(state["nodes"], state["edges"])
    walk, records = Walk(plan), []
    handles = {"condition": ("true", "false"), "loop": ("body", "done")}
    turns = 0
    for choice in [*choices, *([0] * 100)]:
        if walk.finished:
            break
        task = walk.ready[choice % len(walk.ready)]
        offered = handles.get(task.kind, (None,))
        handle = offered[choice % len(offered)]
        if handle == "body":
            turns += 1
            handle = "body" if turns <= 3 else "done"
        records.append(Record(task.node_id, Ended.COMPLETED, choice, handle))
        walk.complete(task.node_id, choice, handle)
        again = Walk.resume(plan, records)
        assert (again.ready, again.skipped, again.output) == (walk.ready, walk.skipped, walk.output)
    assert walk.finished
    assert {record.node_id for record in records} | set(walk.skipped) == {step.node_id for step in plan.steps}


def test_steps_that_do_not_fit_are_refused() -> None:
    plan = plan_of([node("a"), node("b")], chain("a", "b"))
    with pytest.raises(WalkError):
        Walk.resume(plan, [Record("b", Ended.COMPLETED)])
    with pytest.raises(WalkError, match="ended when a failed"):
        Walk.resume(plan, [Record("a", Ended.FAILED)])
