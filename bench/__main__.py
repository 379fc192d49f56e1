"""Measurements of Atrium: make the data set once, then measure; leave the machine alone meanwhile."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from bench import branches, bulk, ingestion, paging, report, retrieval, search
from bench.client import find_wrk
from bench.compare import measure, started
from bench.dataset import Dataset, dataset, default_home
from bench.growth import USERS, grow
from bench.imports import bring_in
from bench.memory import watch
from bench.processes import BenchError
from bench.servers.catalogue import SERVERS
from bench.shapes import SHAPES
from bench.soak import CLIENTS, SECONDS, soak
from bench.storm import EXECUTIONS, KILL_SECONDS, WORKERS, Plan, blow

PARTS = (
    "branches", "bulk", "compare", "growth", "ingestion", "memory", "paging", "retrieval", "search", "soak",
)  # fmt: skip
IMPORTS = "imports"
"""Without the data set: it makes sources of its own."""
STORM = "storm"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the parts that were asked for over one data set, which is kept for the next time."""
    options = _parser().parse_args(arguments)
    # So that blocks are left, and with them every process ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    figures: dict[str, Any] = {}
    try:
        if options.part == STORM:
            blow(options.home, Plan(options.executions, options.workers, options.kill), console)
            return
        if options.part in {None, IMPORTS}:
            figures[IMPORTS] = bring_in(options.home / "imports", options.rows, console)
        if options.part != IMPORTS:
            find_wrk()
            with dataset(options.home, options.messages, console) as data:
                for part in [options.part] if options.part else PARTS:
                    figures[part] = _run(part, data, options, console)
    except BenchError as error:
        console.print(f"[red]{error}")
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("Broken off; every server was stopped.")
        sys.exit(130)
    if options.json:
        options.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))


def _run(part: str, data: Dataset, options: argparse.Namespace, console: Console) -> Any:
    if part == "paging":
        asyncio.run(paging.measure(data.url, options.rounds, console))
        return None
    if part == "branches":
        return asyncio.run(branches.measure(data, options.rounds, console))
    if part == "bulk":
        return bulk.measure(data, options.home, options.rounds, console)
    if part == "search":
        return asyncio.run(search.measure(data, options.chunks, options.rounds, console))
    if part == "retrieval":
        return retrieval.measure(data, options.home, console)
    if part == "ingestion":
        return asyncio.run(ingestion.measure(data, options.home, options.documents, console))
    if part == "memory":
        return watch(data, options.home, options.answers, console)
    if part == "soak":
        return soak(data, options.home, options.clients, options.soak, console)
    if part == "growth":
        grown = grow(
            data,
            options.home,
            rounds=options.rounds,
            seconds=options.seconds,
            users=options.users,
            console=console,
        )
        return {name: report.as_data(results) for name, results in grown.items()}
    servers = [SERVERS[name] for name in options.servers]
    shapes = [SHAPES[name] for name in options.shapes]
    with started(data, options.home, servers, console) as fleet:
        results = measure(
            data,
            fleet.running,
            shapes,
            rounds=options.rounds,
            seconds=options.seconds,
            folder=options.home / "requests",
            console=console,
        )
    report.print_results(results, fleet.left_out, console)
    return report.as_data(results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )

    def add(name: str, kind: Any, default: Any, text: str) -> None:
        parser.add_argument(f"--{name}", type=kind, default=default, help=text)

    parser.add_argument(
        "part",
        nargs="?",
        choices=(*PARTS, IMPORTS, STORM),
        help="what to measure; all but the storm when left out",
    )
    add("messages", int, 250_000, "messages of the made-up users")
    add("home", Path, default_home(), "folder of the data, kept for the next time")
    add("rounds", int, 5, "interleaved rounds of each measurement")
    add("seconds", int, 3, "seconds of each round, a whole number; slow servers get longer")
    add("servers", _names(SERVERS), ",".join(SERVERS), "which to compare, with commas between")
    add("shapes", _names(SHAPES), ",".join(SHAPES), "what to ask, with commas between")
    add("users", _numbers, ",".join(map(str, USERS)), "how many users there are as growth is measured")
    add("answers", int, 1_000, "answers over which memory is watched")
    add("clients", int, CLIENTS, "clients at once in the soak")
    add("soak", int, SECONDS, "seconds of the soak")
    add("chunks", int, 100_000, "chunks among which is searched")
    add("documents", int, 200, "documents whose preparation is measured")
    add("executions", int, EXECUTIONS, "executions in the storm")
    add("workers", int, WORKERS, "workers in the storm")
    add("kill", float, KILL_SECONDS, "seconds after which the storm kills another worker")
    add("rows", int, 100_000, "rows of the source whose import is measured")
    add("json", Path, None, "file into which the figures are written")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _names(known: dict[str, Any]) -> Any:
    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            wrong = ", ".join(unknown) or "nothing"
            raise argparse.ArgumentTypeError(f"{wrong} is unknown; there are {', '.join(known)}")
        return names

    return read


if __name__ == "__main__":
    main()
