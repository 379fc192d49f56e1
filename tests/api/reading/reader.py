"""Operations on one database from tests that hypothesis repeats: one event loop, one schema, no fixtures."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import Connection
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from api.context import Context
from api.core.errors import Code
from api.core.pages import PageSizes
from api.core.reporting import report
from db.policy import ADMIN, Viewer
from db.session import Database

ResultT = TypeVar("ResultT")

EVERYTHING = Viewer(UUID(int=1), frozenset({ADMIN}))
"""Somebody who sees all rows."""


class Reader:
    """Runs operations as an administrator, who sees all rows."""

    def __init__(self, runner: asyncio.Runner, database: Database, schema: strawberry.Schema) -> None:
        self._runner = runner
        self._database = database
        self._schema = schema
        self.sizes = PageSizes()

    def execute(self, document: str, variables: dict[str, Any] | None = None) -> ExecutionResult:
        """The result of an operation, errors and all."""
        context = Context(self._database, EVERYTHING, "test", self.sizes)
        result = self._runner.run(
            self._schema.execute(document, variable_values=variables, context_value=context)
        )
        assert isinstance(result, ExecutionResult)
        return result

    def data(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The data of an operation that has to succeed."""
        result = self.execute(document, variables)
        assert result.errors is None, (result.errors, document, variables)
        assert result.data is not None
        return result.data

    def codes(self, document: str, variables: dict[str, Any] | None = None) -> list[str]:
        """`extensions.code` of each error as clients see it."""
        result = self.execute(document, variables)
        errors = result.errors or []
        if isinstance(result, PreExecutionError):
            return [Code.GRAPHQL_VALIDATION_FAILED for _ in errors]
        return [error["extensions"]["code"] for error in report(errors, "test", max_errors=100)]

    def write(self, change: Callable[[Connection], ResultT]) -> ResultT:
        """What `change` returns, called inside a transaction."""

        async def run() -> ResultT:
            async with self._database.engine.begin() as connection:
                return await connection.run_sync(change)

        return self._runner.run(run())
