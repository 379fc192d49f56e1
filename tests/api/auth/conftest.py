"""The application with its door shut: whoever asks needs a credential, over a database of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import httpx
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select
from strawberry import Schema

from api.app import create_app, served_schema
from api.auth.access import Access
from api.auth.secret import Secrets
from api.settings import ApiSettings
from db.models import AuditLog, Role
from db.session import Database
from db.store.accounts import create_account
from tests.db.fingerprints import fingerprints

SECRET = b"for tests alone: 0123456789abcdefghijklmnopqrstuv"
PASSWORD = "correct horse battery"  # noqa: S105
ME = "{ viewer { login } }"
SIGN_IN = """mutation ($login: String!, $password: String!) {
  signIn(input: {login: $login, password: $password}) {
    tokens { accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt }
    viewer { login roles }
    errors { __typename code message path ... on ThrottledError { retryAfterSeconds } }
  }
}"""


@cache
def schema() -> Schema:
    return served_schema()


@cache
def hash_of(password: str) -> str:
    return Argon2Hasher().hash(password)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a test signed in with."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, its JSON read."""

    status: int
    headers: httpx.Headers
    body: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        assert "errors" not in self.body, self.body
        found: dict[str, Any] = self.body["data"]
        return found

    @property
    def error(self) -> tuple[str, str]:
        """Code and message of the one error."""
        (only,) = self.body["errors"]
        return only["extensions"]["code"], only["message"]


class Door:
    """The application, a client of it, and a clock that only the test moves."""

    def __init__(self, database: Database, client: httpx.AsyncClient, access: Access) -> None:
        self.database = database
        self.client = client
        self.access = access
        self.now = 1_000.0
        access.authenticator._clock = lambda: self.now
        access.accounts.throttle._clock = lambda: self.now

    async def ask(self, query: str, token: str | None = None, /, **variables: Any) -> Answer:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.send(query, headers, variables)

    async def send(
        self, query: str, headers: dict[str, str], variables: dict[str, Any] | None = None
    ) -> Answer:
        asked = {"query": query, "variables": variables or {}}
        response = await self.client.post("/graphql", json=asked, headers=headers)
        return Answer(response.status_code, response.headers, response.json())

    async def user(self, name: str, *roles: Role, password: str | None = PASSWORD, **values: Any) -> UUID:
        """Make a user directly."""
        async with self.database.transaction() as session:
            return await create_account(
                session,
                username=name,
                password_hash=None if password is None else hash_of(password),
                roles=frozenset(roles or {Role.USER}),
                **values,
            )

    async def sign_in(self, name: str, password: str = PASSWORD) -> Tokens:
        payload = (await self.ask(SIGN_IN, login=name, password=password)).data["signIn"]
        assert payload["errors"] == []
        return Tokens(payload["tokens"]["accessToken"], payload["tokens"]["refreshToken"])

    async def token(self, user_id: UUID, minutes: int = 5) -> str:
        """An access token without a password."""
        async with self.database.transaction() as session:
            sign_ins = self.access.sign_ins
            made = await sign_ins.token_without_renewal(session, user_id, timedelta(minutes=minutes))
        return made.text

    async def audit(self) -> list[tuple[str, UUID | None, Any]]:
        """Action, actor and further facts, but for the request, of each row of the audit in their order."""
        rows = select(AuditLog.action, AuditLog.actor_user_id, AuditLog.meta).order_by(AuditLog.id)
        async with self.database.read() as connection:
            found = (await connection.execute(rows)).all()
        return [
            (action, actor, {name: fact for name, fact in meta.items() if name != "request_id"})
            for action, actor, meta in found
        ]

    async def state(self) -> dict[str, str | None]:
        """Everything in the database but the audit."""
        found = await fingerprints(self.database)
        del found["audit_logs"]
        return found


class Doors:
    """Makes applications over one database; each has its settings."""

    def __init__(self, database: Database, stack: AsyncExitStack) -> None:
        self.database = database
        self.stack = stack

    async def open(self, secrets: Secrets | None = None, **settings: Any) -> Door:
        app = create_app(
            ApiSettings(user_rate_per_minute=0, address_rate_per_minute=0, **settings),
            self.database,
            secrets=secrets or Secrets(SECRET),
            schema=schema(),
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = await self.stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://atrium.test")
        )
        self.stack.callback(app.state.access.accounts.passwords.close)
        return Door(self.database, client, app.state.access)


@pytest.fixture
async def doors(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Doors]:
    # Refusals take their time, which a test asserts by itself.
    monkeypatch.setattr("api.auth.accounts.REFUSAL_SECONDS", 0.0)
    async with AsyncExitStack() as stack:
        yield Doors(database, stack)


@pytest.fixture
async def door(doors: Doors) -> Door:
    return await doors.open()
