"""A small schema for tests of the protocol alone, which is the same for any schema."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import strawberry
from starlette.applications import Starlette

from api.app import assemble
from api.auth.authenticate import Occasion
from api.auth.principal import Principal, loopback
from api.core.documents import PreparedDocuments
from api.core.errors import BadUserInput
from api.http.incoming import Incoming
from api.settings import ApiSettings
from db.errors import Misconfigured, Unavailable
from db.policy import ADMIN, Viewer

ADMINISTRATOR = loopback(Viewer(None, frozenset({ADMIN})))


@dataclass
class SampleContext:
    request_id: str
    principal: Principal = ADMINISTRATOR
    event_id: str | None = None

    def renew(self, principal: Principal) -> None:
        """Nothing is kept of what was read."""

    async def reconsider(self, principal: Principal) -> None:
        """Everybody may everything."""

    def abandon(self) -> None:
        """Nothing runs beside the resolvers."""


@strawberry.type
class Things:
    @strawberry.field
    def nodes(self) -> list["Thing"]:
        return [Thing(name="one"), Thing(name="two")]


@strawberry.type
class Thing:
    name: str

    @strawberry.field
    def things(self, first: int | None = None, last: int | None = None) -> Things:  # noqa: ARG002
        return Things()

    @strawberry.field
    def self(self) -> "Thing":
        return self

    @strawberry.field
    def other(self) -> "Other":
        return Other()

    @strawberry.field
    def fault(self) -> str | None:
        raise RuntimeError("the secret reason")


@strawberry.type
class Other:
    @strawberry.field
    def thing(self) -> Thing:
        return Thing(name="of other")

    @strawberry.field
    def other(self) -> "Other":
        return self


@strawberry.input
class Filter:
    name: str | None = None
    both: list["Filter"] | None = None


@strawberry.input(one_of=True)
class By:
    name: strawberry.Maybe[str]
    number: strawberry.Maybe[int]


@strawberry.type
class Query:
    @strawberry.field
    def find(self, by: By) -> str:
        return by.name.value if by.name else "by number"

    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def count(self, where: Filter | None = None, limit: int = 1) -> int:  # noqa: ARG002
        return limit

    @strawberry.field
    def thing(self) -> Thing:
        return Thing(name="root")

    @strawberry.field
    def things(self, first: int | None = None) -> Things:  # noqa: ARG002
        return Things()

    @strawberry.field
    def by_ids(self, ids: list[strawberry.ID]) -> list[Thing]:  # noqa: ARG002
        return []

    @strawberry.field
    def request_id(self, info: strawberry.Info) -> str:
        return str(info.context.request_id)

    @strawberry.field
    def bad(self) -> str | None:
        raise BadUserInput("This is what to change.", field="name")

    @strawberry.field
    def required_fault(self) -> str:
        raise RuntimeError("the secret reason")

    @strawberry.field
    def unavailable(self) -> str | None:
        raise Unavailable("PostgreSQL cannot be reached: check ATRIUM_DATABASE_URL.")

    @strawberry.field
    def misconfigured(self) -> str | None:
        raise Misconfigured("The password is hunter2.")

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(60)
        return "too late"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> bool:
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        """Three, and then none for a long time."""
        for number in (1, 2, 3):
            yield number
        await asyncio.sleep(60)


def sample_schema() -> strawberry.Schema:
    """The sample schema with what the endpoint needs of it."""
    return strawberry.Schema(Query, Mutation, Subscription, extensions=[PreparedDocuments])


def sample_app(*, principal: Principal = ADMINISTRATOR, **changes: Any) -> Starlette:
    """The sample schema behind the real endpoint, asked by `principal`; `changes` are settings."""

    async def identify(request: Incoming, occasion: Occasion = Occasion.REQUEST) -> Principal:
        return principal

    def make_context(request: Incoming, principal: Principal, request_id: str) -> SampleContext:
        return SampleContext(request_id, principal)

    return assemble(ApiSettings(**changes), sample_schema(), identify, make_context)
