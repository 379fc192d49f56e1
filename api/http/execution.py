"""From a request to its result: the one place that decides how an operation is refused or run."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import GraphQLError, OperationType
from graphql.execution.values import VariableValues
from strawberry import Schema
from strawberry.types.graphql import OperationType as AllowedType

from api.core.documents import PREPARED, Document, Documents, Operation
from api.http.errors import HTTPRefusal
from api.http.request import GraphQLRequest

_KINDS: Final = (AllowedType.QUERY, AllowedType.MUTATION)


@dataclass(frozen=True, slots=True)
class Result:
    """A GraphQL response before it is written. `executed` tells a partial result from a request error."""

    executed: bool
    data: Any = None
    errors: Sequence[GraphQLError] = ()
    extensions: dict[str, Any] = field(default_factory=dict)


Read = Callable[[Document, Operation, VariableValues, Any], Awaitable[Result | None]]
"""Answers a query without executing it field by field, or declines with None."""


class Executor:
    """Runs requests against one schema."""

    def __init__(self, schema: Schema, documents: Documents, *, read: Read | None = None) -> None:
        self._schema = schema
        self._documents = documents
        self._read = read

    async def run(self, request: GraphQLRequest, context: object, *, reads_only: bool) -> Result:
        """The result of a request. Raises HTTPRefusal for a mutation where only reads are served (405)."""
        document = self._documents.prepare(request.query)
        if document.errors:
            return Result(executed=False, errors=document.errors)
        try:
            operation = document.select(request.operation_name)
        except GraphQLError as error:
            return Result(executed=False, errors=[error])
        _check_kind(operation, reads_only=reads_only)
        variables = self._documents.variables(operation, request.variables)
        if isinstance(variables, list):
            return Result(executed=False, errors=variables)
        if self._read is not None and operation.kind is OperationType.QUERY:
            result = await self._read(document, operation, variables, context)
            if result is not None:
                return result
        return await self._execute(request, document, operation, context)

    async def _execute(
        self, request: GraphQLRequest, document: Document, operation: Operation, context: object
    ) -> Result:
        token = PREPARED.set(document)
        try:
            result = await self._schema.execute(
                request.query,
                variable_values=dict(request.variables),
                context_value=context,
                operation_name=operation.name,
                allowed_operation_types=_KINDS,
            )
        finally:
            PREPARED.reset(token)
        return Result(
            executed=True,
            data=result.data,
            errors=result.errors or (),
            extensions=result.extensions or {},
        )


def _check_kind(operation: Operation, *, reads_only: bool) -> None:
    if operation.kind is OperationType.SUBSCRIPTION:
        raise HTTPRefusal(
            400,
            "Subscriptions are not answered over plain HTTP: this request can carry a query or a mutation.",
        )
    if reads_only and operation.kind is not OperationType.QUERY:
        raise HTTPRefusal(405, "A mutation must be sent with POST.", headers={"Allow": "POST, OPTIONS"})
