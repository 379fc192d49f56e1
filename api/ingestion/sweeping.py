"""Files that no document names any longer, and those whose upload broke off, removed after a day."""

import asyncio
from pathlib import Path
from typing import Final

from api.ingestion.files import Files
from db.session import Database
from db.store.preparation.arrivals import files_without_documents, lock_file

_AT_ONCE: Final = 1_000


async def sweep_files(database: Database, files: Files) -> int:
    """Remove what nothing names; how many files it was. Who uploads the same file again is waited for."""
    gone = await asyncio.to_thread(files.abandoned)
    places = await asyncio.to_thread(files.kept)
    for start in range(0, len(places), _AT_ONCE):
        async with database.read() as connection:
            unnamed = await files_without_documents(connection, places[start : start + _AT_ONCE])
        for place in unnamed:
            async with database.transaction() as session:
                await lock_file(session, place.rpartition("/")[2])
                if await files_without_documents(session, [place]):
                    await asyncio.to_thread(files.path_of(place).unlink, missing_ok=True)
                    gone.append(files.path_of(place))
    await asyncio.to_thread(_remove, gone)
    return len(gone)


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
