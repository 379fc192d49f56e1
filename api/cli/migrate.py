"""`atrium migrate`: the schema of the database, brought to a revision of this program."""

from typing import Annotated

import typer

from api.cli.revisions import Revisions
from api.cli.support import target
from api.cli.terminal import note

app = typer.Typer()


@app.command(
    epilog="**Examples**\n\n"
    "atrium migrate — to the newest revision\n\n"
    "atrium migrate --sql > upgrade.sql — only write down what would be done\n\n"
    "atrium migrate --stamp — adopt a database whose schema was built by hand"
)
def command(
    to: Annotated[
        str,
        typer.Option(
            metavar="REVISION", help="Where to arrive: head, base, or a revision; an older one goes back."
        ),
    ] = "head",
    stamp: Annotated[
        bool, typer.Option("--stamp", help="Only record the revision: the tables are already there.")
    ] = False,
    sql: Annotated[
        bool, typer.Option("--sql", help="Write the statements to standard output instead of running them.")
    ] = False,
) -> None:
    """Bring the schema of the database up to date.

    Each revision is one transaction: if one fails, the database stays at the one before. Going back deletes
    what only the newer schema can hold.
    """
    with target() as where:
        revisions = Revisions(where.url)
        revisions.check_server(migrating=True)
        goal = revisions.find(to)
        if stamp:
            revisions.stamp(goal)
            note(f"The schema of {where} is recorded to be at {goal or 'base'}.")
            return
        if sql:
            revisions.print_sql(goal)
            return
        current = revisions.current()
        if goal == current:
            note(f"The schema is at {goal or 'base'} already.")
        elif goal is None or (current and revisions.known.index(goal) > revisions.known.index(current)):
            revisions.downgrade(goal)
            note(f"The schema went back to {goal or 'base'}.")
        else:
            applied = revisions.upgrade(goal)
            note(f"The schema is at {goal}; revisions applied: {len(applied)}.")
