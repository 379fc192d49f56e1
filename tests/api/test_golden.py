"""Operations as front ends write them, over the demo data, with their results and every statement issued.

Each `tests/golden/NAME.graphql` starts with comments that say what it is for and who asks (`# viewer: mei`),
if need be also `# variables: {…}` and, where errors are what is wanted, `# errors: yes`. `make golden` writes
the `.json` and `.sql` beside it anew.
"""

import json
from asyncio import Lock
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, select, text

from db import models
from db.policy import Viewer
from db.session import Database, ReadSession
from db.settings import DatabaseSettings
from tests.api.conftest import Run
from tests.api.sql_text import laid_out
from tests.conftest import Statements

FOLDER = Path(__file__).parents[1] / "golden"
OPERATIONS = sorted(FOLDER.glob("*.graphql"))
FEWEST = 30


class OneByOne(Database):
    """Issues statements in the order in which they were asked for, as a pool does not promise to."""

    turn = Lock()

    @asynccontextmanager
    async def read(self, *, stale: bool = False) -> AsyncIterator[ReadSession]:
        async with self.turn, super().read(stale=stale) as session:
            yield session


@pytest.fixture(scope="module")
async def demo(demo_url: URL) -> AsyncIterator[Database]:
    """The demo data, over one connection."""
    database = OneByOne.connect(demo_url, DatabaseSettings(pool_size=1, max_overflow=0))
    async with database.read() as connection:
        # A new connection asks things of its own.
        await connection.execute(text("SELECT 1"))
    yield database
    await database.dispose()


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def comments(document: str) -> dict[str, str]:
    """The `# key: value` lines at the head of an operation."""
    head = [line.removeprefix("#").strip() for line in document.splitlines() if line.startswith("#")]
    pairs = [line.partition(": ") for line in head]
    return {key: value for key, _, value in pairs if key in ("viewer", "variables", "errors")}


async def viewer_named(database: Database, name: str) -> Viewer:
    if name == "guest":
        return Viewer(None)
    wanted = select(models.User.id, models.User.roles).where(models.User.username == name)
    async with database.read() as connection:
        key, roles = (await connection.execute(wanted)).one()
    return Viewer(key, frozenset(roles))


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
async def test_golden_operation(
    demo: Database, run: Run, statements: Statements, rewrite_golden: bool, path: Path
) -> None:
    document = read(path)
    head = comments(document)
    viewer = await viewer_named(demo, head["viewer"])
    variables: dict[str, Any] = json.loads(head.get("variables", "{}"))
    with statements(demo) as issued:
        result = await run(demo, viewer, document, **variables)
    answer: dict[str, Any] = {"data": result.data}
    # What is wrong by mistake must not become golden by rewriting.
    assert bool(result.errors) is ("errors" in head), result.errors
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    found = {
        ".json": json.dumps(answer, ensure_ascii=False, indent=2) + "\n",
        ".sql": "\n\n".join(f"{laid_out(statement)};" for statement in issued) + "\n",
    }
    for suffix, content in found.items():
        golden = path.with_suffix(suffix)
        if rewrite_golden:
            golden.write_text(content, encoding="utf-8")
        assert content == read(golden), f"{golden.name} differs: run `make golden` and read the difference"


def test_there_are_enough_and_none_is_left_over() -> None:
    assert len(OPERATIONS) >= FEWEST
    names = {path.stem for path in OPERATIONS}
    assert [path.name for path in FOLDER.iterdir() if path.stem not in names] == []


def test_the_layout_of_statements_loses_nothing() -> None:
    statement = (
        "SELECT a.id AS id, coalesce(a.b, $1::TEXT[]) AS c \nFROM a AS a_1 LEFT OUTER JOIN LATERAL (SELECT y,"
        " 'it''s, (so)' AS z \nFROM x \nWHERE x.a = a.id AND (x.b IS NULL OR x.b > $2::INTEGER) AND EXISTS ("
        "SELECT * \nFROM q \nWHERE q.id IS DISTINCT FROM x.id)) AS f ON true \n"
        'WHERE a."order" = ANY ($3::UUID[]) ORDER BY a.id DESC, a.b \n LIMIT $4::INTEGER'
    )
    assert laid_out(statement).splitlines() == [
        "SELECT a.id AS id,",
        "  coalesce(a.b, $1::TEXT[]) AS c",
        "FROM a AS a_1",
        "  LEFT OUTER JOIN LATERAL (",
        "    SELECT y,",
        "      'it''s, (so)' AS z",
        "    FROM x",
        "    WHERE x.a = a.id",
        "      AND (x.b IS NULL OR x.b > $2::INTEGER)",
        "      AND EXISTS (",
        "        SELECT *",
        "        FROM q",
        "        WHERE q.id IS DISTINCT FROM x.id",
        "      )",
        "  ) AS f ON true",
        'WHERE a."order" = ANY($3::UUID[])',
        "ORDER BY a.id DESC, a.b",
        "LIMIT $4::INTEGER",
    ]
    assert "".join(laid_out(statement).split()) == "".join(statement.split())
