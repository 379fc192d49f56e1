"""Rights that are taken away end what stands on them, and nothing else."""

import asyncio
from functools import partial
from operator import add
from typing import Any

import pytest

from tests.api.http.streams.talk import next_of
from tests.api.live.conftest import Hall, Person, codes_of, data_of, person

STATE = "subscription ($id: ID!) { executionUpdated(id: $id) { progress } }"
EVENTS = "subscription ($id: ID!) { executionEvents(id: $id) { seq } }"


@pytest.fixture
async def root(hall: Hall) -> Person:
    return await person(hall, "root", "admin")


async def renewed(hall: Hall) -> None:
    """Credentials are looked at again, as they are every few seconds."""
    await hall.app.state.access.authenticator.renew()
    await hall.place.streams.look()


async def test_a_role_taken_away_ends_what_stood_on_it(hall: Hall, lin: Person, root: Person) -> None:
    async with hall.talk(root.token) as talk:
        for number, (query, execution) in enumerate(
            [
                (STATE, lin.execution),
                (EVENTS, lin.execution),
                (STATE, root.execution),
                (EVENTS, root.execution),
            ]
        ):
            await talk.subscribe(str(number), query, variables={"id": str(execution)})
        await hall.log(lin.execution, "theirs")
        await hall.log(root.execution, "own")
        first = [await talk.hear() for _ in range(4)]
        assert sorted(each["id"] for each in first) == ["0", "1", "2", "3"]
        await hall.sql("UPDATE users SET roles = ARRAY['user'] WHERE id = :id", id=root.id)
        await renewed(hall)
        # Whose own it is goes on from the present state.
        heard = {each["id"]: each for each in [await talk.hear() for _ in range(3)]}
        assert [codes_of(heard[key]) for key in ("0", "1")] == [["NOT_FOUND"]] * 2
        assert data_of(heard["2"]) == {"progress": 0}
        await hall.set(lin.execution, progress=50)
        await hall.log(root.execution, "more")
        assert await talk.hear() == next_of("3", {"executionEvents": {"seq": "2"}})
        await hall.set(root.execution, progress=60)
        assert await talk.hear() == next_of("2", {"executionUpdated": {"progress": 60}})


async def test_a_filter_shows_less_to_whoever_may_less(hall: Hall, lin: Person, root: Person) -> None:
    async with hall.talk(root.token) as talk:
        await talk.subscribe("1", "subscription { executionUpdated { id progress } }")
        assert len({data_of(await talk.hear())["id"] for _ in range(2)}) == 2
        await hall.sql("UPDATE users SET roles = ARRAY['user'] WHERE id = :id", id=root.id)
        await renewed(hall)
        own = data_of(await talk.hear())
        await hall.set(lin.execution, progress=50)
        await hall.set(root.execution, progress=60)
        assert data_of(await talk.hear()) == {**own, "progress": 60}


async def test_a_credential_withdrawn_ends_its_socket_alone(hall: Hall, lin: Person, root: Person) -> None:
    async with hall.talk(lin.token) as mine, hall.talk(root.token) as theirs:
        for talk in (mine, theirs):
            await talk.subscribe("1", STATE, variables={"id": str(lin.execution)})
            assert data_of(await talk.hear()) == {"progress": 0}
        await hall.sql("UPDATE users SET status = 'suspended' WHERE id = :id", id=lin.id)
        await renewed(hall)
        assert (await mine.closed())[0] == 4403
        await hall.set(lin.execution, progress=1)
        assert data_of(await theirs.hear()) == {"progress": 1}


class Deaf:
    """A listener that is cut off."""

    listening = False

    def start(self) -> None:
        pass


@pytest.mark.parametrize("told", ["by the database", "by nobody"])
async def test_what_is_withdrawn_counts_within_five_seconds_by_itself(
    hall: Hall, lin: Person, root: Person, told: str
) -> None:
    if told == "by nobody":
        hall.app.state.access.authenticator.watch.listener = Deaf()
    async with hall.talk(root.token) as talk:
        await talk.subscribe("1", EVENTS, variables={"id": str(lin.execution)})
        await hall.log(lin.execution, "1")
        await talk.hear()
        await hall.sql("UPDATE users SET roles = ARRAY['user'] WHERE id = :id", id=root.id)
        # The promise is five; what a machine under load adds is no part of it.
        async with asyncio.timeout(20):
            assert codes_of(await talk.hear()) == ["NOT_FOUND"]


async def test_what_is_withdrawn_while_nobody_listens_counts_once_somebody_does(
    hall: Hall, lin: Person, root: Person
) -> None:
    async with hall.talk(root.token) as talk:
        await talk.subscribe("1", EVENTS, variables={"id": str(lin.execution)})
        await hall.log(lin.execution, "1")
        await talk.hear()
        # In the other order the news would be heard on the connection that goes.
        await hall.sql(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE application_name = 'atrium listener' AND datname = current_database()"
        )
        await hall.sql("UPDATE users SET roles = ARRAY['user'] WHERE id = :id", id=root.id)
        async with asyncio.timeout(20):
            assert codes_of(await talk.hear()) == ["NOT_FOUND"]


async def test_whoever_only_listens_costs_no_statement(
    hall: Hall, lin: Person, root: Person, statements: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as long as their tokens are good, by the clock of those who look after rights."""
    authenticator = hall.app.state.access.authenticator
    async with hall.talk(root.token) as theirs, hall.talk(lin.token) as mine:
        for talk in (mine, theirs):
            await talk.subscribe("1", STATE, variables={"id": str(lin.execution)})
            await talk.hear()
        # What was verified before anybody listened is asked for once more.
        await renewed(hall)
        kept = [kept for _, kept in authenticator._kept.items()]
        assert len(kept) == 2
        began = authenticator._clock()
        step = (min(each.ends for each in kept) - began) / 11
        with statements(hall.database) as issued:
            for number in range(1, 11):
                monkeypatch.setattr(authenticator, "_clock", partial(add, began, number * step))
                await renewed(hall)
        assert issued == []
        assert len(hall.place.streams) == 2


async def test_no_event_is_read_with_rights_that_are_gone(hall: Hall, lin: Person, root: Person) -> None:
    """The event is read already when the rights go, and is not sent."""
    async with hall.talk(root.token) as talk:
        await talk.subscribe("1", EVENTS, variables={"id": str(lin.execution)})
        await hall.log(lin.execution, "1")
        await talk.hear()
        authenticator = hall.app.state.access.authenticator
        await hall.sql("UPDATE users SET roles = ARRAY['user'] WHERE id = :id", id=root.id)
        await authenticator.renew()
        await hall.log(lin.execution, "2")
        assert codes_of(await talk.hear()) == ["NOT_FOUND"]
