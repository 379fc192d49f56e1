"""Refresh tokens: one use each, and what a second use means."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from db.models import RefreshToken, User, UserStatus
from tests.api.auth.conftest import ME, Door

REFRESH = """mutation ($token: String!) {
  refresh(input: {refreshToken: $token}) {
    tokens { accessToken refreshToken } viewer { login } errors { __typename code message path }
  }
}"""
REFUSED = [
    {
        "__typename": "CredentialsError",
        "code": "BAD_CREDENTIALS",
        "message": "The refresh token is not good: sign in again.",
        "path": ["input", "refreshToken"],
    }
]


async def renew(door: Door, token: str) -> dict[str, Any]:
    payload: dict[str, Any] = (await door.ask(REFRESH, token=token)).data["refresh"]
    return payload


async def test_tokens_are_renewed_again_and_again(door: Door) -> None:
    await door.user("lin")
    token = (await door.sign_in("lin")).refresh
    seen = {token}
    for _ in range(3):
        payload = await renew(door, token)
        assert (payload["viewer"], payload["errors"]) == ({"login": "lin"}, [])
        token = payload["tokens"]["refreshToken"]
        assert token not in seen
        seen.add(token)
        assert (await door.ask(ME, payload["tokens"]["accessToken"])).data["viewer"] == {"login": "lin"}
    rows = select(func.count(), func.count(RefreshToken.used_at), func.count(RefreshToken.replaced_by_id))
    async with door.database.read() as connection:
        assert tuple((await connection.execute(rows)).one()) == (4, 3, 3)
        families = await connection.scalar(select(func.count(RefreshToken.family_id.distinct())))
        texts = await connection.scalars(text("SELECT t::text FROM refresh_tokens t"))
        assert not any(each in row for row in texts for each in seen)
    assert families == 1


async def test_a_second_use_ends_the_family(door: Door) -> None:
    await door.user("lin")
    first = await door.sign_in("lin")
    other = await door.sign_in("lin")
    second = await renew(door, first.refresh)
    assert (await renew(door, first.refresh))["errors"] == REFUSED
    assert (await renew(door, second["tokens"]["refreshToken"]))["errors"] == REFUSED
    for token in (first.access, second["tokens"]["accessToken"]):
        assert (await door.ask(ME, token)).status == 401
    assert (await door.ask(ME, other.access)).status == 200
    assert (await renew(door, other.refresh))["errors"] == []
    actions = [action for action, _, _ in await door.audit()]
    assert actions == ["user.sign_in", "user.sign_in", "refresh_token.reuse"]


async def test_of_twenty_uses_at_once_one_wins_and_the_family_ends(door: Door) -> None:
    await door.user("lin")
    signed_in = await door.sign_in("lin")
    payloads = await asyncio.gather(*(renew(door, signed_in.refresh) for _ in range(20)))
    won = [payload for payload in payloads if payload["tokens"] is not None]
    assert len(won) == 1
    assert [payload["errors"] for payload in payloads if payload["tokens"] is None] == [REFUSED] * 19
    assert (await renew(door, won[0]["tokens"]["refreshToken"]))["errors"] == REFUSED
    assert (await door.ask(ME, won[0]["tokens"]["accessToken"])).status == 401
    async with door.database.read() as connection:
        alive = select(func.count()).select_from(RefreshToken).where(RefreshToken.revoked_at.is_(None))
        assert await connection.scalar(alive) == 0


async def test_no_successor_escapes_the_end_of_its_family(door: Door) -> None:
    """The old token and its successor are used at the same time, again and again: nothing stays alive."""
    await door.user("lin")
    for _ in range(10):
        first = (await door.sign_in("lin")).refresh
        second = (await renew(door, first))["tokens"]["refreshToken"]
        _, payload = await asyncio.gather(renew(door, first), renew(door, second))
        if payload["tokens"] is not None:
            assert (await renew(door, payload["tokens"]["refreshToken"]))["errors"] == REFUSED
        async with door.database.read() as connection:
            alive = select(func.count()).select_from(RefreshToken).where(RefreshToken.revoked_at.is_(None))
            assert await connection.scalar(alive) == 0


@pytest.mark.parametrize("change", ["expired", "revoked", "suspended", "deleted"])
async def test_what_is_no_longer_good_is_not_renewed(door: Door, change: str) -> None:
    await door.user("lin")
    token = (await door.sign_in("lin")).refresh
    statement = {
        "expired": update(RefreshToken).values(expires_at=func.now()),
        "revoked": update(RefreshToken).values(revoked_at=func.now()),
        "suspended": update(User).values(status=UserStatus.SUSPENDED),
        "deleted": update(User).values(deleted_at=func.now()),
    }[change]
    async with door.database.transaction() as session:
        await session.execute(statement)
    before, audit = await door.state(), await door.audit()
    assert (await renew(door, token)) == {"tokens": None, "viewer": None, "errors": REFUSED}
    assert (await door.state(), await door.audit()) == (before, audit)


async def test_other_texts_are_no_refresh_tokens(door: Door) -> None:
    await door.user("lin")
    signed_in = await door.sign_in("lin")
    before = await door.state()
    good = signed_in.refresh
    for token in (
        "",
        "atrr_",
        good[:-1],
        good + "A",
        good.upper(),
        signed_in.access,
        "x" * 100_000,
        "\u0000",
    ):
        assert (await renew(door, token))["errors"] == REFUSED
    assert (await door.ask(ME, good)).status == 401
    assert await door.state() == before
