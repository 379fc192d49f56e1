"""What forks cost: a session of 10,000 messages with 1,000 forks, read as stretches and parent by parent."""

import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Final
from uuid import UUID

import orjson
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from api.core.declarations import MIRRORS
from api.core.documents import Documents
from api.core.limits import Limits
from api.core.pages import PageSizes
from api.reading.path import StatementPath
from api.reading.reader import Reader
from api.schema import build_schema
from bench.dataset import Dataset
from db.models import Role
from db.policy import Viewer
from db.session import Database
from db.store.conversations import fork

MESSAGES: Final = 10_000
FORKS: Final = 1_000
_BATCH: Final = 1_000
_REPEATS: Final = 20

# The same page by the links between messages alone, as one would write it without stretches.
_BY_PARENTS: Final = """
    WITH RECURSIVE path AS (
        SELECT id, parent_id, seq, content, deleted_at FROM messages WHERE id = $1
        UNION ALL
        SELECT m.id, m.parent_id, m.seq, m.content, m.deleted_at
        FROM messages m JOIN path ON m.id = path.parent_id
    )
    SELECT json_agg(page)::text FROM (
        SELECT seq, content FROM path WHERE deleted_at IS NULL ORDER BY seq {order} LIMIT 20
    ) page
"""
_SAID: Final = text("""
    INSERT INTO messages (user_id, session_id, seq, role, content)
    SELECT sessions.user_id, sessions.id, said.seq + coalesce(newest.seq, 0), 'user',
        repeat('What was said ' || said.seq || '. ', 10)
    FROM sessions
    CROSS JOIN (SELECT max(seq) AS seq FROM messages WHERE session_id = :session) newest
    CROSS JOIN generate_series(1, :messages) AS said (seq)
    WHERE sessions.id = :session ORDER BY said.seq
""")
_PAGE: Final = "query ($id: ID!) {{ session(id: $id) {{ branch({arguments}) {{ {asked} }} }} }}"


async def measure(data: Dataset, rounds: int, console: Console) -> dict[str, float]:
    """Print what making and reading forks takes, in milliseconds; rows are made anew each time."""
    database = Database.connect(data.url)
    try:
        viewer = await _user(database)
        ids, seconds = await _talk(database, viewer)
        forks, forking = await _fork(database, viewer, ids)
        figures = {
            "append 1,000 messages": seconds * 1000 / (MESSAGES / _BATCH),
            "fork": forking * 1000 / FORKS,
        }
        figures |= await _read(database, viewer, forks[-1], rounds)
        async with database.read() as connection:
            counted = await connection.scalar(
                text("SELECT count(*) FROM messages WHERE user_id = :user"), {"user": viewer.user_id}
            )
    finally:
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM users WHERE username = 'forker'"))
        await database.dispose()
    table = Table(title=f"{MESSAGES:,} messages, {FORKS:,} forks, {counted:,} rows of messages after them")
    table.add_column("what")
    table.add_column("ms, median", justify="right")
    for name, milliseconds in figures.items():
        table.add_row(name, f"{milliseconds:.2f}")
    console.print(table)
    return figures


async def _user(database: Database) -> Viewer:
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM users WHERE username = 'forker'"))
        key: UUID | None = await session.scalar(
            text("INSERT INTO users (username, roles) VALUES ('forker', '{user}') RETURNING id")
        )
    return Viewer(key, frozenset({Role.USER.value}))


async def _talk(database: Database, viewer: Viewer) -> tuple[list[UUID], float]:
    """A session of many messages; their ids, and the seconds that writing them took."""
    async with database.transaction() as session:
        key = await session.scalar(
            text("INSERT INTO sessions (user_id) VALUES (:user) RETURNING id"), {"user": viewer.user_id}
        )
    started = time.perf_counter()
    for _ in range(MESSAGES // _BATCH):
        async with database.transaction() as session:
            await session.execute(_SAID, {"session": key, "messages": _BATCH})
    seconds = time.perf_counter() - started
    async with database.transaction() as session:
        await session.execute(text("ANALYZE messages"))
        ids = (
            await session.scalars(
                text("SELECT id FROM messages WHERE session_id = :id ORDER BY seq"), {"id": key}
            )
        ).all()
    return list(ids), seconds


async def _fork(database: Database, viewer: Viewer, ids: list[UUID]) -> tuple[list[UUID], float]:
    started = time.perf_counter()
    made = []
    for at in ids[MESSAGES // FORKS - 1 :: MESSAGES // FORKS]:
        async with database.transaction() as session:
            made.append(await fork(session, viewer, at, None))
    return made, time.perf_counter() - started


async def _read(database: Database, viewer: Viewer, key: UUID, rounds: int) -> dict[str, float]:
    schema = build_schema()._schema  # noqa: SLF001
    mirrors = {mirror.name: mirror for mirror in MIRRORS.values()}
    path = StatementPath(Reader(schema, mirrors, PageSizes()), database)
    documents = Documents(schema, Limits())
    asked = {
        "last 20 of the branch": ("last: 20", "nodes { seq content }"),
        "first 20 of the branch": ("first: 20", "nodes { seq content }"),
        "its length": ("first: 1", "totalCount"),
    }
    ways: dict[str, Callable[[], Awaitable[str]]] = {}
    for name, (arguments, fields) in asked.items():
        document = documents.prepare(_PAGE.format(arguments=arguments, asked=fields))
        operation = document.select(None)
        variables = documents.variables(operation, {"id": str(key)})

        async def read(document=document, operation=operation, variables=variables) -> str:  # type: ignore[no-untyped-def]
            answer = await path.answer(document, operation, variables, viewer)
            return str(answer.data) if answer else ""

        ways[name] = read
    leaf = await _leaf(database, key)
    for name, order in (("last 20, parent by parent", "DESC"), ("first 20, parent by parent", "ASC")):
        ways[name] = lambda order=order: database.read_text(_BY_PARENTS.format(order=order), [leaf])  # type: ignore[misc]
    first = orjson.loads(await ways["last 20 of the branch"]())
    assert len(first["session"]["branch"]["nodes"]) == 20  # noqa: S101
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            for _ in range(_REPEATS):
                await way()
            taken[name].append((time.perf_counter() - started) / _REPEATS * 1000)
    return {name: median(times) for name, times in taken.items()}


async def _leaf(database: Database, key: UUID) -> UUID | None:
    async with database.read() as connection:
        leaf: UUID | None = await connection.scalar(
            text("""
                SELECT m.id FROM sessions s
                JOIN messages m ON m.session_id = s.origin_id AND m.seq = s.origin_seq
                WHERE s.id = :id
            """),
            {"id": key},
        )
    return leaf
