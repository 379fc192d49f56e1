"""Rights of those who hold streams: asked for after news of them and after silence, and else not at all."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, update

from api.auth import watch
from api.auth.authenticate import FRESH_SECONDS, Occasion
from api.auth.principal import ANONYMOUS, Principal
from api.core.errors import Unauthenticated
from db.errors import Unavailable
from db.models import ApiKey, RefreshToken, Role, User, UserStatus
from db.notify import News
from tests.api.auth.conftest import Door
from tests.api.auth.test_keys import last_used, make
from tests.api.auth.test_standing import change

LONG = 50_000.0
"""More seconds than any test's access tokens, and fewer than a day."""


@dataclass
class Ear:
    """A listener that hears what a test says."""

    listening: bool = True
    started: int = 0

    def start(self) -> None:
        self.started += 1


@dataclass
class Held:
    """A door through which streams are held."""

    door: Door
    ear: Ear = field(default_factory=Ear)

    def __post_init__(self) -> None:
        self.door.access.authenticator.watch.listener = self.ear

    async def look(
        self, secret: str, occasion: Occasion = Occasion.LOOK, act_as: str | None = None
    ) -> Principal:
        scope = {"type": "http", "headers": []}
        return await self.door.access.authenticator.hold(f"Bearer {secret}", act_as, scope, occasion)

    def tell(self, user: UUID) -> None:
        self.door.access.authenticator.watch.hear(News(watch.RIGHTS, user, user))

    def miss(self) -> None:
        self.door.access.authenticator.watch.miss()

    async def key(self, name: str, **values: Any) -> tuple[UUID, str]:
        """A user, and a key of theirs."""
        user = await self.door.user(name)
        made = await make(self.door, await self.door.token(user), **values)
        return user, made["secret"]


@pytest.fixture
def held(door: Door) -> Held:
    return Held(door)


async def test_nothing_is_asked_while_every_change_would_be_heard(held: Held, statements: Any) -> None:
    _, secret = await held.key("lin")
    principal = await held.look(secret)
    await held.door.access.authenticator.renew()
    with statements(held.door.database) as issued:
        for _ in range(10):
            held.door.now += LONG / 10
            assert await held.look(secret) == principal
            await held.door.access.authenticator.renew()
    assert issued == []
    assert held.ear.started > 0


async def test_requests_of_their_own_are_trusted_for_seconds_only(held: Held) -> None:
    """Also beside a stream, and while everything would be heard."""
    _, secret = await held.key("lin")
    await held.look(secret)
    await change(held.door, update(User).values(status=UserStatus.SUSPENDED))
    held.door.now += FRESH_SECONDS
    assert held.door.access.authenticator.recall(f"Bearer {secret}", None) is None
    assert (await held.door.ask("{ __typename }", secret)).status == 401


async def test_news_of_a_user_count_at_the_next_look(held: Held, statements: Any) -> None:
    lin, secret = await held.key("lin")
    _, other = await held.key("mei")
    for each in (secret, other):
        await held.look(each)
    await held.door.access.authenticator.renew()
    await change(held.door, update(User).values(roles=[Role.DEVELOPER.value]))
    held.tell(lin)
    with statements(held.door.database) as issued:
        assert (await held.look(secret)).viewer.roles == {"developer"}
        assert (await held.look(other)).viewer.roles == {"user"}
        assert (await held.look(secret)).viewer.roles == {"developer"}
    assert len(issued) == 1


@pytest.mark.parametrize("fresh", [True, False])
async def test_what_is_withdrawn_is_refused_at_the_next_look(held: Held, fresh: bool) -> None:
    lin, secret = await held.key("lin")
    await held.look(secret)
    await change(held.door, update(User).values(deleted_at=func.now()))
    held.tell(lin)
    held.door.now += 0 if fresh else LONG
    with pytest.raises(Unauthenticated):
        await held.look(secret)


async def test_after_a_gap_all_are_asked_for_by_one_statement(held: Held, statements: Any) -> None:
    secrets = [(await held.key(f"user{number}"))[1] for number in range(20)]
    for secret in secrets:
        await held.look(secret)
    await held.door.access.authenticator.renew()
    held.door.now += LONG
    for secret in secrets:
        await held.look(secret)
    held.miss()
    await change(held.door, update(User).values(roles=[Role.DEVELOPER.value]))
    with statements(held.door.database) as issued:
        for secret in secrets:
            assert (await held.look(secret)).viewer.roles == {"developer"}
    assert len(issued) == 1


async def test_while_nobody_listens_seconds_count(held: Held, statements: Any) -> None:
    _, secret = await held.key("lin")
    await held.look(secret)
    held.ear.listening = False
    await change(held.door, update(User).values(roles=[Role.DEVELOPER.value]))
    with statements(held.door.database) as issued:
        assert (await held.look(secret)).viewer.roles == {"user"}
        assert issued == []
        await held.door.access.authenticator.renew()
        assert len(issued) > 0
        assert (await held.look(secret)).viewer.roles == {"developer"}
    await change(held.door, update(User).values(roles=[Role.USER.value]))
    held.door.now += FRESH_SECONDS
    assert (await held.look(secret)).viewer.roles == {"user"}


async def test_while_the_database_is_away_nobody_is_trusted_without_being_heard(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = await held.key("lin")
    principal = await held.look(secret)

    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("PostgreSQL cannot be reached")

    monkeypatch.setattr(type(held.door.database), "read", away)
    held.ear.listening = False
    held.door.now += FRESH_SECONDS
    with pytest.raises(Unavailable):
        await held.look(secret)
    monkeypatch.undo()
    assert await held.look(secret) == principal


async def test_news_that_come_while_rights_are_asked_for_are_not_lost(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is of before the change, and arrives after the news of it."""
    lin, secret = await held.key("lin")
    authenticator = held.door.access.authenticator
    asked = authenticator._standings

    async def slowly(claims: Any) -> Any:
        found = await asked(claims)
        await change(held.door, update(User).values(roles=[Role.DEVELOPER.value]))
        held.tell(lin)
        return found

    await held.look(secret)
    held.tell(lin)
    monkeypatch.setattr(authenticator, "_standings", slowly)
    await authenticator.renew()
    monkeypatch.undo()
    assert (await held.look(secret)).viewer.roles == {"developer"}


async def test_a_key_that_expires_ends_without_news(held: Held) -> None:
    expires = datetime.now(UTC) + timedelta(minutes=10)
    _, secret = await held.key("lin", expiresAt=expires.isoformat())
    await held.look(secret)
    held.door.now += 590
    await held.look(secret)
    # Ten minutes have passed for the authenticator; here they pass for the database.
    await change(held.door, update(ApiKey).values(expires_at=func.now()))
    held.door.now += 20
    with pytest.raises(Unauthenticated):
        await held.look(secret)


@pytest.mark.parametrize("prolonged", [True, False])
async def test_a_sign_in_that_expires_ends_without_news(held: Held, prolonged: bool) -> None:
    token = await held.door.token(await held.door.user("lin"), minutes=60)
    await change(held.door, update(RefreshToken).values(expires_at=func.now() + timedelta(minutes=10)))
    principal = await held.look(token)
    held.door.now += 601
    until = func.now() + timedelta(minutes=20) if prolonged else func.now()
    await change(held.door, update(RefreshToken).values(expires_at=until))
    if prolonged:
        assert await held.look(token) == principal
    else:
        with pytest.raises(Unauthenticated):
            await held.look(token)


async def test_a_token_ends_when_it_says(held: Held) -> None:
    token = await held.door.token(await held.door.user("lin"), minutes=60)
    await held.look(token)
    (kept,) = (kept for _, kept in held.door.access.authenticator._kept.items())
    assert kept.ends == pytest.approx(held.door.now + 3_600, abs=60)
    authenticator = held.door.access.authenticator
    asked: list[str] = []
    refused = authenticator._tokens.read

    def reading(text: str) -> Any:
        asked.append(text)
        return refused(text)

    authenticator._tokens.read = reading  # type: ignore[method-assign]
    held.door.now = kept.ends
    await held.look(token)
    assert asked == [token]


async def test_who_acts_as_another_is_held_to_the_rights_of_both(held: Held) -> None:
    boss, lin = await held.door.user("boss", Role.ADMIN), await held.door.user("lin")
    token = await held.door.token(boss, minutes=60)
    principal = await held.look(token, act_as="lin")
    assert (principal.viewer.user_id, principal.acting) == (lin, boss)
    await change(held.door, update(User).where(User.id == lin).values(roles=[Role.ANALYST.value]))
    held.tell(lin)
    assert (await held.look(token, act_as="lin")).viewer.roles == {"analyst"}
    await change(held.door, update(User).where(User.id == boss).values(status=UserStatus.SUSPENDED))
    held.tell(boss)
    with pytest.raises(Unauthenticated):
        await held.look(token, act_as="lin")


async def test_events_are_use_of_a_key_and_looks_are_none(held: Held) -> None:
    _, secret = await held.key("lin")
    await held.look(secret)
    await held.door.access.authenticator.renew()
    first = await last_used(held.door)
    await change(held.door, update(ApiKey).values(last_used_at=func.now() - timedelta(hours=1)))
    long_ago = await last_used(held.door)
    assert first is not None
    assert long_ago is not None
    held.door.now += 61
    await held.look(secret)
    await held.door.access.authenticator.renew()
    assert await last_used(held.door) == long_ago
    await held.look(secret, Occasion.EVENT)
    await held.door.access.authenticator.renew()
    assert await last_used(held.door) >= first


async def test_strangers_need_no_rights(held: Held, statements: Any) -> None:
    with statements(held.door.database) as issued:
        principal = await held.door.access.authenticator.hold(None, None, {}, Occasion.EVENT)
    assert principal is ANONYMOUS
    assert issued == []


def test_silence_says_nothing_before_somebody_listens() -> None:
    watching, user = watch.Watch(), uuid4()
    before = watching.moment
    assert not watching.unchanged(before, [user])
    watching.listener = Ear()
    watching.miss()
    assert not watching.unchanged(before, [user])
    assert watching.unchanged(watching.moment, [user])
    watching.listener.listening = False
    assert not watching.unchanged(watching.moment, [user])


def test_news_of_very_many_users_are_kept_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_USERS", 3)
    watching = watch.Watch()
    watching.listener = Ear()
    first, before = uuid4(), watching.moment
    for user in (first, *(uuid4() for _ in range(9))):
        watching.hear(News(watch.RIGHTS, user, user))
    assert len(watching._changed) <= 3
    assert not watching.unchanged(before, [first])
    assert not watching.unchanged(before, [uuid4()])
    assert watching.unchanged(watching.moment, [first])


def test_other_news_are_none_of_rights() -> None:
    watching, user = watch.Watch(), uuid4()
    watching.listener = Ear()
    watching.hear(News("session", user, user))
    assert watching.unchanged(0, [user])
