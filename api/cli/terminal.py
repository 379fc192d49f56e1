"""Talking to people: results on standard output, everything else on standard error."""

from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

output: Final = Console(soft_wrap=True)
notes: Final = Console(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """A line of the result, as it is."""
    output.print(text, markup=False, highlight=False)


def show(table: Table) -> None:
    """A table of the result."""
    output.print(table, soft_wrap=False)


def note(text: str) -> None:
    """A remark on what happens."""
    notes.print(text, markup=False, highlight=False)


def complain(text: str) -> None:
    """What went wrong."""
    notes.print(f"[bold red]Error:[/] {escape(text)}", highlight=False)


def progress() -> Progress:
    """A bar for long work, on a terminal only, gone when the work is done."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notes,
        transient=True,
        disable=not notes.is_terminal,
    )
