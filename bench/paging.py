"""What a page costs by its depth: page 1 and page 1,000 of all messages, forward by cursor."""

import time
from statistics import median
from typing import Any

import strawberry
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, text

from api.auth.principal import loopback
from api.context import Context
from api.schema import build_schema
from db.policy import Viewer
from db.session import Database

SIZE = 20
DEPTHS = (1, 10, 100, 1_000)
REPEATS = 20
PAGE = """
query ($first: Int, $after: String) {
  messages(first: $first, after: $after) {
    nodes { id content role createdAt }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}
"""


async def measure(url: URL, rounds: int, console: Console) -> None:
    """Print the median time of a page at each depth, interleaved, and its ratio to page 1."""
    database = Database.connect(url)
    schema = build_schema()
    viewer = Viewer(None, frozenset({"admin"}))
    try:
        cursors = await _cursors(schema, database, viewer)
        taken: dict[int, list[float]] = {depth: [] for depth in DEPTHS}
        for _ in range(rounds):
            for depth in DEPTHS:
                started = time.perf_counter()
                for _ in range(REPEATS):
                    await _page(schema, database, viewer, first=SIZE, after=cursors[depth])
                taken[depth].append((time.perf_counter() - started) / REPEATS)
        async with database.read() as session:
            count = (await session.execute(text("SELECT count(*) FROM messages"))).scalar_one()
    finally:
        await database.dispose()
    table = Table(title=f"pages of {SIZE} out of {count:,} messages, loader path")
    for heading in ("page", "ms, median", "to page 1"):
        table.add_column(heading, justify="right")
    base = median(taken[DEPTHS[0]])
    for depth, times in taken.items():
        table.add_row(f"{depth:,}", f"{median(times) * 1000:.2f}", f"{median(times) / base:.2f}")
    console.print(table)


async def _cursors(schema: strawberry.Schema, database: Database, viewer: Viewer) -> dict[int, str | None]:
    """The cursor after which each depth's page starts, reached in the largest steps."""
    cursors: dict[int, str | None] = {1: None}
    cursor, row = None, 0
    for depth in DEPTHS[1:]:
        while row < (depth - 1) * SIZE:
            step = min(100, (depth - 1) * SIZE - row)
            page = await _page(schema, database, viewer, first=step, after=cursor)
            cursor, row = page["pageInfo"]["endCursor"], row + step
        cursors[depth] = cursor
    return cursors


async def _page(
    schema: strawberry.Schema, database: Database, viewer: Viewer, **variables: Any
) -> dict[str, Any]:
    result = await schema.execute(
        PAGE, variable_values=variables, context_value=Context(database, loopback(viewer), "bench")
    )
    if result.errors or result.data is None:
        raise RuntimeError(f"the measured operation failed: {result}")
    page: dict[str, Any] = result.data["messages"]
    return page
