"""Recall of memories: what counts how much, what has expired, what is linked, what is a use."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

import pytest
from sqlalchemy import insert, select

from db import models
from db.policy import Viewer
from tests.api.differential.apps import Request
from tests.api.search.conftest import MODEL, NAMES, Library, add_user, vector

QUERY: Final = """query Recall(
    $text: String, $vector: Vector, $mode: SearchMode, $importance: Float, $recency: Float, $half: Float,
    $links: Float, $least: Float, $expired: Boolean, $touch: Boolean, $now: DateTime, $first: Int,
    $after: String, $similarity: Float
) {
  searchMemories(
    text: $text, vector: $vector, mode: $mode, importanceWeight: $importance, recencyWeight: $recency,
    halfLifeDays: $half, linkWeight: $links, minScore: $least, includeExpired: $expired, touch: $touch,
    asOf: $now, first: $first, after: $after, similarityWeight: $similarity
  ) {
    totalCount pageInfo { hasNextPage endCursor } searchInfo { exact mode }
    facets { tags { tag count } }
    edges {
      score distance scoreParts { similarity importance recency links }
      node { content accessCount lastAccessedAt links { totalCount nodes { related { content } } } }
    }
  }
}"""
NOW: Final = datetime(2026, 11, 20, tzinfo=UTC)
NEAR: Final = vector(1.0)
PLAIN: Final = {"importance": 0, "recency": 0, "now": NOW.isoformat()}


async def remember(
    library: Library, owner: Viewer, content: str, numbers: list[float] | None, **values: Any
) -> UUID:
    key = uuid5(NAMES, f"{owner.user_id}/{content}")
    made = {"importance": 0.5, "created_at": NOW, "tags": ["a"]} | values
    async with library.database.transaction() as session:
        await session.execute(
            insert(models.Memory).values(
                id=key, user_id=owner.user_id, memory_type=models.MemoryType.USER, content=content, **made
            )
        )
        if numbers is not None:
            await session.execute(
                insert(models.MemoryEmbedding).values(
                    memory_id=key, user_id=owner.user_id, model_id=MODEL, embedding=numbers
                )
            )
    return key


async def recalled(library: Library, owner: Viewer, **asks: Any) -> Any:
    reply = await library.ask(owner, QUERY, **PLAIN | asks)
    assert reply.codes == [], reply.body
    assert reply.path == "statement"
    return reply.data["searchMemories"]


def contents(answer: Any) -> list[str]:
    return [edge["node"]["content"] for edge in answer["edges"]]


async def test_what_counts_how_much(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    await remember(library, owner, "alike", NEAR, importance=0.0, created_at=NOW - timedelta(days=20))
    await remember(
        library, owner, "important", vector(0, 1), importance=1.0, created_at=NOW - timedelta(days=20)
    )
    await remember(library, owner, "new", vector(0, 1), importance=0.0)
    assert contents(await recalled(library, owner, vector=NEAR))[0] == "alike"
    answer = await recalled(library, owner, vector=NEAR, similarity=0.5, importance=2, recency=1, half=10)
    assert contents(answer) == ["important", "new", "alike"]
    parts = [edge["scoreParts"] for edge in answer["edges"]]
    assert [each["importance"] for each in parts] == pytest.approx([2, 0, 0])
    assert [each["recency"] for each in parts] == pytest.approx([0.25, 1, 0.25])
    assert [each["similarity"] for each in parts] == pytest.approx([0, 0, 0.5])
    assert [edge["score"] for edge in answer["edges"]] == pytest.approx(
        [sum(each.values()) for each in parts]
    )


async def test_thresholds_are_applied_to_the_weighted_score(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    for place in range(10):
        await remember(library, owner, f"memory {place}", vector(1.0, place), importance=place / 10)
    whole = await recalled(library, owner, vector=NEAR, importance=0.5)
    scores = [edge["score"] for edge in whole["edges"]]
    assert scores == sorted(scores, reverse=True)
    least = (scores[3] + scores[4]) / 2
    kept = await recalled(library, owner, vector=NEAR, importance=0.5, least=least)
    assert kept["edges"] == whole["edges"][:4]
    assert kept["totalCount"] == 4
    assert kept["facets"]["tags"] == [{"tag": "a", "count": 4}]
    assert kept["searchInfo"]["exact"]


async def test_expired_memories_are_left_out_unless_asked_for(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    await remember(library, owner, "gone tea", NEAR, expires_at=NOW - timedelta(days=400))
    await remember(library, owner, "still tea", NEAR, expires_at=NOW + timedelta(days=40_000))
    for mode in ("VECTOR", "TEXT", "HYBRID"):
        asks = {"text": "tea", "vector": NEAR, "mode": mode}
        assert contents(await recalled(library, owner, **asks)) == ["still tea"]
        answer = await recalled(library, owner, **asks, expired=True)
        assert sorted(contents(answer)) == ["gone tea", "still tea"]
        assert answer["totalCount"] == 2


async def test_without_a_question_what_matters_and_is_new_comes_first(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    await remember(library, owner, "new", None, importance=0.0)
    await remember(library, owner, "important", NEAR, importance=1.0, created_at=NOW - timedelta(days=20))
    await remember(library, owner, "old", NEAR, importance=0.1, created_at=NOW - timedelta(days=20))
    await remember(library, owner, "gone", NEAR, expires_at=NOW - timedelta(days=400))
    asks = {"importance": 2, "recency": 1, "half": 10}
    answer = await recalled(library, owner, **asks)
    assert contents(answer) == ["important", "new", "old"]
    assert [edge["score"] for edge in answer["edges"]] == pytest.approx([2.25, 1.0, 0.45])
    assert {edge["scoreParts"]["similarity"] for edge in answer["edges"]} == {0}
    assert (answer["totalCount"], answer["searchInfo"]) == (3, {"exact": True, "mode": None})
    assert contents(await recalled(library, owner, **asks, least=1.0)) == ["important", "new"]


async def test_links_carry_likeness_both_ways(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    named = {"near": NEAR, "to it": vector(0, 1), "from it": vector(0, 1), "alone": vector(0, 1)}
    keys = [await remember(library, owner, name, numbers) for name, numbers in named.items()]
    async with library.database.transaction() as session:
        for one, other in ((keys[1], keys[0]), (keys[0], keys[2])):
            await session.execute(
                insert(models.MemoryLink).values(memory_id=one, related_id=other, user_id=owner.user_id)
            )
    answer = await recalled(library, owner, vector=NEAR, links=0.5)
    links = {edge["node"]["content"]: edge["scoreParts"]["links"] for edge in answer["edges"]}
    assert links == pytest.approx({"near": 0.0, "to it": 0.5, "from it": 0.5, "alone": 0.0})
    assert contents(answer)[0] == "near"
    assert contents(answer)[3] == "alone"


async def test_words_and_vectors_join(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    await remember(library, owner, "烏龍茶", None)
    await remember(library, owner, "coffee", NEAR)
    answer = await recalled(library, owner, text="乌龙茶", vector=NEAR)
    assert sorted(contents(answer)) == ["coffee", "烏龍茶"]
    assert [edge["scoreParts"]["similarity"] for edge in answer["edges"]] == pytest.approx([0.5, 0.5])
    assert contents(await recalled(library, owner, text="乌龙茶", mode="TEXT")) == ["烏龍茶"]
    assert contents(await recalled(library, owner, vector=NEAR)) == ["coffee"]


async def test_uses_are_counted_once_and_after_the_reading(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    other = await add_user(library.database, "other")
    await remember(library, owner, "used", NEAR)
    await remember(library, owner, "unused", vector(0, 1))
    await remember(library, other, "another's", NEAR)
    asks = Request(QUERY, PLAIN | {"vector": NEAR, "first": 1, "touch": True})
    reply = await library.both.by_loaders(asks, owner)
    node = reply.data["searchMemories"]["edges"][0]["node"]
    assert (node["content"], node["accessCount"], node["lastAccessedAt"]) == ("used", 0, None)
    wanted = select(models.Memory.content, models.Memory.access_count, models.Memory.version)
    async with library.database.read() as session:
        rows = {row.content: (row.access_count, row.version) for row in await session.execute(wanted)}
    # A use is no change.
    assert rows == {"used": (1, 1), "unused": (0, 1), "another's": (0, 1)}


async def test_who_may_not_change_counts_no_use(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    await remember(library, owner, "used", NEAR)
    reader = Viewer(owner.user_id, frozenset({"viewer"}))
    assert contents(await recalled(library, reader, vector=NEAR, touch=True)) == ["used"]
    async with library.database.read() as session:
        assert await session.scalar(select(models.Memory.access_count)) == 0


async def test_pages_agree_about_ages(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    for place in range(9):
        await remember(library, owner, f"memory {place}", NEAR, created_at=NOW - timedelta(hours=place))
    seen: list[str] = []
    after = None
    for _ in range(3):
        answer = await recalled(library, owner, vector=NEAR, recency=1, first=3, after=after, now=None)
        seen += contents(answer)
        after = answer["pageInfo"]["endCursor"]
    assert seen == [f"memory {place}" for place in range(9)]
