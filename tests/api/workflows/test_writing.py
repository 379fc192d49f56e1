"""What is refused when a workflow is drawn, by the mutations that all entities have."""

from typing import Any

import pytest

from tests.api.workflows.conftest import Studio
from tests.api.workflows.drawings import LOOPING, chain, edge, node
from tests.db.fingerprints import fingerprints

CREATE = """mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) {
  workflow { id status nodes } errors { __typename path message }
} }"""
UPDATE = """mutation ($input: UpdateWorkflowInput!) { updateWorkflow(input: $input) {
  workflow { id status version nodes edges } errors { __typename path message }
} }"""
PUBLISH = (
    """mutation ($id: ID!) { publishWorkflow(input: {id: $id}) { workflow { status } errors { path } } }"""
)
REPUBLISH = """mutation ($input: PublishWorkflowInput!) { publishWorkflow(input: $input) {
  version { id version } errors { __typename path }
} }"""


async def paths(studio: Studio, document: str, given: dict[str, Any]) -> list[list[str]]:
    """Where the errors of a mutation are that writes nothing."""
    before = await fingerprints(studio.database)
    payload = await studio.ask(document, input=given)
    assert await fingerprints(studio.database) == before
    assert payload["workflow"] is None
    found: list[list[str]] = [error["path"] for error in payload["errors"]]
    return found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"nodes": [{"id": "a", "type": "wizard"}]}, [["nodes", "0", "type"]]),
        ({"nodes": [node("a"), node("a")]}, [["nodes", "1", "id"]]),
        ({"nodes": {}}, [["nodes"]]),
        ({"edges": chain("a", "b")}, [["edges", "0", "source"], ["edges", "0", "target"]]),
        ({"nodes": [node("a")], "edges": chain("a", "b")}, [["edges", "0", "target"]]),
        ({"viewport": {"x": "far"}}, [["viewport"]]),
        ({"status": "ACTIVE"}, [["status"]]),
        ({"status": "PAUSED"}, [["status"]]),
    ],
)
async def test_what_cannot_be_read_is_not_stored(
    studio: Studio, given: dict[str, Any], expected: list[list[str]]
) -> None:
    found = await paths(studio, CREATE, {"name": "w", **given})
    assert found == [["input", *path] for path in expected]


async def test_a_draft_may_be_unfinished(studio: Studio) -> None:
    given = {"name": "w", "nodes": [node("a", "condition"), node("b")], "edges": [*chain("a", "b", "a")]}
    payload = await studio.ask(CREATE, input=given)
    assert payload["errors"] == []
    assert payload["workflow"]["status"] == "DRAFT"


async def test_one_list_has_to_fit_the_other(studio: Studio) -> None:
    made = await studio.ask(
        CREATE, input={"name": "w", "nodes": [node("a"), node("b")], "edges": chain("a", "b")}
    )
    key = made["workflow"]["id"]
    assert await paths(studio, UPDATE, {"id": key, "nodes": [node("a")]}) == [["input", "nodes"]]
    assert await paths(studio, UPDATE, {"id": key, "edges": [edge("a", "z")]}) == [
        ["input", "edges", "0", "target"]
    ]
    both = await studio.ask(UPDATE, input={"id": key, "nodes": [node("a")], "edges": []})
    assert both["errors"] == []


async def test_only_what_was_published_is_switched_on_and_off(studio: Studio) -> None:
    key = await studio.draw(LOOPING)
    assert await paths(studio, UPDATE, {"id": key, "status": "ACTIVE"}) == [["input", "status"]]
    assert (await studio.ask(PUBLISH, id=key))["workflow"]["status"] == "ACTIVE"
    for status in ("PAUSED", "ACTIVE", "ARCHIVED"):
        changed = await studio.ask(UPDATE, input={"id": key, "status": status})
        assert changed["workflow"]["status"] == status


async def test_publishing_again_with_the_same_key_makes_no_other_version(studio: Studio) -> None:
    key = await studio.draw(LOOPING)
    asked = {"id": key, "idempotencyKey": "k"}
    first = await studio.ask(REPUBLISH, input=asked)
    assert first["version"]["version"] == 1
    assert await studio.ask(REPUBLISH, input=asked) == first
    (error,) = (await studio.ask(REPUBLISH, input={**asked, "expectedVersion": 2}))["errors"]
    assert error == {"__typename": "IdempotencyMismatchError", "path": ["input", "idempotencyKey"]}
