"""`atrium jobs`: background work as a process of its own."""

import typer

from api.cli.support import database, load, run, target
from api.cli.terminal import note
from api.embeddings.budget import embedders_of
from api.ingestion.work import preparing_beside
from api.jobs import WORK, keep_doing
from api.logging import configure_logging
from api.settings import ApiSettings

app = typer.Typer()


@app.command(
    epilog="**Examples**\n\n"
    "ATRIUM_DATABASE_URL=postgresql://… atrium jobs — beside any number of atrium serve\n\n"
    "Start as many as you like: each turn of the work is done by one of them."
)
def command() -> None:
    """Do background work until it is stopped: leases and deadlines of executions, what expires, partitions;
    and prepare documents and memories for search.

    On the embedded PostgreSQL `atrium serve` does it itself.
    """
    settings = load(ApiSettings)
    configure_logging(settings.log_format, settings.log_level)

    with target() as where:

        async def work() -> None:
            async with database(where.url) as opened:
                note(f"{len(WORK)} kinds of background work, and preparing, on {where}. Ctrl-C stops.")
                async with (
                    embedders_of(settings, opened) as embedders,
                    preparing_beside(opened, embedders, settings),
                ):
                    await keep_doing(opened)

        run(work())
