"""Imports in a process of their own that is killed before, in or after one of its statements."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, make_url

from tests.importers.conftest import bring

ROOT = Path(__file__).parents[2]
STATEMENTS = ("execute", "fetch", "fetchval", "fetchrow", "copy_records_to_table")


def killed(here: URL, system: str, sources: Sequence[URL], *, after: int, batch: int = 5) -> int:
    """Import a system, and kill the process at so many statements; its exit code."""
    places = [each.render_as_string(hide_password=False) for each in (here, *sources)]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.importers.killing", str(after), str(batch), system, *places],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
    )
    if done.returncode not in {0, -signal.SIGKILL}:
        raise AssertionError(done.stderr.decode())
    return done.returncode


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fatal(after: int) -> None:
    """Let the statement of this number be the last: it is not sent, not answered, or answered in vain."""
    seen = 0

    def wrapped(original: Any) -> Any:
        async def statement(*arguments: Any, **options: Any) -> Any:
            nonlocal seen
            seen += 1
            number = seen
            if number == after and after % 3 == 0:
                _die()
            if number == after and after % 3 == 1:
                asyncio.get_running_loop().call_soon(_die)
            found = await original(*arguments, **options)
            if number == after:
                _die()
            return found

        return statement

    for name in STATEMENTS:
        setattr(asyncpg.Connection, name, wrapped(getattr(asyncpg.Connection, name)))


def main() -> None:
    """Import as the arguments say."""
    after, batch, system, *places = sys.argv[1:]
    here, *sources = [make_url(each) for each in places]
    _fatal(int(after))
    asyncio.run(bring(here, system, sources, batch=int(batch)))


if __name__ == "__main__":
    main()
