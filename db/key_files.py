"""Keys that a program makes for itself: written once, read by all its processes, closed to everybody else."""

import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from db.errors import Misconfigured


def kept_key(file: Path, make: Callable[[], str], purpose: str) -> str:
    """The text in a file that only its owner may read; made at the first call, by whichever process is first.

    `purpose` says in messages what the key does. Raises Misconfigured where others may read the file, and
    OSError where it cannot be used.
    """
    if not file.exists():
        _write(file, make())
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Misconfigured(f"Others may read {file}, which {purpose}: run chmod 600 {file}")
    return file.read_text(encoding="utf-8").strip()


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked, so that another process that starts now reads all of it or makes it itself.
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "w") as out:
            out.write(f"{text}\n")
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(aside, file)
    finally:
        aside.unlink()
