"""From a request to its result: the one place that decides how an operation is refused or run."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from graphql import GraphQLError, GraphQLSchema, OperationType
from graphql.execution.values import VariableValues
from strawberry import Schema
from strawberry.types.graphql import OperationType as AllowedType

from api.auth.principal import Principal
from api.core.demand import Demand
from api.core.documents import PREPARED, Document, Operation
from api.http.errors import HTTPRefusal
from api.http.request import GraphQLRequest
from api.http.rights import Rights, RightsByRole
from api.http.sources import Sources

_KINDS: Final = (AllowedType.QUERY, AllowedType.MUTATION)


@dataclass(frozen=True, slots=True)
class Result:
    """A GraphQL response before it is written. `executed` tells a partial result from a request error."""

    executed: bool
    data: Any = None
    errors: Sequence[GraphQLError] = ()
    extensions: dict[str, Any] = field(default_factory=dict)
    event_id: str | None = None
    """Where a client may resume the stream in which this is an event."""


Read = Callable[[Document, Operation, VariableValues, Any], Awaitable[Result | None]]
"""Answers a query without executing it field by field, or declines with None."""


class OperationContext(Protocol):
    """What the transport needs of an operation's context, which resolvers get whole.

    The source of a subscription sets `event_id` before it yields an event from which clients can resume.
    """

    principal: Principal
    event_id: str | None

    def renew(self, principal: Principal) -> None:
        """Forget what was read, and go on as `principal`: the next event of a subscription is executed."""

    async def reconsider(self, principal: Principal) -> None:
        """Go on as `principal`, whose rights differ from before.

        Raises CodedError or DataError where that ends the operation.
        """

    def abandon(self) -> None:
        """End whatever still runs for the operation, since nobody waits for it any longer."""


@dataclass(slots=True)
class Judged:
    """An operation that nothing refuses, and what its results tell in `extensions` by themselves."""

    request: GraphQLRequest
    document: Document
    operation: Operation
    variables: VariableValues
    extensions: Mapping[str, Any]

    @property
    def is_subscription(self) -> bool:
        """Whether it has any number of results."""
        return self.operation.kind is OperationType.SUBSCRIPTION


class Executor:
    """Judges and runs requests against one schema."""

    def __init__(
        self,
        schema: Schema,
        sources: Sources,
        rights: RightsByRole,
        *,
        read: Read | None = None,
        show_cost: bool = False,
    ) -> None:
        self._schema = schema
        self._sources = sources
        self._rights = rights
        self._read = read
        self._show_cost = show_cost

    @property
    def schema(self) -> GraphQLSchema:
        """What is executed."""
        return self._schema._schema  # noqa: SLF001

    async def run(
        self, request: GraphQLRequest, context: OperationContext, *, reads_only: bool, show_cost: bool = False
    ) -> Result:
        """The one result of a request; `show_cost` puts its cost into the extensions.

        Raises:
            HTTPRefusal: for a mutation where only reads are served (405), for a hash of another query (400),
                and for a subscription (400).
        """
        judged = await self.judge(request, context, reads_only=reads_only, show_cost=show_cost, streams=False)
        return judged if isinstance(judged, Result) else await self.answer(judged, context)

    async def judge(
        self,
        request: GraphQLRequest,
        context: OperationContext,
        *,
        reads_only: bool,
        show_cost: bool = False,
        streams: bool = True,
    ) -> Judged | Result:
        """The operation of a request, or the result that refuses it.

        Raises HTTPRefusal as `run` does; for a subscription only where the transport has no `streams`.
        """
        rights = self._rights.of(context.principal.viewer)
        try:
            document = await self._sources.of(request, rights)
            if document.errors:
                return Result(executed=False, errors=document.errors)
            operation = document.select(request.operation_name)
        except GraphQLError as error:
            return Result(executed=False, errors=[error])
        _check_kind(operation, reads_only=reads_only, streams=streams)
        judge = self._sources.judge(rights)
        variables = judge.variables(operation, request.variables)
        if isinstance(variables, list):
            return Result(executed=False, errors=variables)
        demand = operation.plan.demand(variables.coerced)
        refusal = judge.check_demand(demand, rights.max_cost)
        extensions = {"cost": _cost(demand, rights)} if show_cost or self._show_cost else {}
        if refusal is not None:
            return Result(executed=False, errors=[refusal], extensions=extensions)
        return Judged(request, document, operation, variables, extensions)

    async def answer(self, judged: Judged, context: OperationContext) -> Result:
        """The result of a query or a mutation."""
        result = None
        if self._read is not None and judged.operation.kind is OperationType.QUERY:
            result = await self._read(judged.document, judged.operation, judged.variables, context)
        if result is None:
            result = await self._execute(judged.request, judged.document, judged.operation, context)
        result.extensions.update(judged.extensions)
        return result

    async def _execute(
        self, request: GraphQLRequest, document: Document, operation: Operation, context: OperationContext
    ) -> Result:
        token = PREPARED.set(document)
        try:
            result = await self._schema.execute(
                document.text,
                variable_values=dict(request.variables),
                context_value=context,
                operation_name=operation.name,
                allowed_operation_types=_KINDS,
            )
        finally:
            PREPARED.reset(token)
            context.abandon()
        return Result(
            executed=True,
            data=result.data,
            errors=result.errors or (),
            extensions=result.extensions or {},
        )


def _cost(demand: Demand, rights: Rights) -> dict[str, int]:
    return {"requested": demand.cost, "limit": rights.max_cost}


def _check_kind(operation: Operation, *, reads_only: bool, streams: bool) -> None:
    if operation.kind is OperationType.SUBSCRIPTION and not streams:
        raise HTTPRefusal(
            400,
            "Subscriptions are not answered over plain HTTP: accept text/event-stream, or use a WebSocket.",
        )
    if reads_only and operation.kind is OperationType.MUTATION:
        raise HTTPRefusal(405, "A mutation must be sent with POST.", headers={"Allow": "POST, OPTIONS"})
