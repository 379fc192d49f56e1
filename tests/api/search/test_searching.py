"""Searches over a library whose scores can be worked out by hand."""

from typing import Any, Final

import pytest
from sqlalchemy import insert, update

from db import models
from tests.api.differential.apps import Request
from tests.api.search.conftest import Library, add_document, add_user, named, rows_of, vector

CHUNKS: Final = """query Search(
    $text: String, $vector: Vector, $mode: SearchMode, $where: DocumentChunkWhere,
    $first: Int, $after: String,
    $k: Int, $vectorWeight: Float, $textWeight: Float, $model: String, $facetSize: Int
) {
  searchChunks(
    text: $text, vector: $vector, mode: $mode, where: $where, first: $first, after: $after, k: $k,
    vectorWeight: $vectorWeight, textWeight: $textWeight, model: $model, facetSize: $facetSize
  ) {
    __typename
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    searchInfo { mode strategy exact underfilled candidates model degraded }
    facets { tags { tag count } documents { title count } }
    nodes { content }
    edges {
      __typename cursor rank score distance textRank highlights { start end }
      node { content document { title chunks(first: 1) { totalCount nodes { chunkIndex } } } }
    }
  }
}"""
NEAR, FAR, OTHER = vector(1.0), vector(0.0, 1.0), vector(0.0, 0.0, 1.0)


async def shelves(library: Library) -> Any:
    """Three chunks of two documents: one near by vector, one by words, one by both."""
    owner = await add_user(library.database, "owner")
    texts = ["tomato seeds and water", "only about engines", "tomato tomato soup"]
    await add_document(library.database, owner, "Garden", texts[:2], [FAR, NEAR], ["green", "home"])
    await add_document(library.database, owner, "Kitchen", texts[2:], [vector(1.0, 1.0)], ["home"])
    return owner


async def found(library: Library, owner: Any, **variables: Any) -> Any:
    reply = await library.ask(owner, CHUNKS, **variables)
    assert reply.codes == [], reply.body
    assert reply.path == "statement"
    return reply.data["searchChunks"]


def contents(answer: Any) -> list[str]:
    return [edge["node"]["content"] for edge in answer["edges"]]


async def test_by_vectors(library: Library) -> None:
    owner = await shelves(library)
    answer = await found(library, owner, vector=NEAR)
    assert contents(answer) == ["only about engines", "tomato tomato soup", "tomato seeds and water"]
    assert [edge["distance"] for edge in answer["edges"]] == pytest.approx([0.0, 1 - 0.5**0.5, 1.0])
    assert [edge["score"] for edge in answer["edges"]] == pytest.approx([1.0, 0.5**0.5, 0.0])
    assert [edge["rank"] for edge in answer["edges"]] == [1, 2, 3]
    assert answer["searchInfo"] == {
        "mode": "VECTOR", "strategy": "BITS", "exact": True, "underfilled": True, "candidates": 3,
        "model": "by-hand", "degraded": None,
    }  # fmt: skip


async def test_by_words(library: Library) -> None:
    owner = await shelves(library)
    answer = await found(library, owner, text="Tomatoes", mode="TEXT")
    assert contents(answer) == ["tomato tomato soup", "tomato seeds and water"]
    assert answer["totalCount"] == 2
    assert answer["edges"][0]["highlights"] == [{"start": 0, "end": 6}, {"start": 7, "end": 13}]
    assert answer["edges"][0]["distance"] is None
    assert answer["searchInfo"]["strategy"] == "WORDS"
    assert answer["facets"] == {
        "tags": [{"tag": "home", "count": 2}, {"tag": "green", "count": 1}],
        "documents": [{"title": title, "count": 1} for title in titles(answer)],
    }


def titles(answer: Any) -> list[str]:
    return [each["title"] for each in answer["facets"]["documents"]]


async def test_by_both(library: Library) -> None:
    owner = await shelves(library)
    answer = await found(library, owner, text="tomato", vector=NEAR)
    # Second by its vector and first by its words; then first and never, then third and second.
    assert contents(answer) == ["tomato tomato soup", "tomato seeds and water", "only about engines"]
    expected = [1 / 62 + 1 / 61, 1 / 63 + 1 / 62, 1 / 61]
    assert [edge["score"] for edge in answer["edges"]] == pytest.approx(expected)
    assert answer["totalCount"] == 3
    answer = await found(library, owner, text="tomato", vector=NEAR, k=1, vectorWeight=3, textWeight=0.5)
    expected = [3 / 2, 3 / 3 + 0.5 / 2, 3 / 4 + 0.5 / 3]
    assert [edge["score"] for edge in answer["edges"]] == pytest.approx(expected)
    assert contents(answer)[0] == "only about engines"


async def test_what_must_and_must_not_stand_there_holds_for_vectors_too(library: Library) -> None:
    owner = await shelves(library)
    answer = await found(library, owner, text="tomato -soup", vector=NEAR)
    assert contents(answer) == ["tomato seeds and water", "only about engines"]
    answer = await found(library, owner, text='"seeds and water"', vector=NEAR, mode="VECTOR")
    assert contents(answer) == ["tomato seeds and water"]
    assert answer["totalCount"] == 1


async def test_filters_come_first(library: Library) -> None:
    owner = await shelves(library)
    where = {"document": {"metadata": {"path": {"path": ["tags"], "contains": ["green"]}}}}
    answer = await found(library, owner, text="tomato", vector=NEAR, where=where)
    assert sorted(contents(answer)) == ["only about engines", "tomato seeds and water"]
    assert answer["facets"]["tags"] == [{"tag": "green", "count": 2}, {"tag": "home", "count": 2}]
    assert answer["searchInfo"]["candidates"] == 2


@pytest.mark.parametrize("mode", ["VECTOR", "TEXT", "HYBRID"])
async def test_pages_make_up_the_whole_list(library: Library, mode: str) -> None:
    owner = await add_user(library.database, "owner")
    count = 130
    texts = [f"common {'tomato ' * (index % 7)}number" for index in range(count)]
    await add_document(library.database, owner, "Long", texts, [*rows_of(1, 70), *([NEAR] * 50)])
    asks: dict[str, Any] = {"text": "tomato common", "vector": NEAR, "mode": mode, "first": 100}
    first = await found(library, owner, **asks)
    wanted = {"VECTOR": 120, "TEXT": 130, "HYBRID": 130}[mode]
    assert len(first["edges"]) == 100
    rest = await found(library, owner, **asks, after=first["pageInfo"]["endCursor"])
    whole = first["edges"] + rest["edges"]
    assert first["totalCount"] == rest["totalCount"] == len(whole) == wanted
    assert [edge["rank"] for edge in whole] == list(range(1, wanted + 1))
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    paged: list[Any] = []
    after = None
    while len(paged) < wanted:
        page = await found(library, owner, **asks | {"first": 17}, after=after)
        paged += page["edges"]
        after = page["pageInfo"]["endCursor"]
    keys = ("rank", "score", "distance", "textRank")
    assert [{key: edge[key] for key in keys} for edge in paged] == [
        {key: edge[key] for key in keys} for edge in whole
    ]


async def test_a_cursor_belongs_to_its_search(library: Library) -> None:
    owner = await shelves(library)
    answer = await found(library, owner, text="tomato", mode="TEXT", first=1)
    cursor = answer["pageInfo"]["endCursor"]
    for changed in ({"text": "soup"}, {"where": {"content": {"contains": "tomato"}}}, {"after": "nonsense"}):
        asks = {"text": "tomato", "mode": "TEXT", "first": 1, "after": cursor} | changed
        reply = await library.ask(owner, CHUNKS, **asks)
        assert reply.codes == ["INVALID_CURSOR"], changed


@pytest.mark.parametrize(
    ("asks", "said"),
    [
        ({"text": ""}, "is empty"),
        ({"text": "？！…"}, "only signs"),
        ({"text": "-tomato"}, "only says what not to find"),
        ({"text": "x" * 100_000}, "at most 1,000"),
        ({"text": "a\x00b"}, "NUL"),
        ({"vector": [1.0]}, "has 1 numbers"),
        ({"vector": vector(0.0)}, "only zeros"),
        ({"vector": vector(1e300)}, "fit 32 bits"),
        ({"vector": []}, "at least one"),
        ({"vector": NEAR, "mode": "TEXT"}, "looks for words"),
        ({"vector": NEAR, "mode": "HYBRID"}, "looks for words"),
        ({"mode": "TEXT"}, "says by what to search"),
        ({"mode": "VECTOR"}, "says by what to search"),
        ({"vector": NEAR, "model": "unheard-of"}, "no embedding model"),
        ({"text": "tomato", "first": 101}, "first is 101"),
        ({"text": "tomato", "first": -1}, "first is -1"),
        ({"text": "tomato", "k": 0}, "k is 0"),
        ({"text": "tomato", "textWeight": -1}, "textWeight is -1"),
        ({"text": "tomato", "facetSize": 0}, "facetSize is 0"),
    ],
)
async def test_what_cannot_be_looked_for(library: Library, asks: dict[str, Any], said: str) -> None:
    owner = await shelves(library)
    reply = await library.ask(owner, CHUNKS, **asks)
    assert reply.codes == ["BAD_USER_INPUT"], reply.body
    assert said in reply.body["errors"][0]["message"]


async def test_where_nothing_is_looked_for_all_that_the_filter_lets_in_is_listed(library: Library) -> None:
    owner = await shelves(library)
    await add_document(library.database, await add_user(library.database, "other"), "Foreign", ["tomato"])
    answer = await found(library, owner)
    assert answer["searchInfo"] == {
        "mode": None, "strategy": "FILTER", "exact": True, "underfilled": True, "candidates": None,
        "model": None, "degraded": None,
    }  # fmt: skip
    assert answer["totalCount"] == 3
    assert sorted(contents(answer)) == ["only about engines", "tomato seeds and water", "tomato tomato soup"]
    assert [edge["rank"] for edge in answer["edges"]] == [1, 2, 3]
    shown = [
        (edge["score"], edge["distance"], edge["textRank"], edge["highlights"]) for edge in answer["edges"]
    ]
    assert shown == [(1.0, None, None, [])] * 3
    assert answer["facets"]["tags"] == [{"tag": "home", "count": 3}, {"tag": "green", "count": 2}]
    paged = [await found(library, owner, first=2)]
    paged.append(await found(library, owner, first=2, after=paged[0]["pageInfo"]["endCursor"]))
    assert [text for page in paged for text in contents(page)] == contents(answer)
    assert [page["pageInfo"]["hasNextPage"] for page in paged] == [True, False]
    assert contents(await found(library, owner, where={"content": {"contains": "soup"}})) == [
        "tomato tomato soup"
    ]
    asks = {"first": 2, "text": "tomato", "after": paged[0]["pageInfo"]["endCursor"]}
    assert (await library.ask(owner, CHUNKS, **asks)).codes == ["INVALID_CURSOR"]


async def test_documents_without_a_chunk_are_listed_too(library: Library) -> None:
    owner = await shelves(library)
    async with library.database.transaction() as session:
        made = {"user_id": owner.user_id, "title": "Empty", "content_type": "text/plain"}
        await session.execute(insert(models.Document).values(**made))
    query = """{ searchDocuments { totalCount searchInfo { mode }
        edges { score node { title } chunk { content } highlights { start } } } }"""
    answer = (await library.ask(owner, query)).data["searchDocuments"]
    assert sorted(edge["node"]["title"] for edge in answer["edges"]) == ["Empty", "Garden", "Kitchen"]
    assert [(edge["chunk"], edge["highlights"]) for edge in answer["edges"]] == [(None, [])] * 3
    assert (answer["totalCount"], answer["searchInfo"]) == (3, {"mode": None})


async def test_without_an_embedder_words_alone_are_looked_for(library: Library) -> None:
    owner = await shelves(library)
    answer = await found(library, owner, text="tomato")
    assert contents(answer) == ["tomato tomato soup", "tomato seeds and water"]
    info = answer["searchInfo"]
    assert (info["mode"], info["strategy"]) == ("TEXT", "WORDS")
    assert "nobody" in info["degraded"]
    asks = Request(CHUNKS, {"text": "tomato", "mode": "VECTOR"})
    reply = await library.both.by_loaders(asks, owner)
    assert reply.codes == ["SERVICE_UNAVAILABLE"]


async def test_what_is_deleted_is_not_found(library: Library) -> None:
    owner = await shelves(library)
    async with library.database.transaction() as session:
        document = models.Document
        await session.execute(
            update(document).where(document.title == "Kitchen").values(deleted_at=document.created_at)
        )
    answer = await found(library, owner, text="tomato", vector=NEAR)
    assert sorted(contents(answer)) == ["only about engines", "tomato seeds and water"]
    assert answer["totalCount"] == 2


async def test_a_vector_of_zeros_is_far_from_everything(library: Library) -> None:
    owner = await add_user(library.database, "owner")
    await add_document(library.database, owner, "Odd", ["zero", "opposite"], [vector(0.0), vector(-1.0)])
    answer = await found(library, owner, vector=NEAR)
    assert [edge["distance"] for edge in answer["edges"]] == [1.0, 2.0]


async def test_documents_are_found_by_their_best_chunk(library: Library) -> None:
    owner = await shelves(library)
    query = """query ($vector: Vector) { searchDocuments(text: "tomato", vector: $vector, mode: VECTOR) {
        totalCount facets { tags { tag count } }
        edges { score node { title } chunk { content } highlights { start end } } nodes { title } } }"""
    reply = await library.ask(owner, query, vector=NEAR)
    answer = reply.data["searchDocuments"]
    assert [(edge["node"]["title"], edge["chunk"]["content"]) for edge in answer["edges"]] == [
        ("Garden", "only about engines"),
        ("Kitchen", "tomato tomato soup"),
    ]
    assert [len(edge["highlights"]) for edge in answer["edges"]] == [0, 2]
    assert answer["totalCount"] == 2


async def test_messages_of_the_demo_are_found_in_both_scripts(demo: Library) -> None:
    mei = await named(demo.database, "mei")
    query = """query ($text: String) { searchMessages(text: $text, first: 5) {
        totalCount edges { node { content session { title } } highlights { start end } }
        facets { sessions { title count } } } }"""
    traditional, simplified = [
        (await demo.ask(mei, query, text=text)).data["searchMessages"] for text in ("溫室", "温室")
    ]
    assert traditional == simplified
    assert traditional["totalCount"] > 0
    for edge in traditional["edges"]:
        marked = {edge["node"]["content"][each["start"] : each["end"]] for each in edge["highlights"]}
        assert marked <= {"溫室", "温室"}
        assert marked
    assert sum(each["count"] for each in traditional["facets"]["sessions"]) == traditional["totalCount"]


async def test_one_more_statement_reads_all_that_is_below_hits(demo: Library) -> None:
    mei = await named(demo.database, "mei")
    query = """{ viewer { id } searchChunks(text: "API keys 密钥", mode: TEXT, first: 5) {
        edges { node { document { title user { displayName } chunks { nodes { content } } } } } } }"""
    reply = await demo.ask(mei, query)
    assert reply.path == "statement"
    assert reply.reading is not None
    assert reply.reading["statements"] == 1
    assert reply.data["searchChunks"]["edges"]
