"""How streams end: clients that leave, with or without a word, and servers that do."""

import asyncio
import contextlib
import gc
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.app import create_app
from api.http.streams.connection import Connection
from api.http.streams.running import Running
from db.session import Database
from tests.api.http.streams.talk import PROTOCOL, SECONDS, Talk, events, next_of, talking, web_client
from tests.api.http.streams.world import FEEDS, People, Place, make_app, served, settings_of
from tests.api.http.test_deadlines import ADMINISTRATOR, QUERY, SCHEMA, Lock, lock, patient

__all__ = ["lock", "patient"]

FEED = 'subscription { feed(name: "a") { value } }'


async def test_a_socket_that_is_closed_closes_its_sources(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        for number in range(5):
            await talk.subscribe(str(number), FEED)
        await FEEDS.until(5)
    await FEEDS.until(0)
    await place.emptied()


async def test_a_socket_may_be_closed_before_anything_is_said(place: Place) -> None:
    async with talking(place.socket_url):
        pass
    await place.emptied()


async def test_a_client_that_leaves_a_stream_over_http_closes_its_source(place: Place) -> None:
    async with events(place.url, FEED):
        await FEEDS.until(1)
    await FEEDS.until(0)
    await place.emptied()


async def test_an_event_that_cannot_be_made_ends_its_subscription_alone(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        for name in "ab":
            await talk.subscribe(name, f'subscription {{ feed(name: "{name}") {{ value }} }}')
        await FEEDS.until(2)
        FEEDS.put("a", RuntimeError("the secret reason"))
        failed = await talk.hear()
        assert (failed["type"], failed["id"]) == ("error", "a")
        assert failed["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "secret" not in str(failed)
        await FEEDS.until(1)
        FEEDS.put("b", 1)
        assert await talk.hear() == next_of("b", {"feed": {"value": "1"}})


async def test_a_fault_below_an_event_stands_in_its_result(place: Place) -> None:
    async with talking(place.socket_url) as talk:
        await talk.init()
        await talk.subscribe("a", 'subscription { feed(name: "a") { value fault requestId } }')
        await FEEDS.until(1)
        FEEDS.put("a", 1)
        payload = (await talk.hear())["payload"]
        request_id = payload["data"]["feed"]["requestId"]
        assert payload["data"] == {"feed": {"value": "1", "fault": None, "requestId": request_id}}
        (error,) = payload["errors"]
        assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
        assert FEEDS.open == 1


async def test_five_hundred_clients_cut_off_leave_nothing_behind(people: People) -> None:
    for number in range(10):
        people.add(f"user{number}")
    async with served(make_app(people), keep_alive_seconds=60) as place:
        await asyncio.sleep(0)
        before = asyncio.all_tasks()
        sockets = await asyncio.gather(*(subscribed(place, f"user{number % 10}") for number in range(500)))
        await FEEDS.until(500)
        assert len(place.streams) == 500
        for talk in sockets:
            talk.socket.transport.abort()
        await FEEDS.until(0)
        await place.emptied()
        for talk in sockets:
            with contextlib.suppress(ConnectionClosed):
                await talk.socket.recv()
        async with asyncio.timeout(SECONDS):
            while asyncio.all_tasks() - before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert place.server.server_state.connections == set()
        assert place.streams._held == {}
        gc.collect()
        assert [each for each in gc.get_objects() if isinstance(each, Connection | Running)] == []


async def subscribed(place: Place, name: str) -> Talk:
    socket = await connect(
        place.socket_url, subprotocols=[PROTOCOL], proxy=None, compression=None, open_timeout=SECONDS
    )
    talk = Talk(socket)
    await talk.init(name)
    await talk.subscribe("s", FEED)
    return talk


async def test_clients_that_vanish_without_a_word_are_noticed(people: People) -> None:
    """They neither close nor answer, as after a power cut: pings are what tells."""
    settings: dict[str, Any] = {"keep_alive_seconds": 0.1}
    async with served(make_app(people, **settings), **settings) as place:
        talk = await subscribed_stranger(place)
        await FEEDS.until(1)
        talk.socket.transport.pause_reading()
        await FEEDS.until(0)
        await place.emptied()
        talk.socket.transport.abort()
        with pytest.raises(ConnectionClosed):
            await talk.socket.recv()


async def subscribed_stranger(place: Place) -> Talk:
    socket = await connect(place.socket_url, subprotocols=[PROTOCOL], proxy=None, compression=None)
    talk = Talk(socket)
    await talk.init()
    await talk.subscribe("s", FEED)
    return talk


@pytest.mark.parametrize("transport", ["socket", "http"])
@pytest.mark.parametrize("statements", [True, False], ids=["statement path", "loader path"])
async def test_a_client_that_leaves_ends_its_statement(
    patient: Database, lock: Lock, transport: str, *, statements: bool
) -> None:
    settings: dict[str, Any] = {"operation_timeout_seconds": 600}
    app = create_app(settings_of(**settings), patient, ADMINISTRATOR, schema=SCHEMA, statements=statements)
    async with served(app, **settings) as place:
        if transport == "socket":
            async with talking(place.socket_url) as talk:
                await talk.init()
                await talk.subscribe("1", QUERY)
                await lock.waiting(1)
        else:
            async with web_client() as client:
                asking = asyncio.create_task(
                    client.post(place.url, json={"query": QUERY}, headers={"Accept": "text/event-stream"})
                )
                await lock.waiting(1)
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
        await lock.waiting(0)
        await place.emptied()


@pytest.mark.parametrize("statements", [True, False], ids=["statement path", "loader path"])
async def test_complete_ends_the_statement_of_its_operation(
    patient: Database, lock: Lock, *, statements: bool
) -> None:
    settings: dict[str, Any] = {"operation_timeout_seconds": 600}
    app = create_app(settings_of(**settings), patient, ADMINISTRATOR, schema=SCHEMA, statements=statements)
    async with served(app, **settings) as place, talking(place.socket_url) as talk:
        await talk.init()
        await talk.subscribe("1", QUERY)
        await talk.subscribe("2", QUERY)
        await lock.waiting(2)
        await talk.send({"type": "complete", "id": "1"})
        await lock.waiting(1)
        await lock.release()
        assert await talk.hear() == next_of("2", {"users": {"nodes": []}})


async def test_the_deadline_ends_the_statement_too(patient: Database, lock: Lock) -> None:
    app = create_app(settings_of(operation_timeout_seconds=0.2), patient, ADMINISTRATOR, schema=SCHEMA)
    async with served(app) as place, talking(place.socket_url) as talk:
        await talk.init()
        (only,) = await talk.ask(QUERY)
        assert only["payload"][0]["extensions"]["code"] == "TIMEOUT"
        await lock.waiting(0)


async def test_a_server_that_ends_says_so(people: People) -> None:
    async with (
        served(make_app(people)) as place,
        talking(place.socket_url) as idle,
        talking(place.socket_url) as talk,
        events(place.url, FEED) as stream,
    ):
        await talk.init()
        await talk.subscribe("s", FEED)
        await talk.subscribe("q", '{ wait(name: "q") }')
        await FEEDS.until(3)
        place.server.should_exit = True
        # Subscriptions end at once, and what is to be answered is answered first.
        await FEEDS.until(1)
        await talk.subscribe("new", "{ hello }")
        refused = await talk.hear()
        assert (refused["type"], refused["id"]) == ("error", "new")
        assert refused["payload"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        FEEDS.put("q", "done")
        assert await talk.hear() == next_of("q", {"wait": "done"})
        assert await talk.hear() == {"type": "complete", "id": "q"}
        assert await talk.closed() == (1012, "Service Restart")
        assert await idle.closed() == (1012, "Service Restart")
        # No event tells that this is complete: its reader is to come back.
        assert await stream.all() == []


async def test_a_server_that_ends_takes_no_other_stream(people: People) -> None:
    async with served(make_app(people, drain_seconds=30)) as place, talking(place.socket_url) as talk:
        await talk.init()
        await talk.subscribe("q", '{ wait(name: "q") }')
        await FEEDS.until(1)
        draining = asyncio.create_task(place.streams.drain())
        await asyncio.sleep(0)
        with pytest.raises(InvalidStatus, match="503"):
            async with talking(place.socket_url):
                pass
        async with events(place.url, FEED) as stream:
            assert stream.response.status_code == 503
        FEEDS.put("q", "done")
        assert (await talk.closed())[0] == 1012
        await draining


async def test_what_takes_too_long_does_not_keep_a_server_from_its_end(people: People) -> None:
    async with served(make_app(people, drain_seconds=0.1)) as place, talking(place.socket_url) as talk:
        await talk.init()
        await talk.subscribe("q", '{ wait(name: "q") }')
        await FEEDS.until(1)
        place.server.should_exit = True
        assert (await talk.closed())[0] == 1012
        await FEEDS.until(0)
