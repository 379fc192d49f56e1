"""Filters that make no sense are refused with a code, and never reach the database as they are."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core import kinds
from api.core.declarations import MIRRORS, Mirror
from api.core.errors import Code
from api.core.filters import MAX_CONDITIONS, MAX_DEPTH
from api.core.ids import global_id
from api.core.operators import operators_of
from api.schema import build_schema
from tests.api.reading.reader import Reader
from tests.api.reading.steady import steady

build_schema()

REFUSED = [Code.BAD_USER_INPUT]
BY_NAME = {mirror.name: mirror for mirror in MIRRORS.values()}
SESSION = BY_NAME["Session"]
MANY_LEVELS = 1_000


def codes(reader: Reader, where: Any, mirror: Mirror = SESSION) -> list[str]:
    document = f"query ($where: {mirror.name}Where) {{ {mirror.many}(where: $where) {{ nodes {{ id }} }} }}"
    return reader.codes(document, {"where": where})


def nested(levels: int, innermost: Any, name: str) -> Any:
    for _ in range(levels):
        innermost = {name: innermost} if name != "and" else {"and": [innermost]}
    return innermost


@pytest.mark.parametrize("name", BY_NAME)
def test_null_is_no_condition(reader: Reader, name: str) -> None:
    mirror = BY_NAME[name]
    members = ["and", "or", "not", "id", *mirror.relations]
    trees: list[Any] = [{member: None} for member in members]
    for column in mirror.columns.values():
        operators = operators_of(column.kind)
        trees += [{column.name: None}] if operators else []
        trees += [{column.name: {operator.name: None}} for operator in operators]
    trees += [
        {relation.name: {quantifier: None}}
        for relation in mirror.relations.values()
        if relation.many
        for quantifier in ("some", "none", "every")
    ]
    accepted = [tree for tree in trees if codes(reader, tree, mirror) != REFUSED]
    assert accepted == []


@pytest.mark.parametrize(
    "where",
    [
        {"and": [None]},
        {"metadata": {"path": {"path": None}}},
        {"metadata": {"path": {"path": ["a"], "exists": None}}},
        {"title": {"in": None}},
        {"title": {"in": [None]}},
        {"title": {"nothing": 1}},
        {"title": "a"},
        {"messageCount": {"eq": 2**31}},
        {"totalTokens": {"eq": str(2**63)}},
        {"totalTokens": {"eq": "1" * 10_000}},
        {"createdAt": {"eq": "2026-01-01T00:00:00"}},
        {"createdAt": {"eq": "0001-01-01T00:00:00+01:00"}},
        {"createdAt": {"eq": "2026-02-30T00:00:00Z"}},
        {"mode": {"eq": "NO_SUCH_MODE"}},
        {"mode": {"eq": 1}},
        "a",
        [{}, {}],
    ],
)
def test_what_is_not_of_the_type_is_refused(reader: Reader, where: Any) -> None:
    assert codes(reader, where) == REFUSED


@pytest.mark.parametrize(
    "literal",
    [
        "{createdAt: {eq: 1e999}}",
        "{totalTokens: {eq: 1e999}}",
        f"{{totalTokens: {{eq: {'1' * 5_000}}}}}",
        f"{{messageCount: {{eq: {'1' * 5_000}}}}}",
        "{metadata: {eq: 1e999}}",
        "{metadata: {path: {path: [], eq: {a: [-1e999]}}}}",
        f"{{metadata: {{eq: {'1' * 5_000}}}}}",
        '{title: {eq: "\\u0000"}}',
        '{title: {eq: "\\uD800"}}',
    ],
)
def test_literals_are_refused_as_variables_are(reader: Reader, literal: str) -> None:
    assert reader.codes(f"{{ sessions(where: {literal}) {{ nodes {{ id }} }} }}") in (
        REFUSED,
        [Code.GRAPHQL_VALIDATION_FAILED],
    )


@pytest.mark.parametrize("argument", ["1e999", "-1e999", "1e-999"])
def test_float_that_is_too_large_is_compared_or_refused(reader: Reader, argument: str) -> None:
    found = reader.codes(f"{{ memories(where: {{importance: {{lt: {argument}}}}}) {{ nodes {{ id }} }} }}")
    assert found in ([], REFUSED)


@pytest.mark.parametrize("bad", ["\x00", "a\x00b", "\ud800", "\udfff\ud800"])
@pytest.mark.parametrize(
    "tree",
    [
        lambda text: {"title": {"eq": text}},
        lambda text: {"title": {"in": ["a", text]}},
        lambda text: {"title": {"iContains": text}},
        lambda text: {"metadata": {"eq": text}},
        lambda text: {"metadata": {"eq": {"a": [{text: 1}]}}},
        lambda text: {"metadata": {"contains": [[text]]}},
        lambda text: {"metadata": {"hasKey": text}},
        lambda text: {"metadata": {"path": {"path": [text], "exists": True}}},
        lambda text: {"metadata": {"path": {"path": ["a"], "ne": {"b": text}}}},
        lambda text: {"user": {"permissions": {"has": text}}},
        lambda text: {"user": {"permissions": {"hasAny": [text]}}},
        lambda text: {"messages": {"every": {"content": {"startsWith": text}}}},
        lambda text: {"id": {"eq": text}},
        lambda text: {"user": {"lastLoginIp": {"eq": text}}},
        lambda text: {"createdAt": {"gt": text}},
        lambda text: {"totalTokens": {"in": [text]}},
    ],
)
def test_text_that_postgresql_cannot_hold_is_refused(reader: Reader, tree: Any, bad: str) -> None:
    assert codes(reader, tree(bad)) == REFUSED


@pytest.mark.parametrize("name", ["not", "and", "user"])
def test_depth_is_limited(reader: Reader, name: str) -> None:
    path = {"user": ("user", "sessions")}.get(name)

    def tree(levels: int) -> Any:
        if path is None:
            return nested(levels - 1, {}, name)
        inner: Any = {}
        for level in reversed(range(levels - 1)):
            inner = {"user": inner} if level % 2 == 0 else {"sessions": {"some": inner}}
        return inner

    assert codes(reader, tree(MAX_DEPTH)) == []
    assert codes(reader, tree(MAX_DEPTH + 1)) == REFUSED
    assert codes(reader, tree(MANY_LEVELS)) == REFUSED


def test_number_of_conditions_is_limited(reader: Reader) -> None:
    one = {"title": {"eq": "a"}}
    assert codes(reader, {"or": [one] * MAX_CONDITIONS}) == []
    assert codes(reader, {"or": [one] * (MAX_CONDITIONS + 1)}) == REFUSED
    assert codes(reader, {"and": [{"user": {}}] * MAX_CONDITIONS}) == []
    assert codes(reader, {"and": [{"user": {}}] * (MAX_CONDITIONS + 1)}) == REFUSED
    assert codes(reader, {"or": [{"messages": {"none": {}}}] * (MAX_CONDITIONS + 1)}) == REFUSED


@pytest.mark.parametrize("number", [2**63, -(2**64), 10**20, 10**400])
def test_json_may_hold_integers_of_any_size(reader: Reader, number: int) -> None:
    assert codes(reader, {"metadata": {"eq": number}}) == []
    assert codes(reader, {"metadata": {"path": {"path": ["a"], "contains": [number]}}}) == []


@pytest.mark.parametrize("levels", [40, 200, 500, 900])
def test_json_of_any_depth_is_no_server_error(reader: Reader, levels: int) -> None:
    expected = [] if levels == 40 else REFUSED
    for name in ("a", "and"):
        value = nested(levels, 1, name)
        assert codes(reader, {"metadata": {"eq": value}}) == expected
        assert codes(reader, {"metadata": {"path": {"path": ["a"], "contains": [value]}}}) == expected


@pytest.mark.parametrize(
    "text", ["", "a", "=", "Session", "U2Vzc2lvbjo=", "U2Vzc2lvbg==", "中文", "0" * 36, "\u2028"]
)
def test_garbage_is_no_id(reader: Reader, text: str) -> None:
    assert codes(reader, {"id": {"eq": text}}) == REFUSED
    assert codes(reader, {"id": {"in": [text]}}) == REFUSED
    assert reader.data(f"query ($id: ID!) {{ {SESSION.one}(id: $id) {{ id }} }}", {"id": text}) == {
        SESSION.one: None
    }


def test_id_of_another_type_names_nothing(reader: Reader) -> None:
    first = reader.data("{ sessions(first: 100) { nodes { id } } }")["sessions"]["nodes"]
    key = UUID(int=5)
    other = global_id("User", key)
    document = "query ($where: SessionWhere) { sessions(where: $where, first: 100) { nodes { id } } }"
    for wanted, expected in (
        ({"eq": other}, []),
        ({"in": [other]}, []),
        ({"ne": other}, first),
        ({"notIn": [other]}, first),
    ):
        assert reader.data(document, {"where": {"id": wanted}})["sessions"]["nodes"] == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@steady(max_examples=200)
@given(name=st.sampled_from(sorted(BY_NAME)), data=st.data())
def test_no_argument_is_a_server_error(reader: Reader, name: str, data: st.DataObject) -> None:
    mirror = BY_NAME[name]
    column = mirror.columns[data.draw(st.sampled_from(sorted(mirror.columns)), "field")]
    operator = data.draw(st.sampled_from([*operators_of(column.kind), *operators_of(kinds.ID)]), "operator")
    argument = data.draw(JSON | st.lists(JSON, max_size=2), "argument")
    assert set(codes(reader, {column.name: {operator.name: argument}}, mirror)) <= set(REFUSED)
