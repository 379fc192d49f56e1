"""Walks through lists whose rows come and go between the pages."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from api.core.declarations import MIRRORS, Mirror
from api.schema import build_schema
from tests.api.reading.facts import Row, read_rows
from tests.api.reading.lists import Term, in_order
from tests.api.reading.population import Values, draw, values_of
from tests.api.reading.reader import Reader
from tests.api.reading.steady import steady
from tests.api.reading.walks import keys, read_page, walk
from tests.factories import Factory, Made, World

build_schema()

BY_NAME = {mirror.name: mirror for mirror in MIRRORS.values()}


@pytest.fixture(scope="module")
def world(reader: Reader) -> World:
    """Parents for rows that come and go."""
    return reader.write(lambda connection: Factory(connection).world())


class Changing:
    """A table whose rows come and go: the rows of this walk only, never those that were there before."""

    def __init__(self, reader: Reader, mirror: Mirror, world: World, seed: int) -> None:
        self.mirror = mirror
        self.made: Made = []
        self.rows: dict[UUID, Row] = {}
        """Every row that was ever there."""
        self.always = set[UUID]()
        """Rows that are there from the beginning to the end."""
        self._reader = reader
        self._world = world
        self._choice = random.Random(seed)  # noqa: S311
        self._values: Values = values_of(mirror, self._choice)
        self._present: list[UUID] = []

    def begin(self) -> None:
        """Insert some rows, before the first page."""
        self._reader.write(lambda connection: self._insert(connection, 6))
        self.always = set(self.rows)

    def change(self) -> None:
        """Insert rows and delete others, between two pages."""
        self._reader.write(self._change)

    def end(self) -> None:
        """Leave the table as it was."""
        self._reader.write(lambda connection: Factory(connection, self.made).remove_all())

    def _insert(self, connection: Connection, number: int) -> None:
        factory = Factory(connection, self.made)
        table = self.mirror.model.__tablename__
        for _ in range(number):
            values = draw(self._values, self._choice)
            self._present.append(factory.create(table, self._world, **values))
        self.rows |= read_rows(connection, self.mirror)

    def _change(self, connection: Connection) -> None:
        self._insert(connection, self._choice.randrange(3))
        for _ in range(self._choice.randrange(min(3, len(self._present) + 1))):
            key = self._present.pop(self._choice.randrange(len(self._present)))
            Factory(connection, self.made).remove(self.mirror.model.__tablename__, key)
            self.always.discard(key)


@contextmanager
def changing(reader: Reader, name: str, world: World, seed: int) -> Iterator[Changing]:
    table = Changing(reader, BY_NAME[name], world, seed)
    try:
        table.begin()
        yield table
    finally:
        table.end()


@steady(max_examples=30)
@given(
    name=st.sampled_from(sorted(BY_NAME)),
    size=st.integers(1, 7),
    backward=st.booleans(),
    seed=st.integers(0, 2**16),
    data=st.data(),
)
def test_every_row_that_stays_is_met_once(
    reader: Reader, world: World, name: str, size: int, backward: bool, seed: int, data: st.DataObject
) -> None:
    mirror = BY_NAME[name]
    term = st.tuples(st.sampled_from(sorted(mirror.orders)), st.booleans())
    terms = data.draw(st.lists(term, min_size=1, max_size=2, unique_by=lambda each: each[0]), "order")
    with changing(reader, name, world, seed) as table:
        pages = list(walk(reader, mirror, terms, size, backward=backward, between=table.change))
        met = list(chain.from_iterable(reversed(pages) if backward else pages))
    assert len(set(met)) == len(met), "a row was met twice"
    assert table.always <= set(met), "a row was missed"
    order = [row["id"] for row in in_order(table.rows.values(), terms)]
    assert met == [key for key in order if key in set(met)]


@pytest.mark.parametrize("value", [1_000, None])
def test_cursor_of_a_deleted_row_is_a_place(reader: Reader, world: World, value: int | None) -> None:
    mirror = BY_NAME["ToolCall"]
    terms: list[Term] = [("duration_ms", True)]
    made: Made = []

    def insert(connection: Connection) -> UUID:
        factory = Factory(connection, made)
        # A neighbour on either side, whatever else the table holds.
        _, key, _ = (
            factory.create("tool_calls", world, duration_ms=each) for each in (value and 2_000, value, None)
        )
        return key

    key = reader.write(insert)
    try:
        whole = read_page(reader, mirror, terms, first=100)
        place = keys(whole).index(key)
        cursor = whole["edges"][place]["cursor"]
        reader.write(lambda connection: Factory(connection).remove("tool_calls", key))
        left = keys(read_page(reader, mirror, terms, first=100))
        after = read_page(reader, mirror, terms, first=100, after=cursor)
        before = read_page(reader, mirror, terms, last=100, before=cursor)
    finally:
        reader.write(lambda connection: Factory(connection, made).remove_all())
    assert 0 < place < len(left)
    assert (keys(before), keys(after)) == (left[:place], left[place:])
    assert after["pageInfo"]["hasPreviousPage"] is before["pageInfo"]["hasNextPage"] is True


ORDERED: dict[str, tuple[str, str, list[Any]]] = {
    "microseconds": (
        "Agent",
        "created_at",
        [
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=1),
            datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC),
            *(
                datetime(2026, 3, 29, 1, 0, 0, number, tzinfo=UTC)
                for number in (0, 1, 2, 10, 100_000, 100_001)
            ),
            datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        ],
    ),
    "code points": (
        "Agent",
        "name",
        ["", " ", '"', "A", "B", "Z", "\\", "a", "b", "é", "文", "\uffff", "𐀀", "😀"],
    ),
    "neighbouring floats": (
        "IntentAnalysis",
        "urgency_level",
        [
            -1.7976931348623157e308,
            -1.0,
            -5e-324,
            0.0,
            5e-324,
            0.1,
            0.3,
            0.1 + 0.2,
            1.0,
            1.7976931348623157e308,
        ],
    ),
}


@pytest.mark.parametrize("case", ORDERED)
@pytest.mark.parametrize("descending", [False, True])
def test_neighbours_are_told_apart(reader: Reader, world: World, case: str, descending: bool) -> None:
    name, attribute, values = ORDERED[case]
    mirror = BY_NAME[name]
    made: Made = []

    def insert(connection: Connection) -> list[UUID]:
        factory = Factory(connection, made)
        return [factory.create(mirror.model.__tablename__, world, **{attribute: value}) for value in values]

    expected = reader.write(insert)
    try:
        pages = walk(reader, mirror, [(attribute, descending)], 1)
        met = [key for page in pages for key in page if key in set(expected)]
        assert met == (expected[::-1] if descending else expected)
    finally:
        reader.write(lambda connection: Factory(connection, made).remove_all())
