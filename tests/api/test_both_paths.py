"""The statement path and the loader path answer alike: golden operations and examples, as several viewers."""

import json
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest
import strawberry
from graphql import get_variable_values
from graphql.execution.values import VariableValues
from sqlalchemy import URL

from api.core.declarations import MIRRORS
from api.core.documents import Documents
from api.core.limits import Limits
from api.core.pages import PageSizes
from api.reading.path import StatementPath
from api.reading.reader import Reader
from api.settings import ApiSettings
from db.session import Database
from tests.api.conftest import Run
from tests.api.test_golden import FOLDER, comments, read, viewer_named

EXAMPLES = Path(__file__).parents[2] / "api" / "http" / "examples"
OPERATIONS = sorted([*FOLDER.glob("*.graphql"), *EXAMPLES.glob("*.graphql")])
VIEWERS = ("mei", "admin", "guest")


@pytest.fixture(scope="module")
async def demo(demo_url: URL) -> AsyncIterator[Database]:
    database = Database.connect(demo_url)
    yield database
    await database.dispose()


@pytest.fixture(scope="module")
def documents(schema: strawberry.Schema) -> Documents:
    settings = ApiSettings()
    return Documents(
        schema._schema, Limits(**{each.name: getattr(settings, each.name) for each in fields(Limits)})
    )


@pytest.fixture(scope="module")
def reader(schema: strawberry.Schema) -> Reader:
    return Reader(schema._schema, {mirror.name: mirror for mirror in MIRRORS.values()}, PageSizes())


@pytest.mark.parametrize("viewer_name", VIEWERS)
@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
async def test_both_paths_answer_alike(
    path: Path, viewer_name: str, demo: Database, documents: Documents, reader: Reader, run: Run
) -> None:
    text = read(path)
    head = comments(text)
    given: dict[str, Any] = json.loads(head.get("variables", "{}"))
    viewer = await viewer_named(demo, viewer_name)
    document = documents.prepare(text)
    operation = document.select(None)
    variables = get_variable_values(documents.schema, operation.node.variable_definitions or (), given)
    assert isinstance(variables, VariableValues)
    expected = await run(demo, viewer, text, **given)
    statements = StatementPath(reader, demo)
    for attempt in range(2):  # compiled now, then taken from the plan
        answer = await statements.answer(document, operation, variables, viewer)
        if expected.errors:
            assert answer is None, (
                "a request with errors belongs to the loader path, which says where they are"
            )
            continue
        assert answer is not None, "the statement path does not know how to answer this"
        assert orjson.loads(answer.data) == orjson.loads(orjson.dumps(expected.data))
        assert answer.plan_cache_hit or attempt == 0
