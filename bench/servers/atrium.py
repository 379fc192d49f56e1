"""Atrium as it is served, for one user; without `--statements` everything takes the loader path.

With `--signed-in` whoever asks has to show the bench's API key, and is counted.
"""

import argparse
from uuid import UUID

from sqlalchemy import delete, make_url

from api.app import create_app
from api.auth.opaque import hashed
from api.auth.secret import Secrets
from api.logging import configure_logging
from api.server import listen, serve
from api.settings import ApiSettings, LogFormat, LogLevel
from bench.people import KEY
from bench.servers import hosting
from db.models import ApiKey, Role
from db.policy import Viewer
from db.session import Database
from db.settings import DatabaseSettings

# Shapes of the bench have up to ten thousand rows in a page; everything else is as it comes.
_SETTINGS = ApiSettings(
    log_level=LogLevel.WARNING,
    max_page_size=10_000,
    max_nodes=200_000,
    max_cost={Role.USER: 1_000_000},
    max_body_bytes=500_000_000,
    operation_timeout_seconds=120,
    user_rate_per_minute=1_000_000_000,
)


async def main(url: str, viewer: UUID, pool: int, *, statements: bool, signed_in: bool) -> None:
    """Serve until told to end."""
    database = Database.connect(make_url(url), DatabaseSettings(pool_size=pool, statement_timeout_ms=120_000))
    if signed_in:
        await _write_key(database, viewer)
    asker = None if signed_in else Viewer(viewer, frozenset({"user"}))
    bound = listen("127.0.0.1", 0)
    try:
        app = create_app(_SETTINGS, database, asker, secrets=Secrets.of_this_process(), statements=statements)
        await serve(app, _SETTINGS, bound, lambda: hosting.announce(bound.getsockname()[1]))
    finally:
        bound.close()
        await database.dispose()


async def _write_key(database: Database, viewer: UUID) -> None:
    """Make the bench's key good for the viewer."""
    key = ApiKey(user_id=viewer, name="bench", key_prefix=KEY[:12], key_hash=hashed(KEY), scopes=["*:*"])
    async with database.transaction() as session:
        await session.execute(delete(ApiKey).where(ApiKey.key_hash == key.key_hash))
        session.add(key)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.servers.atrium", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the database")
    parser.add_argument("--viewer", required=True, type=UUID, help="id of the user who asks")
    parser.add_argument("--pool", required=True, type=int, help="connections to the database")
    parser.add_argument("--statements", action="store_true", help="answer by one statement where possible")
    parser.add_argument("--signed-in", action="store_true", help="take the bench's API key, and nothing else")
    options = parser.parse_args()
    configure_logging(LogFormat.JSON, LogLevel.WARNING)
    asked = {"statements": options.statements, "signed_in": options.signed_in}
    hosting.run(main(options.url, options.viewer, options.pool, **asked))
