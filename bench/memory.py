"""Whether the server's memory stays flat over a thousand large answers."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench import accounting
from bench.client import CONNECTIONS
from bench.compare import started
from bench.dataset import Dataset
from bench.processes import BenchError
from bench.servers.catalogue import REFERENCE
from bench.shapes import SHAPES

_SAMPLES: Final = 20
_FLAT: Final = 1.05
"""Memory at the end to that after the first fifth, above which it is not called flat."""


def watch(data: Dataset, home: Path, answers: int, console: Console) -> dict[str, Any]:
    """Ask for so many answers of ten thousand objects, eight at once; print the memory between them."""
    if not accounting.available():
        raise BenchError("The memory of a process is read from /proc, which this system does not have.")
    shape = SHAPES["objects"]
    with (
        started(data, home, [REFERENCE], console) as fleet,
        ThreadPoolExecutor(CONNECTIONS) as pool,
        console.status("") as status,
    ):
        running = fleet.running[0]
        samples = [_resident(running.process.pid)]
        for step in range(_SAMPLES):
            status.update(
                f"memory: {step * answers // _SAMPLES:,} of {answers:,} answers, {samples[-1] / 1e6:,.0f} MB"
            )
            wanted = range(step * answers // _SAMPLES, (step + 1) * answers // _SAMPLES)
            list(pool.map(lambda variant: running.size(shape, variant), wanted))
            samples.append(_resident(running.process.pid))
        peak = accounting.memory(running.process.pid)
    early, late = median(samples[4:8]), median(samples[-4:])
    table = Table(title=f"memory over {answers:,} answers of {shape.title}", title_justify="left")
    for heading in ("RSS before", "after a fifth", "at the end", "peak", "end to fifth", "flat"):
        table.add_column(heading, justify="right")
    table.add_row(
        *(f"{size / 1e6:,.0f} MB" for size in (samples[0], early, late, peak.peak if peak else 0)),
        f"{late / early:.3f}",
        "yes" if late <= early * _FLAT else "[red]no",
    )
    console.print(table)
    return {"answers": answers, "resident_bytes": samples, "ratio": late / early}


def _resident(pid: int) -> int:
    found = accounting.memory(pid)
    if found is None:
        raise BenchError("The server ended while its memory was watched: see its log in the bench's folder.")
    return found.resident
