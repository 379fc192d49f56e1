"""Published, brought back and compared: nothing is lost on the way."""

from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from api.graphs.graph import read_graph
from api.graphs.plan import Plan, make_plan
from api.workflows.diff import ChangeKind, Diff, ValueChange, diff
from db import models
from tests.api.workflows.conftest import Studio
from tests.api.workflows.drawings import LOOPING, State, edge, node, states
from tests.db.fingerprints import fingerprints

PUBLISH = """mutation ($input: PublishWorkflowInput!) { publishWorkflow(input: $input) {
  workflow { id status version publishedVersion publishedAt versions { totalCount } }
  version { version author { login } }
  errors { __typename message path ... on VersionConflictError { currentVersion } }
} }"""
RESTORE = """mutation ($input: RestoreWorkflowVersionInput!) { restoreWorkflowVersion(input: $input) {
  workflow { name nodes edges viewport tags version publishedVersion } errors { __typename path }
} }"""
DIFF = """query ($id: ID!, $from: Int, $to: Int) { workflowDiff(id: $id, from: $from, to: $to) {
  nodes { kind elementId before after changes { kind path before after } }
  edges { kind elementId before after changes { kind path before after } }
  properties { kind path before after }
} }"""
GRAPH = """query ($id: ID!, $version: Int) { workflowGraph(id: $id, version: $version) {
  version inputSchema faults { path message }
  nodes { nodeId kind label x y data } edges { edgeId sourceId targetId handle label }
  plan { entryIds steps {
    nodeId kind label data loopId maxIterations after { edgeId sourceId handle back }
  } }
} }"""
NOTHING: dict[str, list[Any]] = {"nodes": [], "edges": [], "properties": []}


def patched(before: State, found: Diff) -> State:
    """A state with a difference applied to it: what the difference says, and nothing else."""
    after = deepcopy(before)
    for part, changes in (("nodes", found.nodes), ("edges", found.edges)):
        elements = {element["id"]: element for element in after[part]}
        for change in changes:
            if change.kind is ChangeKind.REMOVED:
                del elements[change.id]
            elif change.kind is ChangeKind.ADDED:
                elements[change.id] = change.after
            else:
                for each in change.changes:
                    _apply(elements[change.id], each)
        after[part] = list(elements.values())
    for each in found.properties:
        _apply(after, each)
    return after


def _apply(inside: Any, change: ValueChange) -> None:
    *way, name = change.path
    for step in way:
        inside = inside[step]
    if change.kind is ChangeKind.REMOVED:
        del inside[name]
    else:
        inside[name] = change.after


def unordered(state: State) -> State:
    return {
        name: sorted(value, key=lambda element: element["id"]) if name in ("nodes", "edges") else value
        for name, value in state.items()
    }


@given(states(), states())
def test_a_difference_makes_one_state_of_the_other(before: State, after: State) -> None:
    found = diff(before, after)
    assert unordered(patched(before, found)) == unordered(after)
    assert diff(before, before) == Diff((), (), ())
    assert (found == Diff((), (), ())) is (unordered(before) == unordered(after))


def test_true_is_not_one() -> None:
    before, after = {"nodes": [node("a", flag=True)]}, {"nodes": [node("a", flag=1)]}
    (change,) = diff(before, after).nodes
    assert change.changes == (ValueChange(ChangeKind.CHANGED, ("data", "flag"), True, 1),)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(first=states(), second=states())
async def test_what_was_published_comes_back(studio: Studio, first: State, second: State) -> None:
    key = await studio.draw(first)
    assert (await studio.ask(PUBLISH, input={"id": key}))["version"]["version"] == 1
    await studio.redraw(key, second)
    published = await studio.ask(PUBLISH, input={"id": key})
    assert published["workflow"]["publishedVersion"] == 2
    assert await studio.ask(DIFF, id=key, **{"from": 2}) == NOTHING
    changed = await studio.ask(DIFF, id=key, **{"from": 1, "to": 2})
    assert (changed == NOTHING) is (unordered(first) == unordered(second))
    restored = (await studio.ask(RESTORE, input={"id": key, "version": 1}))["workflow"]
    assert {name: restored[name] for name in first} == first
    assert restored["publishedVersion"] == 2
    assert await studio.ask(DIFF, id=key, **{"from": 1}) == NOTHING


async def test_publishing_says_what_runs_and_counts_as_a_change(studio: Studio) -> None:
    key = await studio.draw(LOOPING)
    payload = await studio.ask(PUBLISH, input={"id": key, "expectedVersion": 1})
    assert payload["errors"] == []
    workflow = payload["workflow"]
    assert (workflow["status"], workflow["version"], workflow["publishedVersion"]) == ("ACTIVE", 2, 1)
    assert workflow["versions"] == {"totalCount": 1}
    assert payload["version"] == {"version": 1, "author": {"login": "lin"}}
    (stale,) = (await studio.ask(PUBLISH, input={"id": key, "expectedVersion": 1}))["errors"]
    assert (stale["__typename"], stale["path"]) == ("VersionConflictError", ["input", "expectedVersion"])
    assert stale["currentVersion"] == 2
    async with studio.database.read() as connection:
        actions = (await connection.scalars(select(models.AuditLog.action))).all()
    assert actions == ["workflow.publish"]


async def test_each_mistake_of_a_drawing_keeps_it_from_being_published(studio: Studio) -> None:
    key = await studio.draw(
        {"nodes": [node("a"), node("b", "condition")], "edges": [edge("b", "a"), edge("a", "b")]}
    )
    before = await fingerprints(studio.database)
    payload = await studio.ask(PUBLISH, input={"id": key})
    assert await fingerprints(studio.database) == before
    assert payload["workflow"] is None
    assert payload["version"] is None
    assert [error["path"] for error in payload["errors"]] == [
        ["input", "id", "edges", "0", "sourceHandle"],
        ["input", "id", "edges", "0"],
    ]


async def test_others_see_and_do_nothing(studio: Studio, other: Studio) -> None:
    key = await studio.draw(LOOPING)
    await studio.ask(PUBLISH, input={"id": key})
    before = await fingerprints(studio.database)
    for wrong in (key, str(uuid4()), "nonsense"):
        for document, asked in ((PUBLISH, {"id": wrong}), (RESTORE, {"id": wrong, "version": 1})):
            (error,) = (await other.ask(document, input=asked))["errors"]
            assert (error["__typename"], error["path"]) == ("NotFoundError", ["input", "id"])
        assert await other.ask(GRAPH, id=wrong) is None
        assert await other.ask(GRAPH, id=wrong, version=1) is None
        assert await other.ask(DIFF, id=wrong, to=1) is None
    assert await fingerprints(studio.database) == before


async def test_a_version_that_is_not_there(studio: Studio) -> None:
    key = await studio.draw(LOOPING)
    (error,) = (await studio.ask(RESTORE, input={"id": key, "version": 7}))["errors"]
    assert (error["__typename"], error["path"]) == ("NotFoundError", ["input", "version"])
    assert await studio.ask(GRAPH, id=key, version=7) is None
    result = await studio.run(studio.database, studio.viewer, DIFF, id=key)
    assert [error.extensions["code"] for error in result.errors or ()] == ["BAD_USER_INPUT"]


async def test_the_graph_has_what_a_worker_needs(studio: Studio) -> None:
    key = await studio.draw(LOOPING)
    shown = await studio.ask(GRAPH, id=key)
    assert shown["faults"] == []
    assert shown["inputSchema"]["required"] == ["items"]
    graph, _ = read_graph(LOOPING["nodes"], LOOPING["edges"])
    assert Plan.read(shown["plan"]) == make_plan(graph)
    assert [each["nodeId"] for each in shown["nodes"]] == [each["id"] for each in LOOPING["nodes"]]
    await studio.redraw(key, {"nodes": [node("a"), 5]})
    broken = await studio.ask(GRAPH, id=key)
    assert broken["plan"] is None
    assert broken["inputSchema"] is None
    assert broken["faults"][0]["path"] == ["nodes", "1"]
    assert [each["nodeId"] for each in broken["nodes"]] == ["a"]


@pytest.mark.parametrize("data", [{"nodes": [{"id": "start"}]}, {"name": 5, "nodes": None, "tags": [1]}, {}])
async def test_versions_that_an_import_brought_are_brought_back_as_far_as_they_go(
    studio: Studio, data: dict[str, Any]
) -> None:
    key = await studio.draw(LOOPING)
    async with studio.database.transaction() as session:
        session.add(
            models.WorkflowVersion(workflow_id=key, user_id=studio.viewer.user_id, version=1, data=data)
        )
    restored = (await studio.ask(RESTORE, input={"id": key, "version": 1}))["workflow"]
    assert restored["name"] == "drawn"
    assert restored["nodes"] == (data.get("nodes") or LOOPING["nodes"])
    assert restored["tags"] == []
