"""A library of chunks and memories whose vectors are known, and the API over it on both reading paths."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

import numpy as np
import pytest
from sqlalchemy import insert, select

from api.app import served_schema
from db import models
from db.policy import Viewer
from db.session import Database
from tests.api.differential.apps import BothPaths, Reply, Request, both_paths

NAMES: Final = UUID(int=7)
MODEL: Final = uuid5(NAMES, "model")


@dataclass(frozen=True, slots=True)
class Library:
    """Who owns what, and the API."""

    database: Database
    both: BothPaths

    async def ask(self, viewer: Viewer, query: str, **variables: Any) -> Reply:
        """What both paths answer."""
        return await self.both.ask(Request(query, variables), viewer)


@pytest.fixture(scope="session")
def served() -> Any:
    """The schema, built once."""
    return served_schema()


@pytest.fixture
async def library(database: Database, served: Any, unlogged: None) -> AsyncIterator[Library]:
    """An empty library with a default model of eight dimensions."""
    async with database.transaction() as session:
        await session.execute(
            insert(models.EmbeddingModel).values(
                id=MODEL, name="by-hand", provider="nobody", dimensions=8, is_default=True
            )
        )
    async with both_paths(database, served) as both:
        yield Library(database, both)


@pytest.fixture
async def demo(demo_database: Database, served: Any, unlogged: None) -> AsyncIterator[Library]:
    """The demo's documents."""
    async with both_paths(demo_database, served) as both:
        yield Library(demo_database, both)


async def named(database: Database, name: str) -> Viewer:
    """Somebody of the demo."""
    wanted = select(models.User.id, models.User.roles).where(models.User.username == name)
    async with database.read() as session:
        key, roles = (await session.execute(wanted)).one()
    return Viewer(key, frozenset(roles))


def vector(*numbers: float, size: int = 8) -> list[float]:
    """A vector that begins so and goes on with zeros."""
    return [*numbers, *([0.0] * (size - len(numbers)))]


async def add_user(database: Database, name: str) -> Viewer:
    """Somebody with nothing."""
    key = uuid5(NAMES, name)
    async with database.transaction() as session:
        await session.execute(insert(models.User).values(id=key, username=name))
    return Viewer(key, frozenset({"user"}))


async def add_document(
    database: Database,
    owner: Viewer,
    title: str,
    texts: Sequence[str],
    vectors: Sequence[Sequence[float] | None] | None = None,
    tags: Sequence[str] = (),
) -> UUID:
    """A document with chunks, and a vector for each that is given one."""
    document = uuid5(NAMES, f"{owner.user_id}/{title}")
    chunks = [
        {
            "id": uuid5(document, str(index)), "document_id": document, "user_id": owner.user_id,
            "chunk_index": index, "content": text,
        }
        for index, text in enumerate(texts)
    ]  # fmt: skip
    embeddings = [
        {
            "chunk_id": chunk["id"], "document_id": document, "user_id": owner.user_id, "model_id": MODEL,
            "embedding": list(numbers),
        }
        for chunk, numbers in zip(chunks, vectors or [], strict=False)
        if numbers is not None
    ]  # fmt: skip
    async with database.transaction() as session:
        await session.execute(
            insert(models.Document).values(
                id=document, user_id=owner.user_id, title=title, content_type="text/plain",
                status=models.DocumentStatus.INDEXED, meta={"tags": list(tags)},
            )
        )  # fmt: skip
        await session.execute(insert(models.DocumentChunk), chunks)
        if embeddings:
            await session.execute(insert(models.ChunkEmbedding), embeddings)
    return document


def rows_of(seed: int, count: int, size: int = 8) -> list[list[float]]:
    """Vectors that point everywhere."""
    numbers = np.random.default_rng(seed).standard_normal((count, size)).astype(np.float32)
    return json.loads(json.dumps(numbers.tolist()))  # type: ignore[no-any-return]
