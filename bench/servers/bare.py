"""The limit: Starlette, asyncpg's pool and one hand-written statement for each operation, without GraphQL.

It takes the same requests as Atrium, `POST /OPERATION`, and gives the same answers; it reads the variables
and never the document.
"""

import argparse
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.servers import hosting

_SQL: Final = Path(__file__).parents[1] / "sql"

Pool = "asyncpg.Pool[asyncpg.Record]"


def _key(global_id: str) -> str:
    return b64decode(global_id)[-36:].decode()


def _place(cursor: str) -> tuple[datetime, str]:
    _, moment, key = orjson.loads(b64decode(cursor))
    return datetime.fromisoformat(moment), key


def _list(cursor: str) -> str:
    name: str = orjson.loads(b64decode(cursor))[0]
    return name


_TEN: Final = (*(f"s{place}" for place in range(5)), *(f"m{place}" for place in range(5)))

ARGUMENTS: Final[dict[str, Callable[[dict[str, Any]], tuple[Any, ...]]]] = {
    "one": lambda given: (_key(given["id"]),),
    "flat": lambda given: (*_place(given["after"]), given["first"]),
    "two": lambda given: _place(given["after"]),
    "three": lambda given: (_key(given["user"]), *_place(given["after"])),
    "filter": lambda given: (datetime.fromisoformat(given["until"]),),
    "backward": lambda given: (*_place(given["before"]), _list(given["before"])),
    "ten": lambda given: tuple(_key(given[name]) for name in _TEN),
    "objects": lambda given: _place(given["after"]),
    **{f"depth{depth}": lambda given: _place(given["after"]) for depth in range(1, 6)},
}
"""What each statement takes after the viewer, out of an operation's variables."""


async def _keep(_: object) -> None:
    """Leave a connection as it is: the statements change nothing about it."""


def build(dsn: str, viewer: UUID, size: int, *, reset: bool) -> Starlette:
    """The application. Without `reset` the pool spares its round trip when a connection is given back."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:  # noqa: ARG001
        # As Atrium sets them, so that both have the same plans.
        settings = {"jit": "off", "TimeZone": "UTC", "application_name": "bench bare"}
        resetting = {} if reset else {"reset": _keep}
        async with asyncpg.create_pool(
            dsn, min_size=size, max_size=size, server_settings=settings, **resetting
        ) as pool:
            yield {"pool": pool}

    def endpoint(operation: str) -> Route:
        sql = (_SQL / f"{operation}.sql").read_text(encoding="utf-8")
        arguments = ARGUMENTS[operation]

        async def answer(request: Request) -> Response:
            body = orjson.loads(await request.body())
            async with request.state.pool.acquire() as connection:
                data = await connection.fetchval(sql, viewer, *arguments(body["variables"]))
            return Response(b'{"data":%b}' % data.encode(), media_type="application/json")

        return Route(f"/{operation}", answer, methods=["POST"])

    return Starlette(routes=[endpoint(operation) for operation in ARGUMENTS], lifespan=lifespan)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.servers.bare", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the database")
    parser.add_argument("--viewer", required=True, type=UUID, help="id of the user who asks")
    parser.add_argument("--pool", required=True, type=int, help="connections to the database")
    parser.add_argument("--no-reset", action="store_true", help="give connections back as they are")
    options = parser.parse_args()
    hosting.run(hosting.serve(build(options.url, options.viewer, options.pool, reset=not options.no_reset)))
