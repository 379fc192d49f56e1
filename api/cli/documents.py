"""`atrium documents`: what is prepared for search, for whoever runs the server."""

from typing import Annotated
from uuid import UUID

import typer

from api.cli.exits import ExitCode
from api.cli.support import database, load, run, target
from api.cli.terminal import complain, note
from api.embeddings.budget import embedders_of
from api.ingestion.cutting import CHUNKER
from api.ingestion.files import Files
from api.ingestion.preparing import Preparing
from api.ingestion.sweeping import sweep_files
from api.ingestion.work import Worker
from api.settings import ApiSettings
from db.store.preparation.adoption import FIRST
from db.store.preparation.arrivals import reprocess_some

app = typer.Typer(
    no_args_is_help=True,
    help="Prepare documents for search, and clear up behind them.",
    epilog="**Examples**\n\n"
    "atrium documents reprocess --failed — try again what could not be prepared\n\n"
    "atrium documents prepare — do all that is due now, and leave",
)

_PAGE = 500


@app.command()
def prepare() -> None:
    """Prepare all that is due, memories and a change of the model included, and leave.

    `atrium serve` with the embedded PostgreSQL, and `atrium jobs`, do it all the time.
    """
    settings = load(ApiSettings)

    async def work() -> None:
        async with (
            database(where.url) as opened,
            embedders_of(settings, opened) as embedders,
        ):
            files = Files(settings.uploads)
            await Worker(Preparing(opened, embedders, files, settings)).until_nothing_is_due()

    with target() as where:
        run(work())
        note("Nothing is due any longer.")


@app.command()
def reprocess(
    failed: Annotated[bool, typer.Option("--failed", help="Documents that could not be prepared.")] = False,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Documents that earlier versions of the program cut.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="All that have a file or a text.")] = False,
) -> None:
    """Let documents be read and cut anew, in the background. Until then they are found as they are.

    Passages that stay the same keep their vectors.
    """
    if failed + outdated + everything != 1:
        complain("Say which documents: --failed, --outdated or --all.")
        raise typer.Exit(ExitCode.USAGE)

    async def work() -> int:
        count = 0
        after: UUID | None = FIRST
        async with database(where.url) as opened:
            while after is not None:
                async with opened.transaction() as session:
                    keys, after = await reprocess_some(
                        session,
                        failed=failed,
                        outdated=CHUNKER if outdated else None,
                        after=after,
                        most=_PAGE,
                    )
                count += len(keys)
        return count

    with target() as where:
        count = run(work())
        note(f"{count:,} documents wait to be read anew.")


@app.command()
def sweep() -> None:
    """Remove uploaded files that no document has named for a day. Background work does it every hour."""
    settings = load(ApiSettings)

    async def work() -> int:
        async with database(where.url) as opened:
            return await sweep_files(opened, Files(settings.uploads))

    with target() as where:
        count = run(work())
        note(f"{count:,} files are removed.")
