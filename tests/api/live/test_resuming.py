"""Going on where one was: after a disconnect, a restart of the server, a slow spell, and lost connections."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from api.pubsub.channel import Channel
from db.session import Database
from tests.api.http.streams.talk import Talk, events, talking
from tests.api.live.conftest import Hall, Person, codes_of, data_of, hall_of, person

EVENTS = "subscription ($id: ID!, $after: BigInt) { executionEvents(id: $id, after: $after) { seq } }"


def asked(key: UUID, after: Any = None) -> dict[str, Any]:
    return {"id": str(key), "after": after}


async def seqs(talk: Talk, count: int) -> list[int]:
    return [int(data_of(await talk.hear())["seq"]) for _ in range(count)]


async def test_whoever_comes_back_gets_what_came_meanwhile(hall: Hall, lin: Person) -> None:
    await hall.log(lin.execution, "1", "2")
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables=asked(lin.execution))
        assert await seqs(talk, 2) == [1, 2]
    await hall.log(lin.execution, "3", "4")
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables=asked(lin.execution, "2"))
        assert await seqs(talk, 2) == [3, 4]


async def test_events_over_http_have_ids_from_which_they_are_resumed(hall: Hall, lin: Person) -> None:
    await hall.log(lin.execution, "1", "2", "3")
    async with events(hall.place.url, EVENTS, lin.token, variables=asked(lin.execution)) as stream:
        assert [(await stream.event() or {})["id"] for _ in range(3)] == ["1", "2", "3"]
    headers = {"Last-Event-ID": "2"}
    given = asked(lin.execution, "0")
    async with events(hall.place.url, EVENTS, lin.token, variables=given, headers=headers) as stream:
        assert (await stream.event() or {})["data"]["data"] == {"executionEvents": {"seq": "3"}}


async def test_a_server_that_ends_says_where_to_resume(database: Database) -> None:
    async with hall_of(database) as hall:
        lin = await person(hall, "lin")
        await hall.log(lin.execution, "1", "2")
        async with talking(hall.place.socket_url) as talk:
            await talk.init(lin.token)
            await talk.subscribe("a", EVENTS, variables=asked(lin.execution))
            await talk.subscribe("b", EVENTS, variables=asked(lin.execution, "1"))
            await talk.subscribe("c", EVENTS, variables=asked(lin.execution, "2"))
            heard = [await talk.hear() for _ in range(3)]
            assert sorted((each["id"], data_of(each)["seq"]) for each in heard) == [
                ("a", "1"),
                ("a", "2"),
                ("b", "2"),
            ]
            hall.place.server.should_exit = True
            assert await talk.hear() == {"type": "ping", "payload": {"resumeAfter": {"a": "2", "b": "2"}}}
            assert await talk.closed() == (1012, "Service Restart")


async def test_events_that_are_kept_no_longer_are_told(hall: Hall, lin: Person) -> None:
    await hall.log(lin.execution, "1", "2", "3", "4")
    await hall.sql("DELETE FROM execution_events WHERE seq < 3")
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables=asked(lin.execution))
        assert await seqs(talk, 2) == [3, 4]
        await talk.subscribe("2", EVENTS, variables=asked(lin.execution, "1"))
        refused = await talk.hear()
        assert codes_of(refused) == ["EVENTS_EXPIRED"]
        assert refused["payload"][0]["extensions"]["resumeAfter"] == "2"


@pytest.mark.parametrize("after", ["-1", "9223372036854775807", "abc"])
async def test_places_that_are_none(hall: Hall, lin: Person, after: str) -> None:
    await hall.set(lin.execution, status="completed")
    async with hall.talk(lin.token) as talk:
        heard = await talk.ask(EVENTS, variables=asked(lin.execution, after))
        if after == "9223372036854775807":
            assert heard == [{"type": "complete", "id": "1"}]
        else:
            assert codes_of(heard[0]) == ["BAD_USER_INPUT"]


async def test_a_reader_who_is_too_slow_is_told_where_to_resume(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Channel, "LIMIT", 5)
    async with hall_of(database, live_max_lag=20) as hall:
        lin = await person(hall, "lin")
        slow = f'subscription {{ executionEvents(id: "{lin.execution}") {{ seq message }} }}'
        # Twenty megabytes are more than the system keeps for a client who reads nothing. Its buffers are
        # left as they are: made small, they may hold less than a segment, and then wait for each other.
        big = "x" * 100_000
        async with talking(hall.place.socket_url, max_queue=1) as talk, hall.talk(lin.token) as quick:
            await talk.init(lin.token)
            await talk.subscribe("1", slow)
            await quick.subscribe("1", EVENTS, variables=asked(lin.execution))
            await hall.log(lin.execution, "first")
            assert data_of(await talk.hear())["seq"] == "1"
            assert await seqs(quick, 1) == [1]
            # One at a time, so that whoever reads each as it comes is never behind.
            for number in range(2, 201):
                await hall.log(lin.execution, big)
                assert await seqs(quick, 1) == [number]
            read = 1
            while (message := await talk.hear())["type"] == "next":
                read += 1
                assert data_of(message)["seq"] == str(read)
            assert codes_of(message) == ["EVENTS_OVERFLOW"]
            assert message["payload"][0]["extensions"]["resumeAfter"] == str(read)
            await talk.subscribe("2", EVENTS, variables=asked(lin.execution, str(read)))
            assert await seqs(talk, 200 - read) == list(range(read + 1, 201))


async def test_the_listener_comes_back_and_nothing_is_missed(hall: Hall, lin: Person) -> None:
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables=asked(lin.execution))
        state = "subscription ($id: ID!) { executionUpdated(id: $id) { progress } }"
        await talk.subscribe("2", state, variables={"id": str(lin.execution)})
        assert data_of(await talk.hear()) == {"progress": 0}
        await hall.log(lin.execution, "1")
        assert await seqs(talk, 1) == [1]
        # Nobody listens while these are written.
        listener: Any = hall.hub.waker
        await listener.stop()
        await hall.log(lin.execution, "2", "3")
        await hall.set(lin.execution, progress=9)
        listener.start()
        heard = [await talk.hear() for _ in range(3)]
        assert [data_of(each) for each in heard if each["id"] == "1"] == [{"seq": "2"}, {"seq": "3"}]
        assert [data_of(each) for each in heard if each["id"] == "2"] == [{"progress": 9}]


async def test_a_listener_whose_connection_is_ended_listens_again(hall: Hall, lin: Person) -> None:
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables=asked(lin.execution))
        for number in range(1, 4):
            await hall.log(lin.execution, str(number))
            assert await seqs(talk, 1) == [number]
            ended = await hall.one(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'atrium listener' AND datname = current_database()"
            )
            assert ended == 1
            listener: Any = hall.hub.waker
            async with asyncio.timeout(30):
                while listener.listening:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
                await listener.ready()


async def test_a_clock_does_where_nothing_else_can(database: Database) -> None:
    async with hall_of(database, live_waker="poll", live_poll_seconds=0.05) as hall:
        lin = await person(hall, "lin")
        async with hall.talk(lin.token) as talk:
            await talk.subscribe("1", EVENTS, variables=asked(lin.execution))
            await hall.log(lin.execution, "1")
            assert await seqs(talk, 1) == [1]
            listening = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'atrium listener'"
            assert await hall.one(f"{listening} AND datname = current_database()") == 0
