"""Servers against each other, shape by shape, in interleaved rounds."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any, Final

import orjson
from rich.console import Console

from bench import accounting
from bench.answers import check, objects
from bench.client import CONNECTIONS, Load, fetch, find_wrk, load, post, write_bodies
from bench.dataset import Dataset
from bench.people import VIEWER
from bench.places import VARIANTS, Places, find_places
from bench.processes import LeftOut, Process
from bench.servers.catalogue import REFERENCE, Server
from bench.shapes import Shape

_CHECKED: Final = (0, VARIANTS // 3, VARIANTS - 1)
_WARM_UP_SECONDS: Final = 1
_WAVES: Final = 3
"""Requests of each connection that a round must have room for, however slow a server is."""


@dataclass(slots=True)
class Measured:
    """One server under one shape: a load for each round, and seconds of CPU for each request."""

    shape: Shape
    server: Server
    objects: int
    loads: list[Load] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)
    database_cpu: list[float] = field(default_factory=list)
    memory: accounting.Memory | None = None

    @property
    def rate(self) -> float:
        """Requests a second."""
        return median(each.rate for each in self.loads)

    @property
    def cpu_of_server(self) -> float:
        """Seconds of the server for each request."""
        return median(self.server_cpu)

    @property
    def cpu_of_database(self) -> float:
        """Seconds of all PostgreSQL's processes for each request."""
        return median(self.database_cpu)

    @property
    def client_cpu(self) -> float:
        """Seconds of the client for each request."""
        return median(each.cpu / each.requests for each in self.loads)


Results = dict[str, dict[str, Measured]]
"""By shape, then by server."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that was started, and the viewer's rows as it names them."""

    server: Server
    process: Process
    places: Places

    def body(self, shape: Shape, variant: int) -> bytes:
        """One request of a shape."""
        variables = shape.variables(self.places, variant) | dict(self.server.extra)
        document = self.server.document(shape.operation)
        return orjson.dumps({"query": document, "variables": variables})

    def ask(self, shape: Shape, variant: int) -> Any:
        """The answer to one request of a shape."""
        path, body = self.server.path(shape.operation), self.body(shape, variant)
        return post(self.process.port, path, body, self.server.headers)

    def size(self, shape: Shape, variant: int) -> int:
        """The bytes of one answer, unread."""
        path, body = self.server.path(shape.operation), self.body(shape, variant)
        return len(fetch(self.process.port, path, body, self.server.headers))

    def load(self, wrk: str, shape: Shape, folder: Path, seconds: int) -> Load:
        """Ask the shape's requests for so long."""
        file = folder / f"{shape.name}-{self.server.name}.jsonl"
        write_bodies(file, [self.body(shape, variant) for variant in range(VARIANTS)])
        url = f"http://127.0.0.1:{self.process.port}{self.server.path(shape.operation)}"
        return load(wrk, url, file, seconds, self.server.headers)


@dataclass(slots=True)
class Fleet:
    """The servers that run, Atrium first, and why others do not."""

    running: list[Running] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@contextmanager
def started(data: Dataset, home: Path, servers: Sequence[Server], console: Console) -> Iterator[Fleet]:
    """The servers, all running. Atrium always is among them, for it is what the others must agree with."""
    with ExitStack() as stack:
        fleet = Fleet()
        known: dict[str, Places] = {}
        for server in [REFERENCE, *(each for each in servers if each is not REFERENCE)]:
            with console.status(f"starting {server.title}"):
                try:
                    process = stack.enter_context(server.started(data, home))
                except LeftOut as reason:
                    fleet.left_out.append(str(reason))
                    continue
                if server.dialect not in known:
                    known[server.dialect] = _places(server, process)
            fleet.running.append(Running(server, process, known[server.dialect]))
        yield fleet


def _places(server: Server, process: Process) -> Places:
    def ask(body: bytes) -> Any:
        return post(process.port, server.path("places"), body, server.headers)

    return find_places(server.document("places"), server.identity("User", VIEWER), ask, dict(server.extra))


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was learnt of a server and a shape while its answers were checked."""

    objects: int
    seconds: float


def agree(running: Sequence[Running], shapes: Sequence[Shape]) -> dict[tuple[str, str], Agreed]:
    """Check that all answer alike; by shape and server the size of an answer and how long one takes alone.

    Raises BenchError where they do not.
    """
    agreed: dict[tuple[str, str], Agreed] = {}
    for shape in shapes:
        for variant in _CHECKED:
            expected: Any = None
            for each in running:
                begun = time.perf_counter()
                answer = each.ask(shape, variant)
                # The last of a few: by then statements are compiled and caches are warm.
                agreed[shape.name, each.server.name] = Agreed(objects(answer), time.perf_counter() - begun)
                expected = answer if expected is None else expected
                check(expected, answer, f"{each.server.title}, {shape.title}", exact=each.server.exact)
    return agreed


def measure(
    data: Dataset,
    running: Sequence[Running],
    shapes: Sequence[Shape],
    *,
    rounds: int,
    seconds: int,
    folder: Path,
    console: Console,
    patience: float = 120,
) -> Results:
    """Measure servers in turn, each round beginning with another one.

    `patience` is for how many seconds a server may go on after its turn before the next one is asked.
    """
    wrk = find_wrk()
    database = accounting.postmaster(data.server.folder) if accounting.available() else 0
    agreed = agree(running, shapes)
    results: Results = {}
    with console.status("") as status:
        for shape in shapes:
            results[shape.name] = {
                each.server.name: Measured(shape, each.server, agreed[shape.name, each.server.name].objects)
                for each in running
            }
            for turn in range(-1, rounds):
                step = f"round {turn + 1} of {rounds}" if turn >= 0 else "warming up"
                first = max(0, turn) % len(running)
                for each in [*running[first:], *running[:first]]:
                    one = agreed[shape.name, each.server.name].seconds
                    enough = max(seconds, ceil(_WAVES * CONNECTIONS * one))
                    status.update(f"{shape.title}, {step}: {each.server.title}")
                    measured = results[shape.name][each.server.name]
                    if turn < 0:
                        each.load(wrk, shape, folder, _WARM_UP_SECONDS)
                    else:
                        _run(measured, each, wrk, folder, enough, database)
                    accounting.wait_until_idle(each.process.pid, database, at_most=patience)
            for each in running:
                results[shape.name][each.server.name].memory = accounting.memory(each.process.pid)
            console.print(f"{shape.title}: {_summary(results[shape.name])}")
    return results


def _run(measured: Measured, running: Running, wrk: str, folder: Path, seconds: int, database: int) -> None:
    pid = running.process.pid
    server, behind = accounting.cpu_seconds(pid), accounting.family_cpu_seconds(database)
    seen = running.load(wrk, measured.shape, folder, seconds)
    measured.loads.append(seen)
    measured.server_cpu.append((accounting.cpu_seconds(pid) - server) / seen.requests)
    measured.database_cpu.append((accounting.family_cpu_seconds(database) - behind) / seen.requests)


def _summary(measured: Mapping[str, Measured]) -> str:
    return ", ".join(f"{name} {each.rate:,.0f}/s" for name, each in measured.items())


def ratios(results: Mapping[str, Measured], server: str) -> list[float]:
    """Atrium's rate to a server's, round by round."""
    pairs = zip(results[REFERENCE.name].loads, results[server].loads, strict=True)
    return [ours.rate / theirs.rate for ours, theirs in pairs]
