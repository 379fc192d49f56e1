"""A small schema with subscriptions, behind the real transports; who may ask is what a test says."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import strawberry
import uvicorn
from starlette.applications import Starlette

from api.app import assemble
from api.auth.authenticate import Occasion
from api.auth.principal import ANONYMOUS, CredentialKind, Principal
from api.context import Context, Info
from api.core.documents import PreparedDocuments
from api.core.errors import BadUserInput, Code, Forbidden
from api.http.credentials import credentials_of
from api.http.errors import HTTPRefusal
from api.http.incoming import Incoming
from api.http.streams.registry import Streams
from api.server import Server, listen, options_of
from api.settings import ApiSettings
from db.errors import Unavailable
from db.policy import Viewer
from tests.api.http.sample import Mutation

REFUSED = "The credential is not good."


@dataclass
class Feeds:
    """What the sources of a test's subscriptions yield, and which of them are open."""

    queues: dict[str, list[asyncio.Queue[Any]]] = field(default_factory=lambda: defaultdict(list))
    opened: int = 0
    closed: int = 0

    @property
    def open(self) -> int:
        return self.opened - self.closed

    def put(self, name: str, value: Any) -> None:
        """An event for everybody who listens; an exception is raised in the source."""
        for queue in self.queues[name]:
            queue.put_nowait(value)

    async def listen(self, name: str) -> AsyncGenerator[Any, None]:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self.opened += 1
        self.queues[name].append(queue)
        try:
            while True:
                value = await queue.get()
                if isinstance(value, Exception):
                    raise value
                yield value
        finally:
            self.queues[name].remove(queue)
            self.closed += 1

    async def until(self, opened: int) -> None:
        """Wait until so many sources are open; give up after a long time."""
        async with asyncio.timeout(30):
            while self.open != opened:  # noqa: ASYNC110
                await asyncio.sleep(0.005)


FEEDS = Feeds()


@strawberry.type
class Event:
    value: str

    @strawberry.field
    def roles(self, info: Info) -> list[str]:
        return sorted(info.context.viewer.roles)

    @strawberry.field
    def loaders(self, info: Info) -> str:
        LOADERS.append(info.context.loaders)
        return str(id(info.context.loaders))

    @strawberry.field
    def request_id(self, info: Info) -> str:
        return info.context.request_id

    @strawberry.field
    def fault(self) -> str | None:
        raise RuntimeError("the secret reason")

    @strawberry.field
    async def slow(self) -> str | None:
        await asyncio.sleep(60)
        return "too late"


# So that no loaders of a later event are made in the place of those of an earlier one.
LOADERS: list[Any] = []


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def me(self, info: Info) -> str | None:
        user_id = info.context.viewer.user_id
        return None if user_id is None else str(user_id)

    @strawberry.field
    def request_id(self, info: Info) -> str:
        return info.context.request_id

    @strawberry.field
    async def wait(self, name: str) -> str:
        """Answers with what the test puts into the feed."""
        async for value in FEEDS.listen(name):
            return str(value)
        return "nothing"

    @strawberry.field
    def bad(self) -> str | None:
        raise BadUserInput("This is what to change.", field="name")

    @strawberry.field
    def nested(self) -> "Query":
        return self


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, count: int) -> AsyncGenerator[int, None]:
        for number in range(1, count + 1):
            yield number

    @strawberry.subscription
    async def feed(self, name: str) -> AsyncGenerator[Event, None]:
        async for value in FEEDS.listen(name):
            yield Event(value=str(value))

    @strawberry.subscription
    async def numbered(self, info: Info, name: str) -> AsyncGenerator[Event, None]:
        """Each event has an id; the first tells from where its reader goes on."""
        yield Event(value=f"after {info.context.last_event_id}")
        async for value in FEEDS.listen(name):
            info.context.event_id = str(value)
            yield Event(value=str(value))

    @strawberry.subscription
    async def conditional(self, info: Info, name: str, role: str) -> AsyncGenerator[Event, None]:
        """Stands on one role."""

        async def condition() -> None:
            if role not in info.context.viewer.roles:
                raise Forbidden(f"Only for the role {role}.")

        info.context.conditions.append(condition)
        async for value in FEEDS.listen(name):
            yield Event(value=str(value))

    @strawberry.subscription
    async def refused(self) -> AsyncGenerator[int, None]:
        raise Forbidden("Not for you.")

    @strawberry.subscription
    async def flood(self, size: int) -> AsyncGenerator[str, None]:
        """Never ends, and never waits."""
        FEEDS.opened += 1
        try:
            while True:
                yield "x" * size
        finally:
            FEEDS.closed += 1


SCHEMA = strawberry.Schema(Query, Mutation, Subscription, extensions=[PreparedDocuments])


class People:
    """Who may ask, by what they send: `Bearer NAME`. A test changes it as it goes."""

    def __init__(self) -> None:
        self.known: dict[str, Principal] = {}
        self.asked = 0
        self.away = False

    def add(self, name: str, *roles: str, user_id: UUID | None = None) -> str:
        """What a user has to send, after `Bearer `."""
        viewer = Viewer(user_id or uuid4(), frozenset(roles or {"user"}))
        self.known[f"Bearer {name}"] = Principal(viewer, CredentialKind.TOKEN)
        return name

    def grant(self, name: str, *roles: str) -> None:
        """Give a user other roles."""
        self.add(name, *roles, user_id=self.known[f"Bearer {name}"].viewer.user_id)

    def revoke(self, name: str) -> None:
        """Know a user no longer."""
        del self.known[f"Bearer {name}"]

    async def identify(self, request: Incoming, _: Occasion = Occasion.REQUEST) -> Principal:
        self.asked += 1
        if self.away:
            raise Unavailable("PostgreSQL cannot be reached at 10.0.0.1")
        authorization, act_as = credentials_of(request)
        if authorization is None:
            return ANONYMOUS
        if authorization not in self.known:
            raise HTTPRefusal(401, REFUSED, code=Code.UNAUTHENTICATED)
        return self.known[f"Bearer {act_as}" if act_as else authorization]


def make_app(people: People, **changes: Any) -> Starlette:
    """The schema behind the real transports; `changes` are settings."""

    def make_context(request: Incoming, principal: Principal, request_id: str) -> Context:
        database: Any = None
        return Context(
            database,
            principal,
            request_id,
            scope=request.scope,
            last_event_id=request.header(b"last-event-id"),
        )

    return assemble(settings_of(**changes), SCHEMA, people.identify, make_context)


def settings_of(**changes: Any) -> ApiSettings:
    return ApiSettings(**{"user_rate_per_minute": 0, "address_rate_per_minute": 0} | changes)


@dataclass
class Place:
    """A server in the loop of the test."""

    port: int
    server: Server
    streams: Streams

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    async def emptied(self) -> None:
        """Wait until no stream is open; give up after a long time."""
        async with asyncio.timeout(30):
            while len(self.streams):  # noqa: ASYNC110
                await asyncio.sleep(0.005)


@asynccontextmanager
async def served(app: Starlette, port: int = 0, **changes: Any) -> AsyncIterator[Place]:
    """Serve an application as the program does, on loopback; `changes` are settings."""
    settings = settings_of(**changes)
    with listen("127.0.0.1", port) as bound:
        ready = asyncio.Event()
        config = uvicorn.Config(app, **options_of(settings))
        server = Server(config, ready.set, app.state.streams.drain)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
        try:
            yield Place(bound.getsockname()[1], server, app.state.streams)
        finally:
            server.should_exit = True
            await serving
            waiting.cancel()
