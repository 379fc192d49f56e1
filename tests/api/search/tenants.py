"""Tenants with any number of chunks, whose vectors are shaped like those of texts, and the exact answers."""

from typing import Any, Final
from uuid import uuid5

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, text

from db import models
from db.policy import Viewer
from tests.api.search.conftest import MODEL, NAMES, Library, add_user

SIZE: Final = 384
TOPICS: Final = 40
Vectors = NDArray[np.float32]


class Meaning:
    """Vectors shaped like those of texts: most of what tells them apart lies in few directions."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.turned, _ = np.linalg.qr(self.rng.normal(size=(SIZE, SIZE)))
        self.spread = np.arange(1, SIZE + 1) ** -0.5
        self.topics = self.drawn(2 * TOPICS)

    def drawn(self, count: int) -> Vectors:
        """So many vectors around nothing."""
        made: Vectors = ((self.rng.normal(size=(count, SIZE)) * self.spread) @ self.turned).astype(np.float32)
        return made

    def about(self, topics: Vectors, count: int) -> Vectors:
        """So many vectors around topics, as precise as they are written."""
        chosen = topics[self.rng.integers(0, len(topics), count)]
        made: Vectors = np.round(chosen + self.drawn(count) * 0.8, 5).astype(np.float32)
        return made


async def settle(library: Library, name: str, vectors: Vectors) -> Viewer:
    """A tenant with one chunk for each vector; `chunk_index` spreads evenly over what filters choose."""
    owner = await add_user(library.database, name)
    document = uuid5(NAMES, name)
    count = len(vectors)
    order = np.random.default_rng(5).permutation(count)
    async with library.database.transaction() as session:
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        await session.execute(
            insert(models.Document).values(
                id=document, user_id=owner.user_id, title=name, content_type="text/plain"
            )
        )
        chunks = text("""
            INSERT INTO document_chunks (id, document_id, user_id, chunk_index, content)
            SELECT id, :document, :owner, place, 'text'
            FROM unnest(CAST(:ids AS uuid[]), CAST(:places AS int[])) given(id, place)""")
        ids = [uuid5(document, str(index)) for index in range(count)]
        await session.execute(
            chunks, {"document": document, "owner": owner.user_id, "ids": ids, "places": order.tolist()}
        )
        embeddings = text("""
            INSERT INTO chunk_embeddings (chunk_id, document_id, user_id, model_id, embedding)
            SELECT id, :document, :owner, :model, CAST(CAST(numbers AS text) AS vector)
            FROM unnest(CAST(:ids AS uuid[]), CAST(:vectors AS text[])) given(id, numbers)""")
        for start in range(0, count, 2_000):
            part = slice(start, start + 2_000)
            written = [f"[{','.join(f'{number:.5f}' for number in each)}]" for each in vectors[part].tolist()]
            whose = {"document": document, "owner": owner.user_id, "model": MODEL}
            await session.execute(embeddings, {**whose, "ids": ids[part], "vectors": written})
    return owner


def nearest(vectors: Vectors, question: Vectors, among: NDArray[np.bool_], size: int) -> Any:
    """The exact answer."""
    distances = 1 - vectors @ question / (np.linalg.norm(vectors, axis=1) * np.linalg.norm(question))
    distances = np.where(among, distances, np.inf)
    return np.argsort(distances, kind="stable")[: min(size, int(among.sum()))]
