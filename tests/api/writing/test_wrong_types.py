"""Every field of every mutation, read from the schema, given what is of another type: nothing is begun."""

import re
from typing import Any, Final

import httpx
import orjson
import pytest

from api.app import create_app
from api.settings import ApiSettings
from db.policy import ADMIN, Viewer
from db.session import Database
from tests.api.writing.conftest import House
from tests.api.writing.places import SCHEMA, Spot, mutations, put, spots
from tests.conftest import Statements

DEEP: Final = 400_000
"""Levels of nesting in a body of less than a megabyte."""

# JSON takes everything that is JSON.
WRONG: Final[dict[str, tuple[Any, ...]]] = {
    "String": (7, True, ["a"], {"a": 1}),
    "ID": (1.5, True, {"a": 1}),
    "Int": ("7", 1.5, True, 2**40, [[1]]),
    "Float": ("x", True, {}),
    "Boolean": ("true", 1, []),
    "BigInt": ("x", True, 1.5, {}),
    "Decimal": ("x", True, "NaN", []),
    "DateTime": ("yesterday", 7, "2026-13-01T00:00:00Z", {}),
    "Date": ("2026-02-30", 7),
    "IPAddress": ("nowhere", 7),
    "Vector": ("x", [["a"]], {}),
}


def wrong(spot: Spot) -> tuple[Any, ...]:
    """What a field does not take, whoever asks."""
    inner = spot.type.strip("[]!")
    if inner == "JSON":
        return ()
    nothing = () if spot.nullable else (None,)
    values = WRONG.get(inner, (7, "NO_SUCH_VALUE", True))
    if spot.type.startswith("["):
        # One that is no list stands for a list of one.
        values = tuple([each] if isinstance(each, list) else each for each in values)
    return (*values, *nothing)


@pytest.mark.parametrize("name", mutations())
async def test_what_is_of_another_type_is_told(house: House, statements: Statements, name: str) -> None:
    kind = mutations()[name]
    query = f"mutation ($input: {kind.name}!) {{ {name}(input: $input) {{ __typename }} }}"
    administrator = house.me(frozenset({ADMIN}))
    with statements(house.database) as sent:
        for spot in spots(kind):
            for value in wrong(spot):
                result = await house.send(query, administrator, input=put({}, spot.place, value))
                told = [error.message for error in result.errors or ()]
                where = [place for place in spot.place if not place.isdigit()]
                assert any(where[-1] in each for each in told), f"{spot} = {value!r}: {told}"
        for given in (None, 7, [], "x", {"noSuchField": 1}):
            assert (await house.send(query, administrator, input=given)).errors, given
    assert sent == []


def with_json() -> list[Any]:
    return [
        pytest.param(name, spot, id=f"{name}-{spot}")
        for name, kind in mutations().items()
        for spot in spots(kind)
        if spot.type == "JSON"
    ]


@pytest.fixture
def client(shared: Database) -> httpx.AsyncClient:
    app = create_app(ApiSettings(address_rate_per_minute=0), shared, Viewer(None), schema=SCHEMA)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://atrium.test")


@pytest.mark.parametrize(("name", "spot"), with_json())
async def test_json_is_not_nested_without_end(
    shared: Database, client: httpx.AsyncClient, statements: Statements, name: str, spot: Spot
) -> None:
    kind = mutations()[name]
    query = f"mutation ($input: {kind.name}!) {{ {name}(input: $input) {{ __typename }} }}"
    mark = "here it stands"
    body = orjson.dumps({"query": query, "variables": {"input": put({}, spot.place, mark)}})
    kind_of_body = {"Content-Type": "application/json"}
    with statements(shared) as sent:
        for depth in (200, DEEP):
            content = body.replace(orjson.dumps(mark), b"[" * depth + b"]" * depth)
            answer = await client.post("/graphql", content=content, headers=kind_of_body)
            (error,) = answer.json()["errors"]
            assert answer.status_code < 500
            assert error["extensions"]["code"] in ("DEPTH_LIMIT", "BAD_REQUEST"), error
            assert re.search("nest|depth", error["message"])
    assert sent == []
