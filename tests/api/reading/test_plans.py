"""Among a million messages, indexes serve what is read: no large table is read whole, no large sort is made.

A golden operation that cannot do without says why in a comment at its head: `# plan: …`.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
import strawberry
from graphql import get_named_type, get_variable_values
from graphql.execution.values import VariableValues
from sqlalchemy import URL

from api.auth.principal import loopback
from api.context import Context
from api.core.declarations import MIRRORS
from api.core.documents import Documents
from api.core.ids import global_id, parse_id
from api.core.limits import Limits
from api.core.pages import PageSizes
from api.reading.path import Answer, StatementPath
from api.reading.reader import Reader
from bench.databases import administer
from db.matrix import GRANTS
from db.policy import ADMIN, Viewer
from db.seeds.demo import seed_demo
from db.seeds.population import MESSAGES, SESSIONS, user_id
from db.seeds.scale import seed_scale
from db.seeds.shape import COLUMNS
from db.session import Database
from db.settings import DatabaseSettings
from tests.api.reading.plans import Recorded, explain, faults, large_tables
from tests.api.test_golden import OPERATIONS, comments, read, viewer_named
from tests.conftest import TEMPLATE

FILLED = [mirror for mirror in MIRRORS.values() if mirror.model.__tablename__ in COLUMNS]
LARGE_ONES = ("messages", "sessions", "llm_calls", "tool_calls", "memories", "executions", "document_chunks")
INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
# An own row of the same kind as a row of the demo.
SAME_KIND = " UNION ALL ".join(
    f"(SELECT mine.id FROM {table} mine, {table} demo WHERE demo.id = $1 AND mine.user_id = $2 LIMIT 1)"
    for table in COLUMNS
    if table != "users"
)

USERS = 800
# In the middle of those who joined, with as many messages as everybody; nothing is withheld from them.
SOMEBODY = Viewer(user_id(0, USERS // 2), permissions=frozenset(GRANTS))
ADMINISTRATOR = Viewer(None, frozenset({ADMIN}))
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=\")[A-Za-z0-9+/]{40,}=*(?=\")")


class Recording(Database):
    """Notes the finished statements that it runs."""

    url: URL
    recorded: list[Recorded]

    async def read_text(self, sql: str, values: Sequence[Any], *, generic: bool = False) -> str:
        self.recorded.append(Recorded(sql, values))
        return await super().read_text(sql, values, generic=generic)


@pytest.fixture
async def million(postgres_url: URL, template: URL, names: Iterator[str]) -> AsyncIterator[Recording]:
    """The demo data among a million messages of 800 others."""
    name = next(names)
    url = postgres_url.set(database=name)
    await administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    database = Recording.connect(url, DatabaseSettings(pool_size=1, statement_timeout_ms=60_000))
    database.url, database.recorded = url, []
    try:
        await seed_demo(database)
        made = await seed_scale(url, USERS)
        assert made.users * SESSIONS * MESSAGES == 1_000_000
        await administer(url, "VACUUM (ANALYZE)")
        yield database
    finally:
        await database.dispose()
        await administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


class Watcher:
    """Runs operations by the statement path, and looks at their plans."""

    def __init__(
        self, schema: strawberry.Schema, database: Recording, connection: Any, large: dict[str, int]
    ):
        core = schema._schema
        self.documents = Documents(core, Limits())
        self.path = StatementPath(
            Reader(core, {each.name: each for each in MIRRORS.values()}, PageSizes()), database
        )
        self.database = database
        self.connection = connection
        self.large = large

    async def answer(self, text: str, given: dict[str, Any], viewer: Viewer) -> Answer:
        document = self.documents.prepare(text)
        assert not document.errors, document.errors
        operation = document.select(None)
        defined = operation.node.variable_definitions or ()
        variables = get_variable_values(self.documents.schema, defined, given)
        assert isinstance(variables, VariableValues)
        finding = Context(self.database, loopback(viewer), "plans")
        answer = await self.path.answer(document, operation, variables, viewer, finding)
        assert answer is not None, "the statement path does not know how to answer this"
        return answer

    async def faults(self, text: str, given: dict[str, Any], viewer: Viewer) -> list[str]:
        self.database.recorded.clear()
        await self.answer(text, given, viewer)
        (recorded,) = self.database.recorded
        plans = await explain(self.connection, recorded)
        return list(dict.fromkeys(fault for plan in plans for fault in faults(plan, self.large)))


@asynccontextmanager
async def watching(million: Recording, schema: strawberry.Schema) -> AsyncIterator[Watcher]:
    """A watcher with a connection of its own for plans."""
    url = million.url.set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        yield Watcher(schema, million, connection, await large_tables(connection))
    finally:
        await connection.close()


Case = tuple[str, str, dict[str, Any], Viewer]
"""What it is called, an operation, its variables, and who asks."""


async def with_ids_of(viewer: Viewer, text: str, connection: Any) -> str:
    """A text in which ids of the demo are replaced by ids of the viewer's rows, where there are some."""
    for found in dict.fromkeys(ID.findall(text)):
        name, key = parse_id(found) or (None, None)
        mine = await connection.fetchval(SAME_KIND, key, viewer.user_id) if key else None
        if mine is not None:
            text = text.replace(found, str(mine) if name is None else global_id(name, mine))
    return text


async def golden_cases(watcher: Watcher) -> AsyncIterator[Case]:
    """Each operation as its own viewer, and as one who owns 1,250 messages."""
    for path in OPERATIONS:
        text = read(path)
        head = comments(text)
        if "errors" in head:
            continue
        variables = head.get("variables", "{}")
        own = await viewer_named(watcher.database, head["viewer"])
        yield f"{path.stem} as {head['viewer']}", text, json.loads(variables), own
        theirs = await with_ids_of(SOMEBODY, variables, watcher.connection)
        yield (
            f"{path.stem} as somebody",
            await with_ids_of(SOMEBODY, text, watcher.connection),
            json.loads(theirs),
            SOMEBODY,
        )


def list_cases(schema: strawberry.Schema) -> Iterator[Case]:
    """Pages of each table that is filled, in each order offered, and below each kind of parent."""
    query = schema._schema.query_type
    assert query is not None
    for mirror in FILLED:
        terms: Any = query.fields[mirror.many].args["orderBy"].type
        for field in get_named_type(terms).fields["field"].type.of_type.values:
            for direction in ("ASC", "DESC"):
                order = f"orderBy: [{{field: {field}, direction: {direction}}}]"
                text = f"{{ {mirror.many}(first: 20, {order}) {{ nodes {{ id }} {INFO} }} }}"
                yield f"{mirror.many} by {field} {direction} as somebody", text, {}, SOMEBODY
                # Lists that span owners are served by time alone.
                if field == "CREATED_AT":
                    backward = text.replace("first", "last")
                    yield f"{mirror.many} by {field} {direction} as administrator", text, {}, ADMINISTRATOR
                    yield (
                        f"last {mirror.many} by {field} {direction} as administrator",
                        backward,
                        {},
                        ADMINISTRATOR,
                    )
        for relation in mirror.relations.values():
            if relation.many and relation.target in FILLED:
                below = f"{relation.name}(first: 5) {{ nodes {{ id }} {INFO} }}"
                text = f"{{ {mirror.many}(first: 3) {{ nodes {{ {below} }} }} }}"
                for who, viewer in (("somebody", SOMEBODY), ("administrator", ADMINISTRATOR)):
                    yield f"{relation.name} of {mirror.many} as {who}", text, {}, viewer


async def after(watcher: Watcher, text: str, viewer: Viewer) -> str | None:
    """The operation of a list turned to the page that follows, or None where there is no more."""
    answer = await watcher.answer(text, {}, viewer)
    (page,) = json.loads(answer.data).values()
    for side, cursor, more in (
        ("first: 20", "after", ("hasNextPage", "endCursor")),
        ("last: 20", "before", ("hasPreviousPage", "startCursor")),
    ):
        if side in text and page["pageInfo"][more[0]]:
            return text.replace(side, f'{side}, {cursor}: "{page["pageInfo"][more[1]]}"')
    return None


async def test_plans(million: Recording, schema: strawberry.Schema, subtests: pytest.Subtests) -> None:
    """One test, since making a million messages takes half a minute."""
    async with watching(million, schema) as watcher:
        assert set(LARGE_ONES) <= set(watcher.large)
        excused: dict[str, list[str]] = {}
        async for name, text, given, viewer in golden_cases(watcher):
            with subtests.test(name):
                found = await watcher.faults(text, given, viewer)
                if "\n# plan: " in text:
                    excused.setdefault(name.split()[0], []).extend(found)
                else:
                    assert found == []
        assert [name for name, found in excused.items() if not found] == [], "these need no excuse"
        for name, text, given, viewer in list_cases(schema):
            with subtests.test(name):
                assert await watcher.faults(text, given, viewer) == []
            following = await after(watcher, text, viewer) if "orderBy" in text else None
            if following is not None:
                with subtests.test(f"{name}, the page that follows"):
                    assert await watcher.faults(following, given, viewer) == []


async def test_a_missing_index_is_noticed(database: Database, database_url: URL) -> None:
    """The rules themselves, on a table of their own."""
    connection = await asyncpg.connect(
        database_url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        await connection.execute(
            "CREATE TABLE stones AS SELECT n AS id, n % 7 AS kind FROM generate_series(1, 20000) n"
        )
        await connection.execute("ANALYZE stones")
        large = await large_tables(connection)
        assert large["stones"] == 20_000
        page = Recorded("SELECT id FROM stones WHERE kind = $1 ORDER BY id LIMIT $2", [3, 20])
        assert [len(faults(plan, large)) for plan in await explain(connection, page)] == [2, 2]
        whole = Recorded("SELECT count(*) FROM stones WHERE kind < $1", [6])
        assert [faults(plan, large) for plan in await explain(connection, whole)] == [[], []]
        part = Recorded("SELECT count(*) FROM stones WHERE kind < $1", [1])
        assert [len(faults(plan, large)) for plan in await explain(connection, part)] == [1, 1]
        await connection.execute("CREATE INDEX ON stones (kind, id)")
        await connection.execute("VACUUM ANALYZE stones")
        for recorded in (page, part):
            assert [faults(plan, large) for plan in await explain(connection, recorded)] == [[], []]
    finally:
        await connection.close()
