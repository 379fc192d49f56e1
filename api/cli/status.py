"""`atrium status`: what is there."""

from typing import Annotated

import typer
from rich.filesize import decimal
from rich.table import Table
from sqlalchemy import URL

from api.cli.exits import ExitCode
from api.cli.revisions import Revisions
from api.cli.support import Target, database, load, run, target
from api.cli.terminal import say, show
from db.readiness import Server, check_server, current_revision
from db.settings import DatabaseSettings
from db.statistics import TableSize, connections, database_size, table_sizes

app = typer.Typer()


@app.command(epilog="**Examples**\n\natrium status\n\natrium status --tables")
def command(
    tables: Annotated[bool, typer.Option("--tables", help="List every table, the empty ones too.")] = False,
) -> None:
    """Show the server, the revision of the schema, and how many rows there are.

    Leaves with exit code 5 when the schema is not at the newest revision.
    """
    with target() as where:
        revisions = Revisions(where.url)
        server, revision, size, used, sizes = run(_ask(where.url))
        _show_server(where, server, revision, revisions, size, used)
        _show_tables([each for each in sizes if tables or each.rows])
        if revision != revisions.head:
            raise typer.Exit(ExitCode.SCHEMA)


async def _ask(url: URL) -> tuple[Server, str | None, int, tuple[int, int], list[TableSize]]:
    async with database(url) as opened, opened.read() as connection:
        return (
            await check_server(connection),
            await current_revision(connection),
            await database_size(connection),
            await connections(connection),
            await table_sizes(connection),
        )


def _show_server(
    where: Target,
    server: Server,
    revision: str | None,
    revisions: Revisions,
    size: int,
    used: tuple[int, int],
) -> None:
    settings = load(DatabaseSettings)
    if revision == revisions.head:
        schema = f"{revision}, up to date"
    elif revision in revisions.known:
        schema = f"{revision}, behind {revisions.head}: run atrium migrate"
    else:
        schema = f"{revision}, not known to this program" if revision else "none: run atrium migrate"
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in (
        ("Database", f"{server.database} as {server.role}, {where}"),
        ("PostgreSQL", server.version),
        ("pgvector", server.pgvector),
        ("Revision", schema),
        ("Size", decimal(size)),
        (
            "Connections",
            f"{used[0]} of {used[1]}; each process holds up to {settings.pool_size}",
        ),
    ):
        table.add_row(name, value)
    show(table)


def _show_tables(sizes: list[TableSize]) -> None:
    if not sizes:
        say("No table has any rows.")
        return
    table = Table("Table")
    table.add_column("Rows", justify="right")
    table.add_column("Size", justify="right")
    for each in sizes:
        table.add_row(each.name, f"{each.rows:,}" if each.exact else f"≈ {each.rows:,}", decimal(each.bytes))
    show(table)
