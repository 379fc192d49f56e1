"""`atrium serve`: the API, and everything that it needs to start."""

import socket
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Annotated, Final

import typer

from api.app import create_app
from api.auth.access import make_tokens
from api.auth.secret import Secrets
from api.auth.sign_ins import SignIns
from api.cli.demo_worker import demo_worker
from api.cli.exits import ExitCode
from api.cli.revisions import prepare
from api.cli.seed import fill_when_empty
from api.cli.support import Target, database, load, run, secrets_of, target, vault_of
from api.cli.terminal import complain, note
from api.cli.user import existing, issue_token
from api.core.addresses import is_loopback
from api.embeddings.budget import embedders_of
from api.ingestion.work import preparing_beside
from api.jobs import at_work
from api.logging import configure_logging
from api.server import listen, serve
from api.settings import ApiSettings
from db.policy import Viewer
from db.seeds.rows import identity
from db.session import Database
from db.store.accounts import account_of

app = typer.Typer()

DEMO_USER: Final = "mei"
DEMO_ADMIN: Final = "admin"
_DEMO_LIFETIME: Final = timedelta(hours=24)


@app.command(
    epilog="**Examples**\n\n"
    "atrium serve --migrate --seed --demo-worker — from nothing to GraphiQL over demo data that move\n\n"
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
            help="Answer every request as this user, without credentials. Refused on any address but this "
            "machine's own.",
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
    worker: Annotated[
        bool,
        typer.Option("--demo-worker", help="Start a worker beside it that does executions of the demo data."),
    ] = False,
) -> None:
    """Serve the GraphQL API, and GraphiQL for browsers.

    Who asks is told by the header `Authorization: Bearer …`, with a token or an API key; without it only what
    is public is visible. With --as every request is answered as that user, whatever it sends.
    """
    settings = load(ApiSettings, host=host, port=port, debug_reading=debug_reading)
    if username is not None and not is_loopback(settings.host):
        complain(
            f"--as is refused on {settings.host}, since whoever reaches that address would be {username}: "
            "leave it out, or listen on 127.0.0.1."
        )
        raise typer.Exit(ExitCode.USAGE)
    configure_logging(settings.log_format, settings.log_level)
    with listen(settings.host, settings.port) as bound, target() as where:
        secrets = secrets_of(where, settings) if username is None else None
        prepare(where.url, migrate=migrate)
        run(_serve(where, settings, bound, secrets, username, seed=seed, worker=worker))


async def _serve(
    where: Target,
    settings: ApiSettings,
    bound: socket.socket,
    secrets: Secrets | None,
    username: str | None,
    *,
    seed: bool,
    worker: bool,
) -> None:
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{name}:{bound.getsockname()[1]}/graphql"
    async with database(where.url) as opened:
        if seed:
            await fill_when_empty(opened)
        demo: list[str] = []
        if secrets is not None and where.embedded and is_loopback(settings.host):
            demo = await _demo_tokens(opened, settings, secrets, address)

        def ready() -> None:
            what = "GraphiQL and the API are" if settings.graphiql else "The API is"
            note(f"{what} at {address}{f', as {username}' if username else ''}. Ctrl-C stops.")
            for line in demo:
                note(line)

        viewer = await find_viewer(opened, username) if username else None
        async with AsyncExitStack() as beside:
            embedders = await beside.enter_async_context(embedders_of(settings, opened))
            app = create_app(
                settings, opened, viewer, secrets=secrets, vault=vault_of(where), embedders=embedders
            )
            if settings.jobs if settings.jobs is not None else where.embedded:
                await beside.enter_async_context(at_work(opened))
                await beside.enter_async_context(preparing_beside(opened, embedders, settings))
            if worker:
                await beside.enter_async_context(demo_worker(opened, address))
            await serve(app, settings, bound, ready)


async def _demo_tokens(opened: Database, settings: ApiSettings, secrets: Secrets, address: str) -> list[str]:
    """Tokens for the demo users who are there, as lines to show."""
    sign_ins = SignIns(opened, make_tokens(settings, secrets), timedelta())
    lines = []
    for name in (DEMO_USER, DEMO_ADMIN):
        async with opened.read() as connection:
            account = await account_of(connection, identity(f"User/{name}"))
        if account is not None and account.is_active:
            token = await issue_token(opened, sign_ins, account, _DEMO_LIFETIME)
            where = f"{address}#token={token.text}" if settings.graphiql else token.text
            lines.append(f"As {account.username}: {where}")
    if lines:
        hours = _DEMO_LIFETIME // timedelta(hours=1)
        lines.append(
            f"For {hours} hours, what follows #token= goes into the header Authorization: Bearer … of other "
            "clients; atrium user token NAME makes another."
        )
    return lines


async def find_viewer(opened: Database, username: str) -> Viewer:
    """The user with this name. Raises Misconfigured when there is none."""
    return (await existing(opened, username)).viewer
