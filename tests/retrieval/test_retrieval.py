"""Searches answer questions about the demo's documents, in Chinese and English and across both."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

import pytest
from sqlalchemy import insert

from api.embeddings.kinds import Kind
from api.embeddings.local import LOCAL_MODELS, LocalEmbedder
from db import models
from db.policy import Viewer
from db.search.ground import PASSAGES, Question, SearchMode
from db.search.statement import statement
from db.search.wording import read
from db.session import Database
from tests.retrieval.measuring import measured, passages, questions

OWNER: Final = Viewer(UUID(int=70))
MODEL: Final = UUID(int=71)
DOCUMENT: Final = UUID(int=72)
MARGIN: Final = 0.05
"""By how much the mean reciprocal rank of both together may be below that of the better one."""

Search = Callable[[str], Awaitable[Sequence[str]]]


async def keep(database: Database, texts: Sequence[str], vectors: Sequence[Any] | None = None) -> None:
    """Keep passages as the chunks of one document."""
    async with database.transaction() as session:
        await session.execute(insert(models.User).values(id=OWNER.user_id, username="reader"))
        await session.execute(
            insert(models.Document).values(
                id=DOCUMENT, user_id=OWNER.user_id, title="All", content_type="text/plain"
            )
        )
        keys = [uuid5(DOCUMENT, str(place)) for place in range(len(texts))]
        whose = {"document_id": DOCUMENT, "user_id": OWNER.user_id}
        await session.execute(
            insert(models.DocumentChunk),
            [
                {"id": key, "chunk_index": place, "content": text, **whose}
                for place, (key, text) in enumerate(zip(keys, texts, strict=True))
            ],
        )
        if vectors is not None:
            await session.execute(
                insert(models.EmbeddingModel).values(
                    id=MODEL, name="local", provider="local", dimensions=len(vectors[0])
                )
            )
            await session.execute(
                insert(models.ChunkEmbedding),
                [
                    {"chunk_id": key, "model_id": MODEL, "embedding": [float(x) for x in vector], **whose}
                    for key, vector in zip(keys, vectors, strict=True)
                ],
            )


def search(database: Database, mode: SearchMode, embedder: LocalEmbedder | None = None) -> Search:
    """A search for ten passages."""

    async def found(asks: str) -> list[str]:
        vector = None
        if mode is not SearchMode.TEXT and embedder is not None:
            vector = [float(x) for x in (await embedder.embed([asks], Kind.QUERY))[0]]
        question = Question(
            viewer=OWNER, mode=mode, wording=read(asks), vector=vector, model_id=MODEL, size=10,
            wants=frozenset({"texts"}),
        )  # fmt: skip
        async with database.read() as session:
            row = (await session.execute(statement(PASSAGES, question, {}))).one()
        return [hit["text"] for hit in row.hits[:10]]

    return found


def test_every_answer_stands_in_one_passage() -> None:
    texts, asked = passages(), questions()
    assert len(texts) >= 60
    assert len(asked) >= 60
    assert {each.language for each in asked} == {"zh", "en", "mixed"}
    for each in asked:
        assert sum(each.answer in text for text in texts) == 1, each.asks


async def test_words_alone_find_most_answers(database: Database) -> None:
    await keep(database, passages())
    scores = await measured(questions(), search(database, SearchMode.TEXT))
    assert {language: score.recall[5] >= 0.8 for language, score in scores.items()} == dict.fromkeys(
        scores, True
    )
    assert scores["all"].mrr >= 0.75


@pytest.mark.skipif(not LOCAL_MODELS["local"].installed, reason="the extra local is not installed")
async def test_both_together_are_not_worse_than_the_better_one(database: Database) -> None:
    texts = passages()
    embedder = LocalEmbedder("local", LOCAL_MODELS["local"])
    try:
        await keep(database, texts, await embedder.embed(texts, Kind.DOCUMENT))
        scores = {mode: await measured(questions(), search(database, mode, embedder)) for mode in SearchMode}
    finally:
        embedder.close()
    for language, score in scores[SearchMode.HYBRID].items():
        better = max(scores[mode][language].mrr for mode in (SearchMode.TEXT, SearchMode.VECTOR))
        assert score.mrr >= better - MARGIN, (language, scores)
    assert scores[SearchMode.HYBRID]["all"].recall[5] >= 0.9
