"""What roles, permissions and the scopes of keys come to for somebody who asks over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, update

from db.models import Role, User
from tests.api.auth.conftest import PASSWORD, Door
from tests.api.auth.test_keys import CREATE, KEY, REVOKE, make
from tests.api.crowd import inhabit

COUNTS = """{
  viewer { id }
  sessions { totalCount }
  agents { totalCount }
  personalities { totalCount }
  apiRequests { totalCount }
}"""
BODIES = "{ apiRequests { nodes { requestBody } } }"
CHANGE = """mutation ($old: String!, $new: String!) {
  changePassword(input: {currentPassword: $old, newPassword: $new}) { errors { code } }
}"""
NEW = {"old": PASSWORD, "new": "another long password"}


@dataclass(frozen=True)
class Street:
    """The application, with two users who have rows of everything."""

    door: Door
    me: UUID
    other: UUID

    async def am(self, *roles: str, permissions: tuple[str, ...] = ()) -> str:
        """A token of the first user, with these roles and permissions from now on."""
        values = update(User).where(User.id == self.me)
        async with self.door.database.transaction() as session:
            await session.execute(values.values(roles=list(roles), permissions=list(permissions)))
        return await self.door.token(self.me)

    async def counts(self, secret: str) -> tuple[int, ...]:
        """How much is seen: oneself, sessions, agents, personalities and requests."""
        data = (await self.door.ask(COUNTS, secret)).data
        me = data.pop("viewer")
        return int(me is not None), *(each["totalCount"] for each in data.values())


@pytest.fixture
async def street(door: Door) -> Street:
    def fill(connection: Connection) -> list[UUID]:
        return [world["users"] for world in inhabit(connection, 2)]

    async with door.database.engine.begin() as connection:
        me, other = await connection.run_sync(fill)
    return Street(door, me, other)


async def test_a_key_opens_no_more_than_its_scopes(street: Street) -> None:
    token = await street.am("user")
    mine = await street.counts(token)
    assert min(mine) > 0
    made = await make(street.door, token, scopes=["session:read", "api_request:read"])
    assert await street.counts(made["secret"]) == (0, mine[1], 0, 0, mine[4])
    made = await make(street.door, token, scopes=["*:*"])
    assert await street.counts(made["secret"]) == mine


async def test_a_key_opens_no_more_than_its_owner_may(street: Street) -> None:
    token = await street.am("user")
    mine = await street.counts(token)
    made = await make(street.door, token, scopes=["*:read_all", "*:*", "api_request:bodies"])
    assert await street.counts(made["secret"]) == mine
    assert (await street.door.ask(BODIES, made["secret"])).error[0] == "FORBIDDEN"


async def test_a_key_of_an_administrator_opens_what_its_scopes_say(street: Street) -> None:
    token = await street.am("admin")
    everything = await street.counts(token)
    made = await make(street.door, token, scopes=["session:read", "api_request:read_all"])
    one, sessions, agents, personalities, requests = await street.counts(made["secret"])
    assert (one, agents, personalities, requests) == (0, 0, 0, everything[4])
    assert 0 < sessions < everything[1]
    assert (await street.door.ask(BODIES, token)).status == 200
    assert (await street.door.ask(BODIES, made["secret"])).error[0] == "FORBIDDEN"
    made = await make(street.door, token, scopes=["api_request:*"])
    assert len((await street.door.ask(BODIES, made["secret"])).data["apiRequests"]["nodes"]) == everything[4]


async def test_permissions_of_a_user_take_them_beyond_their_roles(street: Street) -> None:
    mine = await street.counts(await street.am("user"))
    token = await street.am("user", permissions=("session:read_all", "api_request:bodies"))
    await street.door.access.authenticator.renew()
    theirs = await street.counts(token)
    assert theirs[1] > mine[1]
    assert theirs[:1] + theirs[2:] == mine[:1] + mine[2:]
    assert (await street.door.ask(BODIES, token)).status == 200
    await street.am("user")
    await street.door.access.authenticator.renew()
    assert await street.counts(token) == mine


@pytest.mark.parametrize(
    ("role", "permissions", "allowed"),
    [
        ("guest", (), False),
        ("viewer", (), False),
        ("viewer", ("agent:write", "api_key:read"), False),
        ("viewer", ("api_key:write",), True),
        ("user", (), True),
        ("admin", (), True),
    ],
)
async def test_keys_are_made_and_withdrawn_by_whoever_may_change_them(
    street: Street, role: str, permissions: tuple[str, ...], *, allowed: bool
) -> None:
    door = street.door
    made = await make(door, await street.am("user"))
    token = await street.am(role, permissions=permissions)
    before = await door.state()
    asked: list[tuple[str, dict[str, Any]]] = [
        (REVOKE, {"id": made["apiKey"]["id"]}),
        (CREATE, {"input": KEY}),
    ]
    for query, variables in asked:
        answer = await door.ask(query, token, **variables)
        if allowed:
            (payload,) = answer.data.values()
            assert payload["errors"] == []
        else:
            assert answer.error == (
                "FORBIDDEN",
                "To change apiKeys takes the permission `api_key:write`: ask an administrator for it.",
            )
            assert answer.body["errors"][0]["extensions"]["permission"] == "api_key:write"
    assert (await door.state() == before) is not allowed


@pytest.mark.parametrize(
    ("permissions", "withdrawn"),
    [
        (("api_key:write_all",), False),
        (("api_key:read_all",), False),
        (("api_key:read_all", "api_key:write_all"), True),
    ],
)
async def test_keys_of_others_take_the_permission_to_see_and_to_change_them(
    street: Street, permissions: tuple[str, ...], *, withdrawn: bool
) -> None:
    door = street.door
    made = await make(door, await door.token(await door.user("lin")))
    token = await street.am("user", permissions=permissions)
    before, audit = await door.state(), await door.audit()
    payload = (await door.ask(REVOKE, token, id=made["apiKey"]["id"])).data["revokeApiKey"]
    if withdrawn:
        assert payload["apiKey"]["status"] == "REVOKED"
    else:
        assert payload["errors"] == [{"__typename": "NotFoundError", "path": ["input", "id"]}]
        assert (await door.state(), await door.audit()) == (before, audit)


async def test_whoever_shares_an_account_cannot_shut_the_others_out(door: Door) -> None:
    await door.user("lobby", Role.GUEST)
    one, other = await door.sign_in("lobby"), await door.sign_in("lobby")
    before, audit = await door.state(), await door.audit()
    for query, variables in (
        (CHANGE, NEW),
        ("mutation { signOut(input: {everywhere: true}) { ended } }", {}),
    ):
        answer = await door.ask(query, one.access, **variables)
        assert answer.error == (
            "FORBIDDEN",
            "Several people share this account: ask an administrator to do it.",
        )
    assert (await door.state(), await door.audit()) == (before, audit)
    assert (await door.ask("mutation { signOut(input: {}) { ended } }", one.access)).data["signOut"][
        "ended"
    ] == 1
    assert (await door.ask("{ __typename }", other.access)).status == 200


@pytest.mark.parametrize("role", [Role.VIEWER, Role.USER])
async def test_a_password_is_everybodys_own_whatever_else_they_may_change(door: Door, role: Role) -> None:
    await door.user("lin", role)
    tokens = await door.sign_in("lin")
    answer = await door.ask(CHANGE, tokens.access, **NEW)
    assert answer.data["changePassword"]["errors"] == []
    await door.sign_in("lin", NEW["new"])
