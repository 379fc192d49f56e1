"""Streams of the real application: tokens and keys, what becomes of them, and no connection held."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import select, update

from api.app import create_app
from api.auth.secret import Secrets
from db.models import AuditLog, RefreshToken, Role, User
from db.session import Database
from tests.api.auth.conftest import ME, SECRET, Door
from tests.api.auth.conftest import schema as product
from tests.api.auth.test_keys import make
from tests.api.auth.test_standing import WITHDRAWALS, change
from tests.api.http.streams.talk import Talk, events, next_of, talking
from tests.api.http.streams.world import FEEDS, SCHEMA, Place, served, settings_of
from tests.conftest import Statements

FEED = 'subscription { feed(name: "a") { value roles } }'


@dataclass
class House:
    """The application with its door shut, twice over a database: the product, and one with subscriptions."""

    door: Door
    live: Place
    product: Place

    async def look(self) -> None:
        """What the background does every few seconds, at once."""
        await self.door.access.authenticator.renew()
        await self.live.streams.look()


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    secrets = Secrets(SECRET)
    live = create_app(settings_of(), database, secrets=secrets, schema=SCHEMA, statements=False)
    whole = create_app(settings_of(), database, secrets=secrets, schema=product())
    async with (
        served(live) as place,
        served(whole) as other,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{other.port}", trust_env=False) as client,
    ):
        access = live.state.access
        yield House(Door(database, client, access), place, other)
        await place.emptied()


async def credential(house: House, kind: str) -> str:
    token = await house.door.token(await house.door.user("lin"))
    return (await make(house.door, token, scopes=["*:read"]))["secret"] if "key" in kind else token


async def reading(talk: Talk, secret: str) -> None:
    await talk.init(secret)
    await talk.subscribe("f", FEED)


@pytest.mark.parametrize("kind", ["token", "key"])
async def test_tokens_and_keys_open_sockets(house: House, kind: str) -> None:
    secret = await credential(house, kind)
    async with talking(house.product.socket_url) as talk:
        await talk.init(secret)
        assert (await talk.ask(ME))[0] == next_of("1", {"viewer": {"login": "lin"}})


async def test_tokens_open_streams_over_http(house: House) -> None:
    secret = await credential(house, "token")
    async with events(house.product.url, ME, secret) as stream:
        first, _ = await stream.all()
        assert first["data"] == {"data": {"viewer": {"login": "lin"}}}
    async with events(house.product.url, ME, "nonsense") as stream:
        assert stream.response.status_code == 401
        assert stream.response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("what", WITHDRAWALS)
async def test_what_is_withdrawn_ends_its_streams_and_no_others(house: House, what: str) -> None:
    secret = await credential(house, what)
    other = await house.door.token(await house.door.user("mei", Role.USER))
    async with (
        talking(house.live.socket_url) as lin,
        talking(house.live.socket_url) as mei,
        events(house.live.url, FEED, secret) as stream,
    ):
        await reading(lin, secret)
        await reading(mei, other)
        await FEEDS.until(3)
        statement = WITHDRAWALS[what]
        if "user" in what:
            statement = statement.where(User.username == "lin")
        elif "sign-in" in what:
            owner = select(User.id).where(User.username == "lin").scalar_subquery()
            statement = statement.where(RefreshToken.user_id == owner)
        await change(house.door, statement)
        await house.look()
        code, reason = await lin.closed()
        assert (code, reason.startswith("The credential is not good")) == (4403, True)
        assert (await stream.all())[0]["data"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        await FEEDS.until(1)
        FEEDS.put("a", 1)
        assert await mei.hear() == next_of("f", {"feed": {"value": "1", "roles": ["user"]}})


async def test_without_any_help_it_takes_effect_too(house: House) -> None:
    """By the background alone, at its own pace, which another test holds under five seconds."""
    secret = await credential(house, "token")
    async with talking(house.live.socket_url) as talk:
        await reading(talk, secret)
        await FEEDS.until(1)
        await change(house.door, WITHDRAWALS["the sign-in is revoked"])
        assert (await talk.closed())[0] == 4403


async def test_a_token_that_expires_ends_its_socket(house: House) -> None:
    secret = await credential(house, "token")
    async with talking(house.live.socket_url) as talk:
        await reading(talk, secret)
        await FEEDS.until(1)
        authenticator = house.door.access.authenticator
        (kept,) = (kept for _, kept in authenticator._kept.items())
        # Its time is over, and the text itself says so from now on.
        kept.ends = kept.fresh_until = house.door.now
        authenticator._tokens._secrets = Secrets(SECRET[::-1])
        assert (await talk.closed())[0] == 4403


async def test_changed_roles_reach_open_streams(house: House) -> None:
    secret = await credential(house, "token")
    async with talking(house.live.socket_url) as talk:
        await reading(talk, secret)
        await FEEDS.until(1)
        await change(house.door, update(User).values(roles=["user", "analyst"]))
        await house.look()
        FEEDS.put("a", 1)
        assert await talk.hear() == next_of("f", {"feed": {"value": "1", "roles": ["analyst", "user"]}})
        await change(house.door, update(User).values(roles=["user"]))
        await house.look()
        failed = await talk.hear()
        assert failed["payload"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_acting_on_a_socket_is_written_down(house: House) -> None:
    await house.door.user("lin")
    boss = await house.door.user("boss", Role.ADMIN)
    token = await house.door.token(boss)
    async with talking(house.product.socket_url) as talk:
        await talk.init(token, **{"X-Act-As": "lin"})
        assert (await talk.ask(ME))[0] == next_of("1", {"viewer": {"login": "lin"}})
    async with house.door.database.read() as session:
        rows = (await session.execute(AuditLog.__table__.select())).mappings().all()
    assert [(row["action"], row["actor_user_id"], str(row["ip_address"])) for row in rows] == [
        ("user.act_as", boss, "127.0.0.1")
    ]
    another = await house.door.token(await house.door.user("mei"))
    async with talking(house.product.socket_url) as talk:
        payload = {"Authorization": f"Bearer {another}", "X-Act-As": "lin"}
        await talk.send({"type": "connection_init", "payload": payload})
        assert (await talk.closed())[0] == 4403


async def test_open_streams_hold_no_connection_and_ask_nothing(house: House, statements: Statements) -> None:
    secret = await credential(house, "token")
    async with talking(house.live.socket_url) as talk:
        await talk.init(secret)
        for number in range(50):
            await talk.subscribe(str(number), FEED)
        await FEEDS.until(50)
        assert house.door.database.pool_status().checked_out == 0
        with statements(house.door.database) as issued:
            for _ in range(10):
                await house.live.streams.look()
            assert issued == []
            # One statement for everybody, however many streams they have.
            await house.look()
            assert len(issued) == 1
