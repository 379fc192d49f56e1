"""Every operator on every kind of column agrees with plain Python, alone and in trees along relations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core import kinds
from api.core.declarations import MIRRORS, Mirror, MirroredColumn
from api.core.ids import global_id
from api.core.kinds import Kind
from api.core.operators import operators_of
from api.core.pages import PageSizes
from api.schema import build_schema
from tests.api.reading.facts import Facts, read_facts
from tests.api.reading.oracle import as_variable, holds
from tests.api.reading.reader import Reader
from tests.api.reading.steady import steady
from tests.api.reading.trees import Tree, arguments, on_columns, trees

build_schema()

Place = tuple[Mirror, MirroredColumn]

EVERY_KIND = {kind for kind in vars(kinds).values() if isinstance(kind, Kind)}
BY_NAME = {mirror.name: mirror for mirror in MIRRORS.values()}
PLACES: dict[tuple[str, bool], list[Place]] = {}
for each_mirror in MIRRORS.values():
    for each_column in each_mirror.columns.values():
        if operators_of(each_column.kind):
            PLACES.setdefault((each_column.kind.name, each_column.nullable), []).append(
                (each_mirror, each_column)
            )

RELATED = sorted(mirror.name for mirror in MIRRORS.values() if mirror.relations)

each_place = pytest.mark.parametrize(
    "place", PLACES, ids=lambda place: f"{place[0]}-{'nullable' if place[1] else 'never_null'}"
)


@pytest.fixture(scope="module")
def facts(reader: Reader) -> Facts:
    reader.sizes = PageSizes(1_000, 1_000)
    return reader.write(read_facts)


def selected(reader: Reader, mirror: Mirror, filters: list[Tree]) -> list[set[str]]:
    """The ids of the rows that the API returns for each filter; one operation asks for all."""
    names = [f"w{number}" for number in range(len(filters))]
    head = ", ".join(f"${name}: {mirror.name}Where" for name in names)
    body = " ".join(
        f"{name}: {mirror.many}(where: ${name}) {{ totalCount nodes {{ id }} }}" for name in names
    )
    data = reader.data(
        f"query ({head}) {{ {body} }}", dict(zip(names, map(as_variable, filters), strict=True))
    )
    return [{node["id"] for node in data[name]["nodes"]} for name in names]


def expected(facts: Facts, mirror: Mirror, tree: Tree) -> set[str]:
    return {
        global_id(mirror.name, key)
        for key, row in facts[mirror.model].items()
        if holds(facts, mirror, row, tree)
    }


def liveliest(facts: Facts, place: tuple[str, bool]) -> Place:
    """Of all columns of one kind, the one with the most different values."""
    return max(
        PLACES[place],
        key=lambda each: len({repr(row[each[1].attribute]) for row in facts[each[0].model].values()}),
    )


def test_every_kind_of_column_has_a_place() -> None:
    found = {column.kind for places in PLACES.values() for _, column in places}
    assert EVERY_KIND - found == {kinds.VECTOR_}
    for kind in EVERY_KIND & found:
        for nullable in (True, False):
            somewhere = (kind.name, nullable) in PLACES
            assert somewhere or (kind, nullable) in ABSENT, f"nothing tests {kind.name}, nullable: {nullable}"


# What no mirrored table has.
ABSENT = {(kinds.BOOLEAN, True), (kinds.DATE, True), (kinds.ID, True), (kinds.TEXTS, True), (kinds.IP, False)}


@each_place
@steady(max_examples=6)
@given(data=st.data())
def test_operators_agree_with_python(
    place: tuple[str, bool], reader: Reader, facts: Facts, data: st.DataObject
) -> None:
    mirror, column = liveliest(facts, place)
    filters: list[Tree] = [
        {column.name: {operator.name: data.draw(arguments(facts, mirror, column, operator), operator.name)}}
        for operator in operators_of(column.kind)
        for _ in range(1 if column.kind.values else 2)
    ]
    # What neither holds nor fails, because there is no value, is in the complement all the same.
    filters += [{"not": tree} for tree in filters if column.nullable]
    for tree, found in zip(filters, selected(reader, mirror, filters), strict=True):
        assert found == expected(facts, mirror, tree), tree


@steady(max_examples=60)
@given(data=st.data())
def test_relations_agree_with_python(reader: Reader, facts: Facts, data: st.DataObject) -> None:
    mirror = BY_NAME[data.draw(st.sampled_from(RELATED), "type")]
    relation = mirror.relations[data.draw(st.sampled_from(sorted(mirror.relations)), "relation")]
    inner = data.draw(on_columns(facts, relation.target, nullable=True), "where")
    forms = [{name: inner} for name in ("some", "none", "every")] if relation.many else [inner]
    filters: list[Tree] = [{relation.name: form} for form in forms]
    filters += [{"not": tree} for tree in filters]
    for tree, found in zip(filters, selected(reader, mirror, filters), strict=True):
        assert found == expected(facts, mirror, tree), tree


@steady(max_examples=120)
@given(data=st.data())
def test_trees_agree_with_python(reader: Reader, facts: Facts, data: st.DataObject) -> None:
    mirror = BY_NAME[data.draw(st.sampled_from(sorted(BY_NAME)), "type")]
    tree = data.draw(trees(facts, mirror, 4), "where")
    wanted = expected(facts, mirror, tree)
    assert selected(reader, mirror, [tree]) == [wanted]
    document = f"query ($where: {mirror.name}Where) {{ list: {mirror.many}(where: $where) {{ totalCount }} }}"
    assert reader.data(document, {"where": as_variable(tree)})["list"]["totalCount"] == len(wanted)
