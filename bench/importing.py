"""One import in a process of its own, which tells how far it is and what memory it has."""

import asyncio
import os
import sys
import time
from typing import Any, Final

import orjson
from sqlalchemy import make_url

from bench import accounting
from tests.importers.conftest import bring

_SECONDS: Final = 0.2


def main() -> None:
    """Import as the arguments say: the system, the database here, and those of the source.

    The last line of the output is JSON: seconds, rows, whether the account adds up, and by table when so
    many rows were read and what memory there was then.
    """
    system, *places = sys.argv[1:]
    here, *sources = [make_url(each) for each in places]
    moments: dict[str, list[tuple[float, int, int]]] = {}
    told = 0.0

    def note(table: str, done: int, total: int) -> None:
        nonlocal told
        now = time.perf_counter()
        if now - told < _SECONDS and done < total:
            return
        told = now
        found = accounting.memory(os.getpid())
        moments.setdefault(table, []).append((now, done, found.resident if found else 0))

    began = time.perf_counter()
    report = asyncio.run(bring(here, system, sources, progress=note))
    said: dict[str, Any] = {
        "seconds": time.perf_counter() - began,
        "rows": report.rows_read,
        "agrees": report.agrees,
        "moments": moments,
    }
    sys.stdout.write(orjson.dumps(said).decode() + "\n")


if __name__ == "__main__":
    main()
