"""The API twice over one database, with and without the statement path, asked the same as anybody."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import UUID

import httpx
from starlette.types import ASGIApp
from strawberry import Schema

from api.app import PATH, create_app
from api.settings import ApiSettings
from db.policy import Viewer
from db.rights import Rights
from db.session import Database
from tests.api.differential.difference import first_difference

_ASKING: Final[ContextVar[Viewer]] = ContextVar("asking")

# Lengths differ by what is said about the reading.
_UNCOMPARED: Final = frozenset({"content-length"})


class Whoever(Viewer):
    """Stands for the viewer of the request at hand, so that all viewers share one application's plans."""

    __slots__ = ()

    def __init__(self) -> None:
        """Nobody yet."""

    @property
    def user_id(self) -> UUID | None:
        """Of whoever asks."""
        return _ASKING.get().user_id

    @property
    def roles(self) -> frozenset[str]:
        """Of whoever asks."""
        return _ASKING.get().roles

    @property
    def rights(self) -> Rights:
        """Of whoever asks."""
        return _ASKING.get().rights


@dataclass(frozen=True, slots=True)
class Request:
    """One GraphQL request."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation: str | None = None

    def body(self) -> bytes:
        """The request as JSON."""
        asked = {"query": self.query, "variables": self.variables, "operationName": self.operation}
        return json.dumps(asked).encode()


@dataclass(frozen=True, slots=True)
class Reply:
    """A response; `reading` is what it says about its path, None where it was refused before."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    reading: dict[str, Any] | None

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        """A response, with what is allowed to differ taken out of its body."""
        body = json.loads(response.content, parse_int=_number, object_pairs_hook=_object)
        extensions = body.get("extensions", {})
        reading = extensions.pop("reading", None)
        if reading is not None and not extensions:
            del body["extensions"]
        headers = {name: value for name, value in response.headers.items() if name not in _UNCOMPARED}
        return cls(response.status_code, headers, body, reading)

    @property
    def data(self) -> Any:
        """The answer."""
        return self.body.get("data")

    @property
    def codes(self) -> list[str]:
        """`extensions.code` of each error."""
        return [error["extensions"]["code"] for error in self.body.get("errors", ())]

    @property
    def path(self) -> str | None:
        """`statement` or `loaders`."""
        return self.reading["path"] if self.reading else None


def _number(text: str) -> int | float:
    # Beyond 64 bits the driver's JSON has the nearest float, as JavaScript has.
    number = int(text)
    return number if -(2**63) <= number < 2**64 else float(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    assert len(made) == len(pairs), f"the same key twice: {[key for key, _ in pairs]}"
    return made


# Bugs and outages are never an answer to compare, also where both paths agree on them.
FAULTS: Final = frozenset({"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"})


class BothPaths:
    """The two applications. `ask` compares their answers."""

    def __init__(self, by_statement: httpx.AsyncClient, by_loaders: httpx.AsyncClient) -> None:
        self._by_statement = by_statement
        self._by_loaders = by_loaders

    async def ask(self, request: Request, viewer: Viewer, note: str = "") -> Reply:
        """What both answer.

        Raises AssertionError where they differ, or agree on a fault of the server; `note` says where the
        request comes from.
        """
        expected = await self._send(self._by_loaders, request, viewer)
        found = await self._send(self._by_statement, request, viewer)
        for reply in (expected, found):
            if FAULTS & set(reply.codes):
                fault = f"a fault by {reply.path}: {reply.body['errors'][:3]}"
                raise AssertionError(_described(request, viewer, note, fault))
        difference = first_difference(
            {"status": expected.status, "headers": expected.headers, "body": expected.body},
            {"status": found.status, "headers": found.headers, "body": found.body},
        )
        if difference is None and expected.path == "statement":
            difference = "the application without the statement path took it"
        if difference is not None:
            raise AssertionError(_described(request, viewer, note, difference))
        return found

    async def by_loaders(self, request: Request, viewer: Viewer) -> Reply:
        """What the application without the statement path answers, for whoever only wants to know it."""
        return await self._send(self._by_loaders, request, viewer)

    async def again(self, request: Request, viewer: Viewer, note: str = "") -> Reply:
        """The same once more, which must find the plan that was made before if there is one."""
        reply = await self.ask(request, viewer, note)
        if reply.reading and reply.path == "statement" and not reply.reading["planCacheHit"]:
            raise AssertionError(_described(request, viewer, note, "the plan was made a second time"))
        return reply

    @staticmethod
    async def _send(client: httpx.AsyncClient, request: Request, viewer: Viewer) -> Reply:
        token = _ASKING.set(viewer)
        try:
            return Reply.of(await client.post(PATH, content=request.body()))
        finally:
            _ASKING.reset(token)


def _described(request: Request, viewer: Viewer, note: str, difference: str) -> str:
    variables = json.dumps(request.variables, ensure_ascii=False, default=str)
    name = f", operation {request.operation}" if request.operation else ""
    return (
        f"{difference}\n--- {note}{name}\n--- as {viewer.user_id} with the roles {sorted(viewer.roles)}\n"
        f"--- variables: {variables}\n{request.query}"
    )


@asynccontextmanager
async def both_paths(database: Database, schema: Schema, **changes: Any) -> AsyncIterator[BothPaths]:
    """The two applications over a database; `changes` are settings that differ from the usual ones."""
    async with (
        _client(make_app(database, schema, statements=True, **changes)) as by_statement,
        _client(make_app(database, schema, statements=False, **changes)) as by_loaders,
    ):
        yield BothPaths(by_statement, by_loaders)


def make_app(database: Database, schema: Schema, *, statements: bool, **changes: Any) -> ASGIApp:
    """One of the two. It tells which path it took, and every error that it has."""
    # However busy the machine is: nothing here is about time.
    usual = {"debug_reading": True, "graphiql": False, "max_errors": 100, "operation_timeout_seconds": 600}
    settings = ApiSettings(**usual | changes)
    return create_app(settings, database, Whoever(), schema=schema, statements=statements)


def _client(app: ASGIApp) -> httpx.AsyncClient:
    headers = {
        "Accept": "application/graphql-response+json",
        "Content-Type": "application/json",
        "X-Request-ID": "differential",
    }
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://atrium.test", headers=headers)
