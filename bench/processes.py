"""Servers as child processes: started, known by their port, and ended whatever happens."""

import os
import select
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import orjson

ROOT: Final = Path(__file__).parents[1]
_START_SECONDS: Final = 120
_STOP_SECONDS: Final = 10


class BenchError(Exception):
    """Something without which there is nothing to measure; the message says what, and what to do."""


class LeftOut(BenchError):
    """A server that cannot be had here; the others are compared without it."""


@dataclass(frozen=True, slots=True)
class Process:
    """A server that listens on loopback."""

    pid: int
    port: int


@contextmanager
def launched(
    command: Sequence[str], folder: Path, name: str, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A server, which says its port in its first line; what it logs stands in `folder`.

    It is in a group of its own, so that Ctrl-C reaches the caller alone, who then ends it; if the caller is
    killed, it sees its standard input end. Raises BenchError when it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    # Settings of whoever measures, and the .env of their folder, would make two machines measure two things.
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("ATRIUM_")}
    with log.open("wb") as errors:
        child = subprocess.Popen(
            list(command),
            cwd=folder,
            env={**inherited, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield Process(child.pid, _port(child, log, name))
    finally:
        _end(child)


def _port(child: "subprocess.Popen[bytes]", log: Path, name: str) -> int:
    deadline = time.monotonic() + _START_SECONDS
    line = b""
    while not line.endswith(b"\n"):
        read = _read(child.stdout, deadline - time.monotonic())
        if not read:
            said = log.read_text(errors="replace").strip().splitlines()
            raise BenchError(
                f"The server {name} does not start: {said[-1] if said else 'it says nothing'}. See {log}."
            )
        line += read
    port: int = orjson.loads(line)["port"]
    return port


def _read(stream: IO[bytes] | None, seconds: float) -> bytes:
    if stream is None or not select.select([stream], [], [], max(0, seconds))[0]:
        return b""
    return os.read(stream.fileno(), 1)


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()
