"""A page of an order over a nullable column reads its own rows only, however many come before it."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import asyncpg
import pytest
import strawberry
from graphql import get_variable_values
from graphql.execution.values import VariableValues
from sqlalchemy import URL, event, literal, select, text

from api.core.cursors import cursor_sql, digest_of
from api.core.declarations import MIRRORS
from api.core.documents import Documents
from api.core.limits import Limits
from api.core.orders import complete
from api.core.pages import PageSizes
from api.reading.reader import Reader
from api.schema import build_schema
from bench.databases import administer
from db import models
from db.policy import Viewer
from db.session import Database
from tests.api.conftest import Run
from tests.api.reading.lists import Term, order_by
from tests.conftest import TEMPLATE
from tests.db.rows import create_rows

build_schema()
SESSION = MIRRORS[models.Session]

# Sessions of one user; the later half has no last message.
ROWS = 40_000
SIZE = 20
FILL = """
INSERT INTO sessions (user_id, message_count, last_message_at)
SELECT :viewer, number % 7,
    CASE WHEN number % 2 = 0 THEN timestamptz '2026-01-01Z' + number * interval '1 s' END
FROM generate_series(1, :rows) AS number
"""
PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: [SessionOrder!]) {
  sessions(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
    nodes { id lastMessageAt user { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


class Place(NamedTuple):
    """An order, a row's place in it, and whether the page before that row is read or the one after it."""

    terms: tuple[Term, ...]
    place: int
    backward: bool


LATEST, EARLIEST = ("last_message_at", True), ("last_message_at", False)
# Among the values, on either side of where they end, among the NULLs.
DEPTHS = (ROWS // 4, ROWS // 2 - SIZE // 2, ROWS // 2 + SIZE // 2, ROWS * 3 // 4)
PLACES = [
    *(Place(*each) for each in product(((LATEST,), (EARLIEST,)), DEPTHS, (False, True))),
    # Among the NULLs no index knows the second term.
    *(Place((LATEST, ("message_count", False)), ROWS // 4, backward) for backward in (False, True)),
]


class Crowded(NamedTuple):
    """A database with many sessions of one user."""

    database: Database
    connection: "asyncpg.Connection[asyncpg.Record]"
    viewer: Viewer


@pytest.fixture(scope="module")
async def crowded(postgres_url: URL, template: URL, names: Iterator[str]) -> AsyncIterator[Crowded]:
    name = next(names)
    url = postgres_url.set(database=name)
    await administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    database = Database.connect(url)
    async with database.engine.begin() as filling:
        viewer = Viewer((await filling.run_sync(create_rows))["users"])
        await filling.execute(text(FILL), {"viewer": viewer.user_id, "rows": ROWS})
    await administer(url, "VACUUM ANALYZE sessions")
    connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    yield Crowded(database, connection, viewer)
    await connection.close()
    await database.dispose()
    await administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def documents(schema: strawberry.Schema) -> Documents:
    return Documents(schema._schema, Limits())


@pytest.fixture(scope="module")
def reader(schema: strawberry.Schema) -> Reader:
    return Reader(schema._schema, {mirror.name: mirror for mirror in MIRRORS.values()}, PageSizes())


@pytest.mark.parametrize(
    "place",
    PLACES,
    ids=lambda each: (
        f"{len(each.terms)}-{each.terms[0][1]}-{each.place}-{'before' if each.backward else 'after'}"
    ),
)
async def test_rows_before_the_page_are_not_read(
    crowded: Crowded, run: Run, documents: Documents, reader: Reader, place: Place
) -> None:
    count, side = ("last", "before") if place.backward else ("first", "after")
    cursor = await cursor_at(crowded, place)
    variables: dict[str, Any] = {"orderBy": order_by(SESSION, place.terms), count: SIZE, side: cursor}
    loaded: list[tuple[str, Sequence[Any]]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Sequence[Any], *_: Any) -> None:
        loaded.append((statement, parameters))

    engine = crowded.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        result = await run(crowded.database, crowded.viewer, PAGE, **variables)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert result.errors is None
    assert result.data is not None
    page = result.data["sessions"]
    assert len(page["nodes"]) == SIZE
    assert page["pageInfo"]["hasNextPage"]
    assert page["pageInfo"]["hasPreviousPage"]
    for sql, values in (loaded[0], prepared(documents, reader, crowded.viewer, variables)):
        explained = await crowded.connection.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *values
        )
        (plan,) = (each["Plan"] for each in json.loads(explained))
        assert sum(rows_read(plan)) <= 10 * SIZE, sql
        # Not in the index either: it has hundreds of pages.
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 400, sql


async def cursor_at(crowded: Crowded, place: Place) -> str:
    """The cursor of the row at a place of the list."""
    order = complete(SESSION, place.terms)
    columns = order.columns(models.Session)
    digest = literal(digest_of(SESSION, order, None))
    wanted = (
        select(cursor_sql(order, columns, models.Session.id, digest))
        .where(models.Session.user_id == crowded.viewer.user_id)
        .order_by(*order.sql(columns, models.Session.id))
        .offset(place.place)
        .limit(1)
    )
    async with crowded.database.read() as session:
        return str((await session.execute(wanted)).scalar_one())


def prepared(
    documents: Documents, reader: Reader, viewer: Viewer, given: dict[str, Any]
) -> tuple[str, Sequence[Any]]:
    """The statement path's statement with its values."""
    document = documents.prepare(PAGE)
    operation = document.select(None)
    variables = get_variable_values(documents.schema, operation.node.variable_definitions or (), given)
    assert isinstance(variables, VariableValues)
    made = reader.prepare(document, operation, variables, viewer)
    assert made is not None
    return made.sql, made.values


def rows_read(plan: Mapping[str, Any]) -> Iterator[int]:
    """The rows of sessions that each scan of a plan reads, kept or not."""
    if plan.get("Relation Name") == "sessions":
        yield plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    for below in plan.get("Plans", ()):
        yield from rows_read(below)
