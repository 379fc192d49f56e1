"""Following executions: every event once and in order, every state that is left, and an end."""

from tests.api.live.conftest import Hall, Person, codes_of, data_of, person

EVENTS = "subscription ($id: ID!, $after: BigInt) { executionEvents(id: $id, after: $after) { seq message } }"
STATE = "subscription ($id: ID!) { executionUpdated(id: $id) { id status progress } }"


async def test_events_come_from_the_first_and_then_as_they_are_written(hall: Hall, lin: Person) -> None:
    await hall.log(lin.execution, "one", "two")
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables={"id": str(lin.execution)})
        assert [data_of(await talk.hear()) for _ in range(2)] == [
            {"seq": "1", "message": "one"},
            {"seq": "2", "message": "two"},
        ]
        await hall.log(lin.execution, "three")
        assert data_of(await talk.hear()) == {"seq": "3", "message": "three"}


async def test_the_stream_ends_with_the_execution(hall: Hall, lin: Person) -> None:
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables={"id": str(lin.execution)})
        await hall.log(lin.execution, "one")
        assert data_of(await talk.hear())["seq"] == "1"
        await hall.set(lin.execution, status="completed")
        assert data_of(await talk.hear()) == {"seq": "2", "message": "Now completed."}
        assert await talk.hear() == {"type": "complete", "id": "1"}


async def test_a_state_comes_first_and_then_each_change(hall: Hall, lin: Person) -> None:
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", STATE, variables={"id": str(lin.execution)})
        first = data_of(await talk.hear())
        assert (first["status"], first["progress"]) == ("RUNNING", 0)
        await hall.set(lin.execution, progress=40)
        assert data_of(await talk.hear())["progress"] == 40
        await hall.set(lin.execution, status="completed")
        last = data_of(await talk.hear())
        assert (last["status"], last["progress"]) == ("COMPLETED", 100)
        assert await talk.hear() == {"type": "complete", "id": "1"}


async def test_somebody_elses_and_what_is_not_there_read_the_same(hall: Hall, lin: Person) -> None:
    other = await person(hall, "wu")
    heard = []
    async with hall.talk(other.token) as talk:
        for query in (EVENTS, STATE):
            for key in (str(lin.execution), str(other.agent), "nonsense"):
                heard += await talk.ask(query, variables={"id": key})
    assert [codes_of(message) for message in heard] == [["NOT_FOUND"]] * 6
    assert len({message["payload"][0]["message"] for message in heard}) == 1
