"""The life of an execution: which status may follow which. Everything that knows it is made from here.

The trigger that guards the table is a copy in a migration, which a test compares; the picture in the
documentation is written by `make docs`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from db.models import ExecutionStatus

_S = ExecutionStatus

# fmt: off
TRANSITIONS: Final[Mapping[ExecutionStatus, Mapping[ExecutionStatus, str]]] = {
    _S.PENDING: {
        _S.RUNNING:       "a worker claims it",
        _S.PAUSED:        "a person halts it",
        _S.CANCELLED:     "a person ends it",
        _S.TIMEOUT:       "its deadline passes",
    },
    _S.RUNNING: {
        _S.PENDING:       "its worker is silent",
        _S.PAUSED:        "a person halts it",
        _S.WAITING_INPUT: "a step asks for input",
        _S.COMPLETED:     "its worker completes it",
        _S.FAILED:        "its worker fails it, or too many fell silent",
        _S.CANCELLED:     "a person ends it",
        _S.TIMEOUT:       "its deadline passes",
    },
    _S.PAUSED: {
        _S.PENDING:       "a person resumes it",
        _S.CANCELLED:     "a person ends it",
        _S.TIMEOUT:       "its deadline passes",
    },
    _S.WAITING_INPUT: {
        _S.RUNNING:       "the input arrives at its worker",
        _S.PENDING:       "the input arrives, and no worker holds it",
        _S.PAUSED:        "a person halts it",
        _S.FAILED:        "its worker fails it",
        _S.CANCELLED:     "a person ends it",
        _S.TIMEOUT:       "its deadline passes",
    },
    _S.COMPLETED: {},
    _S.FAILED: {},
    _S.CANCELLED: {},
    _S.TIMEOUT: {},
}
# fmt: on
"""For each status those that may follow, and what brings them about."""

ENDED: Final = tuple(status for status, following in TRANSITIONS.items() if not following)
"""The statuses after which nothing follows."""

ACTIVE: Final = tuple(status for status, following in TRANSITIONS.items() if following)
"""All others."""

HELD: Final = (_S.RUNNING, _S.WAITING_INPUT)
"""The statuses in which a worker may hold the execution and write to it."""


def steps() -> Iterator[tuple[str, str]]:
    """Every allowed step, from one stored value to another."""
    for status, following in TRANSITIONS.items():
        for after in following:
            yield status.value, after.value


def allowed_sql() -> str:
    """The steps as the trigger lists them: pairs of SQL literals, one a line."""
    return ",\n".join(f"        ('{before}', '{after}')" for before, after in steps())


def ended_sql() -> str:
    """The statuses after which nothing follows, as a list of SQL literals."""
    return ", ".join(f"'{status.value}'" for status in ENDED)


def mermaid() -> str:
    """The picture of it, for Mermaid."""
    lines = ["stateDiagram-v2", f"    [*] --> {_S.PENDING.name}: somebody starts it"]
    for status, following in TRANSITIONS.items():
        lines += [f"    {status.name} --> {after.name}: {reason}" for after, reason in following.items()]
        lines += [] if following else [f"    {status.name} --> [*]"]
    return "\n".join(lines)
