"""How long ten thousand rows take by one mutation over HTTP, and whether the server's memory stays flat."""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]
import orjson
from rich.console import Console
from rich.table import Table

from bench import accounting
from bench.client import post
from bench.databases import administer
from bench.dataset import Dataset
from bench.servers.catalogue import REFERENCE

ROWS: Final = 10_000
DIMENSIONS: Final = 384
_COPY: Final = "atrium_bench_bulk"
_MODEL: Final = """
INSERT INTO embedding_models (name, provider, dimensions) VALUES ('bench', 'bench', $1) RETURNING id::text
"""
_SETTLED: Final = 1.10
"""Memory after the last round to that after the second, above which it is not called flat."""

_SESSION: Final = "mutation { made: createSession(input: {}) { it: session { id } } }"
_DOCUMENT: Final = """
mutation { made: createDocument(input: {title: "Bench", contentType: "text/plain"}) { it: document { id } } }
"""
_BULK: Final = """
mutation ($input: Create%(name)sInput!) {
  made: create%(name)s(input: $input) { createdCount results { it: %(one)s { id } } errors { message path } }
}
"""


def measure(data: Dataset, home: Path, rounds: int, console: Console) -> dict[str, Any]:
    """Print and return the seconds of each round, the bytes sent, and the memory of the server."""
    found: dict[str, Any] = {}
    table = Table(title=f"{ROWS:,} rows by one mutation", title_justify="left")
    for heading in ("what", "MB sent", "seconds, median", "slowest", "rows a second", "RSS", "flat"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    with _copied(data) as (copy, model), REFERENCE.started(copy, home) as process:
        for title, make in (
            ("messages", _messages),
            (f"chunks with vectors of {DIMENSIONS}", lambda port: _chunks(port, model)),
        ):
            seconds, resident, size = [], [], 0
            for turn in range(rounds):
                with console.status(f"{title}: round {turn + 1} of {rounds}"):
                    document, values = make(process.port)
                    body = orjson.dumps({"query": document, "variables": {"input": values}})
                    size = len(body)
                    started = time.perf_counter()
                    made = post(process.port, "/graphql", body)["made"]
                    seconds.append(time.perf_counter() - started)
                if made["createdCount"] != ROWS:
                    raise AssertionError(f"only {made['createdCount']} were made: {made['errors'][:3]}")
                memory = accounting.memory(process.pid)
                resident.append(memory.resident if memory else 0)
            ratio = resident[-1] / max(resident[min(1, rounds - 1)], 1)
            table.add_row(
                title,
                f"{size / 1e6:,.1f}",
                f"{median(seconds):,.2f}",
                f"{max(seconds):,.2f}",
                f"{ROWS / median(seconds):,.0f}",
                f"{resident[-1] / 1e6:,.0f} MB",
                "yes" if ratio <= _SETTLED else "[red]no",
            )
            found[title] = {"seconds": seconds, "resident_bytes": resident, "bytes": size}
    console.print(table)
    return found


def _messages(port: int) -> tuple[str, dict[str, Any]]:
    session = post(port, "/graphql", orjson.dumps({"query": _SESSION}))["made"]["it"]["id"]
    rows = [
        {
            "sessionId": session,
            "role": "ASSISTANT" if number % 2 else "USER",
            "content": f"Message {number} of a long conversation. " * 5,
            "model": "bench",
            "totalTokens": number,
        }
        for number in range(ROWS)
    ]
    return _BULK % {"name": "Messages", "one": "message"}, {"messages": rows}


def _chunks(port: int, model: str) -> tuple[str, dict[str, Any]]:
    document = post(port, "/graphql", orjson.dumps({"query": _DOCUMENT}))["made"]["it"]["id"]
    number = random.Random(1)
    rows = [
        {
            "documentId": document,
            "content": f"Chunk {place} of a long document. " * 20,
            "embeddings": [
                {
                    "modelId": model,
                    "embedding": [round(number.uniform(-1, 1), 6) for _ in range(DIMENSIONS)],
                }
            ],
        }
        for place in range(ROWS)
    ]
    return _BULK % {"name": "DocumentChunks", "one": "documentChunk"}, {"documentChunks": rows}


@contextmanager
def _copied(data: Dataset) -> Iterator[tuple[Dataset, str]]:
    """A copy of the data set to write into, with the id of a model, dropped at the end."""
    name, home = data.url.database, data.url.set(database="template1")
    asyncio.run(administer(home, f"DROP DATABASE IF EXISTS {_COPY} WITH (FORCE)"))
    asyncio.run(administer(home, f'CREATE DATABASE {_COPY} TEMPLATE "{name}" STRATEGY FILE_COPY'))
    copy = replace(data, url=data.url.set(database=_COPY))
    try:
        yield copy, asyncio.run(_prepared(copy))
    finally:
        asyncio.run(administer(home, f"DROP DATABASE IF EXISTS {_COPY} WITH (FORCE)"))


async def _prepared(copy: Dataset) -> str:
    connection = await asyncpg.connect(copy.dsn)
    try:
        model: str = await connection.fetchval(_MODEL, DIMENSIONS)
        return model
    finally:
        await connection.close()
