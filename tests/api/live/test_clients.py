"""The clients that people use follow an execution, and come back after the server was restarted."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from db.session import Database
from tests.api.live.conftest import hall_of, person
from tests.npm import SECONDS, install

HERE = Path(__file__).parent / "clients"
SCHEMA = Path(__file__).parents[3] / "schema.graphql"
PACKAGES = [
    "@apollo/client@4.3.8",
    "@urql/core@6.0.3",
    "graphql@16.15.0",
    "graphql-sse@2.6.1",
    "graphql-ws@6.4.2",
    "relay-compiler@21.0.1",
    "relay-runtime@21.0.1",
    "rxjs@7.8.2",
    "wonka@6.3.6",
    "ws@8.23.0",
]


def run(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script beside its packages, and what Relay's compiler makes for it."""
    folder = tmp_path_factory.mktemp("followers")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    if missing := install(folder, *PACKAGES):
        pytest.skip(missing)
    for name in ("source", "__generated__"):
        (folder / name).mkdir()
    shutil.copy(HERE / "followers.js", folder / "source")
    shutil.copy(SCHEMA, folder)
    compiler = {
        "src": "source",
        "schema": "schema.graphql",
        "language": "javascript",
        "artifactDirectory": "__generated__",
        "eagerEsModules": True,
    }
    (folder / "relay.config.json").write_bytes(orjson.dumps(compiler))
    made = run(folder, "npm", "exec", "--offline", "--", "relay-compiler", "relay.config.json")
    assert made.returncode == 0, made.stdout + made.stderr
    return Path(shutil.copy(HERE / "followers.mjs", folder))


@asynccontextmanager
async def running(*command: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A client that prints what it gets, ended at the end of the block."""
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def line(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        return orjson.loads(await process.stdout.readline())


async def follow(database: Database, folder: Path, *command: str) -> None:
    """Hold a client to it that it gets everything once, over a restart in which more was written."""
    async with AsyncExitStack() as stack:
        async with hall_of(database) as hall:
            lin = await person(hall, "lin")
            asked = (hall.place.url, str(lin.execution), lin.token)
            await hall.log(lin.execution, "one", "two")
            client = await stack.enter_async_context(running(*command, *asked, folder=folder))
            assert [await line(client), await line(client)] == [[1, "one"], [2, "two"]]
            await hall.log(lin.execution, "three")
            assert await line(client) == [3, "three"]
        # Nobody serves meanwhile, and the work goes on.
        await hall.log(lin.execution, "four", "five")
        async with hall_of(database, hall.place.port):
            assert [await line(client), await line(client)] == [[4, "four"], [5, "five"]]
            await hall.log(lin.execution, "last")
            assert await line(client) == [6, "last"]
            async with asyncio.timeout(SECONDS):
                assert await client.wait() == 0


@pytest.mark.parametrize("name", ["graphql-ws", "graphql-sse", "apollo", "urql", "relay"])
async def test_clients_in_javascript_come_back(script: Path, database: Database, name: str) -> None:
    await follow(database, script.parent, "node", script.name, name)


@pytest.mark.parametrize("name", ["websockets", "aiohttp_websockets"])
async def test_gql_comes_back(database: Database, name: str) -> None:
    await follow(database, HERE, sys.executable, "followers.py", name)


async def test_gql_asks_over_every_transport(database: Database) -> None:
    async with hall_of(database) as hall:
        lin = await person(hall, "lin")
        asked = (hall.place.url, str(lin.execution), lin.token, "once")
        for name in ("aiohttp", "httpx", "requests", "websockets", "aiohttp_websockets"):
            async with running(sys.executable, "followers.py", name, *asked, folder=HERE) as client:
                assert await line(client) == {"execution": {"status": "RUNNING"}}
                assert await client.wait() == 0
