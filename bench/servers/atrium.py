"""Atrium as it is served, for one user; without `--statements` everything takes the loader path."""

import argparse
from uuid import UUID

from sqlalchemy import make_url

from api.app import create_app
from api.logging import configure_logging
from api.server import listen, serve
from api.settings import ApiSettings, LogFormat, LogLevel
from bench.servers import hosting
from db.policy import Viewer
from db.session import Database
from db.settings import DatabaseSettings

# Shapes of the bench have up to ten thousand rows in a page; everything else is as it comes.
_SETTINGS = ApiSettings(
    log_level=LogLevel.WARNING, max_page_size=10_000, max_nodes=200_000, operation_timeout_seconds=120
)


async def main(url: str, viewer: UUID, pool: int, *, statements: bool) -> None:
    """Serve until told to end."""
    database = Database.connect(make_url(url), DatabaseSettings(pool_size=pool, statement_timeout_ms=120_000))
    asker = Viewer(viewer, frozenset({"user"}))
    bound = listen("127.0.0.1", 0)
    try:
        app = create_app(_SETTINGS, database, asker, statements=statements)
        await serve(app, _SETTINGS, bound, lambda: hosting.announce(bound.getsockname()[1]))
    finally:
        bound.close()
        await database.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.servers.atrium", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the database")
    parser.add_argument("--viewer", required=True, type=UUID, help="id of the user who asks")
    parser.add_argument("--pool", required=True, type=int, help="connections to the database")
    parser.add_argument("--statements", action="store_true", help="answer by one statement where possible")
    options = parser.parse_args()
    configure_logging(LogFormat.JSON, LogLevel.WARNING)
    hosting.run(main(options.url, options.viewer, options.pool, statements=options.statements))
