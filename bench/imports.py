"""Every system brought in: how many rows a second, with how much memory, and whether it is all there.

What is claimed of an import is tried at size: each value is looked for again, a second import changes
nothing, and one that is killed ten times ends like one that was not.
"""

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
from alembic import command
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL

from bench import accounting
from bench.databases import administer
from bench.processes import ROOT, BenchError
from db.embedded import embedded_server
from db.importers.registry import SYSTEMS
from migrations.config import alembic_config
from tests.importers.conftest import bring
from tests.importers.data.systems import GENERATORS, make
from tests.importers.hashing import contents
from tests.importers.killing import killed
from tests.importers.walking import Moved, lost

TARGET: Final = "bench_import"
KILLED: Final = f"{TARGET}_killed"
KILLS: Final = 10
MESSAGES: Final = {"aiot": "messages", "cozychat": "messages", "genesis": "chat_messages"}
"""Where messages are rows; a pace is measured for these."""

_KILL_BATCHES: Final = 100
"""Batches at least of an import that is killed: several statements each, so that none ends before."""
_LAST_STATEMENT: Final = 100
_FLAT: Final = 1.1
"""Memory at the end to that after a third of the messages, above which it is not called flat."""


def bring_in(home: Path, rows: int, console: Console) -> dict[str, Any]:
    """Import made-up data of each system, about so many rows; print pace, memory and what was proved."""
    if not accounting.available():
        raise BenchError("The memory of a process is read from /proc, which this system does not have.")
    table = Table(title="imports", title_justify="left")
    for heading in (
        "system", "rows", "rows a second", "messages a second", "memory after a third", "at the end", "flat",
        "values lost", "second import", f"killed {KILLS} times",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    figures = {}
    with embedded_server(home) as server, console.status("") as status:
        for system in sorted(SYSTEMS):
            status.update(f"{system}: making {rows:,} rows")
            with _databases(server.url, system) as (here, broken, sources):
                asyncio.run(make(system, sources, rows))
                status.update(f"{system}: importing")
                told = figures[system] = _measured(system, here, sources)
                status.update(f"{system}: looking for every value")
                told |= asyncio.run(_proved(system, here, sources))
                status.update(f"{system}: killing it")
                told["killed_is_equal"] = _killed(system, here, broken, sources, told["rows"])
                table.add_row(*_line(system, told))
    console.print(table)
    return figures


@contextmanager
def _databases(server: URL, system: str) -> Iterator[tuple[URL, URL, list[URL]]]:
    """Two empty databases of ours and those of a system's source, which are deleted afterwards."""
    sources = [server.set(database=f"{TARGET}_{name or system}") for name in GENERATORS[system].databases]
    ours = [server.set(database=name) for name in (TARGET, KILLED)]
    names = [each.database for each in (*ours, *sources)]
    asyncio.run(administer(server, *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names)))
    asyncio.run(administer(server, *(f"CREATE DATABASE {name}" for name in names)))
    try:
        for each in ours:
            command.upgrade(alembic_config(each), "head")
        yield ours[0], ours[1], sources
    finally:
        asyncio.run(administer(server, *(f"DROP DATABASE {name} WITH (FORCE)" for name in names)))


def _measured(system: str, here: URL, sources: list[URL]) -> dict[str, Any]:
    places = [each.render_as_string(hide_password=False) for each in (here, *sources)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.importing", system, *places], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode().strip().splitlines()
        raise BenchError(f"The import of {system} failed: {said[-1] if said else 'it says nothing'}.")
    found = orjson.loads(done.stdout.splitlines()[-1])
    if not found["agrees"]:
        raise BenchError(f"The account of the import of {system} does not add up.")
    moments = [each for table in found["moments"].values() for each in table if each[1]]
    told = {
        "rows": found["rows"],
        "rows_per_second": found["rows"] / found["seconds"],
        "early_bytes": moments[len(moments) // 3][2],
        "late_bytes": moments[-1][2],
    }
    batches = [each for each in found["moments"].get(MESSAGES.get(system, ""), ()) if each[1]]
    if len(batches) > 2:
        # The first batch waits for nothing; the pace is that of those after it.
        (start, first, _), (end, last, late) = batches[0], batches[-1]
        told["messages_per_second"] = (last - first) / (end - start)
        told["early_bytes"], told["late_bytes"] = batches[len(batches) // 3][2], late
    return told


async def _proved(system: str, here: URL, sources: list[URL]) -> dict[str, Any]:
    moved = Moved(system)
    await moved.look(sources, here)
    missing = lost(moved)
    before = await contents(here, exactly=True)
    await bring(here, system, sources)
    return {
        "values_lost": len(missing),
        "lost_examples": missing[:5],
        "second_changes_nothing": await contents(here, exactly=True) == before,
    }


def _killed(system: str, here: URL, broken: URL, sources: list[URL], rows: int) -> bool:
    chance, batch = random.Random(system), max(1, min(1_000, rows // _KILL_BATCHES))
    for _ in range(KILLS):
        after = chance.randint(1, _LAST_STATEMENT)
        if killed(broken, system, sources, after=after, batch=batch) != -signal.SIGKILL:
            raise BenchError("There are too few rows to be killed ten times: take more.")
    report = asyncio.run(bring(broken, system, sources))
    return report.agrees and asyncio.run(contents(broken)) == asyncio.run(contents(here))


def _line(system: str, told: dict[str, Any]) -> Iterator[str]:
    yield system
    yield f"{told['rows']:,}"
    yield f"{told['rows_per_second']:,.0f}"
    yield f"{told['messages_per_second']:,.0f}" if "messages_per_second" in told else "–"
    yield f"{told['early_bytes'] / 1e6:,.0f} MB"
    yield f"{told['late_bytes'] / 1e6:,.0f} MB"
    yield _said(told["late_bytes"] <= told["early_bytes"] * _FLAT)
    yield f"{told['values_lost']:,}"
    yield "changes nothing" if told["second_changes_nothing"] else "[red]changed something"
    yield "the same" if told["killed_is_equal"] else "[red]another"


def _said(truth: bool) -> str:
    return "yes" if truth else "[red]no"
