"""Operations executed by the schema itself, without HTTP, as one viewer or another."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry
import structlog
from strawberry.types import ExecutionResult

from api.auth.principal import loopback
from api.context import Context
from api.schema import build_schema
from db.policy import Viewer
from db.session import Database

Run = Callable[..., Awaitable[ExecutionResult]]


@dataclass
class Asking:
    """One person's way to a database."""

    database: Database
    run: Run
    viewer: Viewer

    async def ask(self, document: str, **variables: Any) -> Any:
        """The data of the only root field; nothing may go wrong."""
        result = await self.run(self.database, self.viewer, document, **variables)
        assert result.errors is None, result.errors
        assert result.data is not None
        (value,) = result.data.values()
        return value


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    return build_schema()


@pytest.fixture
def run(schema: strawberry.Schema) -> Run:
    """Execute an operation: `await run(database, viewer, document, **variables)`."""

    async def run(database: Database, viewer: Viewer, document: str, /, **variables: Any) -> ExecutionResult:
        context = Context(database, loopback(viewer), "test")
        result = await schema.execute(document, variable_values=variables, context_value=context)
        assert isinstance(result, ExecutionResult)
        return result

    return run


@pytest.fixture
def unlogged() -> Iterator[None]:
    """Thousands of requests would be logged, and every error with its stack."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logger = logging.getLogger("strawberry.execution")
    logger.disabled = True
    yield
    logger.disabled = False
    structlog.reset_defaults()
