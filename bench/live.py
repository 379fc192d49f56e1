"""What following costs: time from a commit to its readers, idle readers, and NOTIFY itself."""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
from alembic import command
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL

from bench import accounting
from bench.chaos import Servers
from bench.follower import Follower, follower
from bench.people import VIEWER
from db.embedded import embedded_server
from migrations.config import alembic_config

_EVENTS: Final = "subscription ($id: ID!) { events: executionEvents(id: $id) { seq message } }"
_ON_ONE_SOCKET: Final = 100
_WRITERS: Final = 8
_SETTLING_SECONDS: Final = 5
_NONE: Final = {"atrium.wake": "collect"}
_AT_ONCE: Final = {"synchronous_commit": "off"}
_WAYS: Final[dict[str, dict[str, str]]] = {
    "notify": {},
    "none": _NONE,
    "notify, no waiting for the disk": _AT_ONCE,
    "none, no waiting for the disk": _NONE | _AT_ONCE,
}
"""Settings of those who commit."""


class Bench:
    """One server over a fresh database, and its executions."""

    def __init__(self, url: URL, servers: Servers) -> None:
        self.servers = servers
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)

    @property
    def pid(self) -> int:
        """The server's process."""
        return self.servers.pids[0]

    async def connect(self, **settings: str) -> Any:
        """A connection of somebody who writes."""
        return await asyncpg.connect(self._dsn, server_settings=settings)

    async def executions(self, connection: Any, count: int) -> list[UUID]:
        """So many more that run."""
        rows = await connection.fetch(
            "INSERT INTO executions (user_id, agent_id, kind, status) "
            "SELECT user_id, id, 'agent', 'running' FROM agents, generate_series(1, $1::int) RETURNING id",
            count,
        )
        return [row["id"] for row in rows]

    @asynccontextmanager
    async def following(self, streams: list[UUID]) -> AsyncIterator[list[Follower]]:
        """Sockets that follow each stream once."""
        async with AsyncExitStack() as stack:
            sockets: list[Follower] = []
            for start in range(0, len(streams), _ON_ONE_SOCKET):
                socket = await stack.enter_async_context(follower(self.servers.ports[0], buffered=1_000))
                sockets.append(socket)
                for number, key in enumerate(streams[start : start + _ON_ONE_SOCKET]):
                    await socket.subscribe(f"{start + number}", _EVENTS, {"id": str(key)})
            yield sockets


async def latency(bench: Bench, streams: int, *, rate: int, seconds: int) -> dict[str, float]:
    """Milliseconds from the moment before a commit is asked for to its event at the reader."""
    writers = [await bench.connect(synchronous_commit="off") for _ in range(_WRITERS)]
    keys = await bench.executions(writers[0], streams)
    taken: list[float] = []

    async def listen(socket: Follower) -> None:
        while True:
            _, data = await socket.next()
            if data is not None:
                sent = float(data["events"]["message"])
                if sent:
                    taken.append((time.perf_counter() - sent) * 1000)

    async def write(number: int, begun: float) -> None:
        for turn in range(number, rate * seconds, _WRITERS):
            await asyncio.sleep(max(0.0, begun + turn / rate - time.perf_counter()))
            key = keys[turn * 7919 % len(keys)]
            await _log(writers[number], key, repr(time.perf_counter()))

    async with bench.following(keys) as sockets:
        listeners = [asyncio.create_task(listen(socket)) for socket in sockets]
        await asyncio.sleep(2)
        begun = time.perf_counter() + 0.1
        await asyncio.gather(*(write(number, begun) for number in range(_WRITERS)))
        took = time.perf_counter() - begun
        async with asyncio.timeout(60):
            while len(taken) < rate * seconds:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        for task in listeners:
            task.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    for writer in writers:
        await writer.close()
    cuts = quantiles(taken, n=100)
    return {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "rate": len(taken) / took}


async def idleness(bench: Bench, streams: int, *, seconds: int) -> dict[str, float]:
    """Memory of each idle reader in bytes, and how many connections ran a statement meanwhile, but ours."""
    connection = await bench.connect()
    keys = await bench.executions(connection, streams)
    before = _resident(bench.pid)
    await connection.execute(
        "INSERT INTO execution_events (execution_id, user_id, message) "
        "SELECT each, $2, 'first' FROM unnest($1::uuid[]) AS each",
        *(keys, VIEWER),
    )
    async with bench.following(keys) as sockets:
        # Whoever has got the first event waits for the next one.
        for number in range(streams):
            await sockets[number // _ON_ONE_SOCKET].next()
        # What was verified before the server listened is asked for once more, and is good from then on.
        await asyncio.sleep(_SETTLING_SECONDS)
        after = _resident(bench.pid)
        at_rest = await _latest_statements(connection)
        await asyncio.sleep(seconds)
        busy = await _latest_statements(connection) - at_rest
    await connection.close()
    return {"bytes": (after - before) / streams, "busy": len(busy)}


async def notify_cost(bench: Bench, *, rate: int, seconds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of a commit at so many a second, and the most a second, with and without notifications."""
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(3):
        for name, settings in _WAYS.items():
            writers = [await bench.connect(**settings) for _ in range(_WRITERS)]
            keys = await bench.executions(writers[0], _WRITERS)
            paced = await _commits(writers, keys, rate, seconds)
            most = await _commits(writers, keys, None, seconds)
            for writer in writers:
                await writer.close()
            cuts = quantiles(paced, n=20)
            row = found.setdefault(name, {"p50": [], "p95": [], "most": []})
            for key, value in (("p50", cuts[9]), ("p95", cuts[18]), ("most", len(most) / seconds)):
                row[key].append(value)
    return {name: {key: median(values) for key, values in row.items()} for name, row in found.items()}


async def _commits(writers: list[Any], keys: list[UUID], rate: int | None, seconds: int) -> list[float]:
    taken: list[float] = []
    begun = time.perf_counter()

    async def write(number: int) -> None:
        turn = number
        while time.perf_counter() < begun + seconds:
            if rate is not None:
                await asyncio.sleep(max(0.0, begun + turn / rate - time.perf_counter()))
            asked = time.perf_counter()
            await _log(writers[number], keys[number], "0")
            taken.append((time.perf_counter() - asked) * 1000)
            turn += len(writers)

    await asyncio.gather(*(write(number) for number in range(len(writers))))
    return taken


async def _log(connection: Any, key: UUID, message: str) -> None:
    await connection.execute(
        "INSERT INTO execution_events (execution_id, user_id, message) VALUES ($1, $2, $3)",
        key,
        VIEWER,
        message,
    )


async def _latest_statements(connection: Any) -> set[tuple[int, Any]]:
    """Of each connection of somebody else, when its newest statement began."""
    rows = await connection.fetch(
        "SELECT pid, query_start FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return {(row["pid"], row["query_start"]) for row in rows}


def _resident(pid: int) -> int:
    found = accounting.memory(pid)
    return 0 if found is None else found.resident


async def measure(home: Path, options: argparse.Namespace, console: Console) -> None:
    """Everything, over a PostgreSQL of its own in `home`."""
    async with AsyncExitStack() as stack:
        database = stack.enter_context(embedded_server(home))
        await asyncio.to_thread(command.upgrade, alembic_config(database.url), "head")
        bench = Bench(database.url, Servers(database.url, home / "logs"))
        connection = await bench.connect()
        await connection.execute("INSERT INTO users (id, username) VALUES ($1, 'bench')", VIEWER)
        await connection.execute("INSERT INTO agents (user_id, name) VALUES ($1, 'live')", VIEWER)
        await connection.close()
        stack.push_async_callback(bench.servers.stop)
        await bench.servers.start(0)
        table = Table(title=f"from commit to reader, {options.rate} events a second", title_justify="left")
        for heading in ("streams", "p50 ms", "p95 ms", "p99 ms", "events a second"):
            table.add_column(heading, justify="right")
        for streams in (100, 1_000):
            found = await latency(bench, streams, rate=options.rate, seconds=options.seconds)
            figures = (f"{found[key]:.0f}" for key in ("p50", "p95", "p99", "rate"))
            table.add_row(f"{streams:,}", *figures)
        console.print(table)
        await bench.servers.restart(0)
        idle = await idleness(bench, options.idle, seconds=options.idle_seconds)
        console.print(
            f"{options.idle:,} idle readers: {idle['bytes'] / 1024:.1f} kB each; in "
            f"{options.idle_seconds} s {idle['busy']:.0f} connections ran any statement"
        )
        cost = await notify_cost(bench, rate=500, seconds=options.seconds)
        table = Table(title="commits of one event, eight writers", title_justify="left")
        for heading in ("", "p50 ms at 500/s", "p95 ms at 500/s", "most a second"):
            table.add_column(heading, justify="right")
        for name, row in cost.items():
            table.add_row(name, f"{row['p50']:.2f}", f"{row['p95']:.2f}", f"{row['most']:,.0f}")
        console.print(table)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="events a second")
    parser.add_argument("--seconds", type=int, default=15, help="seconds of each measurement")
    parser.add_argument("--idle", type=int, default=2_000, help="idle readers")
    parser.add_argument("--idle-seconds", type=int, default=60, help="seconds for which they are watched")
    options = parser.parse_args()
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        asyncio.run(measure(Path(folder), options, console))


if __name__ == "__main__":
    main()
