"""A filtered search returns what there is, whatever the filter lets through and whatever is asked for.

As many hits as fit the page or fulfil the filter; the nearest among them, compared with all distances.
"""

from functools import partial
from typing import Any, Final
from uuid import uuid5

import numpy as np
import pytest
from sqlalchemy import ColumnElement, text

from db.policy import bool_of
from db.search.ground import PASSAGES, Question, SearchMode, window_of
from db.search.statement import statement
from tests.api.search.conftest import MODEL, NAMES, Library
from tests.api.search.tenants import SIZE, TOPICS, Meaning, nearest, settle

TENANTS: Final = {"small": 10, "middle": 1_000, "large": 6_000}
SHARES: Final = (0.0001, 0.001, 0.01, 0.1, 0.5, 1.0)


def below(most: int, chunk: Any) -> ColumnElement[bool]:
    """The filter that lets so many through."""
    return bool_of(chunk.chunk_index < most)


@pytest.mark.parametrize("tenant", TENANTS)
async def test_no_filter_takes_hits_away(library: Library, tenant: str) -> None:
    meaning, count = Meaning(11), TENANTS[tenant]
    own, others = meaning.topics[:TOPICS], meaning.topics[TOPICS:]
    vectors = meaning.about(own, count)
    async with library.database.transaction() as session:
        await session.execute(text("UPDATE embedding_models SET dimensions = 384"))
    owner = await settle(library, tenant, vectors)
    if tenant == "small":
        await settle(library, "others", meaning.about(meaning.topics, 2_000))
    async with library.database.read() as session:
        await session.execute(text("ANALYZE"))
    order = np.random.default_rng(5).permutation(count)
    ids = [uuid5(uuid5(NAMES, tenant), str(index)) for index in range(count)]
    recalls = []
    for share in SHARES:
        most = max(1, round(count * share))
        for topics in (own, others):
            question = meaning.about(topics, 1)[0]
            asks = Question(
                viewer=owner, mode=SearchMode.VECTOR, vector=question.tolist(), model_id=MODEL, size=10,
                window=window_of(SIZE, count, 10), wants=frozenset({"total"}),
                where=None if share == 1 else partial(below, most),
            )  # fmt: skip
            async with library.database.read() as session:
                row = (await session.execute(statement(PASSAGES, asks, {}))).one()
            hits = [hit["id"] for hit in row.hits[:10]]
            assert row.total == most
            assert len(hits) == len(set(hits)) == min(10, most)
            exact = {str(ids[index]) for index in nearest(vectors, question, order < most, 10)}
            recalls.append(len(exact & set(hits)) / len(exact))
    assert min(recalls) >= 0.9
    assert sum(recalls) / len(recalls) >= 0.99
