"""What the exit codes of every command mean."""

from enum import IntEnum
from typing import Final

from db.errors import DataError, Misconfigured, SchemaMismatch, Unavailable


class ExitCode(IntEnum):
    """Documented in the help of `atrium`; scripts may rely on them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNAVAILABLE = 3
    MISCONFIGURED = 4
    SCHEMA = 5
    UNHEALTHY = 6
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS: Final = {
    ExitCode.OK: "Done.",
    ExitCode.FAILED: "Something failed; the message says what.",
    ExitCode.USAGE: "The command line is wrong, or asks for something that is refused.",
    ExitCode.UNAVAILABLE: "PostgreSQL cannot be reached; trying again later may help.",
    ExitCode.MISCONFIGURED: "A setting, the password or the server does not fit; trying again will not help.",
    ExitCode.SCHEMA: "The schema is missing, behind or ahead of this program.",
    ExitCode.UNHEALTHY: "atrium doctor found something to repair.",
    ExitCode.INTERRUPTED: "Stopped by Ctrl-C.",
    ExitCode.TERMINATED: "Stopped by the system (SIGTERM).",
}


def exit_code(error: DataError) -> ExitCode:
    """The exit code for a fault, the most particular that fits."""
    match error:
        case SchemaMismatch():
            return ExitCode.SCHEMA
        case Misconfigured():
            return ExitCode.MISCONFIGURED
        case Unavailable():
            return ExitCode.UNAVAILABLE
        case _:
            return ExitCode.FAILED
