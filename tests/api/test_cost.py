"""What operations cost, by the formula of docs/limits.md, over the real schema."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import strawberry

from api.core.demand import Demand
from api.core.documents import Documents
from api.core.limits import Limits
from api.http.graphiql import examples
from tests.api.http.conftest import operation_name

ID = "00000000-0000-0000-0000-000000000000"

Judge = Callable[..., Demand]


@pytest.fixture(scope="module")
def documents(schema: strawberry.Schema) -> Documents:
    return Documents(schema._schema, Limits())


@pytest.fixture(scope="module")
def judge(documents: Documents) -> Judge:
    """`judge(text, **variables)`: what an operation demands."""

    def judge(text: str, /, **variables: Any) -> Demand:
        document = documents.prepare(text)
        assert document.errors == ()
        operation = document.select(None)
        coerced = documents.variables(operation, variables)
        assert not isinstance(coerced, list), coerced
        return operation.plan.demand(coerced.coerced)

    return judge


@pytest.mark.parametrize(
    ("query", "nodes", "cost"),
    [
        ("{ __typename }", 0, 0),
        ("{ __schema { types { name fields { name } } } }", 0, 0),
        ("{ viewer { id email } }", 0, 1),
        (f'{{ session(id: "{ID}") {{ title user {{ id }} personality {{ name }} }} }}', 0, 3),
        (f'{{ node(id: "{ID}") {{ id ... on Session {{ user {{ id }} }} }} }}', 0, 2),
        # A list 2, each object 1.
        ("{ sessions(first: 10) { nodes { id } } }", 10, 2 + 10),
        ("{ sessions(first: 10) { edges { cursor node { id } } pageInfo { hasNextPage } } }", 10, 2 + 10),
        ("{ sessions { nodes { id } } }", 20, 2 + 20),
        ("{ sessions(last: 7) { nodes { id } } }", 7, 2 + 7),
        ("{ sessions(first: 10) { nodes { user { id } personality { id } } } }", 10, 2 + 10 * 3),
        ("{ sessions(first: 0) { totalCount } }", 0, 2 + 10),
        ("{ sessions(first: 1) { total: totalCount pageInfo { endCursor } } }", 1, 2 + 10 + 1),
        (
            "{ sessions(first: 10) { nodes { messages(first: 5) { totalCount nodes { id } } } } }",
            10 + 50,
            2 + 10 * (1 + 2 + 10 + 5),
        ),
        # Long values.
        ("{ sessions(first: 10) { nodes { metadata } } }", 10, 2 + 10 * 2),
        ("{ chunkEmbeddings(first: 10) { nodes { embedding } } }", 10, 2 + 10 * 6),
        # What is worked out.
        (f'{{ renderPersonality(id: "{ID}") {{ text errors {{ message }} }} }}', 0, 50 + 1),
        (f'{{ workflowGraph(id: "{ID}") {{ inputSchema faults {{ message }} }} }}', 0, 20 + 1 + 1),
        # Several ids, each an object.
        (f'{{ nodes(ids: ["{ID}", "{ID}"]) {{ id ... on Session {{ user {{ id }} }} }} }}', 2, 2 + 2 * 2),
        # Fragments, wherever they are spread; what merges counts once.
        (
            """
            { ...A ...A }
            fragment A on Query { sessions(first: 3) { nodes { ...B user { id } } } }
            fragment B on Session { user { email } }
            """,
            3,
            2 + 3 * 2,
        ),
        ("{ a: viewer { id } b: viewer { id } }", 0, 2),
        ("{ viewer @include(if: false) { id } }", 0, 1),
    ],
)  # fmt: skip
def test_formula(judge: Judge, query: str, nodes: int, cost: int) -> None:
    assert judge(query) == Demand(nodes, cost)


@pytest.mark.parametrize(
    ("variables", "size"), [({}, 50), ({"n": 7}, 7), ({"n": None}, 20), ({"n": 0}, 0), ({"n": 100_000}, 100)]
)
def test_variables_and_their_defaults_are_resolved(
    judge: Judge, variables: dict[str, Any], size: int
) -> None:
    query = "query ($n: Int = 50) { sessions(first: $n) { nodes { user { id } } } }"
    assert judge(query, **variables) == Demand(size, 2 + size * 2)


def test_ids_in_a_variable_are_counted(judge: Judge) -> None:
    assert judge("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[ID] * 5) == Demand(5, 2 + 5)


ROW: dict[str, Any] = {"sessionId": ID, "role": "USER", "content": "x"}


@pytest.mark.parametrize(
    ("shown", "nodes", "cost"),
    [
        ("createdCount", 0, 0),
        ("errors { message }", 0, 1),
        # One result and one object for each row.
        ("results { message { id } }", 3, 3 * 2),
        ("results { message { id session { title } } errors { code } }", 3, 3 * 4),
        ("results { message { citations(first: 5) { nodes { id } } } }", 3 + 15, 3 * 2 + 3 * (2 + 5)),
    ],
)
def test_rows_of_an_input_are_counted(judge: Judge, shown: str, nodes: int, cost: int) -> None:
    written = 10 + 3 + 2
    variable = f"mutation ($input: CreateMessagesInput!) {{ createMessages(input: $input) {{ {shown} }} }}"
    rows = [ROW, ROW, ROW | {"toolCalls": [{"toolName": "a"}, {"toolName": "b"}]}]
    assert judge(variable, input={"messages": rows}) == Demand(nodes, written + cost)
    row = f'{{sessionId: "{ID}", role: USER, content: "x"}}'
    tools = row.replace("}", ', toolCalls: [{toolName: "a"}, {toolName: "b"}]}')
    literal = f"mutation {{ createMessages(input: {{messages: [{row}, {row}, {tools}]}}) {{ {shown} }} }}"
    assert judge(literal) == Demand(nodes, written + cost)
    listed = f"createMessages(input: {{messages: $rows}}) {{ {shown} }}"
    assert judge(f"mutation ($rows: [MessageRowInput!]!) {{ {listed} }}", rows=rows) == Demand(
        nodes, written + cost
    )


def test_json_of_an_input_is_no_row(judge: Judge) -> None:
    query = "mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) { workflow { id } } }"
    drawn = {"name": "x", "nodes": [{"id": "a"}, {"id": "b"}], "tags": ["x", "y"]}
    assert judge(query, input=drawn) == Demand(0, 10 + 1)


def test_every_list_of_the_schema_is_counted(schema: strawberry.Schema, judge: Judge) -> None:
    """No root field that answers with a connection costs less than its page."""
    query = schema._schema.query_type
    assert query is not None
    lists = [
        name for name, field in query.fields.items() if str(field.type).rstrip("!").endswith("Connection")
    ]
    assert len(lists) > 30
    found = {name: judge(f"{{ {name}(first: 10) {{ nodes {{ id }} }} }}") for name in lists}
    searches = {name for name in found if name.startswith("search")}
    assert len(searches) == 4
    assert {found[name] for name in searches} == {Demand(10, 30)}
    assert {found[name] for name in found.keys() - searches} == {Demand(10, 12)}


@pytest.mark.parametrize("example", examples(), ids=operation_name)
def test_the_examples_cost_little(documents: Documents, example: str) -> None:
    operation = documents.prepare(example).select(None)
    coerced = documents.variables(operation, {})
    assert not isinstance(coerced, list)
    assert operation.plan.demand(coerced.coerced).cost <= 2_000


def test_the_example_of_the_documentation(judge: Judge) -> None:
    page = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
    example = re.search(r"```graphql\n(.*?)```", page, re.DOTALL)
    assert example is not None
    assert f'"requested": {judge(example[1]).cost},' in page
