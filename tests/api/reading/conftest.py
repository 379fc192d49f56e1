"""One database that is filled once, and a way to read it from tests that are not asynchronous."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
import strawberry
from sqlalchemy import URL
from strawberry.extensions import ParserCache, ValidationCache

from api.schema import build_schema
from bench.databases import administer
from db.session import Database
from db.settings import DatabaseSettings
from tests.api.reading.population import fill
from tests.api.reading.reader import Reader
from tests.conftest import TEMPLATE


@pytest.fixture(scope="session")
def cached_schema() -> strawberry.Schema:
    return build_schema(extensions=[lambda: ParserCache(500), lambda: ValidationCache(500)])


@pytest.fixture(scope="session", autouse=True)
def _unlogged() -> Iterator[None]:
    """Strawberry logs what it refuses, and a log with unpaired surrogates cannot be sent to anybody."""
    logger = logging.getLogger("strawberry.execution")
    logger.disabled = True
    yield
    logger.disabled = False


@pytest.fixture(scope="module")
def reader(
    cached_schema: strawberry.Schema, postgres_url: URL, template: URL, names: Iterator[str]
) -> Iterator[Reader]:
    """The filled database, the schema, and the event loop in which this module's operations run."""
    name = next(names)
    url = postgres_url.set(database=name)
    with asyncio.Runner() as runner:
        create = f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
        runner.run(administer(postgres_url, create))
        database = Database.connect(url, DatabaseSettings(pool_size=16))
        try:
            reader = Reader(runner, database, cached_schema)
            reader.write(fill)
            yield reader
        finally:
            runner.run(database.dispose())
            runner.run(administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))
