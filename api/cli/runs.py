"""What a worker does, on the terminal: a line for each beginning and end, a bar for what is under way."""

import time
from typing import Final

from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from api.cli.terminal import notes
from api.worker.run import Run

_SIGNS: Final = {"ended": "[green]✓[/]", "lost": "[yellow]∅[/]", "failed": "[red]✗[/]"}
_WORDS: Final = {"ended": "done", "lost": "no longer ours", "failed": "failed"}


class Show:
    """Hears of each execution; use it as a context."""

    def __init__(self) -> None:
        self._bars: dict[str, tuple[TaskID, float]] = {}
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=notes,
            transient=True,
            disable=not notes.is_terminal,
        )

    def __call__(self, what: str, run: Run, more: str) -> None:
        """Something happened to an execution."""
        if what == "began":
            bar = self.progress.add_task(escape(run.name), total=100)
            self._bars[run.id] = bar, time.monotonic()
            return
        bar, began = self._bars.pop(run.id)
        self.progress.remove_task(bar)
        took = time.monotonic() - began
        aside = f": {escape(more)}" if more else ""
        notes.print(f"{_SIGNS[what]} {escape(run.name)} {_WORDS[what]} after {took:.1f} s{aside}")

    def advanced(self, run: Run) -> None:
        """Show how far an execution is."""
        if run.id in self._bars:
            self.progress.update(self._bars[run.id][0], completed=run.progress)
