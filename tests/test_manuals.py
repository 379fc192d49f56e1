"""The manuals of conversations and workflows: every operation in them is run, in the order of a story."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, parse
from sqlalchemy import insert

from api.auth.principal import loopback
from api.context import Context
from api.graphs.plan import Plan
from api.graphs.walk import Walk
from api.schema import build_schema
from db import models
from db.policy import Viewer
from db.session import Database

DOCS = Path(__file__).parent.parent / "docs"


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


class Manual:
    """The operations of one page by name, and whoever follows it."""

    def __init__(self, page: str, database: Database, viewer: Viewer) -> None:
        self.database = database
        self.viewer = viewer
        self.schema = build_schema()
        self.operations: dict[str, str] = {}
        for text in blocks(page, "graphql"):
            (node,) = parse(text).definitions
            assert isinstance(node, OperationDefinitionNode)
            assert node.name is not None
            self.operations[node.name.value] = text
        self.unused = set(self.operations)

    async def run(self, operation: str, /, **variables: Any) -> Any:
        """What the only root field of an operation answers, which has no errors."""
        self.unused.discard(operation)
        context = Context(self.database, loopback(self.viewer), "manual")
        result = await self.schema.execute(
            self.operations[operation], variable_values=variables, context_value=context
        )
        assert result.errors is None, result.errors
        assert result.data is not None
        (value,) = result.data.values()
        assert not value.get("errors"), value["errors"]
        return value


@pytest.fixture
async def viewer(database: Database) -> Viewer:
    async with database.transaction() as session:
        key = await session.scalar(insert(models.User).values(username="reader").returning(models.User.id))
    return Viewer(key, frozenset({"user"}))


def said(answer: Any) -> list[str]:
    return [node["content"] for node in answer["nodes"]]


async def test_the_manual_of_conversations(database: Database, viewer: Viewer) -> None:
    manual = Manual("conversations", database, viewer)
    async with database.transaction() as session:
        talk = models.Session(user_id=viewer.user_id, title="Tainan")
        session.add(talk)
        await session.flush()
    key = str(talk.id)
    (shown,) = (orjson.loads(text.replace("…", key)) for text in blocks("conversations", "json"))
    first = await manual.run("Say", **shown, key="turn-1")
    question, answer = (row["message"] for row in first["results"])
    assert [question["seq"], answer["seq"]] == [1, 2]
    edited = (await manual.run("Edit", id=question["id"], content="And in Hualien?"))["message"]
    assert edited["branchSeq"] == 3
    found = await manual.run("Conversation", id=key)
    assert (found["messageCount"], said(found["branch"])) == (3, ["And in Hualien?"])
    branches = await manual.run("Branches", id=answer["id"])
    assert said(branches["path"]) == ["How warm is it in Tainan?", "31 degrees."]
    switched = await manual.run("Switch", id=question["id"])
    assert said(switched["session"]["branch"]) == ["31 degrees."]
    fork = (await manual.run("Fork", id=answer["id"], title="Friends"))["session"]
    assert (fork["messageCount"], fork["originSeq"], fork["branch"]["totalCount"]) == (0, 2, 2)
    summary = await manual.run("Summarize", id=key, until=question["id"], content="It is about the weather.")
    assert summary["message"]["summarizedSeq"] == 1
    context = await manual.run("Context", id=key)
    assert said(context["context"]) == ["31 degrees.", "It is about the weather."]
    assert manual.unused == set()


async def test_the_manual_of_workflows(database: Database, viewer: Viewer) -> None:
    manual = Manual("workflows", database, viewer)
    (drawing,) = map(orjson.loads, blocks("workflows", "json"))
    workflow = (await manual.run("Draw", input=drawing))["workflow"]
    graph = await manual.run("Graph", id=workflow["id"])
    assert graph["faults"] == []
    assert graph["inputSchema"]["required"] == ["week"]
    published = await manual.run("Publish", id=workflow["id"], expected=1)
    assert published["workflow"]["publishedVersion"] == 1
    assert await manual.run("Compare", id=workflow["id"], **{"from": 1}) == {
        "nodes": [], "edges": [], "properties": [],
    }  # fmt: skip
    restored = await manual.run("Restore", id=workflow["id"], version=1)
    assert restored["workflow"]["nodes"] == drawing["nodes"]
    assert manual.unused == set()
    (code,) = blocks("workflows", "python")
    names: dict[str, Any] = {"Walk": Walk, "Plan": Plan, "answer": graph}
    exec(code, names)  # noqa: S102 - the page itself is what is tested
    assert names["result"] == {"write": {"ran": "write"}}
