"""A subscription at work: its source is asked once, and each event is executed like an operation."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    create_source_event_stream,
    execute_subscription_event,
    map_source_to_response_event,
)
from graphql.execution import Executor as GraphQLExecutor

from api.auth.principal import Principal
from api.core.reporting import TIMEOUT_MESSAGE
from api.core.whole import WholeEvent
from api.http.errors import HTTPRefusal
from api.http.execution import Judged, OperationContext, Result

Confirm = Callable[[], Awaitable[Principal]]
"""Who is asking, as they stand now. Raises HTTPRefusal when they may not ask any longer."""


class Subscription:
    """One subscription. `timeout` is in seconds, for its beginning and for each of its events."""

    def __init__(
        self,
        schema: GraphQLSchema,
        judged: Judged,
        context: OperationContext,
        confirm: Confirm,
        timeout: float,
    ) -> None:
        self._schema = schema
        self._judged = judged
        self._context = context
        self._confirm = confirm
        self._timeout = timeout

    async def results(self) -> AsyncGenerator[Result, None]:
        """A result for each event. One that was not executed is the last, and says why there are no more.

        Whoever iterates must close it, in the task that iterates: that closes the source.
        """
        try:
            executor = self._executor()
            if isinstance(executor, list):
                yield Result(executed=False, errors=executor)
                return
            async with asyncio.timeout(self._timeout):
                source = await self._source(executor)
            if isinstance(source, ExecutionResult):
                yield Result(executed=False, errors=source.errors or ())
                return
            async with _closing(source):
                responses = map_source_to_response_event(executor, source, self._execute)
                async with _closing(responses):
                    async for response in responses:
                        yield self._result(response)
        except GraphQLError as error:
            yield Result(executed=False, errors=[error])
        except HTTPRefusal as refusal:
            yield Result(executed=False, errors=[refusal.error])
        except Exception as error:  # noqa: BLE001
            yield Result(executed=False, errors=[GraphQLError("", original_error=error)])
        finally:
            self._context.abandon()

    def _executor(self) -> GraphQLExecutor[Any] | list[GraphQLError]:
        judged = self._judged
        tree = judged.document.tree
        if tree is None:
            raise RuntimeError("a document without a tree was judged good")
        return GraphQLExecutor.build(
            self._schema,
            tree,
            context_value=self._context,
            raw_variable_values=dict(judged.request.variables),
            operation_name=judged.operation.name,
        )

    async def _source(self, executor: GraphQLExecutor[Any]) -> AsyncIterable[Any] | ExecutionResult:
        source = create_source_event_stream(executor)
        return await source if isinstance(source, Awaitable) else source

    async def _execute(self, event: GraphQLExecutor[Any]) -> ExecutionResult:
        """One event, through the eyes that its reader has now, with loaders of its own.

        Raises what an event that was read as a whole raises where its reader sees it no longer.
        """
        context = self._context
        context.renew(await self._confirm())
        try:
            async with asyncio.timeout(self._timeout):
                if isinstance(event.root_value, WholeEvent):
                    return ExecutionResult(await event.root_value.data(context.principal.viewer))  # type: ignore[arg-type]
                result = execute_subscription_event(event)
                found = await result if isinstance(result, Awaitable) else result
        except TimeoutError as error:
            found = ExecutionResult(None, [GraphQLError(TIMEOUT_MESSAGE, original_error=error)])
        finally:
            context.abandon()
        if not isinstance(found, ExecutionResult):
            raise TypeError("events are executed as a whole")
        return found

    def _result(self, response: ExecutionResult) -> Result:
        return Result(
            executed=True,
            data=response.data,
            errors=response.errors or (),
            extensions=dict(self._judged.extensions),
            event_id=self._context.event_id,
        )


@asynccontextmanager
async def _closing(stream: Any) -> AsyncGenerator[None, None]:
    """Close a stream at the end of the block, if it can be closed."""
    try:
        yield
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()
