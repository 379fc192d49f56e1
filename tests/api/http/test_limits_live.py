"""Every limit over the served schema: refused by its own code, and before any connection to a database."""

from typing import Any, Final

import httpx
import pytest
from graphql import get_introspection_query
from sqlalchemy import URL

from api.app import create_app, served_schema
from api.settings import ApiSettings
from db.policy import Viewer
from db.session import Database
from tests.api.http.test_limits import exponential
from tests.api.http.test_requests import refusal

SCHEMA: Final = served_schema()
GRAPHQL: Final = {"Accept": "application/graphql-response+json"}
USER: Final = Viewer(None, frozenset({"user"}))


@pytest.fixture
def nowhere() -> Database:
    """A database that nobody can reach: what touches it fails otherwise than a limit does."""
    return Database.connect(URL.create("postgresql", host="/nowhere"))


async def ask(database: Database, body: dict[str, Any], **changes: Any) -> httpx.Response:
    app = create_app(ApiSettings(**changes), database, USER, schema=SCHEMA)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Accept": "application/graphql-response+json"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://atrium.test", headers=headers
    ) as client:
        return await client.post("/graphql", json=body)


async def test_the_database_is_away(nowhere: Database) -> None:
    """What every other test here relies on."""
    response = await ask(nowhere, {"query": "{ sessions { nodes { id } } }"})
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"


def sessions(inside: str, first: int = 100) -> str:
    return f"sessions(first: {first}) {{ nodes {{ {inside} }} }}"


def nested(*fields: str) -> str:
    """Fields inside each other, an id in the innermost."""
    return "{ " + " { ".join(fields) + " { id }" + " }" * len(fields)


def messages(inside: str, first: int = 100) -> str:
    return f"messages(first: {first}) {{ nodes {{ {inside} }} }}"


def spread(fields: int) -> str:
    return "{ viewer { " + "...A " * fields + "} } fragment A on User { " + "id " * 99 + "}"


TOO_MUCH: Final = {
    "characters": ("{ viewer { id } }".ljust(15_001), "DOCUMENT_TOO_LONG", 15_000),
    "tokens": ("{ viewer { " + "id " * 2_000 + "} }", "TOKEN_LIMIT", 2_000),
    "fields": (spread(20), "FIELD_LIMIT", 2_000),
    "repeated fields": ("{ viewer { " + "id " * 1_900 + "} }", "FIELD_LIMIT", 40_000),
    "fragments that double": (
        exponential(100).replace("Thing", "User").replace("thing", "viewer").replace("a: name", "a: id"),
        "FIELD_LIMIT",
        2_000,
    ),
    "depth": (
        nested("viewer", *["sessions", "nodes", "messages", "nodes", "toolCalls", "nodes"] * 2),
        "DEPTH_LIMIT",
        12,
    ),
    "introspection depth": (
        '{ __type(name: "Query") ' + "{ ofType " * 25 + "{ name }" + " }" * 25 + " }",
        "DEPTH_LIMIT",
        25,
    ),
    "one type on a path": (nested("viewer", *["sessions", "nodes", "user"] * 3), "RECURSION_LIMIT", 3),
    "aliases": ("{ viewer { " + " ".join(f"a{n}: id" for n in range(31)) + " } }", "ALIAS_LIMIT", 30),
    "root fields": ("{ " + "viewer { id } " * 21 + "}", "ROOT_FIELD_LIMIT", 20),
    "directives in one place": ("{ viewer { id" + " @include(if: true)" * 5 + " } }", "DIRECTIVE_LIMIT", 4),
    "directives": (
        "{ viewer { " + ("id" + " @include(if: true)" * 4 + " ") * 13 + "} }",
        "DIRECTIVE_LIMIT",
        50,
    ),
    "nested literal": (
        "{ sessions(where: " + "{and: [" * 40 + "]}" * 40 + ") { nodes { id } } }",
        "DEPTH_LIMIT",
        64,
    ),
    "digits": (
        "{ sessions(first: " + "9" * 10_000 + ") { nodes { id } } }",
        "GRAPHQL_VALIDATION_FAILED",
        1_000,
    ),
    "digits in a default": (
        "query ($first: Int = " + "9" * 10_000 + ") { sessions(first: $first) { nodes { id } } }",
        "GRAPHQL_VALIDATION_FAILED",
        1_000,
    ),
    "digits in a list": (
        "{ sessions(where: {messageCount: {in: [1, -" + "9" * 10_000 + "]}}) { nodes { id } } }",
        "GRAPHQL_VALIDATION_FAILED",
        1_000,
    ),
    "nodes": ("{ " + sessions(messages("id")) + " }", "NODE_LIMIT", 10_000),
    "cost": ("{ " + sessions(messages("user { id } session { id }", 99)) + " }", "COST_LIMIT", 20_000),
}


@pytest.mark.parametrize(("query", "code", "limit"), TOO_MUCH.values(), ids=TOO_MUCH)
async def test_documents_beyond_a_limit(nowhere: Database, query: str, code: str, limit: int) -> None:
    error = refusal(await ask(nowhere, {"query": query}), 400)
    assert error["extensions"]["code"] == code
    if "limit" in error["extensions"]:
        assert error["extensions"]["limit"] == limit
    assert nowhere.pool_status().idle == nowhere.pool_status().checked_out == 0


async def test_three_thousand_fields_of_one_name(nowhere: Database) -> None:
    changes = {"max_tokens": 100_000, "max_document_length": 100_000, "max_root_fields": 5_000}
    query = "{ viewer { " + "id " * 3_000 + "} }"
    error = refusal(await ask(nowhere, {"query": query}, **changes), 400)
    assert error["extensions"]["code"] == "FIELD_LIMIT"


def deep(levels: int) -> Any:
    where: Any = {}
    for _ in range(levels):
        where = {"and": [where]}
    return where


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"where": deep(40)}, "DEPTH_LIMIT"),
        ({"first": 100, "inner": 100}, "NODE_LIMIT"),
        ({"first": 2**40}, "BAD_USER_INPUT"),
        ({"first": -1}, None),
        ({"first": "100"}, "BAD_USER_INPUT"),
        ({"where": []}, "BAD_USER_INPUT"),
        ({"where": {"title": {"eq": 5}}}, "BAD_USER_INPUT"),
    ],
)
async def test_variables_beyond_a_limit(
    nowhere: Database, variables: dict[str, Any], code: str | None
) -> None:
    query = """
        query ($first: Int, $inner: Int, $where: SessionWhere) {
          sessions(first: $first, where: $where) { nodes { messages(first: $inner) { nodes { id } } } }
        }
    """
    response = await ask(nowhere, {"query": query, "variables": variables})
    found = {error["extensions"]["code"] for error in response.json()["errors"]}
    # What only the resolver refuses it refuses before it asks the database.
    assert found == {code or "BAD_USER_INPUT"}
    assert nowhere.pool_status().idle == nowhere.pool_status().checked_out == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 400),
        (b'{"query": "{ viewer { id } }", "variables": {"n": ' + b"1" * 10_000 + b"}}", 400),
        (b'{"query": "' + b"#" * 1_000_001 + b'"}', 413),
        (b'[{"query": "{ viewer { id } }"}]', 400),
    ],
    ids=["nested arrays", "a number of ten thousand digits", "a megabyte", "a batch"],
)
async def test_bodies_beyond_a_limit(nowhere: Database, body: bytes, status: int) -> None:
    app = create_app(ApiSettings(), nowhere, USER, schema=SCHEMA)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://atrium.test") as client:
        response = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        refusal(response, status)
        long = await client.get("/graphql", headers={"X-Long": "x" * 32_001})
        refusal(long, 431)
    assert nowhere.pool_status().idle == nowhere.pool_status().checked_out == 0


async def test_errors_are_counted_and_cut_off(nowhere: Database) -> None:
    response = await ask(nowhere, {"query": "{ " + " ".join(f"gone{n}" for n in range(12)) + " }"})
    assert len(response.json()["errors"]) == 5


async def test_no_names_are_told_where_introspection_is_off(nowhere: Database) -> None:
    changes = {"introspection": "roles"}
    error = refusal(await ask(nowhere, {"query": get_introspection_query()}, **changes), 400)
    assert error["extensions"]["code"] == "INTROSPECTION_DISABLED"
    wrong = [
        {"query": "{ sesions { nodes { id } } }"},
        {"query": "{ viewer { sesions { nodes { id } } } }"},
        {"query": "{ sessions(frist: 1) { nodes { id } } }"},
        {"query": "{ sessions(where: {titel: {eq: 1}}) { nodes { id } } }"},
        {"query": "{ sessions(orderBy: [{field: CREATED_ATT}]) { nodes { id } } }"},
        {
            "query": "query ($w: SessionWhere) { sessions(where: $w) { nodes { id } } }",
            "variables": {"w": {"titel": {"eq": "a"}}},
        },
    ]
    for body in wrong:
        assert "Did you mean" in (await ask(nowhere, body)).text
        assert "Did you mean" not in (await ask(nowhere, body, **changes)).text
