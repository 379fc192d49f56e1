"""The schema as a whole: what it says of itself, how it names things, and that its text is committed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLSchema,
    build_schema,
    get_introspection_query,
    graphql_sync,
    specified_directives,
)

from api.cli.schema import command
from api.core.declarations import MIRRORS

COMMITTED = Path(__file__).parents[2] / "schema.graphql"
BUILT_IN = {"Boolean", "Float", "ID", "Int", "String"}
# A schema of a data source and a model that embeds are what the domain calls them.
DOMAIN_WORDS = {"DataSourceSchema", "EmbeddingModel"}
CAMEL, PASCAL, UPPER = r"[a-z][a-zA-Z0-9]*", r"[A-Z][a-zA-Z0-9]*", r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*"

Element = tuple[str, str, str | None]
"""What there is to describe: its coordinate, its own name, its description."""


def introspected(schema: GraphQLSchema) -> dict[str, Any]:
    result = graphql_sync(schema, get_introspection_query(input_value_deprecation=True))
    assert result.data is not None
    found: dict[str, Any] = result.data["__schema"]
    return found


def own_types(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in found["types"] if each["name"] not in BUILT_IN and each["name"][:2] != "__"]


def own_directives(found: dict[str, Any]) -> list[dict[str, Any]]:
    specified = {directive.name for directive in specified_directives}
    return [each for each in found["directives"] if each["name"] not in specified]


def elements(found: dict[str, Any]) -> Iterator[Element]:
    """Everything of ours that a reader of the schema meets."""
    for kind in own_types(found):
        name = kind["name"]
        yield name, name, kind["description"]
        for field in kind["fields"] or ():
            yield f"{name}.{field['name']}", field["name"], field["description"]
            yield from arguments(f"{name}.{field['name']}", field)
        for member in [*(kind["inputFields"] or ()), *(kind["enumValues"] or ())]:
            yield f"{name}.{member['name']}", member["name"], member["description"]
    for directive in own_directives(found):
        yield f"@{directive['name']}", directive["name"], directive["description"]
        yield from arguments(f"@{directive['name']}", directive)


def arguments(owner: str, found: dict[str, Any]) -> Iterator[Element]:
    for each in found["args"]:
        yield f"{owner}({each['name']}:)", each["name"], each["description"]


def letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def fault(name: str, description: str | None) -> str | None:
    """What is wrong with a description, if anything."""
    if not description or not description.strip():
        return "has no description"
    if description != description.strip():
        return "has blanks around its description"
    if letters(description) == letters(name):
        return "only repeats its name"
    if len(description.split()) < 2 or description[0].islower() or description[-1] != ".":
        return "is not described by a sentence or phrase, from a capital letter to a full stop"
    return None


def faults(schema: GraphQLSchema) -> list[str]:
    found = ((place, name, fault(name, text)) for place, name, text in elements(introspected(schema)))
    return [f"{place} {wrong}" for place, _, wrong in found if wrong]


@pytest.fixture(scope="session")
def core(schema: strawberry.Schema) -> GraphQLSchema:
    return schema._schema


@pytest.fixture(scope="session")
def found(core: GraphQLSchema) -> dict[str, Any]:
    return introspected(core)


SEARCHES = {"searchChunks", "searchDocuments", "searchMemories", "searchMessages"}


def test_everything_is_described(core: GraphQLSchema, found: dict[str, Any]) -> None:
    assert len(list(elements(found))) > 3000, "the walk misses most of the schema"
    assert faults(core) == []


def test_the_walk_finds_what_is_not_described() -> None:
    schema = build_schema('''
        directive @mark(why: String) on FIELD_DEFINITION
        """A thing to test with."""
        type Query {
          silent: Int
          """Display name"""
          displayName(first: Int): String
          """Is told."""
          told(where: Where): Colour
        }
        """A condition to test with."""
        input Where { eq: Int }
        enum Colour { RED }
    ''')
    phrase = "is not described by a sentence or phrase, from a capital letter to a full stop"
    assert sorted(faults(schema)) == sorted([
        "Query.silent has no description",
        "Query.displayName only repeats its name",
        "Query.displayName(first:) has no description",
        "Query.told(where:) has no description",
        "Where.eq has no description",
        "Colour has no description",
        "Colour.RED has no description",
        "@mark has no description",
        "@mark(why:) has no description",
    ])  # fmt: skip
    assert fault("kind", "the kind.") == phrase
    assert fault("kind", "Its kind") == phrase


def test_the_committed_text_is_this_schema(tmp_path: Path) -> None:
    command(tmp_path / "schema.graphql")
    printed = (tmp_path / "schema.graphql").read_text(encoding="utf-8")
    same = COMMITTED.exists() and COMMITTED.read_text(encoding="utf-8") == printed
    assert same, (
        "schema.graphql is not the schema that the code makes: run `make schema`, read the difference"
    )


def test_names_follow_the_conventions(found: dict[str, Any]) -> None:
    wrong = []
    for kind in own_types(found):
        # An enum may well be a type of something (`MemoryType`); an object is the thing itself.
        suffixed = kind["kind"] != "ENUM" and kind["name"].endswith(("Type", "DTO", "Dto", "Model", "Schema"))
        if not re.fullmatch(PASCAL, kind["name"]) or (suffixed and kind["name"] not in DOMAIN_WORDS):
            wrong.append(kind["name"])
        for field in kind["fields"] or ():
            names = [field["name"], *(each["name"] for each in field["args"])]
            wrong += [f"{kind['name']}.{name}" for name in names if not re.fullmatch(CAMEL, name)]
        members = [(each["name"], CAMEL) for each in kind["inputFields"] or ()]
        members += [(each["name"], UPPER) for each in kind["enumValues"] or ()]
        wrong += [f"{kind['name']}.{name}" for name, form in members if not re.fullmatch(form, name)]
    assert wrong == []


def test_root_fields_fail_alone(found: dict[str, Any]) -> None:
    (query,) = [kind for kind in found["types"] if kind["name"] == found["queryType"]["name"]]
    required = {
        field["name"]: field["type"] for field in query["fields"] if field["type"]["kind"] == "NON_NULL"
    }
    assert required.keys() == {"nodes"}
    listed = required["nodes"]["ofType"]
    assert (listed["kind"], listed["ofType"]["name"]) == ("LIST", "Node")


def test_every_type_with_an_id_can_be_fetched_and_listed(core: GraphQLSchema) -> None:
    assert core.query_type is not None
    fields = core.query_type.fields
    made = {kind.name for kind in core.get_possible_types(core.type_map["Node"])}  # type: ignore[arg-type]
    assert made == {mirror.name for mirror in MIRRORS.values()}
    for mirror in MIRRORS.values():
        one, many = fields[mirror.one], fields[mirror.many]
        assert str(one.type) == mirror.name
        assert set(one.args) == ({"id", "by"} if mirror.natural_keys else {"id"})
        assert str(many.type) == f"{mirror.name}Connection"
        assert set(many.args) == {"where", "orderBy", "first", "after", "last", "before"}
    made_by_hand = {
        *("node", "nodes", "serverInfo", "viewer", "renderPersonality", "workflowGraph", "workflowDiff"),
    }
    entities = {name for mirror in MIRRORS.values() for name in (mirror.one, mirror.many)}
    assert fields.keys() == made_by_hand | entities | SEARCHES


def test_every_search_has_the_same_form(core: GraphQLSchema) -> None:
    assert core.query_type is not None
    for name in SEARCHES:
        connection: Any = core.query_type.fields[name].type
        what = connection.name.removesuffix("SearchConnection")
        fields = {field: str(kind.type) for field, kind in connection.fields.items()}
        assert fields.pop("facets").endswith("FacetStats!")
        node = "DocumentChunk" if what == "Chunk" else what
        assert fields == {
            "edges": f"[{what}SearchEdge!]!",
            "nodes": f"[{node}!]!",
            "pageInfo": "PageInfo!",
            "totalCount": "Int!",
            "searchInfo": "SearchInfo!",
        }
        assert {"text", "first", "after", "where", "facetSize"} <= core.query_type.fields[name].args.keys()


def test_every_connection_has_the_same_form(core: GraphQLSchema) -> None:
    everything = [kind for name, kind in core.type_map.items() if name.endswith("Connection")]
    connections = [kind for kind in everything if not kind.name.endswith("SearchConnection")]
    assert len(connections) == len(MIRRORS)
    assert len(everything) == len(MIRRORS) + len(SEARCHES)
    for connection in connections:
        fields: dict[str, Any] = connection.fields  # type: ignore[attr-defined]
        name = connection.name.removesuffix("Connection")
        assert {field: str(kind.type) for field, kind in fields.items()} == {
            "edges": f"[{name}Edge!]!",
            "nodes": f"[{name}!]!",
            "pageInfo": "PageInfo!",
            "totalCount": "Int!",
        }
