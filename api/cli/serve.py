"""`atrium serve`: the API, and everything that it needs to start."""

import socket
from typing import Annotated, Final

import typer
from sqlalchemy import URL, func, select

from api.app import create_app
from api.cli.exits import ExitCode
from api.cli.revisions import prepare
from api.cli.seed import fill_when_empty
from api.cli.support import database, load, run, target
from api.cli.terminal import complain, note
from api.logging import configure_logging
from api.server import is_loopback, listen, serve
from api.settings import ApiSettings
from db.errors import Misconfigured
from db.models import User
from db.policy import Viewer
from db.session import Database

app = typer.Typer()

DEMO_USER: Final = "mei"


@app.command(
    epilog="**Examples**\n\n"
    "atrium serve --migrate --seed — from nothing to GraphiQL over demo data\n\n"
    "atrium serve --as lin --port 9000 — see what the user lin sees\n\n"
    "ATRIUM_DATABASE_URL=postgresql://… atrium serve — on a server of yours"
)
def command(
    host: Annotated[
        str | None, typer.Option(help="Address on which to listen. [default: ATRIUM_HOST, else 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port on which to listen; 0 takes any free one. [default: ATRIUM_PORT, else 8000]"),
    ] = None,
    username: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="NAME",
            help="Answer every request as this user. Refused on any address but this machine's own.",
        ),
    ] = None,
    debug_reading: Annotated[
        bool | None,
        typer.Option("--debug-reading", help="Tell in `extensions.reading` how each answer was read."),
    ] = None,
    migrate: Annotated[bool, typer.Option("--migrate", help="Bring the schema up to date first.")] = False,
    seed: Annotated[
        bool, typer.Option("--seed", help="Fill the database with the demo data first, if it has no users.")
    ] = False,
) -> None:
    """Serve the GraphQL API, and GraphiQL for browsers.

    Whoever asks is taken for the user mei of the demo data, or the one named by --as. On an address that
    other machines reach nobody is signed in, and only what is public is visible.
    """
    settings = load(ApiSettings, host=host, port=port, debug_reading=debug_reading)
    local = is_loopback(settings.host)
    if username is not None and not local:
        complain(
            f"--as is refused on {settings.host}, since whoever reaches that address would be {username}: "
            "leave it out, or listen on 127.0.0.1."
        )
        raise typer.Exit(ExitCode.USAGE)
    configure_logging(settings.log_format, settings.log_level)
    with listen(settings.host, settings.port) as bound, target() as where:
        prepare(where.url, migrate=migrate)
        run(_serve(where.url, settings, bound, (username or DEMO_USER) if local else None, seed=seed))


async def _serve(
    url: URL, settings: ApiSettings, bound: socket.socket, username: str | None, *, seed: bool
) -> None:
    def ready() -> None:
        port = bound.getsockname()[1]
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        what = "GraphiQL and the API are" if settings.graphiql else "The API is"
        note(f"{what} at http://{name}:{port}/graphql, as {username or 'nobody'}. Ctrl-C stops.")

    async with database(url) as opened:
        if seed:
            await fill_when_empty(opened)
        viewer = await find_viewer(opened, username) if username else Viewer(user_id=None)
        await serve(create_app(settings, opened, viewer), settings, bound, ready)


async def find_viewer(opened: Database, username: str) -> Viewer:
    """The user with this name. Raises Misconfigured when there is none."""
    named = select(User.id, User.roles).where(
        func.lower(User.username) == username.lower(), User.deleted_at.is_(None)
    )
    async with opened.read() as connection:
        found = (await connection.execute(named)).one_or_none()
    if found is None:
        raise Misconfigured(
            f"There is no user {username}: run atrium seed demo for the demo users, or name another with "
            "--as."
        )
    return Viewer(user_id=found.id, roles=frozenset(found.roles))
