"""The search for leaks finds what it looks for, and there is something planted everywhere."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from db.session import Database
from tests.leaks import PLANTED, leaks, secret_columns

ROOT = Path(__file__).parents[1]


def test_every_secret_that_the_demo_holds_is_a_planted_one() -> None:
    named = {
        f"{table.name}.{column.name}" for table, columns in secret_columns().items() for column in columns
    }
    assert named >= {
        "api_keys.key_hash",
        "data_sources.connection_secret",
        "documents.file_path",
        "idempotency_keys.request_hash",
        "refresh_tokens.token_hash",
        "users.password_hash",
    }


@pytest.mark.parametrize("table", secret_columns(), ids=str)
async def test_rows_of_the_demo_hold_planted_secrets(demo_database: Database, table: Table) -> None:
    for column in secret_columns()[table]:
        others = select(func.count()).select_from(table).where(~column.startswith(PLANTED))
        async with demo_database.read() as session:
            assert await session.scalar(others) == 0


@pytest.mark.parametrize(
    "text",
    [
        f'{{"file": "{PLANTED}-file_path"}}',
        "hash $argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
        "hash $2b$12$abcdefghijklmnopqrstuv",
        "cannot reach postgresql+asyncpg://atrium:hunter2@db:5432/atrium",
        "redis://:x@host is fine, redis://default:hunter2@cache:6379/0 is not",
    ],
)
def test_secrets_are_noticed(text: str) -> None:
    assert len(list(leaks(text.encode()))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Give an address such as postgresql://user:password@host:5432/database.",
        "postgresql+asyncpg://atrium@/atrium",
        "postgresql://atrium:***@db/atrium",
        "see https://example.com/a:b and mail somebody@example.com",
    ],
)
def test_harmless_texts_pass(text: str) -> None:
    assert list(leaks(text.encode())) == []


_LEAKY = f"""
import asyncio, logging, sys
import httpx
from starlette.responses import PlainTextResponse
from api.http.middleware import RequestMiddleware
from api.http.response import Responder

async def respond(scope, receive, send):
    await PlainTextResponse("it is {PLANTED}-key")(scope, receive, send)

async def ask():
    app = RequestMiddleware(respond, responder=Responder(draft=False, max_errors=9), max_header_bytes=9999)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.get("/")

def test_responds(): asyncio.run(ask())
def test_prints(): print("it is {PLANTED}-key")
def test_complains(): print("it is {PLANTED}-key", file=sys.stderr)
def test_logs(): logging.getLogger("x").warning("it is {PLANTED}-key")
def test_keeps_it(): print("it is nobody's business")
"""


def test_a_test_that_lets_a_secret_out_fails(tmp_path: Path) -> None:
    file = tmp_path / "test_leaky.py"
    file.write_text(_LEAKY, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.leaks", "-p", "no:cacheprovider", str(file)]
    done = subprocess.run(  # noqa: S603
        [*command, f"--rootdir={tmp_path}", "-q", "-rN"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 failed, 1 passed" in done.stdout
    assert done.stdout.count("This must not leave the program") == 4
