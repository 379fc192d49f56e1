"""What depends on who asks: the ceiling of costs, introspection, and its suggestions."""

from typing import Any
from uuid import UUID

import pytest

from api.auth.principal import ANONYMOUS, Principal, loopback
from api.settings import MAX_COST
from db.models import Role
from db.policy import Viewer
from tests.api.http.conftest import Client
from tests.api.http.sample import sample_app
from tests.api.http.test_limits import answered, refused

GRAPHQL = {"Accept": "application/graphql-response+json"}
SCHEMA = "{ __schema { queryType { name } } }"


def signed_in(*roles: str) -> Principal:
    return loopback(Viewer(UUID(int=1), frozenset(roles)))


def client_of(principal: Principal, **changes: Any) -> Client:
    return Client(sample_app(principal=principal, **changes), GRAPHQL)


def things(count: int) -> str:
    """An operation that costs 2 and `count` objects."""
    return f"{{ things(first: {count}) {{ __typename }} }}"


@pytest.mark.parametrize(
    ("principal", "ceiling"),
    [
        (ANONYMOUS, 12),
        (signed_in("guest"), 12),
        (signed_in(), 17),
        (signed_in("unheard-of"), 17),
        (signed_in("user"), 22),
        (signed_in("user", "guest"), 22),
        (signed_in("guest", "admin"), 32),
    ],
)
def test_the_ceiling_is_that_of_the_most_generous_role(principal: Principal, ceiling: int) -> None:
    client = client_of(principal, max_cost={"guest": 12, "viewer": 17, "user": 22, "admin": 32})
    answered(client, things(ceiling - 2))
    error = refused(client, things(ceiling - 1), "COST_LIMIT")
    assert (error["extensions"]["limit"], error["extensions"]["actual"]) == (ceiling, ceiling + 1)
    assert error["message"] == (
        f"The operation costs up to {ceiling + 1}; at most {ceiling} is allowed for you. Ask for smaller "
        "pages (first, last), fewer levels, or fewer counts."
    )


def test_every_role_has_a_ceiling_and_those_left_out_keep_theirs() -> None:
    assert MAX_COST.keys() == set(Role)
    client = client_of(signed_in("analyst"), max_cost={"user": 1})
    shown = client.post("/graphql", json={"query": things(1)}, headers={"X-Show-Cost": "true"}).json()
    assert shown["extensions"]["cost"]["limit"] == MAX_COST[Role.ANALYST]


def cost_told(client: Client, query: str, **headers: str) -> Any:
    body = client.post("/graphql", json={"query": query}, headers=headers).json()
    return body.get("extensions", {}).get("cost")


def test_the_cost_is_told_when_asked_for() -> None:
    client = client_of(signed_in("user"), max_cost={"user": 22})
    told = {"requested": 12, "limit": 22}
    assert cost_told(client, things(10)) is None
    assert cost_told(client, things(10), **{"X-Show-Cost": "false"}) is None
    assert cost_told(client, things(10), **{"X-Show-Cost": "true"}) == told
    assert cost_told(client_of(signed_in("user"), max_cost={"user": 22}, show_cost=True), things(10)) == told


def test_the_cost_is_told_of_what_is_refused_for_it() -> None:
    client = client_of(signed_in("user"), max_cost={"user": 5}, show_cost=True)
    body = client.post("/graphql", json={"query": things(10)}).json()
    assert list(body) == ["errors", "extensions"]
    assert body["extensions"]["cost"] == {"requested": 12, "limit": 5}


INTROSPECTION = [
    ("everyone", ANONYMOUS, True),
    ("signed-in", ANONYMOUS, False),
    ("signed-in", signed_in(), True),
    ("roles", ANONYMOUS, False),
    ("roles", signed_in("user"), False),
    ("roles", signed_in("user", "developer"), True),
    ("roles", signed_in("admin"), True),
    ("nobody", signed_in("admin"), False),
]


@pytest.mark.parametrize(("access", "principal", "allowed"), INTROSPECTION)
def test_introspection_by_setting_and_role(access: str, principal: Principal, *, allowed: bool) -> None:
    client = client_of(principal, introspection=access)
    if allowed:
        assert answered(client, SCHEMA) == {"__schema": {"queryType": {"name": "Query"}}}
    else:
        refused(client, SCHEMA, "INTROSPECTION_DISABLED")
    wrong = {
        "field": {"query": "{ helo }"},
        "variable": {"query": "query ($w: Filter) { count(where: $w) }", "variables": {"w": {"nam": "x"}}},
    }
    for body in wrong.values():
        assert ("Did you mean" in client.post("/graphql", json=body).text) is allowed


def test_roles_that_may_introspect_are_a_setting() -> None:
    settings = {"introspection": "roles", "introspection_roles": ["analyst"]}
    answered(client_of(signed_in("analyst"), **settings), SCHEMA)
    refused(client_of(signed_in("admin"), **settings), SCHEMA, "INTROSPECTION_DISABLED")
