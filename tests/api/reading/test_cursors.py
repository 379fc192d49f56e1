"""A cursor belongs to one list; any other, and whatever was never one, is refused."""

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.declarations import MIRRORS, Mirror
from api.core.errors import Code
from api.schema import build_schema
from tests.api.reading.lists import Term, order_by
from tests.api.reading.reader import Reader
from tests.api.reading.steady import steady
from tests.api.reading.walks import document, keys, read_page

build_schema()

BY_NAME = {mirror.name: mirror for mirror in MIRRORS.values()}
SESSION = BY_NAME["Session"]
NEWEST: list[Term] = [("created_at", True)]
REFUSED = [Code.INVALID_CURSOR]

each_end = pytest.mark.parametrize("end", ["after", "before"])


def a_cursor(reader: Reader, mirror: Mirror = SESSION, terms: list[Term] = NEWEST, **arguments: Any) -> str:
    page = read_page(reader, mirror, terms, first=3, **arguments)
    cursor: str = page["edges"][1]["cursor"]
    return cursor


def codes(
    reader: Reader,
    end: str,
    cursor: str,
    mirror: Mirror = SESSION,
    terms: list[Term] = NEWEST,
    **arguments: Any,
) -> list[str]:
    arguments |= {end: cursor, "orderBy": order_by(mirror, terms)}
    return reader.codes(document(mirror), arguments)


@each_end
def test_cursor_of_another_list_is_refused(reader: Reader, end: str) -> None:
    where = {"title": {"isNull": False}}
    cursor = a_cursor(reader)
    assert codes(reader, end, cursor) == []
    for terms in ([("created_at", False)], [("updated_at", True)], [*NEWEST, ("updated_at", True)]):
        assert codes(reader, end, cursor, terms=terms) == REFUSED
        assert codes(reader, end, a_cursor(reader, terms=terms)) == REFUSED
    assert codes(reader, end, cursor, where=where) == REFUSED
    assert codes(reader, end, cursor, where={"title": {"isNull": True}}) == REFUSED
    assert codes(reader, end, a_cursor(reader, where=where)) == REFUSED
    assert codes(reader, end, a_cursor(reader, BY_NAME["Message"])) == REFUSED


@each_end
def test_how_a_filter_is_written_does_not_matter(reader: Reader, end: str) -> None:
    cursor = a_cursor(reader, where={"title": {"isNull": False, "ne": "nothing"}, "id": {"isNull": False}})
    same = {"id": {"isNull": False}, "title": {"ne": "nothing", "isNull": False}}
    assert codes(reader, end, cursor, where=same) == []


def test_default_order_is_the_same_when_it_is_spelt_out(reader: Reader) -> None:
    cursor = read_page(reader, SESSION, first=3)["edges"][1]["cursor"]
    assert cursor == a_cursor(reader)
    assert keys(read_page(reader, SESSION, after=cursor)) == keys(
        read_page(reader, SESSION, NEWEST, after=cursor)
    )


@each_end
@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "",
        lambda _: " ",
        lambda _: "a",
        lambda _: "中文",
        lambda _: "\x00",
        lambda _: "\ud800",
        lambda _: "é" * 10_000,
        lambda cursor: cursor[1:],
        lambda cursor: cursor[:-1],
        lambda cursor: cursor[:-4],
        lambda cursor: f"{cursor}AAAA",
        lambda cursor: f" {cursor}",
        lambda cursor: f"{cursor}\n",
        lambda cursor: cursor[::-1],
        lambda cursor: cursor.swapcase(),
        lambda cursor: cursor * 2,
        lambda cursor: b64encode(b64decode(cursor).replace(b":", b"\xff", 1)).decode(),
        lambda _: b64encode(b"null").decode(),
        lambda _: b64encode(b"[]").decode(),
        lambda _: b64encode(b"[" * 5_000).decode(),
    ],
)
def test_what_is_no_cursor_is_refused(reader: Reader, end: str, damage: Any) -> None:
    assert codes(reader, end, damage(a_cursor(reader))) == REFUSED


SPECIAL = [
    "\x00", "a\x00", "", "epoch", "active", "infinity", "-Infinity", "NaN", "1e400", "1e-900", "9" * 900,
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-23:59", "2026-02-30", "0" * 36,
    "00000000-0000-0000-0000-000000000000", 2**31, -(2**63) - 1, 1e308, True, None, [], {},
]  # fmt: skip
PLACES = {
    (column.kind.name, column.nullable): (mirror, attribute)
    for mirror in MIRRORS.values()
    for attribute, column in mirror.orders.items()
}


def forged(cursor: str, *parts: Any) -> str:
    """A cursor of the same list with another value and key."""
    digest = json.loads(b64decode(cursor))[0]
    return b64encode(json.dumps([digest, *parts]).encode()).decode()


@each_end
@pytest.mark.parametrize("place", PLACES.values(), ids=lambda place: f"{place[0].name}-{place[1]}")
def test_special_value_is_a_place_or_refused(reader: Reader, place: tuple[Mirror, str], end: str) -> None:
    mirror, attribute = place
    terms = [(attribute, True)]
    cursor = a_cursor(reader, mirror, terms)
    _, value, key = json.loads(b64decode(cursor))
    assert codes(reader, end, forged(cursor, value, key), mirror, terms) == []
    for special in SPECIAL:
        for parts in ((special, key), (value, special)):
            assert codes(reader, end, forged(cursor, *parts), mirror, terms) in ([], REFUSED), parts


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=4),
    st.lists(st.integers(), max_size=2),
)


@steady(max_examples=200)
@given(name=st.sampled_from(sorted(BY_NAME)), values=st.lists(VALUES, min_size=2, max_size=2), data=st.data())
def test_forged_cursor_is_a_place_or_refused(
    reader: Reader, name: str, values: list[Any], data: st.DataObject
) -> None:
    mirror = BY_NAME[name]
    field = data.draw(st.sampled_from(sorted(mirror.orders)), "order")
    terms = [(field, data.draw(st.booleans(), "descending"))]
    cursor = a_cursor(reader, mirror, terms)
    _, value, key = json.loads(b64decode(cursor))
    parts = data.draw(st.sampled_from([values, [value, values[0]], [values[0], key]]), "parts")
    end = data.draw(st.sampled_from(["after", "before"]))
    assert codes(reader, end, forged(cursor, *parts), mirror, terms) in ([], REFUSED)
