"""Limits on what one operation may ask: each refuses with its own code, before anything runs."""

import time
from typing import Any

import pytest
from graphql import get_introspection_query

from tests.api.http.conftest import Client, make_client
from tests.api.http.test_requests import refusal


def nested(field: str, levels: int, leaf: str = "name") -> str:
    """`levels` fields inside each other, counting the leaf."""
    return "{ thing " + f"{{ {field} " * (levels - 2) + f"{{ {leaf} }}" + " }" * (levels - 2) + " }"


def refused(client: Client, query: str, code: str, **variables: Any) -> dict[str, Any]:
    error = refusal(client.post("/graphql", json={"query": query, "variables": variables}), 400)
    assert error["extensions"]["code"] == code, error
    return dict(error)


def answered(client: Client, query: str, **variables: Any) -> dict[str, Any]:
    response = client.post("/graphql", json={"query": query, "variables": variables})
    assert response.status_code == 200, response.text
    assert "errors" not in response.json()
    return dict(response.json()["data"])


def test_document_length(client: Client) -> None:
    fits = "{ hello }".ljust(15_000)
    answered(client, fits)
    error = refused(client, fits + " ", "DOCUMENT_TOO_LONG")
    assert (error["extensions"]["limit"], error["extensions"]["actual"]) == (15_000, 15_001)


def test_tokens() -> None:
    client = make_client(max_tokens=10)
    answered(client, "{ hello hello hello hello hello hello hello hello }")
    error = refused(client, "{ hello hello hello hello hello hello hello hello hello }", "TOKEN_LIMIT")
    assert error["message"] == "The document has more than 10 tokens, and at most 10 are allowed."


def test_comments_count_as_tokens() -> None:
    refused(make_client(max_tokens=10), "#\n" * 11 + "{ hello }", "TOKEN_LIMIT")


def test_depth() -> None:
    client = make_client(max_type_recursion=100)
    answered(client, nested("self", 12))
    error = refused(client, nested("self", 13), "DEPTH_LIMIT")
    assert (error["extensions"]["limit"], error["extensions"]["actual"]) == (12, 13)


def test_depth_through_fragments() -> None:
    client = make_client(max_depth=4, max_type_recursion=100)
    fragments = "fragment A on Thing { self { ...B } } fragment B on Thing { self { name } }"
    answered(client, "{ thing { ...A } } " + fragments)
    error = refused(client, "{ thing { self { ... { ...A } } } } " + fragments, "DEPTH_LIMIT")
    assert error["extensions"]["actual"] == 5


def test_depth_beyond_the_parser(client: Client) -> None:
    assert "nested too deeply" in refused(client, nested("self", 300), "GRAPHQL_PARSE_FAILED")["message"]


def test_depth_of_fragment_chains_beyond_measure(client: Client) -> None:
    chain = "".join(f"fragment F{n} on Thing {{ ...F{n + 1} }} " for n in range(230))
    query = "{ thing { ...F0 } } " + chain + "fragment F230 on Thing { name }"
    assert "200 levels" in refused(client, query, "DEPTH_LIMIT")["message"]


def test_cycles_through_one_type() -> None:
    client = make_client(max_depth=50)
    answered(client, "{ thing { other { thing { other { thing { name } } } } } }")
    query = "{ thing { other { thing { other { thing { other { thing { name } } } } } } } }"
    error = refused(client, query, "RECURSION_LIMIT")
    assert error["message"].startswith("One path of the operation passes through the type Thing 4 times")


def test_siblings_of_one_type_are_no_cycle() -> None:
    answered(
        make_client(), "{ thing { a: self { name } b: self { name } c: self { name } d: self { name } } }"
    )


def test_recursion_counts_the_worst_path_through_a_fragment() -> None:
    query = "{ thing { self { ...A } } hello } fragment A on Thing { name self { self { name } } }"
    error = refused(make_client(), query, "RECURSION_LIMIT")
    assert error["extensions"]["actual"] == 4


def test_introspection_is_exempt_from_depth_and_has_its_own(client: Client) -> None:
    answered(client, get_introspection_query(input_value_deprecation=True))
    chain = '{ __type(name: "Query") ' + "{ ofType " * 25 + "{ name }" + " }" * 25 + " }"
    assert refused(client, chain, "DEPTH_LIMIT")["message"].startswith("The introspection has 27 levels")


def test_aliases(client: Client) -> None:
    aliased = " ".join(f"a{n}: name" for n in range(30))
    answered(client, f"{{ thing {{ {aliased} }} }}")
    error = refused(client, f"{{ thing {{ {aliased} more: name }} }}", "ALIAS_LIMIT")
    assert (error["extensions"]["limit"], error["extensions"]["actual"]) == (30, 31)


def test_aliases_inside_fragments_count_each_time(client: Client) -> None:
    query = "{ thing { " + "self { ...A } other { thing { ...A } }" + " } } fragment A on Thing { "
    query += " ".join(f"a{n}: name" for n in range(16)) + " }"
    assert refused(client, query, "ALIAS_LIMIT")["extensions"]["actual"] == 32


def test_root_fields(client: Client) -> None:
    fields = " ".join(f"a{n}: hello" for n in range(20))
    answered(client, f"{{ {fields} }}")
    query = "{ ...A ... { ...A } count } fragment A on Query { " + " ".join(["hello"] * 10) + " }"
    assert refused(client, query, "ROOT_FIELD_LIMIT")["extensions"]["actual"] == 21


def test_root_fields_of_mutations(client: Client) -> None:
    refused(client, "mutation { " + "change " * 21 + "}", "ROOT_FIELD_LIMIT")


def test_directives(client: Client) -> None:
    four, five = " @include(if: true)" * 4, " @include(if: true)" * 5
    error = refused(client, f"{{ hello{five} }}", "DIRECTIVE_LIMIT")
    assert (error["extensions"]["limit"], error["extensions"]["actual"]) == (4, 5)
    repeated = f"{{ thing {{ {f'name{four} ' * 13} }} }}"
    error = refused(client, repeated, "DIRECTIVE_LIMIT")
    assert (error["extensions"]["limit"], error["extensions"]["actual"]) == (50, 52)


def test_directives_on_operations_variables_and_fragments(client: Client) -> None:
    five = "@a @b @c @d @e"
    for query in (
        f"query {five} {{ hello }}",
        f"query ($n: String {five}) {{ hello(name: $n) }}",
        f"{{ ...F }} fragment F on Query {five} {{ hello }}",
        f"{{ ...F {five} }} fragment F on Query {{ hello }}",
        f"{{ ... {five} {{ hello }} }}",
    ):
        refused(client, query, "DIRECTIVE_LIMIT")


def test_fields_after_expanding_fragments(client: Client) -> None:
    query = "{ thing { " + "...A " * 20 + "} } fragment A on Thing { " + "name " * 99 + "}"
    assert refused(client, query, "FIELD_LIMIT")["extensions"]["actual"] == 2_001


def test_three_thousand_fields_of_one_name() -> None:
    client = make_client(max_tokens=10_000, max_document_length=100_000, max_root_fields=5_000)
    refused(client, "{ " + "hello " * 3_000 + "}", "FIELD_LIMIT")


@pytest.mark.parametrize(
    "query",
    [
        "{ thing { " + "name " * 1_900 + "} }",
        "{ thing { " + ("self { " + "name " * 40 + "} ") * 40 + "} }",
        "{ thing { " + "".join(f"...F{n} " for n in range(210)) + "} }"
        + "".join(f"fragment F{n} on Thing {{ name }}" for n in range(210)),
        "{ hello } fragment Unused on Thing { " + "name " * 1_900 + "}",
    ],
    ids=["siblings", "merged parents", "fragments", "unused fragment"],
)  # fmt: skip
def test_repeated_fields_are_refused_before_validation_compares_them(client: Client, query: str) -> None:
    assert "repeats fields" in refused(client, query, "FIELD_LIMIT")["message"]


def exponential(levels: int) -> str:
    fragments = (
        "".join(f"fragment F{n} on Thing {{ ...F{n + 1} ...F{n + 1} }} " for n in range(levels))
        + f"fragment F{levels} on Thing {{ a: name }}"
    )
    return "{ thing { ...F0 } } " + fragments


def test_exponential_fragments_are_measured_in_linear_time(client: Client) -> None:
    started = time.process_time()
    error = refused(client, exponential(100), "FIELD_LIMIT")
    # Expanded one by one this takes longer than the universe is old.
    assert time.process_time() - started < 30
    assert error["extensions"]["actual"] == 2**53 - 1
    assert int(error["message"].split()[3]) > 2**100


@pytest.mark.parametrize(
    "query",
    [
        "{ thing { ...A } } fragment A on Thing { ...A }",
        "{ thing { ...A } } fragment A on Thing { self { ...B } } fragment B on Thing { self { ...A } }",
        "{ hello } fragment A on Thing { ...A }",
        "{ thing { ...F0 } }"
        + "".join(
            f"fragment F{n} on Thing {{ {' '.join(f'...F{m}' for m in range(12))} }}" for n in range(12)
        ),
    ],
)
def test_fragment_cycles_are_refused(client: Client, query: str) -> None:
    body = client.post("/graphql", json={"query": query}).json()
    assert {error["extensions"]["code"] for error in body["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert "within itself" in body["errors"][0]["message"]


def test_nodes(client: Client) -> None:
    page = "things(first: %s) { nodes { name %s } }"
    answered(client, f"{{ {page % (99, page % (100, ''))} }}")
    error = refused(client, f"{{ {page % (100, page % (100, ''))} }}", "NODE_LIMIT")
    assert (error["extensions"]["limit"], error["extensions"]["actual"]) == (10_000, 10_100)


def test_nodes_through_fragments_and_default_pages() -> None:
    query = """
        { things { ...A } thing { things(last: 100) { ... { ...A } } } }
        fragment A on Things { nodes { things { nodes { name } } } }
    """
    error = refused(make_client(max_nodes=2_519), query, "NODE_LIMIT")
    assert error["extensions"]["actual"] == (20 + 100) * (1 + 20)


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({"n": 100}, 50 * 101),
        ({"n": 7}, 50 * 8),
        ({}, 50 * 51),
        ({"n": None}, 50 * 21),
        ({"n": 1_000_000}, 50 * 101),
        ({"n": -5}, 50),
    ],
)
def test_nodes_resolve_variables_and_their_defaults(variables: dict[str, Any], asked: int) -> None:
    query = "query ($n: Int = 50) { things(first: 50) { nodes { things(first: $n) { nodes { name } } } } }"
    answered(make_client(max_nodes=asked), query, **variables)
    assert (
        refused(make_client(max_nodes=asked - 1), query, "NODE_LIMIT", **variables)["extensions"]["actual"]
        == asked
    )


def test_nodes_of_a_list_of_ids() -> None:
    client, query = make_client(max_nodes=2), "query ($ids: [ID!]!) { byIds(ids: $ids) { name } }"
    answered(client, query, ids=["1", "2"])
    assert refused(client, query, "NODE_LIMIT", ids=["1", "2", "3"])["extensions"]["actual"] == 3


def test_merged_connections_count_once(client: Client) -> None:
    things = "things(first: 100) { nodes { name } }"
    query = f"{{ {things} ...A }} fragment A on Query {{ {things} }}"
    answered(make_client(max_nodes=100), query)


def test_nested_values(client: Client) -> None:
    literal = "{ count(where: " + "{both: " * 65 + "null" + "}" * 65 + ") }"
    refused(client, literal, "DEPTH_LIMIT")
    where: Any = None
    for _ in range(65):
        where = {"both": where}
    refused(client, "query ($w: Filter) { count(where: $w) }", "DEPTH_LIMIT", w=where)


def test_limits_hold_under_plain_json(client: Client) -> None:
    response = client.post(
        "/graphql", json={"query": nested("self", 13)}, headers={"Accept": "application/json"}
    )
    assert response.status_code == 200
    assert response.json()["errors"][0]["extensions"]["code"] in ("DEPTH_LIMIT", "RECURSION_LIMIT")


def test_introspection_switched_off() -> None:
    client = make_client(introspection="nobody")
    error = refused(client, "{ __schema { types { name } } }", "INTROSPECTION_DISABLED")
    assert "does not answer introspection" in error["message"]
    refused(client, "{ thing { ...A } } fragment A on Thing { self { x: __type(name: \"A\") { name } } }",
            "INTROSPECTION_DISABLED")  # fmt: skip
    assert answered(client, "{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize(
    "query",
    [
        "{ helo }",
        '{ hello(nam: "x") }',
        "{ thing { nam } }",
        "{ ... on Thin { name } }",
        "query ($w: Filte) { count(where: $w) }",
        '{ count(where: {nam: "x"}) }',
    ],
)
def test_no_suggestions_where_introspection_is_off(query: str) -> None:
    said = make_client().post("/graphql", json={"query": query}).text
    assert "Did you mean" in said
    hidden = make_client(introspection="nobody").post("/graphql", json={"query": query}).json()
    assert hidden["errors"]
    assert not any("Did you mean" in error["message"] for error in hidden["errors"])


def test_no_suggestions_for_variables_where_introspection_is_off() -> None:
    body = {"query": "query ($w: Filter) { count(where: $w) }", "variables": {"w": {"nam": "x"}}}
    assert "Did you mean" in make_client().post("/graphql", json=body).text
    hidden = make_client(introspection="nobody").post("/graphql", json=body).json()
    assert [error["extensions"]["code"] for error in hidden["errors"]] == ["BAD_USER_INPUT"]
    assert "Did you mean" not in hidden["errors"][0]["message"]
