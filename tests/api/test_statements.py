"""What reading costs: statements by relation, columns by selection, connections by operation."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import strawberry
from graphql import GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type, is_required_argument
from sqlalchemy import URL, func, inspect, select
from sqlalchemy.orm import aliased

from api.core.declarations import MIRRORS, Listing, Mirror
from api.core.ids import global_id
from api.schema import build_schema
from db.policy import ADMIN, Viewer
from db.session import Database
from tests.api.conftest import Run
from tests.api.crowd import inhabit, populated
from tests.conftest import Statements

MANY = 50
EVERYTHING = Viewer(UUID(int=1), frozenset({ADMIN}))
PAGE = "edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage } totalCount"


class Place(NamedTuple):
    """A field that leads to other objects."""

    owner: str
    field: str
    target: str

    def __str__(self) -> str:
        return f"{self.owner}.{self.field}"


def schema_of() -> GraphQLSchema:
    core: GraphQLSchema = build_schema()._schema
    return core


def fields_of(core: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, str, Any, GraphQLNamedType]]:
    for kind in core.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                yield kind, name, field, get_named_type(field.type)


def is_connection(kind: GraphQLNamedType) -> bool:
    return isinstance(kind, GraphQLObjectType) and {"edges", "pageInfo"} <= kind.fields.keys()


def is_node(kind: GraphQLNamedType) -> bool:
    return isinstance(kind, GraphQLObjectType) and "Node" in {each.name for each in kind.interfaces}


CORE = schema_of()
CONNECTIONS = [
    Place(owner.name, name, target.name)
    for owner, name, _, target in fields_of(CORE)
    if is_connection(target)
]
BELOW_NODES = [place for place in CONNECTIONS if is_node(CORE.type_map[place.owner])]
SEARCHES = [place for place in CONNECTIONS if "searchInfo" in CORE.type_map[place.target].fields]  # type: ignore[attr-defined]
"""What these cost is told in tests/api/search."""
AT_THE_ROOT = [place for place in CONNECTIONS if place.owner == "Query" and place not in SEARCHES]
TO_ONE = [
    Place(owner.name, name, target.name)
    for owner, name, _, target in fields_of(CORE)
    if is_node(owner) and is_node(target)
]
BY_NAME = {mirror.name: mirror for mirror in MIRRORS.values()}


@pytest.fixture(scope="module")
async def crowd(postgres_url: URL, template: URL, names: Iterator[str]) -> AsyncIterator[Database]:
    """Fifty users with a row in every table, as many as a list has on one page with room to spare."""
    async with populated(postgres_url, next(names), partial(inhabit, people=MANY)) as (database, _):
        yield database


def listing_at(place: Place) -> Listing:
    mirror = BY_NAME[place.owner]
    return mirror.relations.get(place.field) or mirror.walks[place.field]


async def related_ids(database: Database, place: Place) -> dict[UUID, set[UUID]]:
    """The truth about a relation: fifty parents with the ids of what they lead to."""
    listing = listing_at(place)
    parent, child = aliased(BY_NAME[place.owner].model), aliased(listing.target.model)
    on = listing.link(child, getattr(parent, listing.local))
    statement = (
        select(parent.id, func.array_agg(child.id)).join(child, on).group_by(parent.id).limit(MANY)  # type: ignore[attr-defined]
    )
    async with database.read() as connection:
        return {parent: set(children) for parent, children in await connection.execute(statement)}


def test_every_connection_is_one_that_these_tests_know() -> None:
    """A connection on a new kind of parent needs a way to make fifty of them."""
    assert len(AT_THE_ROOT) == len(MIRRORS)
    assert len(BELOW_NODES) > 80
    known = [*AT_THE_ROOT, *BELOW_NODES, *SEARCHES]
    assert [str(place) for place in CONNECTIONS if place not in known] == []
    for place in CONNECTIONS:
        owner = CORE.type_map[place.owner]
        assert isinstance(owner, GraphQLObjectType)
        arguments = owner.fields[place.field].args.values()
        assert not [each for each in arguments if is_required_argument(each)], place


@pytest.mark.parametrize("place", BELOW_NODES, ids=str)
async def test_a_connection_costs_one_statement_for_any_number_of_parents(
    crowd: Database, run: Run, statements: Statements, place: Place
) -> None:
    truth = await related_ids(crowd, place)
    selection = f"{place.field}(first: 100) {{ {PAGE} }}"
    found, counts = await costs(crowd, run, statements, place, list(truth), selection)
    assert counts == (2, 2)
    for parent, children in truth.items():
        page = found[global_id(place.owner, parent)][place.field]
        expected = {global_id(listing_at(place).target.name, child) for child in children}
        assert {node["id"] for node in page["nodes"]} == expected
        assert {edge["node"]["id"] for edge in page["edges"]} == expected
        assert page["totalCount"] == len(children)


@pytest.mark.parametrize("place", TO_ONE, ids=str)
async def test_a_relation_to_one_costs_one_statement_for_any_number_of_parents(
    crowd: Database, run: Run, statements: Statements, place: Place
) -> None:
    truth = await related_ids(crowd, place)
    found, counts = await costs(
        crowd, run, statements, place, list(truth), f"{place.field} {{ id createdAt }}"
    )
    assert counts == (2, 2)
    for parent, (child,) in truth.items():
        assert found[global_id(place.owner, parent)][place.field]["id"] == global_id(place.target, child)


async def costs(
    database: Database,
    run: Run,
    statements: Statements,
    place: Place,
    parents: list[UUID],
    selection: str,
) -> tuple[dict[str, Any], tuple[int, int]]:
    """What fifty parents answer, by id, and the statements for one parent and for fifty."""
    assert len(parents) == MANY, f"{place} needs {MANY} parents that lead somewhere"
    document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ id ... on {place.owner} {{ {selection} }} }} }}"
    ids = [global_id(place.owner, parent) for parent in parents]
    counts = []
    found: dict[str, Any] = {}
    for asked in (ids[:1], ids):
        with statements(database) as issued:
            result = await run(database, EVERYTHING, document, ids=asked)
        assert result.errors is None, result.errors
        assert result.data is not None
        found = {node["id"]: node for node in result.data["nodes"]}
        counts.append(len(issued))
    assert found.keys() == set(ids)
    return found, (counts[0], counts[1])


@pytest.mark.parametrize("place", AT_THE_ROOT, ids=str)
async def test_a_root_list_costs_one_statement(
    crowd: Database, run: Run, statements: Statements, place: Place
) -> None:
    with statements(crowd) as issued:
        result = await run(crowd, EVERYTHING, f"{{ {place.field}(first: {MANY}) {{ {PAGE} }} }}")
    assert result.errors is None
    assert result.data is not None
    assert len(result.data[place.field]["nodes"]) == MANY
    assert len(issued) == 1


async def test_depth_costs_one_statement_a_level(crowd: Database, run: Run, statements: Statements) -> None:
    document = """
        query ($size: Int!) { users(first: $size, where: {sessions: {some: {}}}) { nodes {
          sessions { nodes { messages { nodes {
            citations { nodes { chunk { document { user { id } } } } }
            memoriesUsed { nodes { memory { session { id } } } }
          } } } }
        } } }
    """
    counts = []
    for size in (1, MANY):
        with statements(crowd) as issued:
            result = await run(crowd, EVERYTHING, document, size=size)
        assert result.errors is None
        counts.append(len(issued))
    assert counts == [10, 10]


async def test_the_same_relation_with_other_arguments_is_another_list(crowd: Database, run: Run) -> None:
    document = """{ users(first: 3, where: {messages: {some: {}}}) { nodes {
        one: messages(first: 1) { nodes { id } }
        none: messages(first: 0) { totalCount nodes { id } }
        replies: messages(where: {parent: {}}) { nodes { id } }
    } } }"""
    result = await run(crowd, EVERYTHING, document)
    assert result.errors is None
    assert result.data is not None
    for user in result.data["users"]["nodes"]:
        sizes = [len(user[name]["nodes"]) for name in ("one", "none", "replies")]
        assert sizes == [1, 0, 1]
        assert user["none"]["totalCount"] == 2


async def test_many_wide_operations_at_once_give_every_connection_back(crowd: Database, run: Run) -> None:
    fields = "\n".join(
        f"f{index}: {place.field}(first: {index % 5}) {{ nodes {{ id }} totalCount }}"
        for index, place in enumerate(AT_THE_ROOT[:20])
    )
    results = await asyncio.gather(*(run(crowd, EVERYTHING, f"{{ {fields} }}") for _ in range(50)))
    assert [result.errors for result in results] == [None] * 50
    first = results[0].data
    assert first is not None
    assert [len(first[f"f{index}"]["nodes"]) for index in range(20)] == [0, 1, 2, 3, 4] * 4
    assert all(result.data == first for result in results)
    assert crowd.pool_status().checked_out == 0


def selectable(mirror: Mirror, name: str) -> bool:
    kind = CORE.type_map[mirror.name]
    assert isinstance(kind, GraphQLObjectType)
    return not isinstance(get_named_type(kind.fields[name].type), GraphQLObjectType)


@pytest.mark.parametrize("mirror", MIRRORS.values(), ids=lambda mirror: mirror.name)
async def test_only_selected_columns_are_read(
    crowd: Database, run: Run, statements: Statements, mirror: Mirror
) -> None:
    """On both kinds of statement: that of a list and that of objects by id."""
    columns = {
        column.name: inspect(mirror.model).attrs[column.attribute].columns[0].name
        for column in mirror.columns.values()
    }
    always = {"id", "deleted_at", *part_of(mirror)}
    ordered = {
        columns[field.name] for field in mirror.columns.values() if field.attribute == mirror.order[0][0]
    }
    for field, column in columns.items():
        with statements(crowd) as issued:
            lists = await run(crowd, EVERYTHING, f"{{ {mirror.many}(first: 1) {{ nodes {{ {field} }} }} }}")
            node = global_id(mirror.name, UUID(int=9))
            single = await run(
                crowd, EVERYTHING, f'{{ node(id: "{node}") {{ ... on {mirror.name} {{ {field} }} }} }}'
            )
        assert (lists.errors, single.errors) == (None, None)
        of_list, of_node = issued
        assert read(mirror, of_list) - always - ordered == {column} - ordered
        assert read(mirror, of_node) - always == {column}


def part_of(mirror: Mirror) -> set[str]:
    """The foreign keys that the policy follows to a whole that may be deleted."""
    return {key.parent.name for key in mirror.model.__table__.foreign_keys}


def read(mirror: Mirror, statement: str) -> set[str]:
    """The columns of a mirror's own table that a statement mentions."""
    table = mirror.model.__tablename__
    aliases = set(re.findall(rf"\b{table} AS (\w+)", statement))
    return {column for alias, column in re.findall(r'\b(\w+)\."?(\w+)', statement) if alias in aliases}


async def test_a_column_asked_twice_is_read_once(crowd: Database, run: Run, statements: Statements) -> None:
    document = "{ a: sessions { nodes { t: title title ...F } } } fragment F on Session { title }"
    with statements(crowd) as issued:
        result = await run(crowd, EVERYTHING, document)
    assert result.errors is None
    (statement,) = issued
    assert len(re.findall(r"\.title AS title", statement)) == 1


async def test_fragments_on_every_level_of_a_list_are_read(
    crowd: Database, run: Run, statements: Statements
) -> None:
    plain = """{ sessions(first: 2) {
        totalCount edges { cursor node { kind } } nodes { title } pageInfo { hasNextPage endCursor }
    } }"""
    composed = """
        { sessions(first: 2) { ...OnConnection ... on SessionConnection { totalCount } } }
        fragment OnConnection on SessionConnection {
            edges { ...OnEdge }
            nodes { ... on Node { ... on Session { title } } }
            pageInfo { ...OnPage }
        }
        fragment OnEdge on SessionEdge { cursor node { ...OnNode } }
        fragment OnNode on Session { kind }
        fragment OnPage on PageInfo { hasNextPage ... { endCursor } }
    """
    with statements(crowd) as issued:
        results = [await run(crowd, EVERYTHING, document) for document in (plain, composed)]
    assert [result.errors for result in results] == [None, None]
    first, second = (result.data for result in results)
    assert first is not None
    assert len(first["sessions"]["nodes"]) == 2
    assert first == second
    assert issued[0] == issued[1]


async def test_what_is_skipped_is_not_read(crowd: Database, run: Run, statements: Statements) -> None:
    document = """query ($yes: Boolean!) { sessions(first: 1) { nodes {
        id
        title @skip(if: $yes)
        user @include(if: false) { id }
        ... @include(if: $yes) { kind }
        messages @skip(if: true) { totalCount }
    } } }"""
    with statements(crowd) as issued:
        result = await run(crowd, EVERYTHING, document, yes=True)
    assert result.errors is None
    (statement,) = issued
    assert {"id", "kind"} <= read(BY_NAME["Session"], statement)
    assert not {"title", "user_id"} & read(BY_NAME["Session"], statement)


def test_the_schema_of_the_fixture_is_the_introspected_one(schema: strawberry.Schema) -> None:
    assert schema._schema.type_map.keys() == CORE.type_map.keys()
