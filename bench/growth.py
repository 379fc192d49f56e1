"""How cost grows: with the rows of a page, the depth of a query, and the users that there are."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.compare import Results, measure, started
from bench.dataset import Dataset, crowded
from bench.places import Places
from bench.servers.catalogue import SERVERS
from bench.shapes import SHAPES, Shape, flat

COMPARED: Final = ("statement", "bare")
ROWS: Final = (10, 100, 1_000, 10_000)
DEPTHS: Final = (1, 2, 3, 4, 5)
USERS: Final = (100, 1_000, 10_000, 100_000)


def _after(places: Places, variant: int) -> dict[str, Any]:
    return {"after": places.session(variant, 4).cursor}


def grow(
    data: Dataset, home: Path, *, rounds: int, seconds: int, users: Sequence[int], console: Console
) -> dict[str, Results]:
    """Measure and print all three. Databases for the last are made once and kept."""
    servers = [SERVERS[name] for name in COMPARED]
    folder = home / "requests"
    options: dict[str, Any] = {"rounds": rounds, "seconds": seconds, "folder": folder, "console": console}
    rows = [Shape(f"rows{count}", f"{count:,} rows", "flat", flat(count)) for count in ROWS]
    depths = [Shape(f"depth{depth}", f"depth {depth}", f"depth{depth}", _after) for depth in DEPTHS]
    with started(data, home, servers, console) as fleet:
        by_rows = measure(data, fleet.running, rows, **options)
        by_depth = measure(data, fleet.running, depths, **options)
    by_users: Results = {}
    for count in users:
        crowd = crowded(data, count, console)
        asked = [_named(SHAPES["one"], "one row", count), _named(_PAGE, "a page of 20", count)]
        with ExitStack() as stack:
            fleet = stack.enter_context(started(crowd, home, servers, console))
            by_users |= measure(crowd, fleet.running, asked, **options)
    found = {"rows": by_rows, "depth": by_depth, "users": by_users}
    for title, results in found.items():
        console.print(_table(f"growth with {title}", results))
    console.print("ms and µs are time between two answers under load; CPU is time taken for one of them.")
    return found


_PAGE: Final = Shape("page", "a page of 20", "flat", flat(20))


def _named(shape: Shape, title: str, users: int) -> Shape:
    return Shape(f"{shape.name}-{users}", f"{title} of {users:,} users", shape.operation, shape.variables)


def _table(title: str, results: Results) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("objects", justify="right")
    for name in COMPARED:
        for heading in (f"{name}: ms", "µs/object", "CPU ms", "PostgreSQL"):
            table.add_column(heading, justify="right")
    for measured in results.values():
        cells: list[str] = []
        for each in (measured[name] for name in COMPARED):
            cells += [
                f"{1000 / each.rate:,.2f}",
                f"{1_000_000 / each.rate / each.objects:,.1f}",
                f"{each.cpu_of_server * 1000:,.2f}",
                f"{each.cpu_of_database * 1000:,.2f}",
            ]
        first = measured[COMPARED[0]]
        table.add_row(first.shape.title, f"{first.objects:,}", *cells)
    return table
