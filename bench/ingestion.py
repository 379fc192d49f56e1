"""How many documents and chunks a second are prepared, and where the time goes."""

import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

import numpy as np
import structlog
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert, text

from api.document_settings import DocumentSettings
from api.embeddings.budget import embedders_of
from api.embeddings.kinds import Kind
from api.embeddings.local import LOCAL_MODELS
from api.embeddings.providers import Embedders
from api.ingestion import preparing
from api.ingestion.cutting import cut
from api.ingestion.files import Files
from api.ingestion.preparing import Preparing
from api.ingestion.reading import read_given
from api.ingestion.work import Worker
from bench.dataset import Dataset
from bench.passages import Made
from db.models import Document, EmbeddingModel, Prepared
from db.session import Database
from db.store.preparation.queue import enqueue
from db.store.preparation.vectors import Model

_MODEL: Final = "bench-ingestion"
_WORDS: Final = 900
_SIZE: Final = 512

Spent = dict[str, float]


class Instant:
    """Makes vectors of nothing, so that only the rest is measured."""

    async def embed(self, texts: list[str], kind: Kind) -> Any:  # noqa: ARG002
        """One vector for each text, in no time."""
        return np.ones((len(texts), _SIZE), dtype=np.float32)


async def measure(data: Dataset, home: Path, documents: int, console: Console) -> dict[str, Any]:
    """Print rates with vectors that cost nothing, and with those of the extra `local` if it is installed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    ways = ["no embedder", *(["local"] if LOCAL_MODELS["local"].installed else [])]
    database = Database.connect(data.url)
    figures: dict[str, Any] = {}
    try:
        for way in ways:
            await _clear(database)
            figures[way] = await _prepared(database, home, documents, way)
    finally:
        await _clear(database)
        await database.dispose()
    _show(f"{documents:,} documents of {_WORDS} words, half of them Chinese", figures, console)
    return figures


async def _clear(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        for each in ("users WHERE username = 'sender'", f"embedding_models WHERE name = '{_MODEL}'"):
            await session.execute(text(f"DELETE FROM {each}"))  # noqa: S608 - written here


async def _prepared(database: Database, home: Path, documents: int, way: str) -> dict[str, Any]:
    async with database.transaction() as session:
        owner = await session.scalar(text("INSERT INTO users (username) VALUES ('sender') RETURNING id"))
        await session.execute(
            insert(EmbeddingModel).values(name=_MODEL, provider="local", dimensions=_SIZE, is_next=True)
        )
        texts = Made(8).texts(documents, _WORDS)
        added = await session.scalars(
            insert(Document).returning(Document.id),
            [
                {
                    "user_id": owner,
                    "title": f"Document {place}",
                    "content_type": "text/plain",
                    "content": each,
                }
                for place, each in enumerate(texts)
            ],
        )
        await enqueue(session, Prepared.DOCUMENT, list(added), cut=True)
    spent: Spent = defaultdict(float)
    settings = DocumentSettings(uploads=home / "uploads")
    async with embedders_of(settings, database) as embedders:
        worker = Worker(Preparing(database, embedders, Files(settings.uploads), settings))
        if way == "local":
            # Loading the model takes seconds, once.
            await embedders.question(Model(UUID(int=0), _MODEL, "local", _SIZE, {}, is_default=False), "warm")
        with _watched(embedders, spent, instant=way != "local"):
            started = time.perf_counter()
            while await worker.document():
                pass
            seconds = time.perf_counter() - started
    async with database.read() as session:
        counted = await session.execute(
            text(
                "SELECT count(*), sum(chunk_count) FROM documents "
                "WHERE user_id = :owner AND status = 'indexed'"
            ),
            {"owner": owner},
        )
        ready, chunks = counted.one()
    if ready != documents:
        raise RuntimeError(f"{documents - ready} documents were not prepared")
    shares = {name: taken / seconds for name, taken in spent.items()}
    return {
        "seconds": seconds, "documents a second": ready / seconds, "chunks a second": chunks / seconds,
        "shares": shares | {"queue and database": 1 - sum(shares.values())},
    }  # fmt: skip


@contextmanager
def _watched(embedders: Embedders, spent: Spent, *, instant: bool) -> Iterator[None]:
    """Take the time of each step of the work."""

    def timed(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any) -> Any:
            started = time.perf_counter()
            try:
                return step(*given)
            finally:
                spent[name] += time.perf_counter() - started

        return run

    def awaited(name: str, step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def run(*given: Any) -> Any:
            started = time.perf_counter()
            try:
                return await step(*given)
            finally:
                spent[name] += time.perf_counter() - started

        return run

    of = embedders.of

    def chosen(row: Any) -> Any:
        embedder = Instant() if instant else of(row)
        return type("Watched", (), {"embed": staticmethod(awaited("embedding", embedder.embed))})

    with ExitStack() as stack:
        stack.enter_context(patch.object(preparing, "read_given", awaited("reading", read_given)))
        stack.enter_context(patch.object(preparing, "cut", timed("cutting", cut)))
        stack.enter_context(patch.object(embedders, "of", chosen))
        yield


def _show(title: str, figures: dict[str, Any], console: Console) -> None:
    table = Table(title=title)
    for column in ("embedder", "documents a second", "chunks a second", "where the time goes"):
        table.add_column(column)
    for way, each in figures.items():
        shares = ", ".join(
            f"{name} {share:.0%}" for name, share in sorted(each["shares"].items(), key=lambda item: -item[1])
        )
        table.add_row(way, f"{each['documents a second']:.1f}", f"{each['chunks a second']:.1f}", shares)
    console.print(table)
