"""What following costs: one reading for all who follow alike, nothing while nothing happens."""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

import pytest

from db.session import Database
from tests.api.http.streams.talk import Talk
from tests.api.live.conftest import Hall, Person, data_of, hall_of, person

EVENTS = "subscription ($id: ID!, $after: BigInt) { executionEvents(id: $id, after: $after) { seq message } }"
STATE = "subscription ($id: ID!) { executionUpdated(id: $id) { progress agent { name } } }"


async def follow(
    hall: Hall, stack: AsyncExitStack, lin: Person, count: int, query: str, key: UUID
) -> list[Talk]:
    talks = []
    for _ in range(count):
        talk = await stack.enter_async_context(hall.talk(lin.token))
        await talk.subscribe("1", query, variables={"id": str(key)})
        talks.append(talk)
    return talks


@pytest.fixture
def reads(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of followed rows."""
    issued: list[str] = []
    read = hall.database.read_text

    async def noting(sql: str, values: object, *, generic: bool = False) -> str:
        issued.append(sql)
        return await read(sql, values, generic=generic)  # type: ignore[arg-type]

    monkeypatch.setattr(hall.database, "read_text", noting)
    return issued


async def test_fifty_readers_cost_one_statement_for_each_event(
    hall: Hall, lin: Person, reads: list[str]
) -> None:
    await hall.log(lin.execution, "0")
    async with AsyncExitStack() as stack:
        talks = await follow(hall, stack, lin, 50, EVENTS, lin.execution)
        for talk in talks:
            assert data_of(await talk.hear())["seq"] == "1"
        assert len(hall.hub) == 1
        for number in range(2, 6):
            reads.clear()
            await hall.log(lin.execution, "next")
            for talk in talks:
                assert data_of(await talk.hear())["seq"] == str(number)
            assert len(reads) == 1
        (channel,) = hall.hub._keys
        assert channel.readers == 50


async def test_who_begins_elsewhere_or_stands_still_shares_too(hall: Hall, lin: Person) -> None:
    await hall.log(lin.execution, "a", "b", "c")
    async with hall.talk(lin.token) as talk:
        for after in range(4):
            variables = {"id": str(lin.execution), "after": str(after)}
            await talk.subscribe(str(after), EVENTS, variables=variables)
            for seq in range(after + 1, 4):
                assert data_of(await talk.hear())["seq"] == str(seq)
        await hall.log(lin.execution, "d")
        heard = [await talk.hear() for _ in range(4)]
        assert {each["id"] for each in heard} == {"0", "1", "2", "3"}
        assert len(hall.hub) == 1


async def test_two_who_may_not_the_same_share_nothing(hall: Hall, lin: Person) -> None:
    root = await person(hall, "root", "admin")
    async with hall.talk(lin.token) as mine, hall.talk(root.token) as theirs:
        for talk in (mine, theirs):
            await talk.subscribe("1", STATE, variables={"id": str(lin.execution)})
            assert data_of(await talk.hear()) == {"progress": 0, "agent": {"name": "a"}}
        assert len(hall.hub) == 2


async def test_nothing_is_asked_while_nothing_happens(hall: Hall, lin: Person, reads: list[str]) -> None:
    async with AsyncExitStack() as stack:
        talks = await follow(hall, stack, lin, 20, STATE, lin.execution)
        for talk in talks:
            assert data_of(await talk.hear())["progress"] == 0
        reads.clear()
        other = await person(hall, "wu")
        # Somebody else's rows change, and what a worker notes of this one is followed by nobody.
        await hall.log(other.execution, "x")
        await hall.set(other.execution, progress=5)
        await hall.set(lin.execution, lease_write=7)
        await hall.set(lin.execution, progress=1)
        for talk in talks:
            assert data_of(await talk.hear())["progress"] == 1
        assert len(reads) == 1


async def test_no_connection_is_held(database: Database) -> None:
    async with hall_of(database, max_streams_per_user=600) as hall:
        lin = await person(hall, "lin")
        async with AsyncExitStack() as stack:
            talks = [await stack.enter_async_context(hall.talk(lin.token)) for _ in range(10)]
            for number in range(500):
                talk = talks[number % 10]
                await talk.subscribe(f"s{number}", STATE, variables={"id": str(lin.execution)})
            for number in range(500):
                assert data_of(await talks[number % 10].hear())["progress"] == 0
            async with asyncio.timeout(30):
                # Somebody's rights may be looked at right now.
                while database.pool_status().checked_out:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            held = await hall.one(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND state LIKE 'idle in transaction%'"
            )
            assert held == 0
            answers = await asyncio.gather(*(talk.ask("{ viewer { login } }", "query") for talk in talks))
            assert [answer[0]["payload"]["data"]["viewer"]["login"] for answer in answers] == ["lin"] * 10
        await hall.place.emptied()
        assert len(hall.hub) == 0


async def test_five_hundred_clients_that_vanish_leave_nothing(database: Database) -> None:
    async with hall_of(database, max_streams_per_user=500) as hall:
        lin = await person(hall, "lin")
        before = len(asyncio.all_tasks())
        async with AsyncExitStack() as stack:
            talks = await follow(hall, stack, lin, 500, EVENTS, lin.execution)
            await hall.log(lin.execution, "1")
            for talk in talks:
                await talk.hear()
            (channel,) = hall.hub._keys
            assert (channel.readers, len(channel._bells)) == (500, 500)
            for talk in talks:
                # Without a closing handshake.
                talk.socket.transport.abort()
        await hall.place.emptied()
        async with asyncio.timeout(30):
            # The listener stays, with one task.
            while len(hall.hub) or len(asyncio.all_tasks()) > before + 1:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert (channel.readers, channel._bells) == (0, set())
