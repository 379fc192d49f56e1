"""What takes effect within five seconds: users shut out, roles changed, keys and sign-ins withdrawn."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Update, func, text, update

from api.auth.authenticate import FRESH_SECONDS, RENEWAL_SECONDS
from api.core.errors import Code
from db.errors import Unavailable
from db.models import ApiKey, ApiKeyStatus, RefreshToken, Role, User, UserStatus
from tests.api.auth.conftest import ME, Door, Doors
from tests.api.auth.test_keys import make

WITHDRAWALS: dict[str, Update] = {
    "the user is suspended": update(User).values(status=UserStatus.SUSPENDED),
    "the user is deleted": update(User).values(deleted_at=func.now()),
    "the key is revoked": update(ApiKey).values(status=ApiKeyStatus.REVOKED, revoked_at=func.now()),
    "the key has expired": update(ApiKey).values(expires_at=func.now()),
    "the key is marked expired": update(ApiKey).values(status=ApiKeyStatus.EXPIRED),
    "the sign-in is revoked": update(RefreshToken).values(revoked_at=func.now()),
    "the sign-in has expired": update(RefreshToken).values(expires_at=func.now()),
}


async def change(door: Door, statement: Update) -> None:
    """As another process does it, of which this one hears nothing."""
    async with door.database.transaction() as session:
        await session.execute(statement)


async def credential(door: Door, kind: str) -> str:
    token = await door.token(await door.user("lin"))
    return (await make(door, token))["secret"] if "key" in kind else token


def test_the_intervals_keep_the_promise() -> None:
    assert RENEWAL_SECONDS < FRESH_SECONDS < 5


@pytest.mark.parametrize("what", WITHDRAWALS)
async def test_what_is_withdrawn_is_refused_after_the_next_renewal(door: Door, what: str) -> None:
    secret = await credential(door, what)
    assert (await door.ask(ME, secret)).status == 200
    await change(door, WITHDRAWALS[what])
    assert (await door.ask(ME, secret)).status == 200
    await door.access.authenticator.renew()
    assert (await door.ask(ME, secret)).status == 401


@pytest.mark.parametrize("what", WITHDRAWALS)
async def test_what_is_withdrawn_is_refused_in_time_without_any_renewal(door: Door, what: str) -> None:
    secret = await credential(door, what)
    assert (await door.ask(ME, secret)).status == 200
    await change(door, WITHDRAWALS[what])
    door.now += FRESH_SECONDS
    assert (await door.ask(ME, secret)).status == 401


async def test_what_is_withdrawn_between_two_requests_is_refused(door: Door) -> None:
    """Also where nobody asked since the last renewal but one, so that the background looked after nothing."""
    secret = await credential(door, "token")
    for _ in range(3):
        await door.access.authenticator.renew()
        door.now += RENEWAL_SECONDS
    await change(door, WITHDRAWALS["the user is suspended"])
    assert (await door.ask(ME, secret)).status == 401


@pytest.mark.parametrize("renewal", ["in the background", "on demand"])
async def test_changed_roles_count(door: Door, renewal: str) -> None:
    secret = await credential(door, "token")
    everybody = "{ users { totalCount } viewer { roles } }"
    await door.user("other")
    assert (await door.ask(everybody, secret)).data["users"]["totalCount"] == 1
    await change(door, update(User).where(User.username == "lin").values(roles=["admin"]))
    if renewal == "in the background":
        await door.access.authenticator.renew()
    else:
        door.now += FRESH_SECONDS
    data = (await door.ask(everybody, secret)).data
    assert data == {"users": {"totalCount": 2}, "viewer": {"roles": ["admin"]}}
    await change(door, update(User).where(User.username == "lin").values(roles=["user"]))
    await door.access.authenticator.renew()
    assert (await door.ask(everybody, secret)).data["users"]["totalCount"] == 1


async def test_permissions_and_limits_of_a_key_are_renewed(door: Door) -> None:
    secret = await credential(door, "key")
    await door.ask(ME, secret)
    await change(door, update(ApiKey).values(scopes=["agent:read"], rate_limit_per_minute=7))
    await change(door, update(User).values(permissions=["agent:write"]))
    await door.access.authenticator.renew()
    principal = door.access.authenticator.recall(f"Bearer {secret}", None)
    assert principal is not None
    assert (principal.viewer.scopes, principal.rate_per_minute) == ({"agent:read"}, 7)
    assert principal.viewer.permissions == {"agent:write"}


async def test_one_statement_for_everybody_and_none_for_nobody(door: Door, statements: Any) -> None:
    tokens = [await door.token(await door.user(f"user{number}")) for number in range(5)]
    for token in tokens:
        await door.ask("{ __typename }", token)
    with statements(door.database) as issued:
        await door.access.authenticator.renew()
    assert len(issued) == 1
    with statements(door.database) as issued:
        await door.access.authenticator.renew()
    assert issued == []


async def test_while_the_database_is_away_nobody_is_trusted_for_long(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await credential(door, "token")
    await door.ask(ME, token)

    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("PostgreSQL cannot be reached")

    monkeypatch.setattr(type(door.database), "read", away)
    with pytest.raises(Unavailable):
        await door.access.authenticator.renew()
    assert (await door.ask("{ __typename }", token)).status == 200
    door.now += FRESH_SECONDS
    answer = await door.ask("{ __typename }", token)
    assert (answer.status, answer.error[0]) == (503, Code.SERVICE_UNAVAILABLE)
    monkeypatch.undo()
    assert (await door.ask(ME, token)).status == 200


async def test_the_background_goes_on_after_a_fault(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    enough = asyncio.Event()

    async def renew() -> None:
        calls.append(len(calls))
        if len(calls) == 3:
            enough.set()
        raise Unavailable("PostgreSQL cannot be reached")

    monkeypatch.setattr("api.auth.authenticate.RENEWAL_SECONDS", 0)
    monkeypatch.setattr(door.access.authenticator, "renew", renew)
    async with door.access.at_work():
        await enough.wait()
    assert len(calls) >= 3


async def test_many_credentials_do_not_fill_the_memory(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.authenticate._ENTRIES", 3)
    door = await doors.open()
    user_id = await door.user("lin")
    for _ in range(10):
        await door.ask("{ __typename }", await door.token(user_id))
        await door.ask("{ __typename }", "nonsense")
    assert len(door.access.authenticator._kept) == 3


async def acting(door: Door, token: str, name: str, query: str = ME) -> Any:
    return await door.send(query, {"Authorization": f"Bearer {token}", "X-Act-As": name})


async def test_administrators_act_as_others_and_the_audit_says_so(door: Door) -> None:
    user_id = await door.user("lin", email="lin@example.com")
    admin_id = await door.user("boss", Role.ADMIN)
    token = await door.token(admin_id)
    query = "{ viewer { login roles } users { totalCount } }"
    for name in ("lin", "LIN", "lin@example.com", str(user_id)):
        data = (await acting(door, token, name, query)).data
        assert data == {"viewer": {"login": "lin", "roles": ["user"]}, "users": {"totalCount": 1}}
    principal = door.access.authenticator.recall(f"Bearer {token}", "lin")
    assert principal is not None
    assert (principal.acting, principal.actor_id, principal.viewer.user_id) == (admin_id, admin_id, user_id)
    assert await door.audit() == [("user.act_as", admin_id, {"acting_as": str(user_id)})] * 4
    assert (await door.ask(ME, token)).data["viewer"] == {"login": "boss"}


async def test_acting_is_written_down_again_while_it_goes_on(door: Door) -> None:
    await door.user("lin")
    token = await door.token(await door.user("boss", Role.ADMIN), minutes=60)
    for seconds, rows in ((0, 1), (4, 1), (4, 1), (290, 1), (4, 2), (100, 2)):
        for _ in range(int(seconds)):
            door.now += 1
            await door.access.authenticator.renew()
            door.access.authenticator.recall(f"Bearer {token}", "lin")
        assert (await acting(door, token, "lin")).data["viewer"] == {"login": "lin"}
        assert len(await door.audit()) == rows


async def test_acting_ends_with_the_rights_of_either(door: Door) -> None:
    await door.user("lin")
    await door.user("boss", Role.ADMIN)
    boss, lin = User.username == "boss", User.username == "lin"
    for statement, status in (
        (update(User).where(boss).values(roles=["user"]), 403),
        (update(User).where(boss).values(status=UserStatus.SUSPENDED), 401),
        (update(RefreshToken).values(revoked_at=func.now()), 401),
        (update(User).where(lin).values(status=UserStatus.SUSPENDED), 400),
        (update(User).where(lin).values(deleted_at=func.now()), 400),
    ):
        async with door.database.transaction() as session:
            await session.execute(text("UPDATE users SET status = 'active', deleted_at = NULL"))
            await session.execute(update(User).where(boss).values(roles=["admin"]))
        async with door.database.read() as connection:
            admin_id = (
                await connection.execute(text("SELECT id FROM users WHERE username = 'boss'"))
            ).scalar()
        token = await door.token(admin_id)  # type: ignore[arg-type]
        assert (await acting(door, token, "lin")).status == 200
        await change(door, statement)
        await door.access.authenticator.renew()
        assert (await acting(door, token, "lin")).status == status


async def test_nobody_else_acts_as_anybody(door: Door) -> None:
    await door.user("victim")
    developer = await door.token(await door.user("lin", Role.DEVELOPER, Role.ANALYST))
    admin = await door.token(await door.user("boss", Role.ADMIN))
    key = (await make(door, admin, scopes=["*:*"]))["secret"]
    before, audit = await door.state(), await door.audit()
    for token in (developer, key):
        for name in ("victim", "nobody"):
            answer = await acting(door, token, name)
            assert answer.status == 403
            assert answer.error == (
                "FORBIDDEN",
                "Only administrators who signed in may act as another user: leave out X-Act-As.",
            )
    assert (await door.send(ME, {"X-Act-As": "victim"})).status == 401
    assert (await acting(door, "nonsense", "victim")).status == 401
    for name in ("nobody", "", "00000000-0000-0000-0000-000000000000", "x" * 5_000, "%00"):
        answer = await acting(door, admin, name)
        assert (answer.status, answer.error[0]) == (400, "BAD_USER_INPUT")
    assert (await door.state(), await door.audit()) == (before, audit)
