"""`atrium schema`: the GraphQL schema as text."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.terminal import note, say
from api.schema import build_schema
from db.errors import Misconfigured

app = typer.Typer()


@app.command(epilog="**Examples**\n\natrium schema\n\natrium schema --output schema.graphql")
def command(
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write to. [default: standard output]")
    ] = None,
) -> None:
    """Print the GraphQL schema in its definition language. No database is needed."""
    text = build_schema().as_str()
    if output is None:
        say(text)
        return
    try:
        output.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{output} cannot be written ({error.strerror}): name another file.") from error
    note(f"The schema is in {output}.")
