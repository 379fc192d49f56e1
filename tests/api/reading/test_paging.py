"""Pages joined are the list, in every order of every type; slices are Relay's; nested lists keep apart."""

from itertools import chain
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.declarations import MIRRORS, Mirror, Relation
from api.core.errors import Code
from api.core.ids import global_id
from api.core.pages import PageSizes
from api.schema import build_schema
from tests.api.reading.facts import Facts, Row, read_facts, related
from tests.api.reading.lists import Term, edges_to_return, in_order
from tests.api.reading.reader import Reader
from tests.api.reading.steady import steady
from tests.api.reading.walks import LONGEST, PAGE, keys, read_page, walk

build_schema()

BY_NAME = {mirror.name: mirror for mirror in MIRRORS.values()}
each_type = pytest.mark.parametrize("name", BY_NAME)
sizes = st.integers(1, 7)


@pytest.fixture(scope="module")
def facts(reader: Reader) -> Facts:
    reader.sizes = PageSizes(default=5)
    return reader.write(read_facts)


def ids(rows: list[Row]) -> list[UUID]:
    return [row["id"] for row in rows]


def orders(mirror: Mirror, most: int) -> st.SearchStrategy[list[Term]]:
    terms = st.tuples(st.sampled_from(sorted(mirror.orders)), st.booleans())
    return st.lists(terms, min_size=most, max_size=most, unique_by=lambda term: term[0])


def assert_pages_are_the_list(
    reader: Reader, mirror: Mirror, rows: list[Row], terms: list[Term], size: int
) -> None:
    expected = ids(in_order(rows, terms))
    forward = list(walk(reader, mirror, terms, size))
    assert list(chain.from_iterable(forward)) == expected
    assert all(len(page) == size for page in forward[:-1])
    backward = list(walk(reader, mirror, terms, size, backward=True))
    assert list(chain.from_iterable(reversed(backward))) == expected


@each_type
def test_rows_tie_and_are_null(facts: Facts, name: str) -> None:
    mirror = BY_NAME[name]
    for attribute, column in mirror.orders.items():
        values = [row[attribute] for row in facts[mirror.model].values()]
        unique = name in {"EmbeddingModel", "Config", "DataSourceSchema", "DataSourceTable", "User"}
        assert len(set(values)) < len(values) or unique, attribute
        assert len(set(values)) > 1, attribute
        assert not column.nullable or None in values, attribute


@each_type
def test_pages_joined_are_the_list_in_every_order(reader: Reader, facts: Facts, name: str) -> None:
    mirror = BY_NAME[name]
    rows = list(facts[mirror.model].values())
    for number, attribute in enumerate(mirror.orders):
        for descending in (False, True):
            size = 1 + (2 * number + descending + len(name)) % 7
            assert_pages_are_the_list(reader, mirror, rows, [(attribute, descending)], size)


@steady(max_examples=40)
@given(name=st.sampled_from(sorted(BY_NAME)), size=sizes, data=st.data())
def test_pages_joined_are_the_list_in_orders_of_two_terms(
    reader: Reader, facts: Facts, name: str, size: int, data: st.DataObject
) -> None:
    mirror = BY_NAME[name]
    terms = data.draw(orders(mirror, min(2, len(mirror.orders))), "order")
    assert_pages_are_the_list(reader, mirror, list(facts[mirror.model].values()), terms, size)


@steady(max_examples=120)
@given(name=st.sampled_from(sorted(BY_NAME)), data=st.data())
def test_slices_are_those_of_relay(reader: Reader, facts: Facts, name: str, data: st.DataObject) -> None:
    mirror = BY_NAME[name]
    terms = data.draw(orders(mirror, 1), "order")
    whole = read_page(reader, mirror, terms, first=100)
    edges = [edge["cursor"] for edge in whole["edges"]]
    assert keys(whole) == ids(in_order(facts[mirror.model].values(), terms))
    size = st.none() | st.integers(0, len(edges) + 1)
    place = st.none() | st.sampled_from(edges)
    arguments = data.draw(
        st.fixed_dictionaries({"first": size, "last": size, "after": place, "before": place})
    )
    page = read_page(reader, mirror, terms, **arguments)
    if arguments["first"] is arguments["last"] is None:
        arguments["first"] = reader.sizes.default
    expected = edges_to_return(edges, **arguments)
    assert [edge["cursor"] for edge in page["edges"]] == expected.edges
    assert page["pageInfo"]["hasNextPage"] is expected.has_next
    assert page["pageInfo"]["hasPreviousPage"] is expected.has_previous
    assert len(keys(page)) == len(expected.edges)


RELATIONS = [
    relation for mirror in MIRRORS.values() for relation in mirror.relations.values() if relation.many
]


def declared_order(relation: Relation) -> list[Term]:
    """The order that a relation's model declares, read from its SQL; newest first where it declares none."""
    clauses = [str(clause).split(".")[-1].split() for clause in relation.property.order_by or ()]
    newest = "created_at" if "created_at" in relation.target.orders else "recorded_at"
    return [(words[0], words[1:] == ["DESC"]) for words in clauses] or [(newest, True)]


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda each: f"{each.source.__name__}-{each.name}")
def test_nested_lists_are_their_parents_own(reader: Reader, facts: Facts, relation: Relation) -> None:
    source = MIRRORS[relation.source]
    data = reader.data(
        f"{{ parents: {source.many}(first: 100) {{ nodes {{ id"
        f" head: {relation.name}(first: 2) {{ totalCount {PAGE} }}"
        f" tail: {relation.name}(last: 2) {{ {PAGE} }} }} }} }}"
    )
    parents = data["parents"]["nodes"]
    lists = {
        global_id(source.name, key): in_order(related(facts, relation, row), declared_order(relation))
        for key, row in facts[source.model].items()
    }
    assert {parent["id"] for parent in parents} == lists.keys()
    assert sum(bool(children) for children in lists.values()) > 1, "nothing to confuse"
    for parent in parents:
        children = ids(lists[parent["id"]])
        head, tail = parent["head"], parent["tail"]
        assert (keys(head), keys(tail)) == (children[:2], children[-2:])
        assert head["totalCount"] == len(children)
        for page, cut in ((head, "hasNextPage"), (tail, "hasPreviousPage")):
            flags = {"hasNextPage": False, "hasPreviousPage": False, cut: len(children) > 2}
            assert {name: page["pageInfo"][name] for name in flags} == flags
    longest = max(lists, key=lambda key: len(lists[key]))
    assert nested_walk(reader, relation, longest) == ids(lists[longest])


def nested_walk(reader: Reader, relation: Relation, parent: str) -> list[UUID]:
    source = MIRRORS[relation.source]
    document = (
        f"query ($id: ID!, $after: String) {{ parent: {source.one}(id: $id)"
        f" {{ page: {relation.name}(first: 3, after: $after) {{ {PAGE} }} }} }}"
    )
    found: list[UUID] = []
    after: str | None = None
    for _ in range(LONGEST):
        page = reader.data(document, {"id": parent, "after": after})["parent"]["page"]
        found += keys(page)
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]
    raise AssertionError(f"more than {LONGEST} pages")


@pytest.mark.parametrize("name", ["first", "last"])
@pytest.mark.parametrize("size", [0, 1, 100, -1, 101, 100_000, 2**31, "1", 1.5])
def test_size_of_a_page_is_limited(reader: Reader, name: str, size: Any) -> None:
    expected = [] if size in (0, 1, 100) else [Code.BAD_USER_INPUT]
    inner = f"sessions({name}: $size) {{ nodes {{ id }} }}"
    for document in (
        f"query ($size: Int) {{ {inner} }}",
        f"query ($size: Int) {{ users(first: 1) {{ nodes {{ {inner} }} }} }}",
    ):
        assert reader.codes(document, {"size": size}) == expected
