"""Whoever prepares may be killed at any moment: nothing is lost, and nothing is there twice."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from api.document_settings import DocumentSettings
from api.ingestion.cutting import cut
from api.ingestion.files import Files
from api.ingestion.formats import Format
from db.store.preparation.arrivals import Upload, add_upload
from tests.api.ingestion.conftest import LONG, Desk
from tests.api.ingestion.material import docx

POINTS = 10
ALIKE = """
    SELECT count(*) FROM document_chunks c WHERE NOT EXISTS (
        SELECT FROM chunk_embeddings e WHERE e.chunk_id = c.id)
"""


async def prepare_and_die(desk: Desk, url: URL, uploads: Path, number: int) -> tuple[int, int]:
    """The exit status of a process that is killed at a statement, and how many statements there were."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.api.ingestion.killed",
        url.render_as_string(hide_password=False),
        desk.provider.url,
        str(uploads),
        str(number),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, int(said or 0)


async def bring(desk: Desk, settings: DocumentSettings) -> dict[Any, list[str]]:
    """Four documents of every fate: two texts, a file, and one without any text; and their chunks to be."""
    files = Files(settings.uploads)

    async def pieces() -> Any:
        yield docx()

    received = await files.receive(pieces(), 1_000_000)
    place = files.keep(received)
    upload = Upload(place, received.hash, received.size, Format.DOCX.value, "a.docx", "a", {})
    async with desk.database.transaction() as session:
        uploaded = await add_upload(session, desk.owner, upload)
    wanted: dict[Any, list[str]] = {uploaded.id: []}
    for text in (LONG, LONG.upper()):
        wanted[await desk.create(text)] = [chunk.content for chunk in cut(text, Format.TEXT)]
    wanted[await desk.create("<p></p>", "text/html")] = []
    return wanted


async def test_nothing_is_lost_whenever_a_process_is_killed(
    desk: Desk, database_url: URL, settings: DocumentSettings
) -> None:
    await desk.add_model()
    wanted = await bring(desk, settings)
    file, *_, empty = wanted
    status, count = await prepare_and_die(desk, database_url, settings.uploads, 0)
    assert (status, count > 50) == (0, True)
    whole = {key: [chunk.content for chunk in await desk.chunks(key)] for key in wanted}
    assert len(whole[file]) == 1
    assert {key: texts for key, texts in whole.items() if key != file} == {
        key: texts for key, texts in wanted.items() if key != file
    }
    for point in range(POINTS):
        await desk.sql("DELETE FROM document_chunks")
        await desk.sql("DELETE FROM staged_embeddings")
        await desk.sql("UPDATE documents SET status = 'uploaded', chunker = NULL, failure = NULL")
        await desk.sql(
            "INSERT INTO preparations (kind, target_id, cut) SELECT 'document', id, true FROM documents"
        )
        number = 1 + point * (count - 1) // (POINTS - 1)
        status, _ = await prepare_and_die(desk, database_url, settings.uploads, number)
        assert status in {-signal.SIGKILL, 0}, number
        await desk.time_passes()
        await desk.prepare()
        for key, texts in whole.items():
            assert [chunk.content for chunk in await desk.chunks(key)] == texts, number
            fate = "failed" if key == empty else "indexed"
            assert (await desk.document(key))["status"] == fate, number
        assert (await desk.sql(ALIKE))[0].count == 0, number
        assert await desk.sql("SELECT 1 FROM preparations") == [], number
        assert await desk.sql("SELECT 1 FROM staged_embeddings") == [], number
