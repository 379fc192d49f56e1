"""Real PostgreSQL for the tests: one server for the run, templates built once, a fresh database per test."""

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from hypothesis import settings
from sqlalchemy import URL, event

from api.settings import ApiSettings, WorkerSettings
from bench.databases import administer
from db.embedded import EmbeddedServer, embedded_server
from db.seeds.demo import seed_demo
from db.session import Database
from db.settings import DatabaseSettings, HomeSettings, SecretSettings
from migrations.config import alembic_config
from tests import leaks

HOME_VARIABLE = "ATRIUM_TEST_HOME"
# A test loses its database at its end, and the server its data at the end of the run: durability is wasted
# on them.
UNSAFE_AND_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "autovacuum": "off",
}
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder that Linux keeps in memory
_ROOM = 6 << 30
"""Bytes that a whole run may need there, and more."""

TEMPLATE = "atrium_template"
DEMO = "atrium_demo"

Statements = Callable[[Database], AbstractContextManager[list[str]]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="Write the golden files anew instead of comparing with them.",
    )
    parser.addoption(
        "--seeds",
        type=int,
        default=1,
        help="How many seeds to draw requests from that no server may fail on: a minute each. [%(default)s]",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Settings of whoever runs the tests must not reach them.
    for name in [name for name in os.environ if name.startswith("ATRIUM_") and name != HOME_VARIABLE]:
        del os.environ[name]
    for each in (ApiSettings, WorkerSettings, DatabaseSettings, HomeSettings, SecretSettings):
        each.model_config["env_file"] = None
    # Nothing here is about time, and what fails in continuous integration must fail again.
    settings.register_profile("default", deadline=None)
    settings.register_profile("ci", deadline=None, derandomize=True)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
    config.pluginmanager.register(leaks)
    # Workers have their master's, and runs that follow one another may share one.
    if HOME_VARIABLE not in os.environ:
        os.environ[HOME_VARIABLE] = make_home()
        config.add_cleanup(_remove_home)


def make_home() -> str:
    """A folder for a server: in memory where there is room, since a database is made there in a twentieth
    of the time. Its path is short, since that of a socket may have 103 bytes only.
    """
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM
    return tempfile.mkdtemp(prefix="atrium-", dir=_MEMORY if roomy else None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "drawing_seed" in metafunc.fixturenames:
        metafunc.parametrize("drawing_seed", range(1, metafunc.config.getoption("seeds") + 1))


def _remove_home() -> None:
    shutil.rmtree(os.environ.pop(HOME_VARIABLE), ignore_errors=True)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedServer]:
    """The server of this run, shared by all workers."""
    with embedded_server(Path(os.environ[HOME_VARIABLE]), settings=UNSAFE_AND_FAST) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: EmbeddedServer) -> URL:
    """The server's own database, without tables. Tests that need a schema take `database`."""
    return postgres.url


@contextmanager
def once(name: str) -> Iterator[bool]:
    """True for the first worker that gets here, False for the others, who wait until it is done."""
    done = Path(os.environ[HOME_VARIABLE]) / f"{name}.done"
    with Path(os.environ[HOME_VARIABLE], f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


@pytest.fixture(scope="session")
def template(postgres_url: URL) -> URL:
    """A database at the newest revision, from which others are cloned; nothing may stay connected to it."""
    url = postgres_url.set(database=TEMPLATE)
    with once(TEMPLATE) as first:
        if first:
            asyncio.run(administer(postgres_url, f"CREATE DATABASE {TEMPLATE}"))
            command.upgrade(alembic_config(url), "head")
    return url


@pytest.fixture(scope="session")
def names() -> Iterator[str]:
    """Names for databases that no other process uses."""
    return (f"test_{os.getpid()}_{number}" for number in count(1))


@pytest.fixture
def database_url(postgres_url: URL, template: URL, names: Iterator[str]) -> Iterator[URL]:
    """An empty database with the whole schema, for this test alone."""
    name = next(names)
    create = f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
    asyncio.run(administer(postgres_url, create))
    yield postgres_url.set(database=name)
    asyncio.run(administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database(database_url: URL) -> AsyncIterator[Database]:
    """The empty database, connected as the program does it."""
    database = Database.connect(database_url, DatabaseSettings(pool_size=5))
    yield database
    await database.dispose()


@pytest.fixture(scope="session")
def demo_url(postgres_url: URL, template: URL) -> URL:
    """A database with the demo data, shared by all workers and therefore read-only."""
    url = postgres_url.set(database=DEMO)
    with once(DEMO) as first:
        if first:
            create = f"CREATE DATABASE {DEMO} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
            seal = f"ALTER DATABASE {DEMO} SET default_transaction_read_only = on"
            asyncio.run(administer(postgres_url, create))
            asyncio.run(fill(url))
            asyncio.run(administer(postgres_url, seal))
    return url


async def fill(url: URL) -> None:
    database = Database.connect(url, DatabaseSettings(pool_size=2))
    try:
        await seed_demo(database)
        async with database.engine.begin() as connection:
            await connection.run_sync(leaks.plant)
    finally:
        await database.dispose()


@pytest.fixture(scope="session")
async def demo_database(demo_url: URL) -> AsyncIterator[Database]:
    """The demo data, connected as the program does it. Writing to it is an error."""
    database = Database.connect(demo_url, DatabaseSettings(pool_size=5))
    yield database
    await database.dispose()


@contextmanager
def _statements(database: Database) -> Iterator[list[str]]:
    issued: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        issued.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield issued
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def statements() -> Statements:
    """`with statements(database) as issued:` collects the SQL sent to the primary server."""
    return _statements


@pytest.fixture(scope="session")
def rewrite_golden(pytestconfig: pytest.Config) -> bool:
    """Whether the golden files are to be written anew."""
    return bool(pytestconfig.getoption("--rewrite-golden"))
