"""One operation on a stream: its results one after the other, with the rights that its asker has then."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from graphql import GraphQLError

from api.auth.authenticate import Occasion
from api.auth.principal import Principal
from api.core.errors import CodedError
from api.core.reporting import TIMEOUT_MESSAGE
from api.http.errors import HTTPRefusal
from api.http.execution import Judged, Result
from api.http.incoming import Incoming
from api.http.request import GraphQLRequest
from api.http.service import OperationTimedOut, Service
from api.http.subscription import Subscription
from db.errors import DataError


class Running:
    """An operation that runs, or is about to, in the one `task` that its transport gives it."""

    task: asyncio.Task[None]

    def __init__(self, service: Service, request: Incoming, principal: Principal, request_id: str) -> None:
        self.request_id = request_id
        self.context = service.make_context(request, principal, request_id)
        self.is_subscription = False
        self.ended_by: GraphQLError | None = None
        self.place: str | None = None
        """Where a client that has got everything so far may resume."""
        self._service = service
        self._request = request

    async def judge(
        self, asked: GraphQLRequest, *, reads_only: bool = False, show_cost: bool = False
    ) -> Judged | Result:
        """As `Executor.judge`."""
        judged = await self._service.executor.judge(
            asked, self.context, reads_only=reads_only, show_cost=show_cost
        )
        self.is_subscription = isinstance(judged, Judged) and judged.is_subscription
        return judged

    async def results(self, judged: Judged | Result) -> AsyncGenerator[Result, None]:
        """One result, or for a subscription one for each event; none follows one that was not executed.

        Whoever iterates must close it.
        """
        if isinstance(judged, Result):
            yield judged
        elif judged.is_subscription:
            subscription = Subscription(
                self._service.executor.schema, judged, self.context, self._confirm, self._service.timeout
            )
            async with aclosing(subscription.results()) as results:
                async for result in results:
                    yield result
        else:
            yield await self._answer(judged)

    async def reconsider(self, principal: Principal) -> None:
        """Go on with other rights, or end: a subscription that may not go on, with an error."""
        if not self.is_subscription:
            return
        try:
            await self.context.reconsider(principal)
        except CodedError as error:
            self.end(error)
        except DataError as error:
            self.end(GraphQLError("", original_error=error))

    def end(self, error: GraphQLError | None = None) -> None:
        """Stop the task; with an error, which `stopped` then hands to it."""
        self.ended_by = self.ended_by or error
        self.task.cancel()

    def stopped(self) -> GraphQLError | None:
        """For the task that was cancelled: the error with which to end, None if nobody waits for one."""
        if self.ended_by is None or self.task.uncancel() > 0:
            return None
        return self.ended_by

    async def _confirm(self) -> Principal:
        return await self._service.identify(self._request, Occasion.EVENT)

    async def _answer(self, judged: Judged) -> Result:
        try:
            async with asyncio.timeout(self._service.timeout):
                return await self._service.executor.answer(judged, self.context)
        except HTTPRefusal as refusal:
            return Result(executed=False, errors=[refusal.error])
        except TimeoutError:
            return Result(executed=False, errors=[OperationTimedOut(TIMEOUT_MESSAGE)])
