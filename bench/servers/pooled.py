"""Atrium with the settings it has as it comes, and one path more that tells how its pool is used."""

import argparse
from typing import Final
from uuid import UUID

from sqlalchemy import make_url
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.app import create_app
from api.logging import configure_logging
from api.server import listen, serve
from api.settings import ApiSettings, LogFormat, LogLevel
from bench.servers import hosting
from db.policy import Viewer
from db.session import Database
from db.settings import DatabaseSettings

POOL_PATH: Final = "/pool"


async def main(url: str, viewer: UUID, pool: int) -> None:
    """Serve until told to end."""
    settings = ApiSettings(log_level=LogLevel.WARNING)
    database = Database.connect(make_url(url), DatabaseSettings(pool_size=pool))

    async def status(request: Request) -> Response:  # noqa: ARG001
        found = database.pool_status()
        return JSONResponse({"checked_out": found.checked_out, "idle": found.idle})

    bound = listen("127.0.0.1", 0)
    try:
        app = create_app(settings, database, Viewer(viewer, frozenset({"user"})))
        app.router.routes.append(Route(POOL_PATH, status))
        await serve(app, settings, bound, lambda: hosting.announce(bound.getsockname()[1]))
    finally:
        bound.close()
        await database.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.servers.pooled", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the database")
    parser.add_argument("--viewer", required=True, type=UUID, help="id of the user who asks")
    parser.add_argument("--pool", required=True, type=int, help="connections to the database")
    options = parser.parse_args()
    configure_logging(LogFormat.JSON, LogLevel.WARNING)
    hosting.run(main(options.url, options.viewer, options.pool))
