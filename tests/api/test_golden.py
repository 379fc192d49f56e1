"""Operations as front ends write them, over the demo data, each with its result and its one statement.

Each `tests/golden/NAME.graphql` starts with comments that say what it is for and who asks (`# viewer: mei`),
if need be also `# variables: {…}` and, where errors are what is wanted, `# errors: yes`: what is refused has
no statement, and its `.sql` is empty. `make golden` writes the `.json` and `.sql` beside it anew.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import strawberry
from sqlalchemy import URL, select

from api.auth.principal import loopback
from api.context import Context
from api.core.declarations import MIRRORS
from api.core.documents import Documents
from api.core.limits import Limits
from api.core.pages import PageSizes
from api.reading.path import StatementPath
from api.reading.reader import Prepared, Reader, Waiting
from db import models
from db.policy import Viewer
from db.session import Database
from tests.api.conftest import Run
from tests.api.sql_text import laid_out

FOLDER = Path(__file__).parents[1] / "golden"
OPERATIONS = sorted(FOLDER.glob("*.graphql"))
FEWEST = 30
KEYS = ("viewer", "variables", "errors")


@pytest.fixture(scope="module")
async def demo(demo_url: URL) -> AsyncIterator[Database]:
    database = Database.connect(demo_url)
    yield database
    await database.dispose()


@pytest.fixture(scope="module")
def documents(schema: strawberry.Schema) -> Documents:
    return Documents(schema._schema, Limits())


@pytest.fixture(scope="module")
def reader(schema: strawberry.Schema) -> Reader:
    return Reader(schema._schema, {mirror.name: mirror for mirror in MIRRORS.values()}, PageSizes())


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def comments(document: str) -> dict[str, str]:
    """The `# key: value` lines at the head of an operation."""
    head = [line.removeprefix("#").strip() for line in document.splitlines() if line.startswith("#")]
    pairs = [line.partition(": ") for line in head]
    return {key: value for key, _, value in pairs if key in KEYS}


async def viewer_named(database: Database, name: str) -> Viewer:
    if name == "guest":
        return Viewer(None)
    wanted = select(models.User.id, models.User.roles).where(models.User.username == name)
    async with database.read() as connection:
        key, roles = (await connection.execute(wanted)).one()
    return Viewer(key, frozenset(roles))


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
async def test_golden_operation(
    demo: Database, documents: Documents, reader: Reader, run: Run, rewrite_golden: bool, path: Path
) -> None:
    text = read(path)
    head = comments(text)
    viewer = await viewer_named(demo, head["viewer"])
    variables: dict[str, Any] = json.loads(head.get("variables", "{}"))
    document = documents.prepare(text)
    operation = document.select(None)
    coerced = documents.variables(operation, variables)
    assert not isinstance(coerced, list), coerced
    prepared = reader.prepare(document, operation, coerced, viewer)
    context = Context(demo, loopback(viewer), "golden")
    # What is wrong by mistake must not become golden by rewriting.
    assert (prepared is None) is ("errors" in head), "it has no statement, or its head says so and it has one"
    if prepared is not None:
        found = await StatementPath(reader, demo).answer(document, operation, coerced, viewer, context)
        assert found is not None
        assert found.statements == 1
        answer: dict[str, Any] = {"data": orjson.loads(found.data)}
        if isinstance(prepared, Waiting):
            # Of a search the statement that reads what was found.
            hits = {each: context.findings[id(each.node)].result() for each in prepared.finds}
            prepared = reader.prepare(document, operation, coerced, viewer, hits)
            assert isinstance(prepared, Prepared)
    else:
        result = await run(demo, viewer, text, **variables)
        assert result.errors
        answer = {"data": result.data, "errors": [error.formatted for error in result.errors]}
    golden_files = {
        ".json": json.dumps(answer, ensure_ascii=False, indent=2) + "\n",
        ".sql": f"{laid_out(prepared.sql)};\n" if prepared else "",
    }
    for suffix, content in golden_files.items():
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


def test_long_expressions_take_several_lines() -> None:
    statement = (
        "SELECT CASE WHEN a THEN b ELSE c END AS d, max(x) FILTER (WHERE y > (z)[1]) AS f, CASE WHEN (a."
        "moment = 'infinity') THEN 'the end of all days' ELSE json_build_array(a.first_of_all_columns, "
        "(SELECT b.id \nFROM b), to_char(a.moment, 'YYYY-MM-DD\"T\"HH24:MI:SS'), 'and so on and on') END AS e"
        " \nFROM a"
    )
    assert laid_out(statement).splitlines() == [
        "SELECT CASE WHEN a THEN b ELSE c END AS d,",
        "  max(x) FILTER (WHERE y > (z)[1]) AS f,",
        "  CASE",
        "    WHEN (a.moment = 'infinity') THEN 'the end of all days'",
        "    ELSE json_build_array(",
        "      a.first_of_all_columns,",
        "      (",
        "        SELECT b.id",
        "        FROM b",
        "      ),",
        "      to_char(a.moment, 'YYYY-MM-DD\"T\"HH24:MI:SS'),",
        "      'and so on and on'",
        "    )",
        "  END AS e",
        "FROM a",
    ]
    assert "".join(laid_out(statement).split()) == "".join(statement.split())
