"""Embedders over the real protocol: what they ask, what they make of the answers, and of none."""

import asyncio
import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from api.document_settings import EmbeddingApi, EmbeddingProvider
from api.embeddings import calls
from api.embeddings.batches import batches, estimated_tokens
from api.embeddings.providers import (
    BudgetSpent,
    Embedders,
    EmbeddingFailed,
    Kind,
    NotSetUp,
    Unreachable,
)
from tests.api.embeddings.conftest import Row
from tests.api.embeddings.server import (
    Provider,
    cut,
    never,
    one_missing,
    page,
    status,
    vector_of,
    with_numbers,
    wrong_dimension,
)

TEXTS = [f"第 {number} 段 text" for number in range(7)]


def same(vectors: Any, texts: list[str]) -> bool:
    return len(vectors) == len(texts) and all(
        vector.dtype == np.float32 and np.allclose(vector, vector_of(text))
        for vector, text in zip(vectors, texts, strict=True)
    )


async def test_vectors_come_in_the_order_of_the_texts(embedders: Embedders, provider: Provider) -> None:
    assert same(await embedders.of(Row()).embed(TEXTS, Kind.DOCUMENT), TEXTS)
    (asked,) = provider.asked
    assert asked.path == "/embeddings"
    assert asked.body == {"model": "some-model", "input": TEXTS, "encoding_format": "base64"}


async def test_plain_numbers_serve_where_base64_is_not_known(
    embedders: Embedders, provider: Provider
) -> None:
    provider.base64 = False
    for _ in range(2):
        assert same(await embedders.of(Row()).embed(TEXTS, Kind.DOCUMENT), TEXTS)
    assert ["encoding_format" in each.body for each in provider.asked] == [True, False, False]


async def test_what_settings_say_is_asked(provider: Provider) -> None:
    known = EmbeddingProvider(
        url=f"{provider.url}/openai/v1?api-version=1", key=SecretStr("k"), key_header="api-key", batch_size=3
    )
    row = Row(
        settings={
            "model": "m",
            "query_prefix": "query: ",
            "document_prefix": "passage: ",
            "send_dimensions": True,
        }
    )
    async with Embedders({"test": known}) as embedders:
        embedder = embedders.of(row)
        made = await embedder.embed(TEXTS, Kind.DOCUMENT)
        assert same(made, [f"passage: {text}" for text in TEXTS])
        assert same(await embedder.embed(["?"], Kind.QUERY), ["query: ?"])
    assert {each.path for each in provider.asked} == {"/openai/v1/embeddings?api-version=1"}
    assert {each.headers["api-key"] for each in provider.asked} == {"k"}
    assert all(each.body["model"] == "m" and each.body["dimensions"] == 8 for each in provider.asked)
    assert sorted(len(each.body["input"]) for each in provider.asked) == [1, 1, 3, 3]


async def test_cohere_is_told_questions_from_passages(provider: Provider) -> None:
    known = EmbeddingProvider(api=EmbeddingApi.COHERE, url=provider.url, key=SecretStr("k"))
    async with Embedders({"test": known}) as embedders:
        for kind in Kind:
            assert same(await embedders.of(Row()).embed(TEXTS, kind), TEXTS)
    assert [each.body["input_type"] for each in provider.asked] == ["search_query", "search_document"]
    assert {each.path for each in provider.asked} == {"/v2/embed"}
    assert provider.asked[0].headers["authorization"] == "Bearer k"


@pytest.mark.parametrize("fault", [status(429), status(500), status(503), status(408), cut, page])
async def test_what_passes_is_tried_again(embedders: Embedders, provider: Provider, fault: Any) -> None:
    provider.faults.extend([fault, fault])
    assert same(await embedders.of(Row()).embed(TEXTS, Kind.DOCUMENT), TEXTS)
    assert len(provider.asked) == 3


@pytest.mark.parametrize("fault", [status(429), status(500), cut])
async def test_what_does_not_pass_is_given_up(embedders: Embedders, provider: Provider, fault: Any) -> None:
    provider.always = fault
    with pytest.raises(Unreachable, match="test"):
        await embedders.of(Row()).embed(TEXTS, Kind.DOCUMENT)
    assert len(provider.asked) == EmbeddingProvider(url=provider.url).attempts


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (wrong_dimension, "known to have 8"),
        (with_numbers(math.nan), "not finite"),
        (with_numbers(math.inf), "not finite"),
        (with_numbers(0.0), "nothing but zeros"),
        (one_missing, "6 vectors for 7 texts"),
        (status(401), "refused with status 401"),
        (status(404), "refused with status 404"),
    ],
)
async def test_what_is_wrong_is_not_tried_again(
    embedders: Embedders, provider: Provider, fault: Any, words: str
) -> None:
    provider.always = fault
    with pytest.raises(EmbeddingFailed, match=words) as failed:
        await embedders.of(Row()).embed(TEXTS, Kind.DOCUMENT)
    assert not isinstance(failed.value, Unreachable)
    assert len(provider.asked) == 1


async def test_a_text_that_is_refused_is_found_among_many(embedders: Embedders, provider: Provider) -> None:
    provider.poison = "第 5 段"
    with pytest.raises(EmbeddingFailed, match="not acceptable"):
        await embedders.of(Row()).embed(TEXTS, Kind.DOCUMENT)
    assert [TEXTS[5]] in [each.body["input"] for each in provider.asked]


async def test_a_batch_that_is_too_large_is_halved(embedders: Embedders, provider: Provider) -> None:
    provider.faults.append(status(413))
    assert same(await embedders.of(Row()).embed(TEXTS, Kind.DOCUMENT), TEXTS)
    assert [len(each.body["input"]) for each in provider.asked] == [7, 3, 4]


async def test_a_provider_that_never_answers_costs_the_budget_only(provider: Provider) -> None:
    provider.always = never
    known = EmbeddingProvider(url=provider.url, timeout_seconds=0.02, query_budget_seconds=0.1)
    async with Embedders({"test": known}) as embedders:
        with pytest.raises(Unreachable, match="did not answer in time"):
            await embedders.question(Row(), "?")


async def test_a_provider_that_is_not_there_is_unreachable(quick: None) -> None:
    async with Embedders({"test": EmbeddingProvider(url="http://127.0.0.1:9/v1")}) as embedders:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await embedders.of(Row()).embed(["?"], Kind.QUERY)


async def test_a_pause_beyond_the_budget_is_left_to_whoever_asked(
    embedders: Embedders, provider: Provider
) -> None:
    provider.always = status(429, retry_after="3600")
    with pytest.raises(Unreachable) as refused:
        await embedders.of(Row()).embed(["?"], Kind.QUERY)
    assert refused.value.retry_after == 3600
    assert len(provider.asked) == 1


async def test_a_pause_that_is_asked_for_is_kept(
    embedders: Embedders, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    monkeypatch.setattr(calls.asyncio, "sleep", note)
    provider.faults.extend([status(429, retry_after="2"), status(503, retry_after_ms="1500")])
    await embedders.of(Row()).embed(["?"], Kind.QUERY)
    assert [2 <= slept[0] < 2.1, 1.5 <= slept[1] < 1.6] == [True, True]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_pauses_are_read_in_every_spelling(said: dict[str, str], seconds: float | None) -> None:
    assert calls.retry_after(httpx.Headers(said)) == seconds


def test_a_pause_may_be_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    seconds = calls.retry_after(httpx.Headers({"retry-after": later}))
    assert seconds is not None
    assert 290 < seconds <= 300


async def test_questions_asked_lately_are_not_sent_again(embedders: Embedders, provider: Provider) -> None:
    first = await embedders.question(Row(), "备份")
    assert await embedders.question(Row(), "备份") is first
    await embedders.question(Row(name="another"), "备份")
    assert len(provider.asked) == 2


async def test_a_provider_that_is_not_set_up_is_said_so(embedders: Embedders) -> None:
    with pytest.raises(NotSetUp, match="ATRIUM_EMBEDDING_PROVIDERS"):
        embedders.of(Row(provider="elsewhere"))
    with pytest.raises(EmbeddingFailed, match="512"):
        embedders.of(Row(provider="local"))
    with pytest.raises(EmbeddingFailed, match=r"settings\.batch_size"):
        embedders.of(Row(settings={"batch_size": 0}))


async def test_no_more_is_sent_than_a_day_allows(provider: Provider, quick: None) -> None:
    left = 10

    async def take(name: str, tokens: int, most: int) -> None:
        nonlocal left
        assert (name, most) == ("test", 10)
        if tokens > left:
            raise BudgetSpent("spent", 60)
        left -= tokens

    known = EmbeddingProvider(url=provider.url, daily_tokens=10)
    async with Embedders({"test": known}, take) as embedders:
        await embedders.of(Row()).embed(["一二三四五六"], Kind.QUERY)
        with pytest.raises(BudgetSpent):
            await embedders.of(Row()).embed(["一二三四五六"], Kind.QUERY)
    assert len(provider.asked) == 1


def test_tokens_are_estimated_by_script() -> None:
    assert estimated_tokens("") == 1
    assert estimated_tokens("数据库备份") == 6
    assert estimated_tokens("how to restore it") == 5


@pytest.mark.parametrize(("most", "tokens"), [(1, 100), (3, 100), (100, 12), (100, 1)])
def test_batches_have_all_texts_once_and_keep_the_limits(most: int, tokens: int) -> None:
    made = list(batches(TEXTS, most=most, tokens=tokens))
    assert [place for places in made for place in places] == list(range(len(TEXTS)))
    for places in made:
        assert len(places) <= most
        assert len(places) == 1 or sum(estimated_tokens(TEXTS[place]) for place in places) <= tokens
