"""What was measured, as tables for people and as JSON for programs."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.compare import Measured, Results, ratios
from bench.servers.catalogue import REFERENCE, SERVERS


def print_results(results: Results, left_out: Sequence[str], console: Console) -> None:
    """A table for each shape, then the ratios beside what is wanted of them."""
    for measured in results.values():
        console.print(_shape_table(list(measured.values())))
    console.print(_ratio_table(results))
    console.print(
        "Atrium's requests a second to the other's, median of the rounds; in brackets what is wanted."
    )
    for reason in left_out:
        console.print(f"[yellow]{reason}")


def _shape_table(measured: Sequence[Measured]) -> Table:
    first = measured[0]
    table = Table(title=f"{first.shape.title} ({first.objects:,} objects)", title_justify="left")
    table.add_column("server")
    for heading in (
        "requests/s", "p50 ms", "p99 ms", "kB",
        "CPU ms: server", "PostgreSQL", "client",
        "RSS MB", "PSS MB", "peak MB",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    for each in measured:
        memory = each.memory
        table.add_row(
            each.server.title,
            f"{each.rate:,.0f}" if each.rate >= 10 else f"{each.rate:.2f}",
            f"{median(load.p50 for load in each.loads):,.2f}",
            f"{median(load.p99 for load in each.loads):,.2f}",
            f"{median(load.bytes / load.requests for load in each.loads) / 1000:,.1f}",
            _milliseconds(each.cpu_of_server),
            _milliseconds(each.cpu_of_database),
            f"{each.client_cpu * 1000:.2f}",
            *(
                f"{size / 1e6:,.0f}" if size else "–"
                for size in ((memory.resident, memory.proportional, memory.peak) if memory else (0, 0, 0))
            ),
        )
    return table


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.2f}" if seconds else "–"


def _ratio_table(results: Results) -> Table:
    names = [
        name
        for name in SERVERS
        if name != REFERENCE.name and any(name in shape for shape in results.values())
    ]
    table = Table(title="Atrium to the others", title_justify="left")
    table.add_column("shape")
    for name in names:
        table.add_column(f"to {name}", justify="right")
    for measured in results.values():
        shape = measured[REFERENCE.name].shape
        table.add_row(shape.title, *(_ratio(measured, name, shape.bars.get(name)) for name in names))
    return table


def _ratio(measured: dict[str, Measured], name: str, bar: float | None) -> str:
    found = ratios(measured, name) if name in measured else []
    if not found:
        return "–"
    value = median(found)
    shown = f"{value:.2f}" if value < 10 else f"{value:.1f}"
    if bar is None:
        return shown
    return f"[{'green' if value >= bar else 'red'}]{shown}[/] (≥ {bar:.3g})"


def as_data(results: Results) -> list[dict[str, Any]]:
    """The figures of every shape and server."""
    return [
        {
            "shape": each.shape.name,
            "server": each.server.name,
            "objects": each.objects,
            "requests_per_second": [load.rate for load in each.loads],
            "p50_milliseconds": [load.p50 for load in each.loads],
            "p99_milliseconds": [load.p99 for load in each.loads],
            "bytes_per_response": [load.bytes / load.requests for load in each.loads],
            "server_cpu_seconds_per_request": each.server_cpu,
            "database_cpu_seconds_per_request": each.database_cpu,
            "client_cpu_seconds_per_request": [load.cpu / load.requests for load in each.loads],
            "memory_bytes": _memory(each),
            "ratios": ratios(measured, each.server.name),
            "wanted": each.shape.bars.get(each.server.name),
        }
        for measured in results.values()
        for each in measured.values()
    ]


def _memory(measured: Measured) -> dict[str, int] | None:
    """The memory of a server, by name."""
    memory = measured.memory
    if memory is None:
        return None
    return {"resident": memory.resident, "proportional": memory.proportional, "peak": memory.peak}
