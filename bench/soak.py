"""Many clients for long and few connections: whether anything fails, stays taken, or waits too long."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import asyncpg  # type: ignore[import-untyped]
import orjson
from rich.console import Console
from rich.table import Table

from bench.client import find_wrk, write_bodies
from bench.compare import Running, started
from bench.dataset import Dataset
from bench.people import VIEWER
from bench.places import VARIANTS
from bench.processes import BenchError, launched
from bench.servers.catalogue import POOL, REFERENCE
from bench.servers.pooled import POOL_PATH
from bench.shapes import SHAPES

CLIENTS: Final = 200
SECONDS: Final = 60
# What a page of a front end asks; thousands of rows at once are measured elsewhere.
_MIXED: Final = ("one", "flat100", "two", "three", "filter", "backward", "ten")
_SCRIPT: Final = Path(__file__).parent / "wrk" / "soak.lua"
_TIMEOUT: Final = 120
_SETTLE_SECONDS: Final = 5
_CONNECTIONS: Final = """
    SELECT count(*) AS open, count(*) FILTER (WHERE state <> 'idle') AS busy
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def soak(data: Dataset, home: Path, clients: int, seconds: int, console: Console) -> dict[str, Any]:
    """Ask mixed operations with so many clients at once, and print what came of it.

    Raises BenchError when a request fails or a connection stays taken.
    """
    wrk = find_wrk()
    with started(data, home, [REFERENCE], console) as fleet:
        known = fleet.running[0]
    bodies = write_bodies(home / "requests" / "soak.jsonl", _bodies(known))
    address = data.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "bench.servers.pooled", "--url", address, "--viewer", str(VIEWER)]
    with launched([*command, "--pool", str(POOL)], home / "logs", "pooled") as process:
        origin = f"http://127.0.0.1:{process.port}"
        with console.status(f"{clients} clients for {seconds} seconds"):
            seen = _load([wrk, *_options(clients, seconds), f"{origin}/graphql", "--", str(bodies)])
        left = _left(data, origin)
    rate = seen["requests"] / seen["seconds"]
    expected = clients / rate * 1000
    table = Table(title=f"{clients} clients for {seconds} s over {POOL} connections", title_justify="left")
    for heading in ("requests", "a second", "errors", "p50 ms", "p99 ms", "clients / rate ms", "p99 to that"):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{seen['requests']:,}",
        f"{rate:,.0f}",
        str(seen["failed"] + seen["refused"]),
        *(f"{time:,.0f}" for time in (seen["p50"], seen["p99"], expected)),
        f"{seen['p99'] / expected:.2f}",
    )
    console.print(table)
    console.print(
        f"afterwards: {left['checked_out']} connections checked out of the pool, {left['busy']} of "
        f"{left['open']} at work or in a transaction in PostgreSQL"
    )
    _judge(seen, left)
    return {**seen, "rate": rate, "expected_ms": expected, "left": left}


def _bodies(known: Running) -> list[bytes]:
    """All shapes in turn, each with all its variants."""
    return [known.body(SHAPES[name], variant) for variant in range(VARIANTS) for name in _MIXED]


def _options(clients: int, seconds: int) -> list[str]:
    return [
        *("--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s"),
        *("--timeout", f"{_TIMEOUT}s", "--script", str(_SCRIPT)),
    ]


def _load(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise BenchError(f"wrk failed: {(done.stderr or done.stdout).strip()}")
    seen: dict[str, Any] = orjson.loads(lines[-1])
    if not seen["requests"]:
        raise BenchError("Not a single request was answered: see pooled.log in the bench's folder.")
    return seen


def _left(data: Dataset, origin: str) -> dict[str, int]:
    """Connections still in use when the last statements of clients that went away have ended."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        with urlopen(origin + POOL_PATH) as response:  # noqa: S310
            pool = orjson.loads(response.read())
        left = {"checked_out": pool["checked_out"], **asyncio.run(_activity(data.dsn))}
        if not (left["checked_out"] or left["busy"]) or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


async def _activity(dsn: str) -> dict[str, int]:
    connection = await asyncpg.connect(dsn)
    try:
        return dict(await connection.fetchrow(_CONNECTIONS))
    finally:
        await connection.close()


def _judge(seen: dict[str, Any], left: dict[str, int]) -> None:
    if seen["failed"]:
        raise BenchError(f"{seen['failed']} requests got no answer: see pooled.log in the bench's folder.")
    if seen["refused"]:
        raise BenchError(
            f"{seen['refused']} requests were answered with errors, the first: {seen['example']}"
        )
    if left["checked_out"] or left["busy"]:
        raise BenchError("Connections were still taken seconds after the last request.")
