"""The GraphQL endpoint: one path for POST, GET, GraphiQL and the questions around them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.core.errors import Code, CodedError
from api.core.reporting import TIMEOUT_MESSAGE
from api.http.errors import HTTPRefusal
from api.http.execution import Executor, Result
from api.http.graphiql import GraphiQLPage
from api.http.incoming import Incoming
from api.http.negotiation import HTML, JSON, choose
from api.http.request import GraphQLRequest, from_get, from_post
from api.http.response import Responder

METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")

ContextFactory = Callable[[Incoming, str], object]
"""Makes the context of one operation from the request and its id."""


class OperationTimedOut(CodedError):
    """The whole operation took longer than the server allows."""

    code = Code.TIMEOUT


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """An ASGI application for one path. `page` is None where GraphiQL is switched off.

    `timeout` is in seconds, from the head of a request to its result.
    """

    executor: Executor
    responder: Responder
    make_context: ContextFactory
    max_body_bytes: int
    timeout: float
    strict_get: bool
    page: GraphiQLPage | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        response = await self._respond(Incoming(scope, receive), scope["state"]["request_id"])
        await response(scope, receive, send)

    async def _respond(self, request: Incoming, request_id: str) -> ASGIApp:
        media_type: str | None = JSON
        try:
            if request.method == "OPTIONS":
                return self._options()
            self._check_method(request.method)
            page_offered = self.page is not None and request.method != "POST"
            media_type = choose(request.header(b"accept"), html=page_offered)
            if media_type is None:
                raise HTTPRefusal(
                    406,
                    "Nothing that the Accept header names can be answered with: accept "
                    "application/graphql-response+json or application/json.",
                )
            if media_type == HTML and self.page is not None:
                return self.page.response()
            result = await self._run(request, request_id)
            return self.responder.result(result, media_type, request_id)
        except HTTPRefusal as refusal:
            return self.responder.refusal(refusal, media_type, request_id)

    async def _run(self, request: Incoming, request_id: str) -> Result:
        asked: GraphQLRequest | None = None
        try:
            # One timer for the body and the operation: it costs as much as reading both.
            async with asyncio.timeout(self.timeout):
                asked = await self._asked(request)
                context = self.make_context(request, request_id)
                return await self.executor.run(asked, context, reads_only=request.method != "POST")
        except TimeoutError:
            if asked is None:
                raise HTTPRefusal(
                    408,
                    f"The body was not complete after {self.timeout:g} seconds: send it again.",
                    headers={"Connection": "close"},
                ) from None
            return Result(executed=False, errors=[OperationTimedOut(TIMEOUT_MESSAGE)])

    async def _asked(self, request: Incoming) -> GraphQLRequest:
        if request.method == "POST":
            return await from_post(request, max_body_bytes=self.max_body_bytes)
        if self.strict_get:
            raise HTTPRefusal(
                405, "GraphQL over GET is switched off: use POST.", headers={"Allow": "POST, OPTIONS"}
            )
        return from_get(request)

    def _check_method(self, method: str) -> None:
        if method not in METHODS:
            allowed = ", ".join(self._allowed())
            raise HTTPRefusal(405, f"This path answers {allowed}, not {method}.", headers={"Allow": allowed})

    def _allowed(self) -> tuple[str, ...]:
        return ("POST", "OPTIONS") if self.strict_get and self.page is None else METHODS

    def _options(self) -> Response:
        return Response(status_code=204, headers={"Allow": ", ".join(self._allowed()), "Accept-Post": JSON})
