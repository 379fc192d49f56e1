"""How much one socket, one reader and one process may have open, say, and leave unread."""

import asyncio
import socket
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.api.http.streams.talk import events, talking, web_client
from tests.api.http.streams.world import FEEDS, People, Place, make_app, served

FEED = 'subscription { feed(name: "a") { value } }'


async def test_operations_of_one_socket(people: People) -> None:
    async with (
        served(make_app(people, max_operations_per_socket=3)) as place,
        talking(place.socket_url) as talk,
    ):
        await talk.init()
        for number in range(3):
            await talk.subscribe(str(number), FEED)
        await FEEDS.until(3)
        (refused,) = await talk.ask("{ hello }", "one too many")
        assert refused["type"] == "error"
        extensions = refused["payload"][0]["extensions"]
        assert (extensions["code"], extensions["limit"]) == ("OPERATION_LIMIT", 3)
        await talk.send({"type": "complete", "id": "0"})
        await FEEDS.until(2)
        assert (await talk.ask("{ hello }", "now"))[-1]["type"] == "complete"


async def test_a_hundred_operations_by_default(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        for number in range(100):
            await talk.subscribe(str(number), FEED)
        await FEEDS.until(100)
        (refused,) = await talk.ask("{ hello }", "one too many")
        assert refused["payload"][0]["extensions"]["code"] == "OPERATION_LIMIT"
    await FEEDS.until(0)


async def test_streams_of_one_reader(people: People) -> None:
    people.add("lin")
    people.add("mei")
    async with (
        served(make_app(people, max_streams_per_user=2)) as place,
        talking(place.socket_url) as one,
        talking(place.socket_url) as other,
    ):
        await one.init("lin")
        async with events(place.url, FEED, "lin"):
            await FEEDS.until(1)
            async with talking(place.socket_url) as third:
                await third.send({"type": "connection_init", "payload": {"Authorization": "Bearer lin"}})
                code, reason = await third.closed()
                assert (code, reason) == (
                    1013,
                    "You have 2 open streams, and no more are allowed: close one.",
                )
            async with web_client() as client:
                response = await client.post(
                    place.url,
                    json={"query": FEED},
                    headers={"Accept": "text/event-stream", "Authorization": "Bearer lin"},
                )
            assert response.status_code == 429
            extensions = response.json()["errors"][0]["extensions"]
            assert (extensions["code"], extensions["limit"]) == ("STREAM_LIMIT", 2)
            await other.init("mei")
        await FEEDS.until(0)
        async with events(place.url, FEED, "lin"):
            await FEEDS.until(1)


async def test_streams_of_strangers_count_by_address(people: People) -> None:
    async with (
        served(make_app(people, max_streams_per_user=1)) as place,
        talking(place.socket_url) as one,
        talking(place.socket_url) as other,
    ):
        await one.init()
        await other.send({"type": "connection_init"})
        assert (await other.closed())[0] == 1013


async def test_streams_of_a_process(people: People) -> None:
    async with served(make_app(people, max_streams=1)) as place:
        async with talking(place.socket_url):
            with pytest.raises(InvalidStatus) as caught:
                async with talking(place.socket_url):
                    pass
            assert caught.value.response.status_code == 503
            assert b"The server has 1 open streams" in caught.value.response.body
            async with events(place.url, FEED) as stream:
                assert stream.response.status_code == 503
        await place.emptied()
        async with talking(place.socket_url) as talk:
            await talk.init()


async def test_rates_count_operations_of_all_transports(people: People) -> None:
    people.add("lin")
    async with served(make_app(people, user_rate_per_minute=4)) as place, talking(place.socket_url) as talk:
        await talk.init("lin")
        for number in range(2):
            assert (await talk.ask("{ hello }", str(number)))[0]["type"] == "next"
        async with events(place.url, "subscription { ticks(count: 1) }", "lin") as stream:
            assert stream.response.headers["ratelimit"].startswith('"user";r=1;')
            assert len(await stream.all()) == 2
        assert (await talk.ask("mutation { change }"))[0]["type"] == "next"
        (refused,) = await talk.ask("{ hello }")
        extensions = refused["payload"][0]["extensions"]
        assert (extensions["code"], extensions["retryAfterSeconds"] > 0) == ("RATE_LIMITED", True)
        async with events(place.url, "subscription { ticks(count: 1) }", "lin") as stream:
            assert stream.response.status_code == 429
            assert int(stream.response.headers["retry-after"]) > 0


async def test_messages_that_are_too_long_end_the_socket(people: People) -> None:
    settings: dict[str, Any] = {"max_body_bytes": 10_000}
    async with served(make_app(people, **settings), **settings) as place:
        for size, code in ((9_900, None), (20_000, 1009)):
            async with talking(place.socket_url) as talk:
                await talk.init()
                await talk.send({"type": "ping", "payload": {"x": "y" * size}})
                if code is None:
                    assert (await talk.hear())["type"] == "pong"
                else:
                    assert (await talk.closed())[0] == code


async def test_the_application_bounds_messages_by_itself_too(people: People) -> None:
    async with served(make_app(people, max_body_bytes=10_000)) as place, talking(place.socket_url) as talk:
        await talk.init()
        await talk.send({"type": "ping", "payload": {"x": "雨" * 4_000}})
        assert (await talk.closed())[0] == 1009


async def test_nothing_is_compressed(place: Place) -> None:
    async with talking(place.socket_url, compression="deflate") as talk:
        assert talk.socket.protocol.extensions == []
        await talk.init()


async def test_what_takes_too_long_is_stopped(people: People) -> None:
    async with (
        served(make_app(people, operation_timeout_seconds=1)) as place,
        talking(place.socket_url) as talk,
    ):
        await talk.init()
        (only,) = await talk.ask('{ wait(name: "a") }')
        assert only["payload"][0]["extensions"]["code"] == "TIMEOUT"
        await FEEDS.until(0)
        # A subscription may wait for as long as it likes, and its events may not.
        await talk.subscribe("s", 'subscription { feed(name: "a") { value slow } }')
        await FEEDS.until(1)
        FEEDS.put("a", 1)
        answer = await talk.hear()
        assert answer["type"] == "next"
        assert answer["payload"]["errors"][0]["extensions"]["code"] == "TIMEOUT"
        assert FEEDS.open == 1


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_client_that_does_not_read_is_cut_off(people: People, transport: str) -> None:
    settings: dict[str, Any] = {"stalled_seconds": 0.2, "keep_alive_seconds": 60}
    async with served(make_app(people, **settings), **settings) as place:
        reader, writer = await raw(place)
        if transport == "socket":
            writer.write(HANDSHAKE)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(frame('{"type": "connection_init"}'))
            writer.write(frame(FLOOD_MESSAGE))
        else:
            writer.write(FLOOD_REQUEST)
        await FEEDS.until(1)
        # Nothing is read from here on: the source stops, and its end comes without a word.
        await FEEDS.until(0)
        await place.emptied()
        async with asyncio.timeout(30):
            while place.server.server_state.connections:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        writer.transport.abort()


FLOOD = "subscription { flood(size: 100000) }"
FLOOD_MESSAGE = f'{{"type":"subscribe","id":"1","payload":{{"query":"{FLOOD}"}}}}'
FLOOD_REQUEST = (
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Accept: text/event-stream\r\nContent-Length: %d\r\n\r\n"
    % (len(FLOOD) + 12)
    + b'{"query":"%s"}' % FLOOD.encode()
)
HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


def frame(text: str) -> bytes:
    """A text frame of a client, masked by nothing."""
    data = text.encode()
    assert len(data) < 126
    return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data


async def raw(place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that takes little before it is full."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", place.port))
    return await asyncio.open_connection(sock=connection, limit=4_096)
