"""What PostgreSQL does for a statement, and what of it would not stay fast as tables grow."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

# A table with more rows is never read from end to end.
LARGE = 10_000
# A sort may take in so many times the rows that it gives away, and this many in any case: an incremental sort
# takes about as many from its index at once.
FACTOR = 2
FEW = 64
# A count of most of a table has to read it.
MOST = 0.5
# After five executions PostgreSQL decides whether one plan will do for all values.
EXECUTIONS_UNTIL_DECIDED = 6

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A statement with its values."""

    sql: str
    values: Sequence[Any]


async def large_tables(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, int]:
    """The rows of each large table, partitions apart."""
    rows = await connection.fetch(
        "SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r' AND reltuples > $1", LARGE
    )
    return dict(rows)


async def explain(connection: "asyncpg.Connection[asyncpg.Record]", recorded: Recorded) -> list[Node]:
    """The plans of a statement: the one for its values, and the one PostgreSQL takes once it is in use."""
    options = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON)"
    first = await connection.fetchval(f"{options} {recorded.sql}", *recorded.values)
    prepared = await connection.prepare(recorded.sql)
    literals = [
        await connection.fetchval(f"SELECT format('%L::%s', $1::{kind.name}, '{kind.name}')", value)
        for value, kind in zip(recorded.values, prepared.get_parameters(), strict=True)
    ]
    for _ in range(EXECUTIONS_UNTIL_DECIDED):
        await prepared.fetchval(*recorded.values)
    listed = f"({', '.join(literals)})" if literals else ""
    settled = await connection.fetchval(f"{options} EXECUTE {prepared.get_name()}{listed}")
    return [json.loads(text)[0]["Plan"] for text in (first, settled)]


def faults(plan: Node, large: Mapping[str, int]) -> list[str]:
    """What a plan does that would not stay fast, each in a sentence.

    A small table may be read and sorted as it is: no index would make that faster.
    """
    found = []
    for node, above in _nodes(plan, ()):
        kind, table = node["Node Type"], node.get("Relation Name")
        if kind == "Seq Scan" and table in large and not _counts_most(node, above, large[table]):
            found.append(
                f"reads all {large[table]:,} rows of {table}, as {node['Alias']}: {node.get('Filter')}"
            )
        if kind in {"Sort", "Incremental Sort"} and node["Actual Loops"] and _reads(node, large):
            taken, given = node["Plans"][0]["Actual Rows"], _given(node, above)
            if taken > max(FACTOR * given, FEW):
                found.append(f"sorts {taken:,.0f} rows for {given:,.0f} by {', '.join(node['Sort Key'])}")
    return found


def _reads(node: Node, large: Mapping[str, int]) -> bool:
    return any(below.get("Relation Name") in large for below, _ in _nodes(node, ()))


def _counts_most(scan: Node, above: Sequence[Node], rows: int) -> bool:
    """Whether an aggregate without a limit is taken over most of a table."""
    kinds = [node["Node Type"] for node in reversed(above)]
    return kinds[:1] == ["Aggregate"] and scan["Actual Rows"] > MOST * rows


def _nodes(node: Node, above: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    yield node, above
    for child in node.get("Plans", ()):
        yield from _nodes(child, (*above, node))


def _given(sort: Node, above: Sequence[Node]) -> float:
    """How many rows of a sort are asked for: a limit above it may stop it early."""
    given: float = sort["Actual Rows"]
    for node in reversed(above):
        if node["Node Type"] == "Limit":
            return min(given, node["Actual Rows"])
        if node["Node Type"] not in {"Result", "Subquery Scan", "Nested Loop"}:
            break
    return given
