"""Files that nothing names go, a day later; all others stay."""

import os
from collections.abc import AsyncIterator

from api.document_settings import DocumentSettings
from api.ingestion.files import Files
from api.ingestion.sweeping import sweep_files
from db.store.preparation.arrivals import Upload, add_upload
from tests.api.ingestion.conftest import Desk


async def keep(files: Files, content: bytes) -> tuple[str, str]:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    received = await files.receive(pieces(), 1_000)
    return files.keep(received), received.hash


async def test_only_what_nothing_names_is_removed(desk: Desk, settings: DocumentSettings) -> None:
    files = Files(settings.uploads)
    named, hashed = await keep(files, b"named")
    unnamed, _ = await keep(files, b"unnamed")
    fresh, _ = await keep(files, b"fresh")
    broken_off = settings.uploads / "incoming-x"
    broken_off.touch()
    for each in (files.path_of(named), files.path_of(unnamed), broken_off):
        os.utime(each, (0, 0))
    async with desk.database.transaction() as session:
        await add_upload(session, desk.owner, Upload(named, hashed, 5, "text/plain", None, "t", {}))
    assert await sweep_files(desk.database, files) == 2
    assert files.path_of(named).exists()
    assert files.path_of(fresh).exists()
    assert not files.path_of(unnamed).exists()
    assert not broken_off.exists()
