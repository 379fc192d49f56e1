"""A database in which everybody writes; each test has people of its own there."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry
from sqlalchemy import URL, Connection, text

from api.auth.principal import loopback
from api.context import Context
from api.writing.declarations import Writable
from db.policy import Viewer
from db.session import Database
from tests.api.crowd import inhabit, populated
from tests.api.writing.samples import ADMIN, Case, document, given, make_room, nested
from tests.db.fingerprints import fingerprints
from tests.factories import World

Ask = Callable[..., Awaitable[dict[str, Any]]]


def _nothing(connection: Connection) -> None:
    pass


@pytest.fixture(scope="package")
async def shared(postgres_url: URL, template: URL, names: Iterator[str]) -> AsyncIterator[Database]:
    async with populated(postgres_url, next(names), _nothing) as (database, _):
        yield database


@dataclass
class House:
    """Two people with a row of everything each, in a database that others use as well."""

    database: Database
    schema: strawberry.Schema
    mine: World
    theirs: World

    def me(self, roles: frozenset[str]) -> Viewer:
        return Viewer(self.mine["users"], roles)

    async def ask(
        self, case: Case, values: dict[str, Any], viewer: Viewer | None = None, query: str | None = None
    ) -> dict[str, Any]:
        """The payload of a mutation."""
        result = await self.send(query or document(case), viewer or self.me(case.roles), input=values)
        assert result.errors is None, result.errors
        assert result.data is not None
        payload: dict[str, Any] = result.data[case.name]
        return payload

    async def send(self, query: str, viewer: Viewer, **variables: Any) -> Any:
        """What an operation answers."""
        context = Context(self.database, loopback(viewer), "request-7")
        return await self.schema.execute(query, variable_values=variables, context_value=context)

    async def room(self, writable: Writable, world: World | None = None) -> dict[str, str]:
        """Ids for the keys of a new row."""
        async with self.database.engine.begin() as connection:
            return await connection.run_sync(make_room, writable.model, world or self.mine)

    async def full(self, case: Case) -> dict[str, Any]:
        """An input for a new row in which everything is given, parts too."""
        values = given(case.writable, await self.room(case.writable), case.writable.given)
        parts = {} if case.kind == "upsert" else dict(nested(case.writable, self.mine))
        if case.kind == "bulk":
            return {case.mirror.many: [values | parts]}
        return values | parts

    async def state(self) -> dict[str, str | None]:
        """A hash of every table."""
        return await fingerprints(self.database)

    async def run(self, sql: str, **values: Any) -> None:
        async with self.database.engine.begin() as connection:
            await connection.execute(text(sql), values)

    async def value(self, sql: str, **values: Any) -> Any:
        async with self.database.read() as connection:
            return (await connection.execute(text(sql), values)).scalar_one()


@pytest.fixture
async def house(shared: Database, schema: strawberry.Schema) -> House:
    async with shared.engine.begin() as connection:
        mine, theirs = await connection.run_sync(inhabit, 2)
    return House(shared, schema, mine, theirs)


@pytest.fixture
def admin(house: House) -> Viewer:
    return house.me(ADMIN)
