"""Operations on one database from tests that hypothesis repeats: one event loop, one schema, no fixtures."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import orjson
import strawberry
from graphql import get_variable_values
from sqlalchemy import Connection
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from api.auth.principal import loopback
from api.context import Context
from api.core.declarations import MIRRORS
from api.core.documents import Documents
from api.core.errors import Code
from api.core.limits import Limits
from api.core.pages import PageSizes
from api.core.reporting import report
from api.reading import reader as reading
from api.reading.path import Answer, StatementPath
from db.policy import ADMIN, Viewer
from db.session import Database

ResultT = TypeVar("ResultT")

EVERYTHING = Viewer(UUID(int=1), frozenset({ADMIN}))
"""Somebody who sees all rows."""


UNLIMITED = Limits(
    max_document_length=10**6,
    max_tokens=10**6,
    max_fields=10**6,
    max_aliases=10**6,
    max_root_fields=10**6,
    max_nodes=10**9,
)
"""The server's limits are no matter of these tests."""


class Reader:
    """Runs operations as an administrator, who sees all rows, down both reading paths."""

    def __init__(self, runner: asyncio.Runner, database: Database, schema: strawberry.Schema) -> None:
        self._runner = runner
        self._database = database
        self._schema = schema
        self._documents = Documents(schema._schema, UNLIMITED)
        self._paths: dict[PageSizes, StatementPath] = {}
        self.sizes = PageSizes()

    def execute(self, document: str, variables: dict[str, Any] | None = None) -> ExecutionResult:
        """The loaders' result of an operation, errors and all; the statement's is the same."""
        return self._runner.run(self._execute(document, variables or {}))

    async def _execute(self, document: str, variables: dict[str, Any]) -> ExecutionResult:
        context = Context(self._database, loopback(EVERYTHING), "test", self.sizes)
        result = await self._schema.execute(document, variable_values=variables, context_value=context)
        assert isinstance(result, ExecutionResult)
        if not isinstance(result, PreExecutionError):
            answer = await self._answer(document, variables)
            if result.errors:
                # The loader path says where in the response they are.
                assert answer is None
            else:
                assert answer is not None, (document, variables)
                assert orjson.loads(answer.data) == orjson.loads(orjson.dumps(result.data))
        return result

    async def _answer(self, text: str, variables: dict[str, Any]) -> Answer | None:
        document = self._documents.prepare(text)
        operation = document.select(None)
        defined = operation.node.variable_definitions or ()
        coerced = get_variable_values(self._documents.schema, defined, variables)
        if isinstance(coerced, list):
            return None
        if self.sizes not in self._paths:
            mirrors = {mirror.name: mirror for mirror in MIRRORS.values()}
            made = reading.Reader(self._schema._schema, mirrors, self.sizes)
            self._paths[self.sizes] = StatementPath(made, self._database)
        return await self._paths[self.sizes].answer(document, operation, coerced, EVERYTHING)

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
