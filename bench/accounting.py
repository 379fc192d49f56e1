"""What processes cost, as Linux counts it in /proc; elsewhere nothing is known, and tables say so."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_QUIET_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one process: resident, the same with shared pages in proportion, and the most it ever had."""

    resident: int
    proportional: int
    peak: int


def available() -> bool:
    """Whether processes can be accounted for here."""
    return (_PROC / "self" / "stat").exists()


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has taken, all its threads together; 0 where that is not known."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def family_cpu_seconds(pid: int) -> float:
    """The time of a process and all its children, those that have ended included."""
    fields = _stat(pid)
    if not fields:
        return 0.0
    own = sum(int(ticks) for ticks in fields[11:15]) / _TICKS
    return own + sum(cpu_seconds(child) for child in _children(pid))


def memory(pid: int) -> Memory | None:
    """The memory of a process, None where that is not known."""
    try:
        status = _numbers(_PROC / str(pid) / "status")
        rollup = _numbers(_PROC / str(pid) / "smaps_rollup")
    except OSError:
        return None
    return Memory(status["VmRSS"], rollup["Pss"], status["VmHWM"])


def postmaster(folder: Path) -> int:
    """The process id of the PostgreSQL server on a data folder."""
    return int((folder / "postmaster.pid").read_text().splitlines()[0])


def wait_until_idle(*families: int, at_most: float) -> None:
    """Wait until the processes and their children have nothing left to do.

    A client that stops leaves its last requests behind, which would disturb whoever is measured next.
    """
    deadline = time.monotonic() + at_most
    before = sum(family_cpu_seconds(pid) for pid in families)
    while time.monotonic() < deadline:
        time.sleep(_QUIET_SECONDS)
        after = sum(family_cpu_seconds(pid) for pid in families)
        if after - before <= 2 / _TICKS:
            return
        before = after


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may contain anything; empty for a process that is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _children(pid: int) -> list[int]:
    found = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return [child for child in found if _stat(child)[1:2] == [str(pid)]]


def _numbers(path: Path) -> dict[str, int]:
    """Lines as `VmRSS:  1024 kB`, in bytes."""
    lines = (line.split() for line in path.read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines if len(line) == 3 and line[2] == "kB"}
