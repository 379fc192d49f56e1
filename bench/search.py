"""What searches take among 100,000 chunks: each mode against its bare statement and against exact search."""

import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import partial
from statistics import median, quantiles
from typing import Any, Final
from uuid import UUID, uuid5

from pgvector import Vector
from pgvector.asyncpg import register_vector
from rich.console import Console
from rich.table import Table
from sqlalchemy import ColumnElement, text
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from api.app import served_schema
from api.auth.principal import loopback
from api.context import Context
from api.core.declarations import MIRRORS
from api.core.documents import Documents
from api.core.limits import Limits
from api.core.pages import PageSizes
from api.reading.path import StatementPath
from api.reading.reader import Reader
from bench.dataset import Dataset
from bench.passages import Asked, Made
from bench.processes import BenchError
from db.models import Role
from db.policy import Viewer, bool_of
from db.search.ground import PASSAGES, Question, SearchMode, window_of
from db.search.indexes import is_indexed, keep_indexes, scan_well
from db.search.statement import statement
from db.search.wording import read
from db.session import Database
from db.settings import DatabaseSettings

NAMES: Final = UUID(int=18)
DIMENSIONS: Final = (384, 1536)
_PER_DOCUMENT: Final = 100
_BATCH: Final = 5_000
_FEW: Final = 3

_SHARES: Final = (0.0001, 0.001, 0.01, 0.1, 0.5, 1.0)
_NEAREST: Final = text("""
    SELECT chunk.id::text FROM chunk_embeddings vector
    JOIN document_chunks chunk ON chunk.id = vector.chunk_id
    WHERE vector.user_id = :owner AND vector.model_id = :model AND chunk.chunk_index < :most
    ORDER BY vector.embedding <=> CAST(CAST(:asked AS real[]) AS vector), chunk.id LIMIT 10
""")
_EXACT: Final = """
    SELECT json_agg(near)::text FROM (
        SELECT chunk.id, chunk.content FROM chunk_embeddings vector
        JOIN document_chunks chunk ON chunk.id = vector.chunk_id
        JOIN documents document ON document.id = chunk.document_id AND document.deleted_at IS NULL
        WHERE vector.user_id = $1 AND vector.model_id = $2
        ORDER BY vector.embedding <=> $3::real[]::vector, chunk.id LIMIT 10
    ) near
"""
_DOCUMENT: Final = """query ($text: String, $vector: Vector, $model: String, $mode: SearchMode) {
  searchChunks(text: $text, vector: $vector, model: $model, mode: $mode, first: 10) {
    edges { score node { id content document { title } } }
  }
}"""
_SIZES: Final = text("""
    SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) FROM pg_index
    WHERE indrelid IN ('chunk_embeddings'::regclass, 'document_chunks'::regclass) ORDER BY 2 DESC
""")


async def measure(data: Dataset, chunks: int, rounds: int, console: Console) -> dict[str, Any]:
    """Print what searches take; rows are made anew each time, and taken away."""
    figures: dict[str, Any] = {}
    for size in DIMENSIONS:
        # Exact search takes as long as it takes.
        database = Database.connect(data.url, DatabaseSettings(statement_timeout_ms=600_000))
        try:
            owner, seconds, made = await _fill(database, size, chunks)
            figures[str(size)] = await _compare(database, owner, made, chunks, rounds)
            figures[str(size)]["seconds to make"] = seconds
            figures[str(size)]["filtered"] = await _filtered(database, owner, made, chunks)
            await _index(database, owner, made, chunks, rounds, figures[str(size)])
            async with database.read() as session:
                sizes: dict[str, int] = dict((await session.execute(_SIZES)).all())
            figures[str(size)]["bytes of indexes"] = sizes
            _show(f"{chunks:,} chunks of {size:,} dimensions", figures[str(size)], sizes, console)
        finally:
            await _clear(database)
            await database.dispose()
    return figures


async def _clear(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        await session.execute(text("DELETE FROM users WHERE username = 'searcher'"))
        await session.execute(text("DELETE FROM embedding_models WHERE name = 'bench'"))


async def _fill(database: Database, size: int, chunks: int) -> tuple[Viewer, float, Made]:
    """An owner with so many chunks, the seconds that making them took, and what makes more like them."""
    await _clear(database)
    made = Made(size)
    async with database.transaction() as session:
        owner = await session.scalar(
            text("INSERT INTO users (username, roles) VALUES ('searcher', '{user}') RETURNING id")
        )
        model = await session.scalar(
            text(
                "INSERT INTO embedding_models (name, provider, dimensions, is_next)"
                " VALUES ('bench', 'bench', :size, true) RETURNING id"
            ),
            {"size": size},
        )
    started = time.perf_counter()
    raw = await database.engine.raw_connection()
    try:
        driver: Any = raw.driver_connection
        await driver.execute("SET statement_timeout = 0")
        await register_vector(driver)
        for start in range(0, chunks, _BATCH):
            await _copy(driver, owner, model, made, start, min(_BATCH, chunks - start))
        await driver.execute("VACUUM ANALYZE document_chunks, chunk_embeddings, documents")
        await driver.execute("RESET statement_timeout")
        await driver.close()
    finally:
        raw.invalidate()
    return Viewer(owner, frozenset({Role.USER.value})), time.perf_counter() - started, made


async def _copy(driver: Any, owner: Any, model: Any, made: Made, start: int, count: int) -> None:
    keys = [uuid5(NAMES, f"{made.size}/{place}") for place in range(start, start + count)]
    documents = [
        uuid5(NAMES, f"{made.size}/document/{place // _PER_DOCUMENT}")
        for place in range(start, start + count)
    ]
    await driver.copy_records_to_table(
        "documents",
        records=[
            (key, owner, f"Document {key}", "text/plain", "indexed") for key in dict.fromkeys(documents)
        ],
        columns=["id", "user_id", "title", "content_type", "status"],
    )
    texts = made.texts(count, 60)
    await driver.copy_records_to_table(
        "document_chunks",
        records=[
            (key, owner, document, place, content)
            for place, key, document, content in zip(
                range(start, start + count), keys, documents, texts, strict=True
            )
        ],
        columns=["id", "user_id", "document_id", "chunk_index", "content"],
    )
    await driver.copy_records_to_table(
        "chunk_embeddings",
        records=[
            (owner, key, document, model, Vector(vector))
            for key, document, vector in zip(keys, documents, made.vectors(count), strict=True)
        ],
        columns=["user_id", "chunk_id", "document_id", "model_id", "embedding"],
    )


async def _model(database: Database) -> Any:
    async with database.read() as session:
        return await session.scalar(text("SELECT id FROM embedding_models WHERE name = 'bench'"))


async def _filtered(database: Database, owner: Viewer, made: Made, chunks: int) -> list[dict[str, Any]]:
    """Of filters that let more and more through: how many hits there are, and the recall of ten."""
    model, found = await _model(database), []
    others = Made(made.size)
    others.topics = others.drawn(400)[200:]
    index = await is_indexed_in(database, owner, model)
    for share in _SHARES:
        most = max(1, round(chunks * share))
        shares, missing, by_index = [], 0, 0
        for asked in (*made.questions()[:_FEW], *others.questions()[:_FEW]):
            question = replace(
                _question(owner, SearchMode.VECTOR, asked, model, made.size, chunks),
                where=None if share == 1 else partial(_below, most),
                indexed=index,
            )
            async with database.transaction() as session:
                await session.execute(text("SET LOCAL statement_timeout = 0"))
                await scan_well(session)
                row = (await session.execute(statement(PASSAGES, question, {}))).one()
                asks = {"owner": owner.user_id, "model": model, "most": most, "asked": asked.vector}
                nearest = set(await session.scalars(_NEAREST, asks))
            hits = {hit["id"] for hit in row.hits[:10]}
            shares.append(len(hits & nearest) / len(nearest))
            missing += len(nearest) - len(hits)
            by_index += row.by_index
        found.append(
            {
                "share": share, "missing hits": missing, "recall": sum(shares) / len(shares),
                "worst": min(shares), "by index": by_index / len(shares),
            }
        )  # fmt: skip
    return found


def _below(most: int, chunk: Any) -> ColumnElement[bool]:
    return bool_of(chunk.chunk_index < most)


async def is_indexed_in(database: Database, owner: Viewer, model: Any) -> bool:
    """Whether the owner's vectors have an index of their own."""
    async with database.read() as session:
        return owner.user_id is not None and await is_indexed(session, owner.user_id, model)


async def _index(
    database: Database, owner: Viewer, made: Made, chunks: int, rounds: int, figures: dict[str, Any]
) -> None:
    """The same by an index of the owner's own: what making it took, and what searches take then."""
    started = time.perf_counter()
    kept = await keep_indexes(database, chunks)
    if not kept.made:
        raise BenchError("no index was made for the owner")
    figures["seconds to index"] = time.perf_counter() - started
    again = await _compare(database, owner, made, chunks, rounds, indexed=True)
    for name in (f"{SearchMode.VECTOR.name}, bare", f"{SearchMode.VECTOR.name}, GraphQL"):
        figures[name.replace(",", " by index,")] = again[name]
    figures["filtered, with the index"] = await _filtered(database, owner, made, chunks)


async def _compare(
    database: Database, owner: Viewer, made: Made, chunks: int, rounds: int, *, indexed: bool = False
) -> dict[str, Any]:
    questions = made.questions()
    model = await _model(database)

    async def exact(asked: Asked) -> None:
        await database.read_text(_EXACT, [owner.user_id, model, asked.vector])

    ways: dict[str, Callable[[Asked], Awaitable[None]]] = {"exact search": exact}
    for mode in (SearchMode.VECTOR,) if indexed else SearchMode:
        ways[f"{mode.name}, bare"] = _bare(database, owner, mode, model, made.size, chunks, indexed=indexed)
        ways[f"{mode.name}, GraphQL"] = _graphql(database, owner, mode)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds):
        for asked in questions:
            for name, way in ways.items():
                started = time.perf_counter()
                await way(asked)
                if turn:
                    taken[name].append((time.perf_counter() - started) * 1000)
    return {name: {"p50": median(each), "p95": quantiles(each, n=20)[-1]} for name, each in taken.items()}


def _question(owner: Viewer, mode: SearchMode, asked: Asked, model: Any, size: int, chunks: int) -> Question:
    return Question(
        viewer=owner,
        mode=mode,
        wording=None if mode is SearchMode.VECTOR else read(asked.words),
        vector=asked.vector,
        model_id=model,
        size=10,
        window=window_of(size, chunks, 10),
    )


def _bare(
    database: Database,
    owner: Viewer,
    mode: SearchMode,
    model: Any,
    size: int,
    chunks: int,
    *,
    indexed: bool,
) -> Callable[[Asked], Awaitable[None]]:
    """The statement of a search by itself, compiled beforehand."""
    prepared: dict[int, tuple[str, list[Any]]] = {}

    async def run(asked: Asked) -> None:
        known = prepared.get(id(asked))
        if known is None:
            question = replace(_question(owner, mode, asked, model, size, chunks), indexed=indexed)
            made = statement(PASSAGES, question, {})
            compiled = made.compile(dialect=dialect())  # type: ignore[no-untyped-call]
            values = [compiled.params[name] for name in compiled.positiontup or ()]
            known = prepared[id(asked)] = (str(compiled), values)
        if not indexed:
            await database.read_text(*known)
            return
        async with database.transaction() as session:
            await scan_well(session)
            connection = await session.connection()
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.fetchval(known[0], *known[1])

    return run


def _graphql(database: Database, owner: Viewer, mode: SearchMode) -> Callable[[Asked], Awaitable[None]]:
    """The same asked in GraphQL, with the chunks and their documents read."""
    schema: Any = served_schema()._schema  # noqa: SLF001
    documents = Documents(schema, Limits())
    path = StatementPath(
        Reader(schema, {each.name: each for each in MIRRORS.values()}, PageSizes()), database
    )

    async def run(asked: Asked) -> None:
        document = documents.prepare(_DOCUMENT)
        operation = document.select(None)
        given = {"vector": asked.vector, "model": "bench", "mode": mode.name}
        if mode is not SearchMode.VECTOR:
            given["text"] = asked.words
        if mode is SearchMode.TEXT:
            del given["vector"]
        variables = documents.variables(operation, given)
        context = Context(database, loopback(owner), "bench")
        answer = await path.answer(document, operation, variables, owner, context)  # type: ignore[arg-type]
        if answer is None:
            raise RuntimeError("the statement path declined")

    return run


def _show(title: str, figures: dict[str, Any], sizes: dict[str, int], console: Console) -> None:
    table = Table(title=f"{title}, made in {figures['seconds to make']:.0f} s")
    for column in ("what", "p50 ms", "p95 ms", "to exact search", "to its bare statement"):
        table.add_column(column, justify="left" if column == "what" else "right")
    exact = figures["exact search"]
    for name, each in _rows(figures):
        bare = figures.get(f"{name.partition(',')[0]}, bare")
        table.add_row(
            name,
            f"{each['p50']:.1f}",
            f"{each['p95']:.1f}",
            f"{each['p50'] / exact['p50']:.2f}",
            f"{each['p50'] / bare['p50']:.2f}" if bare else "",
        )
    console.print(table)
    for name in ("filtered", "filtered, with the index"):
        for each in figures[name]:
            console.print(
                f"{name}: {each['share']:.2%} let through, {each['missing hits']} hits missing, recall "
                f"{each['recall']:.3f}, at worst {each['worst']:.1f}, {each['by index']:.0%} by the index"
            )
    console.print(f"The index of the owner was made in {figures['seconds to index']:.0f} s")
    largest = ", ".join(f"{name} {size / 2**20:.0f} MB" for name, size in list(sizes.items())[:5])
    console.print(f"The largest indexes: {largest}")


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    return ((name, each) for name, each in figures.items() if isinstance(each, dict) and "p50" in each)
