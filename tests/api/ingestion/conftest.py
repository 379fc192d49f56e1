"""A worker that prepares, its provider, and somebody who has documents."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from api.document_settings import DocumentSettings, EmbeddingProvider
from api.embeddings import calls
from api.embeddings.budget import embedders_of
from api.ingestion.files import Files
from api.ingestion.preparing import Preparing
from api.ingestion.work import Worker
from db.policy import Viewer
from db.session import Database
from tests.api.conftest import Run
from tests.api.embeddings.server import DIMENSIONS, Provider, providing

ADD_MODEL = (
    "INSERT INTO embedding_models (name, provider, dimensions, is_default) "
    "VALUES (:name, 'test', :dimensions, :default) RETURNING id"
)
LONG = "\n\n".join(f"Paragraph {number} is about {'x' * (number % 7)} things. " * 6 for number in range(80))

CREATE = """
    mutation ($input: CreateDocumentInput!) {
        createDocument(input: $input) { document { id status } errors { message path } }
    }
"""


@dataclass
class Desk:
    """Where documents are made, prepared, and looked at."""

    database: Database
    provider: Provider
    worker: Worker
    run: Run
    owner: UUID
    admin: UUID

    async def sql(self, statement: str, /, **values: Any) -> list[Any]:
        async with self.database.transaction() as session:
            result = await session.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    async def ask(self, document: str, /, **variables: Any) -> dict[str, Any]:
        viewer = Viewer(self.owner, frozenset({"user"}))
        result = await self.run(self.database, viewer, document, **variables)
        assert result.errors is None, result.errors
        assert result.data is not None
        return result.data

    async def create(self, content: str, content_type: str = "text/plain", **more: Any) -> UUID:
        given = {"title": "t", "contentType": content_type, "content": content, **more}
        answer = (await self.ask(CREATE, input=given))["createDocument"]
        assert answer["errors"] == []
        (row,) = await self.sql("SELECT id FROM documents ORDER BY created_at DESC, id DESC LIMIT 1")
        return UUID(str(row.id))

    async def add_model(self, name: str = "m", *, default: bool = True, dimensions: int = DIMENSIONS) -> UUID:
        (row,) = await self.sql(ADD_MODEL, name=name, default=default, dimensions=dimensions)
        return UUID(str(row.id))

    async def prepare(self) -> None:
        await self.worker.until_nothing_is_due()

    async def time_passes(self) -> None:
        """Whoever was preparing something has been silent for long."""
        await self.sql("UPDATE preparations SET due_at = now()")

    async def document(self, key: UUID) -> Mapping[str, Any]:
        (row,) = await self.sql(
            "SELECT status, failure, progress, chunk_count, chunker, version, content FROM documents "
            "WHERE id = :key",
            key=key,
        )
        return dict(row._mapping)

    async def chunks(self, key: UUID) -> list[Any]:
        """Index, text and number of vectors of each chunk."""
        return await self.sql(
            "SELECT id, chunk_index, content, metadata, (SELECT count(*) FROM chunk_embeddings e "
            "WHERE e.chunk_id = c.id) AS vectors FROM document_chunks c WHERE document_id = :key "
            "ORDER BY chunk_index",
            key=key,
        )


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as provider:
        yield provider


@pytest.fixture
def settings(provider: Provider, tmp_path: Path) -> DocumentSettings:
    return DocumentSettings(
        uploads=tmp_path / "uploads",
        embedding_providers={"test": EmbeddingProvider(url=provider.url, batch_size=16)},
    )


@pytest.fixture
async def desk(
    database: Database,
    provider: Provider,
    settings: DocumentSettings,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Desk]:
    monkeypatch.setattr(calls, "FIRST_WAIT", 0.001)
    async with database.transaction() as session:
        owner, admin = [
            await session.scalar(
                text("INSERT INTO users (username, roles) VALUES (:name, ARRAY[:role]) RETURNING id"),
                {"name": name, "role": role},
            )
            for name, role in (("owner", "user"), ("boss", "admin"))
        ]
    async with embedders_of(settings, database) as embedders:
        worker = Worker(Preparing(database, embedders, Files(settings.uploads), settings))
        yield Desk(database, provider, worker, run, owner, admin)
