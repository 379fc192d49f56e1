"""The whole application on loopback, over a database of its own, with people and what they follow."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from api.app import create_app
from api.auth.secret import Secrets
from api.pubsub.hub import Hub
from db.session import Database
from tests.api.auth.conftest import SECRET, schema
from tests.api.http.streams.talk import Talk, talking
from tests.api.http.streams.world import Place, served, settings_of


@dataclass
class Hall:
    """One server, and the database beside it."""

    app: Starlette
    place: Place
    database: Database

    @property
    def hub(self) -> Hub:
        hub: Hub = self.app.state.following.hub
        return hub

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """Whatever somebody may do by hand, committed."""
        async with self.database.transaction() as session:
            found = await session.execute(text(statement), values)
            return list(found.all()) if found.returns_rows else []  # type: ignore[attr-defined]

    async def one(self, statement: str, **values: Any) -> Any:
        ((value,),) = await self.sql(statement, **values)
        return value

    async def user(self, name: str, role: str = "user") -> UUID:
        made: UUID = await self.one(
            "INSERT INTO users (username, roles) VALUES (:name, ARRAY[:role]) RETURNING id",
            name=name,
            role=role,
        )
        return made

    async def token(self, user: UUID) -> str:
        async with self.database.transaction() as session:
            sign_ins = self.app.state.access.sign_ins
            made = await sign_ins.token_without_renewal(session, user, timedelta(minutes=5))
        return str(made.text)

    async def agent(self, user: UUID) -> UUID:
        made: UUID = await self.one(
            "INSERT INTO agents (user_id, name) VALUES (:user, 'a') RETURNING id", user=user
        )
        return made

    async def execution(self, user: UUID, agent: UUID, status: str = "running") -> UUID:
        made: UUID = await self.one(
            "INSERT INTO executions (user_id, agent_id, kind, status) "
            "VALUES (:user, :agent, 'agent', :status) RETURNING id",
            user=user,
            agent=agent,
            status=status,
        )
        return made

    async def log(self, execution: UUID, *messages: str, type_: str = "log") -> None:
        """Events of an execution, each in a transaction of its own."""
        for message in messages:
            await self.sql(
                "INSERT INTO execution_events (execution_id, user_id, type, message) "
                "SELECT id, user_id, :type, :message FROM executions WHERE id = :id",
                id=execution,
                type=type_,
                message=message,
            )

    async def set(self, execution: UUID, **values: Any) -> None:
        """Change an execution."""
        changed = ", ".join(f"{name} = :{name}" for name in values)
        await self.sql(f"UPDATE executions SET {changed} WHERE id = :id", id=execution, **values)

    @asynccontextmanager
    async def talk(self, token: str | None) -> AsyncIterator[Talk]:
        """A socket of somebody who has said who they are."""
        async with talking(self.place.socket_url) as talk:
            await talk.init(token)
            yield talk


@asynccontextmanager
async def hall_of(database: Database, port: int = 0, **changes: Any) -> AsyncIterator[Hall]:
    """A server over a database; `changes` are settings."""
    app = create_app(settings_of(**changes), database, secrets=Secrets(SECRET), schema=schema())
    async with served(app, port, **changes) as place:
        yield Hall(app, place, database)
    app.state.access.accounts.passwords.close()


@pytest.fixture
async def hall(database: Database) -> AsyncIterator[Hall]:
    async with hall_of(database) as hall:
        yield hall
        await hall.place.emptied()
        assert len(hall.hub) == 0


@pytest.fixture
async def lin(hall: Hall) -> "Person":
    """Somebody with an agent and a run of it."""
    return await person(hall, "lin")


@dataclass
class Person:
    """A user, what they need to ask, and what is theirs."""

    id: UUID
    token: str
    agent: UUID
    execution: UUID


async def person(hall: Hall, name: str, role: str = "user") -> Person:
    user = await hall.user(name, role)
    agent = await hall.agent(user)
    return Person(user, await hall.token(user), agent, await hall.execution(user, agent))


def data_of(message: dict[str, Any]) -> Any:
    """What a `next` has under its one response key."""
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    (value,) = message["payload"]["data"].values()
    return value


def codes_of(message: dict[str, Any]) -> list[str]:
    """The codes of an `error`."""
    assert message["type"] == "error", message
    return [error["extensions"]["code"] for error in message["payload"]]
