"""A subscription without any transport around it."""

from typing import Any

from api.auth.principal import Principal, loopback
from api.context import Context
from api.core.documents import Documents
from api.core.limits import Limits
from api.http.execution import Judged
from api.http.request import GraphQLRequest
from api.http.subscription import Subscription
from db.policy import Viewer
from tests.api.http.streams.world import FEEDS, SCHEMA


def begun(query: str) -> Subscription:
    database: Any = None
    principal = loopback(Viewer(None))
    documents = Documents(SCHEMA._schema, Limits())
    document = documents.prepare(query)
    operation = document.select(None)
    variables = documents.variables(operation, {})
    assert not isinstance(variables, list)

    async def confirm() -> Principal:
        return principal

    judged = Judged(GraphQLRequest(query), document, operation, variables, {})
    return Subscription(SCHEMA._schema, judged, Context(database, principal, "test"), confirm, 10)


async def test_closing_closes_the_source_before_it_returns() -> None:
    """Not at some later time, when the garbage collector comes by."""
    results = begun("subscription { flood(size: 1) }").results()
    assert (await anext(results)).data == {"flood": "x"}
    assert FEEDS.open == 1
    await results.aclose()
    assert FEEDS.open == 0
