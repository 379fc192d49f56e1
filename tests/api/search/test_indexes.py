"""The largest owners' vectors are found by an index of their own, and nothing is lost by that."""

from typing import Any, Final

import numpy as np
import pytest
from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from db import models
from db.policy import Viewer
from db.search.ground import PASSAGES, Question, SearchMode
from db.search.indexes import Kept, keep_indexes, name_of, scan_well
from db.search.recall import measure
from db.search.statement import statement
from tests.api.search.conftest import MODEL, Library, add_user
from tests.api.search.tenants import TOPICS, Meaning, Vectors, nearest, settle

COUNT: Final = 1_500
ASKED: Final = """query ($vector: Vector!, $first: Int, $after: String, $where: DocumentChunkWhere) {
  searchChunks(vector: $vector, first: $first, after: $after, where: $where) {
    searchInfo { strategy exact underfilled }
    pageInfo { hasNextPage endCursor }
    nodes { chunkIndex }
  }
}"""


@pytest.fixture
async def tenants(library: Library) -> tuple[Viewer, Viewer, Vectors, Vectors]:
    """A large tenant and a small one, the vectors of the large one, and questions about its topics."""
    meaning = Meaning(23)
    vectors = meaning.about(meaning.topics[:TOPICS], COUNT)
    async with library.database.transaction() as session:
        await session.execute(text("UPDATE embedding_models SET dimensions = 384"))
    large = await settle(library, "large", vectors)
    small = await settle(library, "small", meaning.about(meaning.topics, 50))
    async with library.database.read() as session:
        await session.execute(text("ANALYZE"))
    return large, small, vectors, meaning.about(meaning.topics[:TOPICS], 10)


async def searched(library: Library, viewer: Viewer, question: Any, **variables: Any) -> Any:
    reply = await library.ask(viewer, ASKED, vector=question.tolist(), **variables)
    assert reply.codes == [], reply.body
    return reply.data["searchChunks"]


def places(answer: Any) -> list[int]:
    return [node["chunkIndex"] for node in answer["nodes"]]


async def test_only_the_largest_have_one(
    library: Library, tenants: tuple[Viewer, Viewer, Vectors, Vectors]
) -> None:
    large, small, _, questions = tenants
    index = name_of(large.user_id, MODEL)  # type: ignore[arg-type]
    assert await keep_indexes(library.database, 10 * COUNT) == Kept()
    before = await searched(library, large, questions[0], first=10)
    assert before["searchInfo"] == {"strategy": "BITS", "exact": False, "underfilled": False}
    assert await keep_indexes(library.database, COUNT) == Kept(made=(index,))
    assert await keep_indexes(library.database, COUNT) == Kept()
    after = await searched(library, large, questions[0], first=10)
    assert after == {**before, "searchInfo": {**before["searchInfo"], "strategy": "INDEX"}}
    others = await searched(library, small, questions[0], first=10)
    assert others["searchInfo"]["strategy"] == "BITS"
    plan = await plan_of(library, large, questions[0])
    assert f"Index Scan using {index}" in plan
    # All the others are compared only where the index has not found enough.
    assert "(never executed)" in plan
    # It stays until there is much less, and goes then.
    assert await keep_indexes(library.database, 2 * COUNT) == Kept()
    assert await keep_indexes(library.database, 2 * COUNT + 2) == Kept(dropped=(index,))
    assert await searched(library, large, questions[0], first=10) == before


async def test_it_loses_nothing(library: Library, tenants: tuple[Viewer, Viewer, Vectors, Vectors]) -> None:
    large, _, vectors, questions = tenants
    await keep_indexes(library.database, COUNT)
    await everything_near_is_found(library, large, vectors, questions)
    await pages_have_everything_once(library, large, questions[0])
    await a_filter_takes_nothing_away(library, large, questions[0])
    # Who may see what others have searches without it, and who has nothing finds nothing.
    admin = Viewer(large.user_id, frozenset({"admin"}))
    answer = await searched(library, admin, questions[0], first=10)
    assert answer["searchInfo"]["strategy"] == "BITS"
    stranger = await add_user(library.database, "stranger")
    assert places(await searched(library, stranger, questions[0], first=10)) == []
    async with library.database.transaction() as session:
        await session.execute(update(models.Document).values(deleted_at=models.Document.created_at))
    assert places(await searched(library, large, questions[0], first=20)) == []


async def everything_near_is_found(
    library: Library, viewer: Viewer, vectors: Vectors, questions: Vectors
) -> None:
    order = np.random.default_rng(5).permutation(COUNT)
    recalls = []
    for question in questions:
        answer = await searched(library, viewer, question, first=10)
        assert answer["searchInfo"]["strategy"] == "INDEX"
        exact = {int(order[each]) for each in nearest(vectors, question, order >= 0, 10)}
        recalls.append(len(exact & set(places(answer))) / 10)
    assert min(recalls) >= 0.9
    assert sum(recalls) / len(recalls) >= 0.99


async def pages_have_everything_once(library: Library, viewer: Viewer, question: Any) -> None:
    """Beyond the first window, too, which alone comes from the index."""
    found: list[int] = []
    strategies, cursor, more = set(), None, True
    while more:
        page = await searched(library, viewer, question, first=100, after=cursor)
        found += places(page)
        strategies.add(page["searchInfo"]["strategy"])
        cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert sorted(found) == list(range(COUNT))
    assert strategies == {"INDEX"}


async def a_filter_takes_nothing_away(library: Library, viewer: Viewer, question: Any) -> None:
    few = await searched(library, viewer, question, first=20, where={"chunkIndex": {"lt": 15}})
    assert sorted(places(few)) == list(range(15))
    assert few["searchInfo"] == {"strategy": "BITS", "exact": True, "underfilled": True}
    most = await searched(library, viewer, question, first=20, where={"chunkIndex": {"lt": 1_300}})
    assert len(places(most)) == 20
    assert max(places(most)) < 1_300
    assert most["searchInfo"]["strategy"] == "INDEX"


async def plan_of(library: Library, viewer: Viewer, question: Any) -> str:
    asks = Question(
        viewer=viewer, mode=SearchMode.VECTOR, vector=question.tolist(), model_id=MODEL, indexed=True,
        window=400,
    )  # fmt: skip
    compiled = statement(PASSAGES, asks, {}).compile(dialect=dialect())  # type: ignore[no-untyped-call]
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    async with library.database.transaction() as session:
        await scan_well(session)
        connection = await session.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        return "\n".join(row[0] for row in await driver.fetch(f"EXPLAIN (ANALYZE) {compiled}", *values))


async def test_the_doctor_measures_what_is_found(
    library: Library, tenants: tuple[Viewer, Viewer, Vectors, Vectors]
) -> None:
    await keep_indexes(library.database, COUNT)
    async with library.database.read() as connection:
        (found,) = await measure(connection)
    assert found.questions == 50
    assert found.average >= 0.99
    assert found.finding.problem is None
    # Bits that say the same of every vector find nothing near.
    async with library.database.transaction() as session:
        await session.execute(
            text(
                "UPDATE chunk_embeddings SET embedding = ("
                "SELECT array_agg(number + 100 ORDER BY place)::vector "
                "FROM unnest(embedding::real[]) WITH ORDINALITY given(number, place))"
            )
        )
    await keep_indexes(library.database, 0)
    async with library.database.read() as connection:
        (found,) = await measure(connection)
    assert found.average < 0.95
    assert "use another model" in (found.finding.problem or "")
