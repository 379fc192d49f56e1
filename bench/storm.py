"""A storm: many executions, workers that are killed in the middle of their work, a server that is killed too.

Whether every execution ended once, with all its events, is told by the database at the end; how fast it went
is printed beside it.
"""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

import httpx
from alembic import command
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, insert, text

from api.auth.opaque import hashed, new_key
from api.worker.client import Client, LeaseLost
from bench.databases import administer
from bench.processes import ROOT, BenchError
from bench.verdict import Verdict, judge
from db.embedded import embedded_server
from db.models import Agent, Role
from db.session import Database
from db.settings import DatabaseSettings
from db.store.accounts import create_account
from db.store.keys import create_key
from migrations.config import alembic_config

EXECUTIONS: Final = 5_000
WORKERS: Final = 8
KILL_SECONDS: Final = 3.0
_AT_ONCE: Final = 20
_LEASE_SECONDS: Final = 2
_SLOTS: Final = 4
_SCOPES: Final = ("agent:read", "execution:read", "execution:write", "execution:work_all")
_LIVE: Final = text(
    "SELECT count(*) FROM executions WHERE status NOT IN ('completed', 'failed', 'cancelled', 'timeout')"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How hard it blows. `patience` is seconds without an execution that ends, after which it is given up."""

    executions: int = EXECUTIONS
    workers: int = WORKERS
    kill_seconds: float = KILL_SECONDS
    late_writers: int = 10
    patience: float = 120.0
    seed: int = 7


@dataclass
class Figures:
    """What came of it."""

    seconds: float = 0.0
    start_seconds: float = 0.0
    workers_killed: int = 0
    server_kills: int = 0
    late_writes_tried: int = 0
    late_writes_refused: int = 0
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def rate(self) -> float:
        """Executions a second, from the first claim to the last end."""
        return self.verdict.executions / self.seconds


def blow(home: Path, plan: Plan, console: Console) -> Figures:
    """Let a storm blow over a new database, print what came of it, and return it.

    Raises BenchError when anything is not as it must be.
    """
    folder = home / "storm"
    folder.mkdir(parents=True, exist_ok=True)
    with embedded_server(home) as server:
        url = server.url.set(database="storm")
        asyncio.run(administer(server.url, "DROP DATABASE IF EXISTS storm", "CREATE DATABASE storm"))
        command.upgrade(alembic_config(url), "head")
        with console.status("The storm blows"):
            figures = asyncio.run(storm(url, plan, folder))
    table = Table(title=f"{plan.executions:,} executions, {plan.workers} workers", title_justify="left")
    for heading in ("executions a second", "started a second", "events", "workers killed", "servers killed",
                    "leases lost", "late writes refused"):  # fmt: skip
        table.add_column(heading, justify="right")
    table.add_row(
        f"{figures.rate:,.1f}",
        f"{plan.executions / figures.start_seconds:,.0f}",
        f"{figures.verdict.events:,}",
        str(figures.workers_killed),
        str(figures.server_kills),
        f"{figures.verdict.leases_lost:,}",
        f"{figures.late_writes_refused} of {figures.late_writes_tried}",
    )
    console.print(table)
    console.print(
        "Every execution ended once; its events have no gap and no repetition, and its usage is exact."
    )
    return figures


async def storm(url: URL, plan: Plan, folder: Path) -> Figures:
    """The storm itself. Raises BenchError when anything is not as it must be."""
    figures = Figures()
    async with AsyncExitStack() as stack:
        database = Database.connect(url, DatabaseSettings(pool_size=3))
        stack.push_async_callback(database.dispose)
        key, agent = await _people(database)
        fleet = stack.enter_context(Fleet(url, key, folder))
        http = await stack.enter_async_context(
            httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30.0)
        )
        await fleet.serve(http)
        begun = time.monotonic()
        await _start(http, fleet.address, agent, plan.executions)
        figures.start_seconds = time.monotonic() - begun
        late = asyncio.create_task(_late_writes(http, fleet.address, plan.late_writers, figures))
        begun = time.monotonic()
        for _ in range(plan.workers):
            fleet.work()
        await _blow(database, fleet, http, plan, figures)
        figures.seconds = time.monotonic() - begun
        await late
    figures.verdict = await _judged(url)
    _check(plan, figures)
    return figures


class Fleet:
    """A server and its workers, as processes of their own; all are killed at the end of the block."""

    def __init__(self, url: URL, key: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/graphql"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ATRIUM_")},
            "PYTHONPATH": str(ROOT),
            "ATRIUM_DATABASE_URL": url.render_as_string(hide_password=False),
            "ATRIUM_SECRET": "for a storm alone: 0123456789abcdefghijklmnopqrstuv",
            "ATRIUM_JOBS": "true",
            "ATRIUM_USER_RATE_PER_MINUTE": "0",
            "ATRIUM_LOG_LEVEL": "warning",
            "ATRIUM_WORKER_URL": self.address,
            "ATRIUM_WORKER_KEY": key,
            "ATRIUM_WORKER_SLOTS": str(_SLOTS),
            "ATRIUM_WORKER_LEASE_SECONDS": str(_LEASE_SECONDS),
            "ATRIUM_WORKER_POLL_SECONDS": "0.2",
            "ATRIUM_WORKER_PACE_SECONDS": "0",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.workers, *([self._server] if self._server else [])]:
            process.kill()
        for process in [*self.workers, *([self._server] if self._server else [])]:
            process.wait()

    async def serve(self, http: httpx.AsyncClient) -> None:
        """Start the server, and wait until it answers."""
        server = self._server = self._launch("server", "serve", "--port", str(self.port))
        while True:
            if server.poll() is not None:
                raise BenchError(f"The server ended at once: see {self._folder / 'server.log'}.")
            try:
                if (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)

    async def kill_server(self, http: httpx.AsyncClient) -> None:
        """Kill the server in the middle of whatever it does, and start another on the same port."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        await self.serve(http)

    def work(self) -> None:
        """Start a worker."""
        self.workers.append(self._launch("workers", "worker", "--demo"))

    def kill_worker(self, number: int) -> None:
        """Kill a worker in the middle of whatever it does, and start another."""
        victim = self.workers.pop(number % len(self.workers))
        if victim.poll() is not None:
            raise BenchError(f"A worker ended by itself: see {self._folder / 'workers.log'}.")
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.work()

    def _launch(self, name: str, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self._folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "api.cli", *arguments],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


async def _blow(
    database: Database, fleet: Fleet, http: httpx.AsyncClient, plan: Plan, figures: Figures
) -> None:
    """Kill workers by turns, and the server when half is done, until every execution has ended.

    However fast it goes, a worker is killed before.
    """
    chance = random.Random(plan.seed)
    now = time.monotonic()
    next_kill, moved, left = now + plan.kill_seconds, now, plan.executions + 1
    while True:
        before, left = left, await _count(database)
        now = time.monotonic()
        if left == 0:
            return
        if left != before:
            moved = now
        elif now - moved > plan.patience:
            raise BenchError(f"{left} executions do not end: see the logs of the storm.")
        if figures.workers_killed == 0 and left <= plan.executions * 3 / 4:
            next_kill = now
        if figures.server_kills == 0 and left <= plan.executions / 2:
            await fleet.kill_server(http)
            figures.server_kills += 1
        if now >= next_kill:
            fleet.kill_worker(chance.randrange(plan.workers))
            figures.workers_killed += 1
            next_kill = now + plan.kill_seconds
        await asyncio.sleep(0.2)


async def _count(database: Database) -> int:
    async with database.read() as connection:
        return int(await connection.scalar(_LIVE) or 0)


async def _late_writes(http: httpx.AsyncClient, address: str, tries: int, figures: Figures) -> None:
    """Claim, fall silent until the lease is lost, and write all the same: nothing of it may get through."""
    client = Client(http, address, "late", 1)
    for _ in range(tries):
        claimed = await client.claim(("AGENT",), 1)
        if not claimed:
            return
        lease = {"executionId": claimed[0]["executionId"], "token": claimed[0]["token"]}
        figures.late_writes_tried += 1
        await asyncio.sleep(1)
        # Not a heartbeat, which would keep it: another worker's view of it tells when it is lost.
        while await _holder(http, address, lease["executionId"]) == "late":  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
        try:
            await client.write("completeExecution", {"lease": lease, "write": "1", "output": "late"})
        except LeaseLost:
            figures.late_writes_refused += 1


async def _holder(http: httpx.AsyncClient, address: str, execution: str) -> str | None:
    query = "query Holder($id: ID!) { execution(id: $id) { leaseOwner } }"
    try:
        answer = await http.post(address, json={"query": query, "variables": {"id": execution}})
        found: str | None = answer.json()["data"]["execution"]["leaseOwner"]
    except (httpx.TransportError, ValueError, KeyError, TypeError):
        # The server is being killed.
        return "late"
    return found


async def _start(http: httpx.AsyncClient, address: str, agent: UUID, count: int) -> None:
    """Start executions through the API, some in each request."""
    field_ = f'startExecution(input: {{agentId: "{agent}", maxRetries: 100}}) {{ errors {{ message }} }}'
    for first in range(0, count, _AT_ONCE):
        several = range(min(_AT_ONCE, count - first))
        document = f"mutation Start {{ {' '.join(f'a{number}: {field_}' for number in several)} }}"
        answer: Mapping[str, Any] = (await http.post(address, json={"query": document})).json()
        if answer.get("errors") or any(each["errors"] for each in answer["data"].values()):
            raise BenchError(f"An execution could not be started: {answer}")


async def _people(database: Database) -> tuple[str, UUID]:
    """An administrator with a key that may do everything here, and an agent of theirs."""
    made = new_key()
    async with database.transaction() as session:
        owner = await create_account(session, username="storm", roles=frozenset({Role.ADMIN}))
        await create_key(
            session,
            user_id=owner,
            name="storm",
            description=None,
            key_prefix=made.prefix,
            key_hash=hashed(made.text),
            scopes=_SCOPES,
            rate_limit_per_minute=None,
            expires_at=None,
        )
        agent: UUID = (
            await session.execute(insert(Agent).values(user_id=owner, name="storm").returning(Agent.id))
        ).scalar_one()
    return made.text, agent


@asynccontextmanager
async def _opened(url: URL) -> AsyncIterator[Database]:
    database = Database.connect(url, DatabaseSettings(pool_size=1, statement_timeout_ms=0))
    try:
        yield database
    finally:
        await database.dispose()


async def _judged(url: URL) -> Verdict:
    async with _opened(url) as database, database.read() as connection:
        return await judge(connection)


def _check(plan: Plan, figures: Figures) -> None:
    if figures.verdict.executions != plan.executions:
        raise BenchError(f"There are {figures.verdict.executions} executions in place of {plan.executions}.")
    if figures.verdict.faults:
        raise BenchError(f"The storm broke something: {'; '.join(figures.verdict.faults)}.")
    if figures.late_writes_refused != figures.late_writes_tried:
        raise BenchError(
            f"Of {figures.late_writes_tried} late writes only {figures.late_writes_refused} were refused."
        )
