"""Five hundred drawn operations from each seed (`--seeds`): whatever is asked, the server is never at fault.

They are valid by the schema, mutations and all, with values of all kinds in them; further requests are no
operations at all. The database has rows for what they find and change.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
from graphql import print_schema
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes
from sqlalchemy import URL, Connection

from api.app import create_app, served_schema
from api.core.ids import global_id
from api.settings import ApiSettings
from db.policy import ADMIN, Viewer
from tests.api.crowd import inhabit, populated

CASES: Final = 500
SCHEMA: Final = served_schema()
FAULTS: Final = {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"}

Ask = Callable[[Any], httpx.Response]

texts = st.sampled_from(
    [
        "",
        "\x00",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999+14:00",
        "0001-01-01T00:00:00-14:00",
        "NaN",
        "-Infinity",
        "1e400",
        "9223372036854775808",
        "00000000-0000-0000-0000-000000000000",
        "%_\\",
        "小雨",
    ]
) | st.text(max_size=12)
numbers = st.sampled_from([0, -1, 1, 2**31 - 1, 2**31, 2**63, -(2**63) - 1])
scalars = texts.map(nodes.String) | numbers.map(nodes.Int)
SCALARS: Final = {
    "BigInt": scalars,
    "Date": scalars,
    "DateTime": scalars,
    "Decimal": scalars,
    "JSON": scalars | st.just(nodes.Null),
    "Vector": scalars | st.lists(numbers.map(nodes.Int), max_size=3).map(nodes.List),
}

QUERIES: Final = ["{ viewer { id } }", "query ($id: ID!) { node(id: $id) { id } }"]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "query": anything
        | st.sampled_from(["{ viewer { id } }", "query ($id: ID!) { node(id: $id) { id } }"]),
        "documentId": anything,
        "operationName": anything,
        "variables": anything | st.dictionaries(st.just("id"), anything),
        "extensions": anything | st.dictionaries(st.just("persistedQuery"), anything),
    },
)


@contextmanager
def asking(postgres_url: URL, name: str) -> Iterator[tuple[Ask, list[str]]]:
    """Asks the application over a populated database as an administrator, and some ids that exist."""
    ids: list[str] = []

    def populate(connection: Connection) -> None:
        world = inhabit(connection, 2)[0]
        ids.extend(
            global_id(kind, world[table]) for kind, table in (("User", "users"), ("Session", "sessions"))
        )
        ids.append(str(world["personalities"]))
        viewers.append(Viewer(world["users"], frozenset({ADMIN})))

    viewers: list[Viewer] = []
    with asyncio.Runner() as runner:
        opening = populated(postgres_url, name, populate)
        database, _ = runner.run(opening.__aenter__())
        app = create_app(ApiSettings(), database, viewers[0], schema=SCHEMA)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://atrium.test"
        )

        def ask(body: Any) -> httpx.Response:
            # With NaN and numbers of any length, which are no JSON.
            content = json.dumps(body).encode()
            headers = {"Content-Type": "application/json"}
            return runner.run(client.post("/graphql", content=content, headers=headers))

        try:
            yield ask, ids
        finally:
            runner.run(client.aclose())
            runner.run(opening.__aexit__(None, None, None))


def codes_of(response: httpx.Response) -> set[str]:
    """The codes of a response's errors, none of which may be the server's fault."""
    assert response.status_code < 500, response.text
    codes = {error["extensions"]["code"] for error in response.json().get("errors", ())}
    assert codes & FAULTS == set(), response.text
    return codes


# To shrink a long document takes longer than all the rest, and says little more.
drawing = settings(
    max_examples=CASES,
    phases=[Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_valid_operations_are_never_the_servers_fault(
    template: URL, postgres_url: URL, names: Iterator[str], drawing_seed: int
) -> None:
    outcomes: Counter[str] = Counter()
    with asking(postgres_url, next(names)) as (ask, ids):
        known = {**SCALARS, "ID": st.sampled_from(ids).map(nodes.String) | texts.map(nodes.String)}

        @seed(drawing_seed)
        @drawing
        @given(from_schema(print_schema(SCHEMA._schema), custom_scalars=known))
        def run(query: str) -> None:
            codes = codes_of(ask({"query": query}))
            outcomes.update(codes or {"answered"})

        run()
    assert outcomes["answered"] >= CASES // 10, outcomes
    # The schema that they are drawn from is the one that judges them.
    assert outcomes["GRAPHQL_PARSE_FAILED"] == 0


def test_other_requests_are_never_the_servers_fault(
    template: URL, postgres_url: URL, names: Iterator[str], drawing_seed: int
) -> None:
    with asking(postgres_url, next(names)) as (ask, _):

        @seed(drawing_seed)
        @drawing
        @given(requests | anything)
        def run(body: Any) -> None:
            codes_of(ask(body))

        run()
