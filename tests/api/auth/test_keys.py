"""API keys: shown once, limited, noted as used, and withdrawn."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text, update

from api.auth.principal import CredentialKind
from db.models import ApiKey, Role
from db.policy import Viewer
from tests.api.auth.conftest import ME, PASSWORD, Door

CREATE = """mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    secret
    apiKey { id name keyPrefix scopes status rateLimitPerMinute expiresAt lastUsedAt user { login } }
    errors { __typename code path }
  }
}"""
REVOKE = """mutation ($id: ID!) {
  revokeApiKey(input: {id: $id}) { apiKey { status revokedAt } errors { __typename path } }
}"""
KEY = {"name": "dashboard", "scopes": ["session:read"]}


async def make(door: Door, token: str, **changes: Any) -> dict[str, Any]:
    payload: dict[str, Any] = (await door.ask(CREATE, token, input=KEY | changes)).data["createApiKey"]
    return payload


async def last_used(door: Door) -> datetime | None:
    async with door.database.read() as connection:
        return await connection.scalar(select(ApiKey.last_used_at))


async def test_a_key_opens_what_its_owner_may_and_is_kept_by_its_hash(door: Door) -> None:
    user_id = await door.user("lin")
    made = await make(
        door, await door.token(user_id), rateLimitPerMinute=60, scopes=["user:read", "a:*", "user:read"]
    )
    key, secret = made["apiKey"], made["secret"]
    assert secret.startswith(f"{key['keyPrefix']}_")
    assert len(key["keyPrefix"]) == 12
    assert (key["status"], key["scopes"], key["user"]) == ("ACTIVE", ["a:*", "user:read"], {"login": "lin"})
    assert (await door.ask(ME, secret)).data == {"viewer": {"login": "lin"}}
    async with door.database.read() as connection:
        assert secret[13:] not in str(await connection.scalar(text("SELECT k::text FROM api_keys k")))
        assert secret[13:] not in str(
            list(await connection.scalars(text("SELECT a::text FROM audit_logs a")))
        )
    principal = door.access.authenticator.recall(f"Bearer {secret}", None)
    assert principal is not None
    scopes = frozenset({"a:*", "user:read"})
    assert principal.viewer == Viewer(user_id, frozenset({"user"}), scopes=scopes)
    assert principal.kind is CredentialKind.API_KEY
    assert principal.rate_per_minute == 60
    assert (await door.audit())[-1] == ("api_key.create", user_id, {})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "\u0000"}, "name"),
        ({"description": "\u0000"}, "description"),
        ({"description": "x" * 1_001}, "description"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": ["session:read", "Session:read"]}, "scopes"),
        ({"scopes": ["session:read\n"]}, "scopes"),
        ({"scopes": [f"{'x' * 200}:read"]}, "scopes"),
        ({"scopes": [f"{'x' * (number + 1)}:read" for number in range(51)]}, "scopes"),
        ({"rateLimitPerMinute": 0}, "rateLimitPerMinute"),
        ({"rateLimitPerMinute": -1}, "rateLimitPerMinute"),
        ({"rateLimitPerMinute": 1_000_001}, "rateLimitPerMinute"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
    ],
)
async def test_bad_values_make_no_key(door: Door, wrong: dict[str, Any], field: str) -> None:
    token = await door.token(await door.user("lin"))
    before, audit = await door.state(), await door.audit()
    payload = await make(door, token, **wrong)
    assert payload["errors"] == [
        {"__typename": "InvalidInputError", "code": "INVALID", "path": ["input", field]}
    ]
    assert (payload["secret"], payload["apiKey"]) == (None, None)
    assert (await door.state(), await door.audit()) == (before, audit)


async def test_keys_are_made_by_people_alone(door: Door) -> None:
    user_id = await door.user("lin")
    admin = await door.token(await door.user("boss", Role.ADMIN))
    token = await door.token(user_id)
    made = await make(door, token, scopes=["*:*"])
    before = await door.state()
    change = (
        'mutation { changePassword(input: {currentPassword: "%s", newPassword: "%s"}) { errors { code } } }'
    )
    asked: list[tuple[str, dict[str, Any]]] = [
        (CREATE, {"input": KEY}),
        (change % (PASSWORD, "another password"), {}),
        ("mutation { signOut(input: {everywhere: true}) { ended } }", {}),
    ]
    for query, variables in [*asked, (REVOKE, {"id": made["apiKey"]["id"]})]:
        key = {"Authorization": f"Bearer {made['secret']}"}
        assert (await door.send(query, key, variables)).error[0] == "FORBIDDEN"
        assert (await door.send(query, {}, variables)).error[0] == "UNAUTHENTICATED"
    for query, variables in asked:
        acting = {"Authorization": f"Bearer {admin}", "X-Act-As": "lin"}
        assert (await door.send(query, acting, variables)).error[0] == "FORBIDDEN"
    assert await door.state() == before


async def test_a_revoked_key_is_refused_at_once_where_it_was_revoked(door: Door) -> None:
    user_id = await door.user("lin")
    token = await door.token(user_id)
    made = await make(door, token)
    assert (await door.ask(ME, made["secret"])).status == 200
    payload = (await door.ask(REVOKE, token, id=made["apiKey"]["id"])).data["revokeApiKey"]
    assert payload["errors"] == []
    assert payload["apiKey"]["status"] == "REVOKED"
    assert (await door.ask(ME, made["secret"])).status == 401
    assert (await door.ask(ME, token)).status == 200
    again = (await door.ask(REVOKE, token, id=made["apiKey"]["id"])).data["revokeApiKey"]
    assert again == payload
    assert (await door.audit())[-1] == ("api_key.revoke", user_id, {})


async def test_keys_of_others_and_keys_that_are_not_there_get_one_answer(door: Door) -> None:
    made = await make(door, await door.token(await door.user("lin")))
    token = await door.token(await door.user("wei"))
    before, audit = await door.state(), await door.audit()
    for key in (made["apiKey"]["id"], str(uuid4()), "nonsense", ""):
        payload = (await door.ask(REVOKE, token, id=key)).data["revokeApiKey"]
        assert payload == {
            "apiKey": None,
            "errors": [{"__typename": "NotFoundError", "path": ["input", "id"]}],
        }
    assert (await door.state(), await door.audit()) == (before, audit)
    assert (await door.ask(ME, made["secret"])).status == 200


async def test_administrators_withdraw_the_keys_of_others(door: Door) -> None:
    user_id, admin_id = await door.user("lin"), await door.user("boss", Role.ADMIN)
    admin = await door.token(admin_id)
    for headers in ({}, {"X-Act-As": "lin"}):
        made = await make(door, await door.token(user_id))
        given = {"Authorization": f"Bearer {admin}", **headers}
        answer = await door.send(REVOKE, given, {"id": made["apiKey"]["id"]})
        assert answer.data["revokeApiKey"]["apiKey"]["status"] == "REVOKED"
        assert (await door.ask(ME, made["secret"])).status == 401
    revoked = [each for each in await door.audit() if each[0] == "api_key.revoke"]
    assert revoked == [
        ("api_key.revoke", admin_id, {}),
        ("api_key.revoke", admin_id, {"acting_as": str(user_id)}),
    ]


async def test_a_key_expires(door: Door) -> None:
    token = await door.token(await door.user("lin"))
    soon = datetime.now(UTC) + timedelta(minutes=1)
    made = await make(door, token, expiresAt=soon.isoformat())
    header = f"Bearer {made['secret']}"
    assert (await door.ask(ME, made["secret"])).status == 200
    async with door.database.transaction() as session:
        await session.execute(update(ApiKey).values(expires_at=func.now()))
    await door.access.authenticator.renew()
    assert (await door.ask(ME, made["secret"])).status == 401
    assert door.access.authenticator.recall(header, None) is None


@pytest.mark.parametrize("secret", ["atr_", "atr_00000000_" + "x" * 43, "atr_00000000_" + "x" * 42])
async def test_texts_that_look_like_keys_are_refused(door: Door, secret: str) -> None:
    assert (await door.ask(ME, secret)).status == 401


async def test_use_is_noted_once_a_minute_and_never_by_the_request(door: Door, statements: Any) -> None:
    made = await make(door, await door.token(await door.user("lin")))
    renew = door.access.authenticator.renew
    with statements(door.database) as issued:
        await door.ask("{ __typename }", made["secret"])
    assert [sql.split()[0] for sql in issued] == ["SELECT", "SELECT"]
    assert await last_used(door) is None
    await renew()
    first = await last_used(door)
    assert first is not None
    for seconds, asked in ((2, 1), (30, 1), (27, 1), (2, 0)):
        door.now += seconds
        for _ in range(asked):
            await door.ask("{ __typename }", made["secret"])
        await renew()
        assert await last_used(door) == first
    # A minute of the authenticator has passed, though not one of the database.
    async with door.database.transaction() as session:
        await session.execute(update(ApiKey).values(last_used_at=text("now() - interval '1 hour'")))
    await door.ask("{ __typename }", made["secret"])
    await renew()
    second = await last_used(door)
    assert second is not None
    assert second > first


async def test_two_servers_note_one_use(door: Door, doors: Any) -> None:
    made = await make(door, await door.token(await door.user("lin")))
    other = await doors.open()
    for each in (door, other):
        await each.ask("{ __typename }", made["secret"])
    await door.access.authenticator.renew()
    first = await last_used(door)
    await other.access.authenticator.renew()
    assert await last_used(door) == first
    assert first is not None


async def test_use_is_noted_when_the_server_ends(door: Door) -> None:
    made = await make(door, await door.token(await door.user("lin")))
    async with door.access.authenticator.at_work():
        await door.ask("{ __typename }", made["secret"])
        assert await last_used(door) is None
    assert await last_used(door) is not None
