"""The client: single questions for what is checked, and wrk, a process of its own, for what is measured."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from types import MappingProxyType
from typing import Any, Final

import orjson

from bench.processes import BenchError

CONNECTIONS: Final = 8
_SCRIPT: Final = Path(__file__).parent / "wrk" / "post.lua"
_HEADERS: Final = {"Content-Type": "application/json", "Accept": "application/json"}
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_TIMEOUT: Final = 120
_PATIENCE: Final = 60


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk saw: times in milliseconds, `cpu` in seconds of the client itself."""

    requests: int
    bytes: int
    seconds: float
    p50: float
    p99: float
    failed: int
    refused: int
    cpu: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def fetch(port: int, path: str, body: bytes, headers: Mapping[str, str] = _NONE) -> bytes:
    """The answer to one request. Raises BenchError for any status but 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    try:
        connection.request("POST", path, body, {**_HEADERS, **headers})
        response = connection.getresponse()
        text = response.read()
    except OSError as error:
        raise BenchError(
            f"A server did not answer {path}: {error}. See its log in the bench's folder."
        ) from error
    finally:
        connection.close()
    if response.status != 200:
        raise BenchError(f"{path} was answered with status {response.status}: {_start(text)}")
    return text


def post(port: int, path: str, body: bytes, headers: Mapping[str, str] = _NONE) -> Any:
    """The data of the answer to one request. Raises BenchError for anything but data without errors."""
    text = fetch(port, path, body, headers)
    try:
        answer = orjson.loads(text)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict) or "errors" in answer or not answer.get("data"):
        raise BenchError(f"{path} was answered with errors: {_start(text)}")
    return answer["data"]


def _start(text: bytes) -> str:
    return text[:500].decode(errors="replace")


def find_wrk() -> str:
    """The program wrk. Raises BenchError where it is missing."""
    found = shutil.which("wrk")
    if found is None:
        raise BenchError(
            "wrk is missing, which sends the requests: apt-get install wrk, or brew install wrk."
        )
    return found


def load(wrk: str, url: str, bodies: Path, seconds: int, headers: Mapping[str, str] = _NONE) -> Load:
    """Send the bodies of a file in turn for so long, and longer where nothing was answered by then.

    Raises BenchError when a request fails, or none is answered in a minute.
    """
    while seconds <= _PATIENCE:
        seen = _load(wrk, url, bodies, seconds, headers)
        if seen.requests:
            return seen
        seconds *= 3
    raise BenchError(f"{url} did not answer a single request in {_PATIENCE} seconds.")


def _load(wrk: str, url: str, bodies: Path, seconds: int, headers: Mapping[str, str]) -> Load:
    command = [
        *(wrk, "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s"),
        *("--timeout", f"{_TIMEOUT}s", "--script", str(_SCRIPT), url, "--", str(bodies)),
        *(part for header in headers.items() for part in header),
    ]
    before = _cpu()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    cpu = _cpu() - before
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise BenchError(f"wrk failed: {(done.stderr or done.stdout).strip()}")
    result = Load(**orjson.loads(lines[-1]), cpu=cpu)
    if result.failed or result.refused:
        raise BenchError(
            f"{url}: {result.failed} requests failed and {result.refused} were refused under load."
        )
    return result


def write_bodies(path: Path, bodies: Sequence[bytes]) -> Path:
    """A file from which wrk takes its requests, one a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(body + b"\n" for body in bodies))
    return path


def _cpu() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
