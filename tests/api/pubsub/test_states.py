"""What gives way to what is newer, and what never does."""

from uuid import UUID, uuid4

import pytest

from api.core.errors import LimitExceeded, NotFound
from api.pubsub.channel import EventsOverflow, Topic
from api.pubsub.states import MOST_ROWS, Scope, State, StateChannel, StateReading
from db.notify import News

A, B = UUID(int=1), UUID(int=2)


class Rows:
    """A table that a test changes."""

    def __init__(self, **states: State) -> None:
        self.states = {state.id: state for state in states.values()}
        self.asked: list[list[UUID] | None] = []

    def put(self, key: UUID, text: str, *, ended: bool = False, matches: bool = True) -> None:
        self.states[key] = State(key, text, ended, matches)

    async def some(self, ids: list[UUID]) -> list[State]:
        self.asked.append(ids)
        return [self.states[key] for key in ids if key in self.states]

    async def every(self) -> list[State]:
        self.asked.append(None)
        return [state for state in self.states.values() if state.matches]

    def channel(self, only: UUID | None = None, *, final: bool = False) -> StateChannel:
        return StateChannel(Topic("thing"), Scope(self.some, self.every, only, final))


async def change(channel: StateChannel, *keys: UUID) -> None:
    for key in keys:
        channel.touch(News("thing", key, None))
    await channel.fetch()


async def taken(reading: StateReading, channel: StateChannel) -> list[str]:
    """All that there is to take now."""
    texts = []
    while reading._start is None or channel.after(reading._at, reading._start) is not None:
        found = await reading.next()
        assert found is not None
        texts += [state.text for state in found]
    return texts


@pytest.fixture
def rows() -> Rows:
    rows = Rows()
    rows.put(A, "a0")
    rows.put(B, "b0")
    return rows


async def test_progress_gives_way_and_an_end_never_does(rows: Rows) -> None:
    channel = rows.channel()
    await channel.fetch()
    reading = StateReading(channel)
    assert await taken(reading, channel) == ["a0", "b0"]
    for number in range(1, 10):
        rows.put(A, f"a{number}")
        await change(channel, A)
    rows.put(A, "a done", ended=True)
    await change(channel, A)
    rows.put(B, "b1")
    rows.put(A, "a again")
    await change(channel, A, B)
    rows.put(A, "a more")
    await change(channel, A)
    assert sorted(await taken(reading, channel)) == ["a done", "a more", "b1"]


async def test_who_comes_later_gets_the_present_state_alone(rows: Rows) -> None:
    channel = rows.channel()
    await channel.fetch()
    rows.put(A, "a done", ended=True)
    await change(channel, A)
    rows.put(A, "a again")
    await change(channel, A)
    assert sorted(await taken(StateReading(channel), channel)) == ["a again", "b0"]


async def test_what_equals_what_was_is_not_told(rows: Rows) -> None:
    channel = rows.channel()
    await channel.fetch()
    place = channel.newest
    await change(channel, A, B)
    assert channel.newest == place


async def test_what_was_missed_is_found_and_what_left_is_told_once(rows: Rows) -> None:
    channel = rows.channel()
    await channel.fetch()
    reading = StateReading(channel)
    await taken(reading, channel)
    new = uuid4()
    rows.put(A, "a left", matches=False)
    rows.put(new, "new")
    channel.touch(None)
    await channel.fetch()
    assert sorted(await taken(reading, channel)) == ["a left", "new"]
    rows.put(A, "a elsewhere", matches=False)
    await change(channel, A)
    assert channel.after(reading._at, reading._start or 0) is None


async def test_too_many_rows_are_refused() -> None:
    rows = Rows()
    for number in range(MOST_ROWS + 1):
        rows.put(UUID(int=number + 10), "x")
    with pytest.raises(LimitExceeded, match="narrow it"):
        await rows.channel().fetch()


async def test_a_reader_who_is_left_behind_is_told(rows: Rows) -> None:
    channel = rows.channel()
    await channel.fetch()
    slow, gone_on = StateReading(channel), StateReading(channel)
    for reading in (slow, gone_on):
        await taken(reading, channel)
    for number in range(2 * MOST_ROWS + 5):
        key = UUID(int=100 + number)
        rows.states.clear()
        rows.put(key, "done", ended=True)
        await change(channel, key)
        await gone_on.next()
    with pytest.raises(EventsOverflow) as caught:
        await slow.next()
    assert caught.value.extensions == {"code": "EVENTS_OVERFLOW", "resumeAfter": None}
    assert channel.worn
    assert len(channel.states) == 2 * MOST_ROWS


async def test_the_only_row_ends_what_follows_it(rows: Rows) -> None:
    channel = rows.channel(A, final=True)
    await channel.fetch()
    reading = StateReading(channel)
    rows.put(A, "done", ended=True)
    await change(channel, A)
    assert [state.text for state in await reading.next() or []] == ["done"]
    assert await reading.next() is None
    del rows.states[A]
    with pytest.raises(NotFound):
        await change(channel, A)


async def test_what_could_not_be_read_is_read_later(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = rows.channel()
    await channel.fetch()
    rows.put(A, "a1")

    async def away(ids: list[UUID]) -> list[State]:
        raise ConnectionError

    kept = channel.scope
    channel.scope = Scope(away, kept.every)
    with pytest.raises(ConnectionError):
        await change(channel, A)
    channel.scope = kept
    assert channel.stale
    await channel.fetch()
    assert rows.asked[-1] == [A]
    assert channel.states[channel.current[A]].text == "a1"
