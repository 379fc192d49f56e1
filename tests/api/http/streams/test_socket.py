"""graphql-transport-ws by the letter: what is answered, and with which code a socket ends."""

import asyncio
from hashlib import sha256
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.api.http.streams.talk import next_of, talking
from tests.api.http.streams.world import FEEDS, People, Place, make_app, served

DIGITS = "1" * 10_000
NESTED = '{"type": "ping", "payload": ' + '{"a":' * 100_000 + "1" + "}" * 100_001
SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": "{ hello }"}}


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {}}, {"payload": {"other": 1}}])
async def test_a_socket_is_opened_and_answers(place: Place, payload: dict[str, Any]) -> None:
    async with talking(place.socket_url) as talk:
        assert talk.socket.subprotocol == "graphql-transport-ws"
        await talk.send({"type": "connection_init", **payload})
        assert await talk.hear() == {"type": "connection_ack"}
        assert await talk.ask("{ hello }") == [
            next_of("1", {"hello": "hello world"}),
            {"type": "complete", "id": "1"},
        ]


async def test_mutations_and_subscriptions_are_answered(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        assert (await talk.ask("mutation { change }"))[0] == next_of("1", {"change": True})
        assert await talk.ask("subscription ($n: Int!) { ticks(count: $n) }", "s", variables={"n": 2}) == [
            next_of("s", {"ticks": 1}),
            next_of("s", {"ticks": 2}),
            {"type": "complete", "id": "s"},
        ]


async def test_an_id_may_be_used_again_after_its_end(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        for _ in range(50):
            assert [each["type"] for each in await talk.ask("{ hello }", "same")] == ["next", "complete"]


async def test_pings_are_answered_before_and_after_the_first_message(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.send({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}
        await talk.init()
        await talk.send({"type": "pong", "payload": {"of": "nobody"}})
        await talk.send({"type": "ping", "payload": {"at": 12}})
        assert await talk.hear() == {"type": "pong", "payload": {"at": 12}}


BAD = {
    "no JSON": "{",
    "empty": "",
    "an array": [],
    "a string": '"ping"',
    "a number": "1",
    "null": "null",
    "a long number": DIGITS,
    "nested": NESTED,
    "binary": b'{"type": "ping"}',
    "no type": {},
    "another type": {"type": "start"},
    "a server's type": {"type": "next", "id": "1", "payload": {}},
    "a type that is no string": {"type": ["ping"]},
    "payload a string": {"type": "connection_init", "payload": "x"},
    "payload an array": {"type": "connection_init", "payload": []},
    "payload a number": {"type": "connection_init", "payload": 1},
    "payload false": {"type": "connection_init", "payload": False},
    "ping with an array": {"type": "ping", "payload": []},
    "pong with a number": {"type": "pong", "payload": 1},
    "credential a number": {"type": "connection_init", "payload": {"Authorization": 1}},
    "credential with control characters": {"type": "connection_init", "payload": {"X-Act-As": "a\x00"}},
    "credential given twice": {
        "type": "connection_init",
        "payload": {"authorization": "Bearer a", "Authorization": "Bearer b"},
    },
}
BAD_OPERATIONS = {
    "no id": {"type": "subscribe", "payload": {"query": "{ hello }"}},
    "an empty id": SUBSCRIBE | {"id": ""},
    "a number as id": SUBSCRIBE | {"id": 1},
    "null as id": SUBSCRIBE | {"id": None},
    "an array as id": SUBSCRIBE | {"id": []},
    "no payload": {"type": "subscribe", "id": "1"},
    "no query": SUBSCRIBE | {"payload": {}},
    "a query that is no string": SUBSCRIBE | {"payload": {"query": {"kind": "Document"}}},
    "variables that are an array": SUBSCRIBE | {"payload": {"query": "{ hello }", "variables": []}},
    "variables that are a string": SUBSCRIBE | {"payload": {"query": "{ hello }", "variables": "{}"}},
    "an operation name that is a number": SUBSCRIBE | {"payload": {"query": "{ hello }", "operationName": 1}},
    "extensions that are an array": SUBSCRIBE | {"payload": {"query": "{ hello }", "extensions": []}},
    "complete without id": {"type": "complete"},
    "complete with a number": {"type": "complete", "id": 1},
}


@pytest.mark.parametrize("what", BAD)
async def test_what_is_no_message_is_4400(place: Place, what: str) -> None:
    async with talking(place.socket_url) as talk:
        await talk.send(BAD[what])
        code, reason = await talk.closed()
        assert (code, bool(reason)) == (4400, True)


@pytest.mark.parametrize("what", BAD_OPERATIONS)
async def test_what_is_no_operation_is_4400(place: Place, what: str) -> None:
    async with talking(place.socket_url) as other, talking(place.socket_url) as talk:
        await other.init()
        await talk.init()
        await talk.send(BAD_OPERATIONS[what])
        assert (await talk.closed())[0] == 4400
        # The sockets of others live.
        assert (await other.ask("{ hello }"))[-1]["type"] == "complete"


@pytest.mark.parametrize(
    ("query", "members", "code"),
    [
        ("{ hello", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ unknown }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello }", {"operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ("query A { hello } query B { hello }", {}, "OPERATION_RESOLUTION_FAILURE"),
        ("query ($n: String!) { hello(name: $n) }", {}, "BAD_USER_INPUT"),
        ("subscription ($n: Int!) { ticks(count: $n) }", {"variables": {"n": "x"}}, "BAD_USER_INPUT"),
        ("subscription { a: ticks(count: 1) b: ticks(count: 1) }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { refused }", {}, "FORBIDDEN"),
        ("{ " + "nested { " * 12 + "hello" + " }" * 13, {}, "DEPTH_LIMIT"),
        ("{ " + " ".join(f"a{n}: hello" for n in range(20)) + " " + "x" * 15_000, {}, "DOCUMENT_TOO_LONG"),
        ("{ " + " ".join(f"a{n}: hello" for n in range(31)) + " }", {}, "ROOT_FIELD_LIMIT"),
        ("{ nested { " + " ".join(f"a{n}: hello" for n in range(31)) + " } }", {}, "ALIAS_LIMIT"),
    ],
)
async def test_a_request_error_ends_its_operation_alone(
    place: Place, query: str, members: dict[str, Any], code: str
) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        (only,) = await talk.ask(query, "a", **members)
        assert (only["type"], only["id"]) == ("error", "a")
        extensions = only["payload"][0]["extensions"]
        assert extensions["code"] == code
        assert extensions["requestId"].endswith(".1")
        assert (await talk.ask("{ hello }", "b"))[-1] == {"type": "complete", "id": "b"}


async def test_what_a_resolver_raises_stands_in_its_result(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        first, last = await talk.ask("{ bad }")
        assert last["type"] == "complete"
        assert first["payload"]["data"] == {"bad": None}
        assert first["payload"]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_queries_by_their_hash_are_answered_here_too(place: Place) -> None:
    hashed = {"persistedQuery": {"version": 1, "sha256Hash": sha256(b"{ hello }").hexdigest()}}
    other = {"persistedQuery": {"version": 1, "sha256Hash": sha256(b"{ me }").hexdigest()}}
    async with talking(place.socket_url) as talk:
        await talk.init()
        (unknown,) = await talk.ask(None, extensions=hashed)
        assert unknown["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        for query in ("{ hello }", None):
            assert (await talk.ask(query, extensions=hashed))[0]["type"] == "next"
        (wrong,) = await talk.ask("{ hello }", extensions=other)
        assert (wrong["type"], wrong["payload"][0]["extensions"]["code"]) == ("error", "BAD_REQUEST")


async def test_nothing_before_the_first_message_is_4401(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.send(SUBSCRIBE)
        assert (await talk.closed())[0] == 4401


async def test_no_first_message_is_4408(people: People) -> None:
    async with (
        served(make_app(people, connection_init_timeout_seconds=0.05)) as place,
        talking(place.socket_url) as talk,
    ):
        assert (await talk.closed())[0] == 4408


async def test_whoever_has_begun_in_time_may_stay(people: People) -> None:
    async with (
        served(make_app(people, connection_init_timeout_seconds=2)) as place,
        talking(place.socket_url) as quick,
    ):
        await quick.init()
        # By the time that the one is closed, the other would be as well.
        async with talking(place.socket_url) as slow:
            assert (await slow.closed())[0] == 4408
        assert (await quick.ask("{ hello }"))[-1]["type"] == "complete"


async def test_a_second_first_message_is_4429(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        await talk.send({"type": "connection_init"})
        assert (await talk.closed())[0] == 4429


async def test_an_id_in_use_is_4409(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        await talk.subscribe("same", 'subscription { feed(name: "a") { value } }')
        await FEEDS.until(1)
        await talk.subscribe("same", "{ hello }")
        assert await talk.closed() == (4409, "Subscriber for same already exists")
        await FEEDS.until(0)


@pytest.mark.parametrize("protocols", [[], ["graphql-ws"], ["soap"], ["graphql-ws", "soap"]])
async def test_another_subprotocol_is_4406(place: Place, protocols: list[str]) -> None:
    async with talking(place.socket_url, protocols=protocols) as talk:
        assert talk.socket.subprotocol is None
        assert (await talk.closed())[0] == 4406


async def test_of_several_subprotocols_the_one_that_is_spoken_is_chosen(place: Place) -> None:
    async with talking(place.socket_url, protocols=["graphql-ws", "graphql-transport-ws"]) as talk:
        assert talk.socket.subprotocol == "graphql-transport-ws"
        await talk.init()


async def test_reasons_that_are_too_long_are_cut(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        await talk.subscribe("雨" * 500, 'subscription { feed(name: "a") { value } }')
        await FEEDS.until(1)
        await talk.subscribe("雨" * 500, "{ hello }")
        code, reason = await talk.closed()
        assert (code, reason[:15]) == (4409, "Subscriber for ")


async def test_complete_stops_a_subscription_and_nothing_else(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        for name in "ab":
            await talk.subscribe(name, f'subscription {{ feed(name: "{name}") {{ value }} }}')
        await FEEDS.until(2)
        await talk.send({"type": "complete", "id": "a"})
        await talk.send({"type": "complete", "id": "nobody"})
        await FEEDS.until(1)
        FEEDS.put("a", "lost")
        FEEDS.put("b", "heard")
        assert await talk.hear() == next_of("b", {"feed": {"value": "heard"}})


async def test_another_path_has_no_sockets(place: Place) -> None:
    with pytest.raises(InvalidStatus):
        async with talking(place.socket_url.replace("/graphql", "/elsewhere")):
            pass


async def test_headers_of_a_handshake_are_bounded(place: Place) -> None:
    with pytest.raises(InvalidStatus, match="431"):
        async with talking(place.socket_url, additional_headers={"X-Long": "x" * 40_000}):
            pass


async def test_a_handshake_that_is_none_is_refused(place: Place) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    writer.write(b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert (await reader.readline()).split(b" ")[1] == b"400"
    writer.close()
