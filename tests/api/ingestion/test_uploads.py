"""`POST /documents`, over HTTP: what becomes a document, what is refused, and what lies on disk."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.auth.secret import Secrets
from api.settings import ApiSettings
from db.policy import Viewer
from tests.api.ingestion.conftest import LONG, Desk
from tests.api.ingestion.material import PNG, bomb, docx, locked_pdf, pdf


@dataclass
class Sender:
    """Somebody who sends files."""

    client: httpx.AsyncClient
    uploads: Path

    async def send(self, content: Any, query: str = "", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(f"/documents?{query}", content=content, headers=named)

    @property
    def files(self) -> list[Path]:
        return [path for path in self.uploads.rglob("*") if path.is_file()]


@pytest.fixture
async def sender(desk: Desk) -> AsyncIterator[Sender]:
    settings = ApiSettings(
        uploads=desk.worker.preparing.settings.uploads,
        max_upload_bytes=200_000,
        embedding_providers=desk.worker.preparing.settings.embedding_providers,
    )
    app = create_app(settings, desk.database, Viewer(desk.owner, frozenset({"user"})))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Sender(client, settings.uploads)


async def test_a_file_becomes_a_document_that_is_found(desk: Desk, sender: Sender) -> None:
    await desk.add_model()
    answer = await sender.send(
        pdf([["Page one"], ["数据库备份"]]), "filename=a.pdf&title=%E6%89%8B%E5%86%8C&tag=x&tag=y"
    )
    assert (answer.status_code, answer.json()["created"]) == (201, True)
    assert answer.json()["document"]["contentType"] == "application/pdf"
    await desk.prepare()
    (row,) = await desk.sql("SELECT * FROM documents")
    assert (row.title, row.original_name, row.status) == ("手册", "a.pdf", "indexed")
    assert row.content == "Page one\f数据库备份"
    assert row.metadata == {"source": "upload", "tags": ["x", "y"]}
    (chunk,) = await desk.chunks(row.id)
    assert (chunk.metadata["page"], chunk.vectors) == (1, 1)
    assert (await desk.sql("SELECT action FROM audit_logs")) == [("document.create",)]
    (file,) = sender.files
    assert file.name == row.content_hash
    assert file.stat().st_size == row.file_size


async def test_the_same_file_is_kept_once(desk: Desk, sender: Sender) -> None:
    first, second = [await sender.send(LONG.encode()) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["document"]["id"] == second.json()["document"]["id"]
    await desk.sql("UPDATE documents SET user_id = :admin", admin=desk.admin)
    assert (await sender.send(LONG.encode())).status_code == 201
    assert len(await desk.sql("SELECT 1 FROM documents")) == 2
    assert len(sender.files) == 1


async def test_a_file_that_failed_is_tried_again_when_it_is_sent_again(desk: Desk, sender: Sender) -> None:
    await sender.send(pdf([[]]))
    await desk.prepare()
    assert (await desk.sql("SELECT status FROM documents")) == [("failed",)]
    answer = await sender.send(pdf([[]]))
    assert (answer.status_code, answer.json()["document"]["status"]) == (200, "UPLOADED")
    assert len(await desk.sql("SELECT 1 FROM preparations")) == 1


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "EMPTY_FILE"),
        (PNG, 415, "UNSUPPORTED_FILE"),
        (bomb(), 413, "FILE_TOO_LARGE"),
        (locked_pdf(), 422, "ENCRYPTED_FILE"),
        (b"PK\x03\x04", 422, "BROKEN_FILE"),
        (b"a" * 200_001, 413, "FILE_TOO_LARGE"),
    ],
)
async def test_what_cannot_be_read_is_refused(
    desk: Desk, sender: Sender, content: bytes, status: int, code: str
) -> None:
    answer = await sender.send(content, "filename=innocent.txt", content_type="text/plain")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (status, code)
    assert sender.files == []
    assert await desk.sql("SELECT 1 FROM documents") == []


async def test_a_file_of_unknown_length_is_cut_off_at_the_limit(desk: Desk, sender: Sender) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 50_000
            yield b"a" * 50_000

    answer = await sender.send(pieces())
    assert answer.status_code == 413
    assert sent <= 300_000
    assert sender.files == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("name=a", "no parameter name"),
        ("title=%ff", "UTF-8"),
        (f"title={'a' * 600}", "at most 500"),
        ("title=a%00b", "NUL"),
        ("&".join(f"tag={number}" for number in range(51)), "At most 50 tags"),
    ],
)
async def test_wrong_words_are_told(sender: Sender, query: str, words: str) -> None:
    answer = await sender.send(b"text", query)
    assert answer.status_code == 400
    assert words in answer.json()["errors"][0]["message"]
    assert sender.files == []


async def test_paths_in_names_lead_nowhere(desk: Desk, sender: Sender) -> None:
    await sender.send(b"text", "filename=..%2F..%5Cetc%2Fpasswd.txt")
    (row,) = await desk.sql("SELECT title, original_name FROM documents")
    assert tuple(row) == ("passwd", "passwd.txt")


async def test_who_may_not_write_sends_nothing(desk: Desk, sender: Sender) -> None:
    settings = ApiSettings(uploads=sender.uploads)
    for viewer, status in ((Viewer(None), 401), (Viewer(desk.owner, frozenset({"viewer"})), 403)):
        app = create_app(settings, desk.database, viewer, secrets=Secrets.of_this_process())
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            assert (await client.post("/documents", content=b"text")).status_code == status
    assert sender.files == []


async def test_pages_of_other_sites_send_nothing(sender: Sender) -> None:
    assert (await sender.send(b"text", sec_fetch_site="cross-site")).status_code == 403
    assert (await sender.client.get("/documents")).status_code == 405


async def test_a_file_that_is_gone_is_told(desk: Desk, sender: Sender) -> None:
    await sender.send(docx())
    for file in sender.files:
        file.unlink()
    await desk.prepare()
    (row,) = await desk.sql("SELECT status, failure FROM documents")
    assert row.status == "failed"
    assert "upload it again" in row.failure
