"""Streams over HTTP: server-sent events as graphql-sse has them, and multipart bodies as Apollo has them."""

import asyncio
from typing import Any

import orjson
import pytest

from tests.api.http.streams.talk import SECONDS, events, web_client
from tests.api.http.streams.world import FEEDS, People, Place, make_app, served

TICKS = "subscription { ticks(count: 2) }"
FEED = 'subscription { feed(name: "a") { value } }'
SSE = {"Accept": "text/event-stream"}
# What urql sends with every query, and what Apollo Client sends with subscriptions.
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, "
    "multipart/mixed"
)
APOLLO = (
    "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,"
    "application/json;q=0.9"
)
MULTIPART = {"Accept": 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0", application/json'}


async def test_a_subscription_is_events_and_a_complete(place: Place) -> None:
    async with web_client() as client:
        response = await client.post(place.url, json={"query": TICKS}, headers=SSE)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-request-id"]
    assert response.content == (
        b":\n\n"
        b'event: next\ndata: {"data":{"ticks":1}}\n\n'
        b'event: next\ndata: {"data":{"ticks":2}}\n\n'
        b"event: complete\ndata: \n\n"
    )


@pytest.mark.parametrize("query", ["{ hello }", "mutation { change }"])
async def test_other_operations_are_one_event(place: Place, query: str) -> None:
    async with events(place.url, query) as stream:
        first, last = await stream.all()
    assert (first["event"], last["event"]) == ("next", "complete")
    assert list(first["data"]) == ["data"]


async def test_events_come_as_they_happen(place: Place) -> None:
    async with events(place.url, FEED) as stream:
        assert await stream.block() == ":"
        await FEEDS.until(1)
        for number in range(3):
            FEEDS.put("a", number)
            assert await stream.event() == {
                "event": "next",
                "data": {"data": {"feed": {"value": str(number)}}},
            }


async def test_a_silent_line_is_kept_open(people: People) -> None:
    async with served(make_app(people, keep_alive_seconds=0.02)) as place:
        async with events(place.url, FEED) as stream:
            assert [await stream.block() for _ in range(4)] == [":"] * 4
            FEEDS.put("a", 1)
            event = await stream.event()
            assert event is not None
        await place.emptied()


async def test_a_reader_goes_on_where_it_was(place: Place) -> None:
    query = 'subscription { numbered(name: "a") { value } }'
    async with events(place.url, query) as stream:
        first = await stream.event()
        assert first == {"event": "next", "data": {"data": {"numbered": {"value": "after None"}}}}
        await FEEDS.until(1)
        FEEDS.put("a", "12\n\x00\r34")
        event = await stream.event()
        assert event is not None
        assert event["id"] == "1234"
    async with events(place.url, query, headers={"Last-Event-ID": "1234"}) as stream:
        event = await stream.event()
        assert event is not None
        assert event["data"]["data"] == {"numbered": {"value": "after 1234"}}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { refused }", "FORBIDDEN"),
        ("subscription { ticks }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_request_errors_are_told_in_the_stream(place: Place, query: str, code: str) -> None:
    async with events(place.url, query) as stream:
        assert stream.response.status_code == 200
        first, last = await stream.all()
    assert list(first["data"]) == ["errors"]
    assert first["data"]["errors"][0]["extensions"]["code"] == code
    assert last == {"event": "complete", "data": None}


async def test_what_is_no_request_has_a_status(place: Place) -> None:
    async with web_client() as client:
        for sent, status in (
            ({"content": b"[", "headers": {**SSE, "Content-Type": "application/json"}}, 400),
            ({"content": b"{}", "headers": SSE}, 415),
            ({"json": {"query": 1}, "headers": SSE}, 400),
            ({"json": {"query": TICKS}, "headers": {**SSE, "Authorization": "Bearer nobody"}}, 401),
        ):
            response = await client.post(place.url, **sent)
            assert response.status_code == status
            assert response.headers["content-type"].startswith("application/json")
            assert response.json()["errors"]


async def test_get_reads_and_never_changes(place: Place) -> None:
    async with web_client() as client:
        for query, status in ((TICKS, 200), ("{ hello }", 200), ("mutation { change }", 405)):
            response = await client.get(place.url, params={"query": query}, headers=SSE)
            assert response.status_code == status
        other = await client.get(
            place.url, params={"query": TICKS}, headers={**SSE, "Sec-Fetch-Site": "cross-site"}
        )
        assert other.status_code == 403
        head = await client.head(place.url, params={"query": "{ hello }"}, headers=SSE)
        assert head.status_code == 406


async def test_tokens_in_the_address_are_not_looked_at(place: Place, people: People) -> None:
    people.add("lin")
    async with web_client() as client:
        response = await client.get(
            place.url, params={"query": "{ me }", "token": "lin", "authorization": "Bearer lin"}, headers=SSE
        )
    assert b'{"data":{"me":null}}' in response.content


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (
            URQL,
            "application/graphql-response+json",
        ),
        ("text/event-stream, multipart/mixed", "text/event-stream"),
        ("text/event-stream", "text/event-stream"),
        ("text/event-stream;q=0.5, application/json;q=0.4", "text/event-stream"),
        ("text/event-stream;q=0.4, application/json;q=0.5", "application/json"),
        ("application/json, text/event-stream", "application/json"),
        ("text/event-stream;q=0, application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/*, application/json;q=0.1", "application/json"),
        (
            APOLLO,
            "multipart/mixed",
        ),
        ("multipart/mixed;deferSpec=20220824,application/json", "application/json"),
        ("multipart/mixed, application/json", "application/json"),
    ],
)
async def test_a_stream_only_where_it_really_wins(place: Place, accept: str, content_type: str) -> None:
    async with web_client() as client:
        response = await client.post(place.url, json={"query": "{ hello }"}, headers={"Accept": accept})
    assert response.headers["content-type"].split(";")[0] == content_type


async def test_a_subscription_without_a_stream_is_a_clear_request_error(place: Place) -> None:
    async with web_client() as client:
        response = await client.post(
            place.url, json={"query": TICKS}, headers={"Accept": "application/graphql-response+json"}
        )
    assert response.status_code == 400
    assert "text/event-stream" in response.json()["errors"][0]["message"]


async def test_a_multipart_body_has_a_part_for_each_event(place: Place) -> None:
    async with web_client() as client:
        response = await client.post(place.url, json={"query": TICKS}, headers=MULTIPART)
    assert response.headers["content-type"] == 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'
    head = b"\r\nContent-Type: application/json\r\n\r\n"
    assert response.content == (
        b"\r\n--graphql"
        + head
        + b'{"payload":{"data":{"ticks":1}}}\r\n--graphql'
        + head
        + b'{"payload":{"data":{"ticks":2}}}\r\n--graphql--\r\n'
    )


async def test_a_multipart_body_shows_signs_of_life(people: People) -> None:
    async with (
        served(make_app(people, keep_alive_seconds=0.02)) as place,
        web_client() as client,
        client.stream("POST", place.url, json={"query": FEED}, headers=MULTIPART) as response,
    ):
        seen = b""
        async with asyncio.timeout(SECONDS):
            async for chunk in response.aiter_bytes():
                seen += chunk
                if seen.count(b"\r\n\r\n{}\r\n--graphql") >= 2:
                    break
    assert seen.startswith(b"\r\n--graphql\r\n")


async def test_costs_are_told_on_every_event(place: Place) -> None:
    async with events(place.url, TICKS, headers={"X-Show-Cost": "true"}) as stream:
        found = await stream.all()
    assert [list(each["data"]["extensions"]) for each in found[:2]] == [["cost"], ["cost"]]


async def test_events_bear_text_as_it_is(place: Place) -> None:
    """Line ends within data would end the event."""
    async with events(place.url, FEED) as stream:
        await FEEDS.until(1)
        FEEDS.put("a", "one\ntwo\r\n雨\u2028")
        event: Any = await stream.event()
    assert orjson.loads(orjson.dumps(event["data"]))["data"]["feed"]["value"] == "one\ntwo\r\n雨\u2028"
