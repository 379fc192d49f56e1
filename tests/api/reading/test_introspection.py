"""Introspection, alone and beside data: the loader path's answer, without a statement of its own."""

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query, get_variable_values
from graphql.execution.values import VariableValues
from sqlalchemy import insert
from strawberry import Schema

from api.app import create_app, served_schema
from api.core.declarations import MIRRORS
from api.core.documents import Documents
from api.core.limits import Limits
from api.core.pages import PageSizes
from api.reading.introspection import SEPARATOR
from api.reading.reader import Reader
from api.settings import ApiSettings
from db.models import Agent, User
from db.policy import ADMIN, Viewer
from db.session import Database
from tests.conftest import Statements

ADMINISTRATOR = Viewer(user_id=None, roles=frozenset({ADMIN}))
KINDS = "{ queryType { name } types { kind } }"
USERS = "users(first: 2) { nodes { email } }"

# Operation, variables, statements.
CASES: dict[str, tuple[str, dict[str, Any], int]] = {
    "everything": (get_introspection_query(input_value_deprecation=True), {}, 0),
    "type": ('{ __type(name: "User") { name fields { name type { kind name } } } }', {}, 0),
    "no such type": ('{ __type(name: "Nobody") { name } }', {}, 0),
    "type by variable": ("query ($n: String!) { __type(name: $n) { kind name } }", {"n": "Session"}, 0),
    "type by default": ('query ($n: String! = "Message") { __type(name: $n) { kind name } }', {}, 0),
    "root type": ("{ __typename }", {}, 0),
    "root type by alias": ("{ a: __typename ... on Query { b: __typename } }", {}, 0),
    "nothing is left": ("query ($no: Boolean = false) { __schema @include(if: $no) { description } }", {}, 0),
    "aliases": ('{ a: __type(name: "User") { name } b: __type(name: "Session") { name } }', {}, 0),
    "merged": (
        '{ __type(name: "User") { name } ...More } fragment More on Query { __type(name: "User") { kind } }',
        {},
        0,
    ),
    "deprecated or not": (
        'query ($d: Boolean!) { __type(name: "User") { fields(includeDeprecated: $d) { name } } }',
        {"d": True},
        0,
    ),
    "skipped inside": (
        """
        query ($s: Boolean!) { __type(name: "User") { name @skip(if: $s) kind ...F } }
        fragment F on __Type { ...G } fragment G on __Type { description @include(if: $s) }
        """,
        {"s": True},
        0,
    ),
    "before data": (f"{{ __schema {KINDS} {USERS} }}", {}, 1),
    "after data": (f"{{ {USERS} __schema {KINDS} }}", {}, 1),
    "between data": (f"{{ a: {USERS} __schema {KINDS} b: {USERS} viewer {{ id }} }}", {}, 1),
    "around data": (f'{{ x: __schema {KINDS} {USERS} y: __type(name: "User") {{ name }} }}', {}, 1),
    "with the root type": (f"{{ __typename __schema {KINDS} a: __typename {USERS} b: __typename }}", {}, 1),
    "merged around data": (
        """
        { ...More users(first: 1) { nodes { id } } __type(name: "User") { name } }
        fragment More on Query { __type(name: "User") { kind } users(first: 1) { nodes { email } } }
        """,
        {},
        1,
    ),
    "data only": (
        "query ($d: Boolean = false) { __schema @include(if: $d) { description } users { totalCount } }",
        {},
        1,
    ),
    "variables of both": (
        "query ($n: String!, $count: Int) { users(first: $count) { totalCount } __type(name: $n) { name } }",
        {"n": "User", "count": 3},
        1,
    ),
}


@pytest.fixture(scope="module")
def served() -> Schema:
    return served_schema()


@pytest.fixture
def ask(served: Schema, demo_database: Database) -> Callable[..., Any]:
    return asking(served, demo_database)


def asking(schema: Schema, database: Database) -> Callable[..., Any]:
    """`await ask(query, variables, statements=…)`: the response of an application that lives on."""
    settings = ApiSettings(debug_reading=True)
    apps = {
        statements: create_app(settings, database, ADMINISTRATOR, schema=schema, statements=statements)
        for statements in (True, False)
    }

    async def ask(query: str, variables: dict[str, Any], *, statements: bool) -> httpx.Response:
        transport = httpx.ASGITransport(apps[statements], raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://atrium.test") as client:
            return await client.post("/graphql", json={"query": query, "variables": variables})

    return ask


def written(response: httpx.Response) -> tuple[str, dict[str, Any]]:
    """The data with the order of its keys, and what the server tells of the reading."""
    body = response.json()
    assert "errors" not in body, body["errors"]
    return json.dumps(body["data"]), body["extensions"]["reading"]


def noting(database: Database, issued: list[str]) -> Callable[..., Any]:
    """A `read_text` that notes its statements, which go past SQLAlchemy."""
    read_text = database.read_text

    async def noted(sql: str, values: Sequence[Any], *, generic: bool) -> str:
        issued.append(sql)
        return await read_text(sql, values, generic=generic)

    return noted


@pytest.mark.parametrize("case", CASES)
async def test_both_paths_answer_alike(
    case: str,
    ask: Callable[..., Any],
    demo_database: Database,
    statements: Statements,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    query, variables, count = CASES[case]
    expected, by_loaders = written(await ask(query, variables, statements=False))
    assert by_loaders["path"] == "loaders"
    for attempt in range(2):
        with statements(demo_database) as issued:
            monkeypatch.setattr(demo_database, "read_text", noting(demo_database, issued))
            found, reading = written(await ask(query, variables, statements=True))
            monkeypatch.undo()
        assert found == expected
        assert len(issued) == count
        assert (reading["path"], reading["statements"]) == ("statement", count)
        assert reading["planCacheHit"] is (attempt == 1)


async def test_each_value_of_a_variable_has_its_own_answer(ask: Callable[..., Any]) -> None:
    query = """
    query ($n: String!, $d: Boolean!) { __type(name: $n) { name fields(includeDeprecated: $d) { name } } }
    """
    answers = set()
    for _ in range(2):
        for name in ("User", "Session", "Message", "No such type", "User"):
            for deprecated in (True, False):
                variables = {"n": name, "d": deprecated}
                found, _ = written(await ask(query, variables, statements=True))
                assert found == written(await ask(query, variables, statements=False))[0]
                answers.add(found)
    assert len(answers) == 3 + 1


async def test_no_text_in_the_data_is_taken_for_the_end_of_a_part(served: Schema, database: Database) -> None:
    name = f"a{SEPARATOR}b}}{SEPARATOR}{{"
    async with database.transaction() as session:
        user = await session.scalar(insert(User).values(username="u").returning(User.id))
        wanted = insert(Agent).values(user_id=user, name=name, settings={name: [name, SEPARATOR]})
        key = await session.scalar(wanted.returning(Agent.id))
    ask = asking(served, database)
    query = f"""{{
        first: agent(id: "{key}") {{ name settings }} __schema {KINDS}
        second: agent(id: "{key}") {{ settings name }}
    }}"""
    found, reading = written(await ask(query, {}, statements=True))
    assert json.loads(found)["second"] == {"settings": {name: [name, SEPARATOR]}, "name": name}
    assert (found, reading["path"]) == (written(await ask(query, {}, statements=False))[0], "statement")


def test_what_is_kept_is_weighed_and_bounded(served: Schema) -> None:
    schema = served._schema
    reader = Reader(schema, {mirror.name: mirror for mirror in MIRRORS.values()}, PageSizes())
    documents = Documents(schema, Limits())

    def prepare(text: str, **given: Any) -> int:
        document = documents.prepare(text)
        operation = document.select(None)
        variables = get_variable_values(schema, operation.node.variable_definitions or (), given)
        assert isinstance(variables, VariableValues)
        prepared = reader.prepare(document, operation, variables, ADMINISTRATOR)
        assert prepared is not None
        assert prepared.frame is not None
        return sys.getsizeof(prepared.frame.around(""))

    everything = prepare(get_introspection_query())
    assert everything > 500_000
    before = reader._entries.weight
    assert before > everything
    by_name = "query ($n: String!) { __type(name: $n) { fields { name description args { description } } } }"
    sizes = [prepare(by_name, n=mirror.name) for mirror in MIRRORS.values()]
    assert max(sizes) < reader._entries.weight - before < sum(sizes) * 2 / 3
    assert len(reader) == 2


async def test_introspection_in_error_is_left_to_the_loaders(ask: Callable[..., Any]) -> None:
    # A default lets a nullable variable stand where null is not taken.
    query = 'query ($n: String = "User") { __type(name: $n) { name } users { totalCount } }'
    for variables in ({}, {"n": None}):
        answers = [await ask(query, variables, statements=statements) for statements in (True, False)]
        bodies = [answer.json() for answer in answers]
        readings = [body.pop("extensions")["reading"] for body in bodies]
        assert [reading["path"] for reading in readings] == [
            "loaders" if variables else "statement",
            "loaders",
        ]
        assert [bool(body.get("errors")) for body in bodies] == [bool(variables)] * 2
        for body in bodies:
            for error in body.get("errors", ()):
                error.get("extensions", {}).pop("requestId", None)
        assert bodies[0] == bodies[1]


async def test_where_it_is_switched_off_the_statement_path_does_not_tell_either(
    served: Schema, demo_database: Database
) -> None:
    app = create_app(ApiSettings(introspection="nobody"), demo_database, ADMINISTRATOR, schema=served)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://atrium.test") as client:
        for query in (f"{{ __schema {KINDS} }}", f"{{ {USERS} __schema {KINDS} }}"):
            body = (await client.post("/graphql", json={"query": query})).json()
            assert [error["extensions"]["code"] for error in body["errors"]] == ["INTROSPECTION_DISABLED"]
            assert "data" not in body
        body = (await client.post("/graphql", json={"query": "{ __typename }"})).json()
        assert body == {"data": {"__typename": "Query"}}
