"""`atrium reset`: back to an empty database."""

import sys
from typing import Annotated, Final

import typer
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from api.cli.exits import ExitCode
from api.cli.support import database, run, target
from api.cli.terminal import complain, note
from db.errors import Unavailable
from db.faults import sqlstate

app = typer.Typer()

# What PostgreSQL says when lock_timeout ends a statement.
LOCK_NOT_AVAILABLE: Final = "55P03"


@app.command(
    epilog="**Examples**\n\natrium reset\n\natrium reset --yes && atrium migrate && atrium seed demo"
)
def command(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    database_url_too: Annotated[
        bool,
        typer.Option("--database-url-too", help="Also when it is the database of ATRIUM_DATABASE_URL."),
    ] = False,
) -> None:
    """Delete all tables and all data. There is no way back.

    Without --database-url-too only the embedded PostgreSQL is emptied: a database that has an address may be
    one that others use.
    """
    with target() as where:
        if not where.embedded and not database_url_too:
            complain(
                f"{where} is not the embedded PostgreSQL: add --database-url-too to delete all data there."
            )
            raise typer.Exit(ExitCode.USAGE)
        if not yes:
            if not sys.stdin.isatty():
                complain("Nobody is there to be asked: add --yes to delete all data.")
                raise typer.Exit(ExitCode.USAGE)
            typer.confirm(f"Delete all tables and all data of {where}?", abort=True)
        run(_empty(where.url))
        note(f"The database is empty: {where}. Run atrium migrate for a new schema.")


async def _empty(url: URL) -> None:
    async with database(url, patient=True) as opened, opened.transaction() as session:
        await session.execute(text("SET LOCAL lock_timeout = '5s'"))
        try:
            await session.execute(text("DROP SCHEMA public CASCADE"))
        except DBAPIError as error:
            if sqlstate(error) != LOCK_NOT_AVAILABLE:
                raise
            raise Unavailable("Another program is using the database: stop it, then try again.") from error
        await session.execute(text("CREATE SCHEMA public"))
