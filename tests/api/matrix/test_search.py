"""Searches show, count and rank what somebody may see, and nothing of what others have."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest
from sqlalchemy import URL, Connection, delete, insert, select, update

from api.app import served_schema
from api.core.declarations import MIRRORS
from api.core.ids import global_id
from db import models
from db.base import Base
from tests.api.differential.apps import Request, both_paths
from tests.api.matrix.conftest import LIMITS, Asked, settled
from tests.api.matrix.opinion import Somebody
from tests.factories import World

SEARCHES: Final = {
    "searchChunks": (models.DocumentChunk, "facets { tags { tag count } documents { documentId count } }"),
    "searchDocuments": (models.Document, "facets { tags { tag count } }"),
    "searchMemories": (models.Memory, "facets { tags { tag count } }"),
    "searchMessages": (models.Message, "facets { sessions { sessionId count } }"),
}
ANSWER: Final = """{
    totalCount searchInfo { exact underfilled candidates } %s
    edges { rank score distance textRank highlights { start end } node { id } }
}"""
TEXT: Final = "the harvest of everybody"
VECTOR: Final = [1.0, -2.0, 3.0]


@pytest.fixture
async def searched(postgres_url: URL, people: list[World], names: Iterator[str]) -> AsyncIterator[Asked]:
    """A town in which everybody's texts say the same, and all vectors are of one model."""
    async with (
        settled(postgres_url, next(names), people) as town,
        both_paths(town.database, served_schema(), **LIMITS) as both,
    ):
        async with town.database.engine.begin() as connection:
            await connection.run_sync(even_out, people[0]["embedding_models"])
        yield Asked(town, both)


def even_out(connection: Connection, model: Any) -> None:
    """Let nothing but the owner tell rows from each other."""
    for each in (models.DocumentChunk, models.Memory, models.Message):
        connection.execute(update(each).values(content="The harvest of everybody."))
    connection.execute(update(models.Memory).values(tags=["tag"], expires_at=None))
    connection.execute(update(models.Document).values(meta={"tags": ["tag"]}))
    columns = Base.metadata.tables["embedding_models"].c
    connection.execute(update(models.EmbeddingModel).values(is_default=False))
    connection.execute(
        update(models.EmbeddingModel).where(columns.id == model).values(is_default=True, dimensions=3)
    )
    connection.execute(delete(models.ChunkEmbedding))
    connection.execute(delete(models.MemoryEmbedding))
    chunk, memory = models.DocumentChunk, models.Memory
    for row in connection.execute(select(chunk.id, chunk.user_id, chunk.document_id)).all():
        connection.execute(
            insert(models.ChunkEmbedding).values(
                chunk_id=row.id, user_id=row.user_id, document_id=row.document_id, model_id=model,
                embedding=VECTOR,
            )
        )  # fmt: skip
    for key, owner in connection.execute(select(memory.id, memory.user_id)).all():
        connection.execute(
            insert(models.MemoryEmbedding).values(
                memory_id=key, user_id=owner, model_id=model, embedding=VECTOR
            )
        )


def document(mode: str | None) -> str:
    """All searches in one operation, by a mode or for nothing."""
    fields = []
    for name, (_, facets) in SEARCHES.items():
        by = "" if name == "searchMessages" else f"vector: {VECTOR}, mode: {mode},"
        asks = (f"{by} text: {TEXT!r}," if mode else "").replace("'", '"') + " first: 50"
        moment = 'asOf: "2026-11-20T09:00:00Z",' if name == "searchMemories" else ""
        fields.append(f"{name}({moment} {asks}) {ANSWER % facets}")
    return "{ " + " ".join(fields) + " }"


def expected(asked: Asked, who: Somebody, model: type[Base], mode: str | None) -> set[str]:
    """What somebody finds: all that they may see without being anybody's, documents by their chunks."""
    found: set[str] = asked.town.visible(who, MIRRORS[model])
    if model is not models.Document or mode is None:
        return found
    rows = asked.town.rows["document_chunks"].values()
    return found & {global_id("Document", row["document_id"]) for row in rows}


@pytest.mark.parametrize("mode", ["TEXT", "VECTOR", "HYBRID", None])
async def test_whatever_one_may_see_is_found_and_nothing_else(searched: Asked, mode: str | None) -> None:
    sizes = set()
    for name, who in searched.town.everybody().items():
        reply = await searched.both.ask(Request(document(mode)), who.viewer, name)
        assert reply.codes == []
        for search, (model, _) in SEARCHES.items():
            wanted = expected(searched, who, model, mode)
            answer = reply.data[search]
            assert {edge["node"]["id"] for edge in answer["edges"]} == wanted, (name, search)
            assert answer["totalCount"] == len(wanted) == len(answer["edges"]), (name, search)
            for facet in answer["facets"].values():
                counted = sum(value["count"] for value in facet)
                # Whoever sees messages and not their sessions is not told which these are.
                hidden = name == "key of an admin" and search == "searchMessages"
                assert counted < len(wanted) if hidden else counted == len(wanted), (name, search)
            sizes.add(len(wanted))
    # Somebody sees nothing, somebody their own, somebody all.
    assert len(sizes) > 2
    assert 0 in sizes


@pytest.mark.parametrize("mode", ["TEXT", "VECTOR", "HYBRID", None])
async def test_no_rank_score_or_count_tells_of_others(searched: Asked, mode: str | None) -> None:
    town, request = searched.town, Request(document(mode))
    everybody = town.everybody()
    before = {
        name: (await searched.both.ask(request, everybody[name].viewer)).data for name in ("user", "admin")
    }
    async with town.database.engine.begin() as connection:
        for table in ("chunk_embeddings", "document_chunks", "memory_embeddings", "memories", "messages"):
            rows = Base.metadata.tables[table]
            await connection.execute(delete(rows).where(rows.c.user_id != everybody["user"].viewer.user_id))
    after = {
        name: (await searched.both.ask(request, everybody[name].viewer)).data for name in ("user", "admin")
    }
    assert after["user"] == before["user"]
    assert after["admin"] != before["admin"], "it would prove nothing"
