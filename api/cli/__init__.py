"""The command line: `atrium COMMAND`.

Each command is a module of this package, imported when it is called.
"""

import signal
import sys
from importlib import import_module
from importlib.metadata import version
from types import ModuleType
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from api.cli.exits import MEANINGS, ExitCode, exit_code
from api.cli.terminal import complain, say
from db.errors import DataError

# In the order of the help. The GraphQL schema takes a second to build, which only two of them need.
COMMANDS: Final = (
    "serve",
    "jobs",
    "worker",
    "user",
    "documents",
    "embeddings",
    "migrate",
    "import",
    "seed",
    "schema",
    "status",
    "doctor",
    "secrets",
    "reset",
)
# A module cannot bear the name of a keyword.
_MODULES: Final = {"import": "imports"}


def command_module(name: str) -> ModuleType:
    """The module of a command."""
    return import_module(f"api.cli.{_MODULES.get(name, name)}")


class Commands(TyperGroup):
    """The commands, by name."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """All names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command called `cmd_name`, if there is one."""
        if cmd_name not in COMMANDS:
            return None
        command = get_command(command_module(cmd_name).app)
        command.name = cmd_name
        return command


EXIT_CODES: Final = "**Exit codes**\n\n" + "\n\n".join(
    f"{code:>3}  {text}" for code, text in MEANINGS.items()
)

app = typer.Typer(
    cls=Commands,
    name="atrium",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    epilog=EXIT_CODES,
)


def _version(wanted: bool) -> None:
    if wanted:
        say(version("atrium"))
        raise typer.Exit


@app.callback()
def atrium(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """One GraphQL API over all the data of an LLM application.

    Without ATRIUM_DATABASE_URL, every command works on a PostgreSQL that the program starts by itself. All
    settings are environment variables or lines of a file `.env` in the working folder; `.env.example` lists
    them.
    """


def main() -> None:
    """Run the command line and leave with one of the documented exit codes."""
    terminated = False

    def terminate(_signal: int, _frame: object) -> None:
        # The same orderly way out as Ctrl-C, so that an embedded server is stopped too.
        nonlocal terminated
        terminated = True
        signal.raise_signal(signal.SIGINT)

    # A shell that puts a program into the background lets it ignore Ctrl-C, and so that way out.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, terminate)
    try:
        app()
    except DataError as error:
        complain(error.message)
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        sys.exit(ExitCode.TERMINATED if terminated else ExitCode.INTERRUPTED)
    except SystemExit as leaving:
        if terminated and leaving.code == ExitCode.INTERRUPTED:
            sys.exit(ExitCode.TERMINATED)
        raise
