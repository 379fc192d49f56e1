"""`atrium doctor`: what is wrong, and setting it right."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import URL

from api.cli.exits import ExitCode
from api.cli.revisions import Revisions
from api.cli.support import database, load, run, target
from api.cli.terminal import note, notes, show
from api.settings import ApiSettings
from db.doctor import Finding, examine, repair
from db.search.recall import measure

app = typer.Typer()


@app.command(epilog="**Examples**\n\natrium doctor\n\natrium doctor --repair\n\natrium doctor --recall")
def command(
    mend: Annotated[
        bool, typer.Option("--repair", help="Set right what can be set right without asking.")
    ] = False,
    recall: Annotated[
        bool,
        typer.Option(
            "--recall", help="Also search for a sample of the stored vectors, and compare with all distances."
        ),
    ] = False,
) -> None:
    """Examine settings, server, schema, indexes, triggers, constraints, counters and partitions.

    Leaves with exit code 6 when something is wrong, or is still wrong after --repair.
    """
    load(ApiSettings)
    with target() as where:
        revisions = Revisions(where.url)
        server = revisions.check_server(migrating=False)
        revisions.check_schema()
        good = [
            Finding("Settings"),
            Finding(f"Server: PostgreSQL {server.version}, pgvector {server.pgvector}"),
            Finding(f"Schema: {revisions.head}"),
        ]
        with notes.status("Examining …"):
            findings = run(_examine(where.url))
        _show([*good, *findings])
        if mend:
            with notes.status("Repairing …"):
                findings = run(_mend(where.url, findings))
        if recall:
            with notes.status("Searching …"):
                measured = run(_measure(where.url))
            _show(measured)
            findings = [*findings, *measured]
        problems = [finding for finding in findings if finding.problem]
    if problems and mend:
        note(f"Still wrong: {len(problems)}. What has no repair needs a decision of yours.")
    elif problems:
        note(f"Wrong: {len(problems)}. Run atrium doctor --repair to set right what can be.")
    if problems:
        raise typer.Exit(ExitCode.UNHEALTHY)
    note("All is well.")


async def _examine(url: URL) -> list[Finding]:
    async with database(url, patient=True) as opened, opened.read() as connection:
        return await examine(connection)


async def _measure(url: URL) -> list[Finding]:
    async with database(url, patient=True) as opened, opened.read() as connection:
        return [each.finding for each in await measure(connection)]


async def _mend(url: URL, findings: list[Finding]) -> list[Finding]:
    async with database(url, patient=True) as opened, opened.read() as connection:
        for finding in findings:
            await repair(connection, finding)
        return await examine(connection)


def _show(findings: list[Finding]) -> None:
    table = Table("Check", "Result")
    for finding in findings:
        if finding.problem is None:
            table.add_row(finding.check, "[green]well[/]")
        else:
            remedy = "repairable" if finding.repair else "needs a decision"
            table.add_row(finding.check, f"[red]{finding.problem}[/] ({remedy})")
    show(table)
