"""Chaos: readers who vanish and dawdle, writers who go on while servers and the database are restarted.

At the end each reader's list is held against the table. What happens when is told by one seed, and by how
much has been written, never by a clock.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
from alembic import command
from rich.console import Console
from sqlalchemy import URL

from bench.follower import LOST, Refused, follower
from bench.people import VIEWER
from bench.processes import BenchError, Process, launched
from db.binaries import Account, Binaries
from db.embedded import Cluster, embedded_server, tuned
from db.faults import DRIVER_ERRORS
from migrations.config import alembic_config

_EXECUTION: Final = """subscription ($id: ID!, $after: BigInt) {
  events: executionEvents(id: $id, after: $after) { seq text: message execution { id status } }
}"""
_SESSION: Final = """subscription ($id: ID!, $after: BigInt) {
  events: sessionEvents(id: $id, after: $after) { seq text message { id } }
}"""
_TABLES: Final = {
    True: "SELECT seq, message AS text FROM execution_events WHERE execution_id = $1 ORDER BY seq",
    False: "SELECT seq, text FROM session_events WHERE session_id = $1 ORDER BY seq",
}
_PATIENCE_SECONDS: Final = 120.0
_AWAY: Final = (*LOST, *DRIVER_ERRORS)


@dataclass(frozen=True)
class Plan:
    """How bad it gets: `commits` are those of each writer; `executions` and `sessions` are the streams."""

    subscribers: int = 200
    executions: int = 12
    sessions: int = 4
    writers: int = 8
    commits: int = 600
    servers: int = 2
    seed: int = 7


@dataclass
class Figures:
    """What happened, and what is wrong."""

    commits: int = 0
    events: int = 0
    delivered: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    server_restarts: int = 0
    database_restarts: int = 0
    faults: list[str] = field(default_factory=list)


Stream = tuple[UUID, bool]
"""What is followed, and whether it is an execution."""


class Servers:
    """Processes that serve the same database."""

    def __init__(self, url: URL, folder: Path) -> None:
        self._command = [
            *(sys.executable, "-m", "bench.servers.atrium", "--statements", "--signed-in", "--pool", "5"),
            *("--viewer", str(VIEWER), "--url", url.render_as_string(hide_password=False)),
        ]
        self._folder = folder
        self._stacks: dict[int, ExitStack] = {}
        self._running: dict[int, Process] = {}
        self._begun = 0

    @property
    def ports(self) -> list[int]:
        """Where to connect."""
        return [process.port for process in self._running.values()]

    @property
    def pids(self) -> list[int]:
        """Their processes."""
        return [process.pid for process in self._running.values()]

    async def start(self, place: int) -> None:
        """Start one."""
        self._begun += 1
        stack = ExitStack()
        environment = {"ATRIUM_MAX_STREAMS_PER_USER": "10000", "ATRIUM_DRAIN_SECONDS": "1"}
        serving = launched(self._command, self._folder, f"server-{self._begun}", environment)
        self._running[place] = await asyncio.to_thread(stack.enter_context, serving)
        self._stacks[place] = stack

    async def restart(self, place: int) -> None:
        """Ask one to end, and start it again."""
        self._running.pop(place)
        await asyncio.to_thread(self._stacks.pop(place).close)
        await self.start(place)

    async def stop(self) -> None:
        """End all."""
        for stack in self._stacks.values():
            await asyncio.to_thread(stack.close)


class Chaos:
    """One run over a database with the whole schema."""

    def __init__(self, url: URL, plan: Plan, servers: Servers, restart_database: Callable[[], None]) -> None:
        self.plan = plan
        self.figures = Figures()
        self.servers = servers
        self.heads: dict[UUID, int] = {}
        self._dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._restart_database = restart_database
        self._finished = asyncio.Event()

    async def run(self) -> Figures:
        """Let it happen, and judge."""
        begun = time.monotonic()
        async with self._connection() as connection:
            streams = await _prepare(connection, self.plan)
        for place in range(self.plan.servers):
            await self.servers.start(place)
        readers = [
            asyncio.create_task(self._read(number, streams[number % len(streams)]))
            for number in range(self.plan.subscribers)
        ]
        async with asyncio.TaskGroup() as group:
            for number in range(self.plan.writers):
                group.create_task(self._write(number, streams))
            group.create_task(self._trouble())
        tables = {}
        async with self._connection() as connection:
            for key, is_execution in streams:
                rows = await connection.fetch(_TABLES[is_execution], key)
                tables[key] = [(row["seq"], row["text"]) for row in rows]
                self.heads[key] = len(rows)
        self._finished.set()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            lists = await asyncio.gather(*readers)
        for number, got in enumerate(lists):
            self._judge(number, got, tables[streams[number % len(streams)][0]])
        self.figures.events = sum(map(len, tables.values()))
        self.figures.delivered = sum(map(len, lists))
        self.figures.seconds = time.monotonic() - begun
        return self.figures

    def _judge(self, number: int, got: list[tuple[int, str | None]], table: list[Any]) -> None:
        if [seq for seq, _ in table] != list(range(1, len(table) + 1)):
            self.figures.faults.append("a table has a gap")
        if got != table:
            place = next(
                (i for i, pair in enumerate(zip(got, table, strict=False)) if pair[0] != pair[1]), -1
            )
            self.figures.faults.append(
                f"reader {number} got {len(got)} events of {len(table)}, other ones from place {place}"
            )

    async def _trouble(self) -> None:
        """Restart each server and, between two of them, the database, as the writing goes on."""
        total = self.plan.writers * self.plan.commits
        steps = self.plan.servers + 1
        for step in range(1, steps + 1):
            while self.figures.commits < total * step // (steps + 1):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            if step == 2:
                await asyncio.to_thread(self._restart_database)
                self.figures.database_restarts += 1
            else:
                await self.servers.restart(0 if step == 1 else step - 2)
                self.figures.server_restarts += 1

    async def _write(self, number: int, streams: list[Stream]) -> None:
        chance = random.Random(f"{self.plan.seed} writer {number}")
        done = 0
        while done < self.plan.commits:
            try:
                async with self._connection() as connection:
                    while done < self.plan.commits:
                        if await _commit(connection, chance, streams, f"{number}/{done}"):
                            done += 1
                            self.figures.commits += 1
                        await asyncio.sleep(chance.uniform(0, 0.02))
            except _AWAY:
                # Whether the last commit was done is not known: the table tells at the end.
                await asyncio.sleep(0.1)

    async def _read(self, number: int, stream: Stream) -> list[tuple[int, str | None]]:
        """Everything of one stream, over any number of connections."""
        chance = random.Random(f"{self.plan.seed} reader {number}")
        got: list[tuple[int, str | None]] = []
        slow = number % 10 == 0
        while not self._is_done(stream[0], got):
            try:
                await self._read_on(stream, got, chance, slow=slow)
            except Refused as refused:
                self.figures.ends[refused.code] += 1
                if (
                    refused.resume_after is not None
                    and int(refused.resume_after) != (got or [(0, "")])[-1][0]
                ):
                    self.figures.faults.append(f"reader {number} was told another place than it has")
            except LOST:
                self.figures.ends["lost"] += 1
            await asyncio.sleep(chance.uniform(0, 0.2))
        return got

    async def _read_on(
        self, stream: Stream, got: list[tuple[int, str | None]], chance: random.Random, *, slow: bool
    ) -> None:
        key, is_execution = stream
        ports = self.servers.ports
        if not ports:
            return
        patience = chance.randrange(1, 120)
        async with follower(chance.choice(ports), buffered=1 if slow else 16) as socket:
            after = str(got[-1][0]) if got else None
            await socket.subscribe(
                "1", _EXECUTION if is_execution else _SESSION, {"id": str(key), "after": after}
            )
            waiting = asyncio.create_task(self._finished.wait())
            try:
                while not self._is_done(key, got):
                    coming = asyncio.create_task(socket.next())
                    await asyncio.wait([coming, waiting], return_when=asyncio.FIRST_COMPLETED)
                    if not coming.done() and self._is_done(key, got):
                        coming.cancel()
                        return
                    _, data = await coming
                    if data is None:
                        return
                    got.append((int(data["events"]["seq"]), data["events"]["text"]))
                    patience -= 1
                    if slow:
                        await asyncio.sleep(0.05)
                    if patience < 0:
                        if chance.random() < 0.5:
                            socket.cut()
                        self.figures.ends["left"] += 1
                        return
            finally:
                waiting.cancel()

    def _is_done(self, key: UUID, got: list[tuple[int, str | None]]) -> bool:
        head = self.heads.get(key)
        return self._finished.is_set() and head is not None and (got[-1][0] if got else 0) >= head

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        connection = await asyncpg.connect(self._dsn, timeout=10)
        try:
            yield connection
        finally:
            connection.terminate()


async def _prepare(connection: Any, plan: Plan) -> list[Stream]:
    await connection.execute("INSERT INTO users (id, username) VALUES ($1, 'bench')", VIEWER)
    agent = await connection.fetchval(
        "INSERT INTO agents (user_id, name) VALUES ($1, 'chaos') RETURNING id", VIEWER
    )
    executions = await connection.fetch(
        "INSERT INTO executions (user_id, agent_id, kind, status) SELECT $1, $2, 'agent', 'running' "
        "FROM generate_series(1, $3::int) RETURNING id",
        *(VIEWER, agent, plan.executions),
    )
    sessions = await connection.fetch(
        "INSERT INTO sessions (user_id) SELECT $1 FROM generate_series(1, $2::int) RETURNING id",
        *(VIEWER, plan.sessions),
    )
    for row in sessions:
        await connection.execute(
            "INSERT INTO messages (user_id, session_id, seq, role, content) "
            "VALUES ($1, $2, 1, 'assistant', '')",
            *(VIEWER, row["id"]),
        )
    return [(row["id"], True) for row in executions] + [(row["id"], False) for row in sessions]


async def _commit(connection: Any, chance: random.Random, streams: list[Stream], name: str) -> bool:
    """Write to one stream or two, once or more often, dawdling in between; False where it was rolled back."""
    chosen = sorted(chance.sample(streams, chance.choice((1, 1, 1, 2))))
    transaction = connection.transaction()
    await transaction.start()
    for key, is_execution in chosen:
        for part in range(chance.choice((1, 1, 2, 5))):
            if is_execution:
                await connection.execute(
                    "INSERT INTO execution_events (execution_id, user_id, message) VALUES ($1, $2, $3)",
                    *(key, VIEWER, f"{name}.{part}"),
                )
            else:
                await connection.execute(
                    "UPDATE messages SET content = right(content, 200) || $2 WHERE session_id = $1"
                    if chance.random() < 0.1
                    else "UPDATE messages SET content = content || $2 WHERE session_id = $1",
                    *(key, f" {name}.{part}"),
                )
        await asyncio.sleep(chance.uniform(0, 0.01))
    if chance.random() < 0.05:
        await transaction.rollback()
        return False
    await transaction.commit()
    return True


async def chaos(home: Path, plan: Plan) -> Figures:
    """A run over a PostgreSQL of its own in `home`, which is new."""
    async with AsyncExitStack() as stack:
        server = stack.enter_context(embedded_server(home))
        await asyncio.to_thread(command.upgrade, alembic_config(server.url), "head")

        def restart_database() -> None:
            binaries = Binaries.find(Account.owning(server.folder), home / "binaries")
            cluster = Cluster(server.folder, binaries, tuned())
            cluster.stop()
            cluster.ensure_running(alone=True)

        servers = Servers(server.url, home / "logs")
        stack.push_async_callback(servers.stop)
        return await Chaos(server.url, plan, servers, restart_database).run()


def main() -> None:
    """Run it in full, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=Plan.subscribers)
    parser.add_argument("--commits", type=int, default=Plan.commits, help="commits of each writer")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        plan = Plan(subscribers=options.subscribers, commits=options.commits, seed=options.seed)
        figures = asyncio.run(chaos(Path(folder), plan))
    console.print(
        f"{plan.subscribers} readers of {plan.executions + plan.sessions} streams, "
        f"{figures.commits:,} commits, {figures.events:,} events, "
        f"{figures.delivered:,} deliveries in {figures.seconds:,.0f} s; "
        f"{figures.server_restarts} servers and {figures.database_restarts} database restarted; "
        f"ends: {dict(figures.ends)}"
    )
    if figures.faults:
        raise BenchError("; ".join(figures.faults[:10]))
    console.print("Every reader's list is that of the table.")


if __name__ == "__main__":
    main()
