"""The GraphQL endpoint: one path for POST, GET, GraphiQL and the questions around them."""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth.principal import Principal
from api.core.errors import CodedError, ServiceUnavailable
from api.core.reporting import TIMEOUT_MESSAGE
from api.http.errors import HTTPRefusal, StreamLimit, refused
from api.http.execution import Judged, Result
from api.http.graphiql import GraphiQLPage
from api.http.incoming import Incoming
from api.http.negotiation import HTML, JSON, choose
from api.http.rates import Allowance, RateLimited
from api.http.request import GraphQLRequest, from_get, from_post
from api.http.response import Responder
from api.http.service import OperationTimedOut, Service
from api.http.streams.framing import FRAMINGS, Framing
from api.http.streams.live import Live
from api.http.streams.registry import Streams
from api.http.streams.running import Running

METHODS: Final = ("GET", "HEAD", "POST", "OPTIONS")
STREAMED: Final = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """An ASGI application for one path. `page` is None where GraphiQL is switched off.

    Each operation is counted before its body is read. The time limit of `service` runs from the head of a
    request to its result. `keep_alive` is in seconds, for answers that go on.
    """

    service: Service
    responder: Responder
    streams: Streams
    max_body_bytes: int
    strict_get: bool
    keep_alive: float
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
            media_type = choose(
                request.header(b"accept"), html=page_offered, streams=request.method in STREAMED
            )
            if media_type is None:
                raise HTTPRefusal(
                    406,
                    "Nothing that the Accept header names can be answered with: accept "
                    "application/graphql-response+json or application/json.",
                )
            if media_type == HTML and self.page is not None:
                return self.page.response()
            return await self._answer(request, request_id, media_type)
        except HTTPRefusal as refusal:
            return self.responder.refusal(refusal, _plain(media_type), request_id)

    async def _answer(self, request: Incoming, request_id: str, media_type: str) -> ASGIApp:
        asked: GraphQLRequest | None = None
        allowance: Allowance | None = None
        service = self.service
        framing = FRAMINGS.get(media_type)
        reads_only = request.method != "POST"
        show_cost = request.header(b"x-show-cost") == "true"
        try:
            # One timer for the body and the operation: it costs as much as reading both.
            async with asyncio.timeout(service.timeout):
                principal = await service.admit(request)
                allowance = await service.limiter.take(principal, request.address)
                asked = await self._asked(request)
                if framing is None:
                    context = service.make_context(request, principal, request_id)
                    result = await service.executor.run(
                        asked, context, reads_only=reads_only, show_cost=show_cost
                    )
                else:
                    running = Running(service, request, principal, request_id)
                    judged = await running.judge(asked, reads_only=reads_only, show_cost=show_cost)
                    return self._live(request, principal, running, judged, framing, allowance)
        except RateLimited as error:
            raise _too_many(error) from None
        except CodedError as error:
            result = Result(executed=False, errors=[error])
        except TimeoutError:
            if asked is None:
                raise HTTPRefusal(
                    408,
                    f"The body was not complete after {service.timeout:g} seconds: send it again.",
                    headers={"Connection": "close"},
                ) from None
            result = Result(executed=False, errors=[OperationTimedOut(TIMEOUT_MESSAGE)])
        headers = allowance.headers() if allowance is not None else None
        return self.responder.result(result, _plain(media_type), request_id, headers)

    def _live(
        self,
        request: Incoming,
        principal: Principal,
        running: Running,
        judged: Judged | Result,
        framing: Framing,
        allowance: Allowance | None,
    ) -> Live:
        try:
            return Live(
                self.streams,
                request,
                principal,
                running,
                judged,
                responder=self.responder,
                framing=framing,
                headers=allowance.headers() if allowance is not None else {},
                pause=self.keep_alive,
            )
        except StreamLimit as error:
            raise refused(error, 429) from None
        except ServiceUnavailable as error:
            raise refused(error, 503) from None

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


def _too_many(error: RateLimited) -> HTTPRefusal:
    return HTTPRefusal(
        429,
        error.message,
        code=error.code,
        headers=error.headers(),
        retryAfterSeconds=error.allowance.seconds,
    )


def _plain(media_type: str | None) -> str:
    """In what an answer is written that does not go on."""
    return JSON if media_type is None or media_type in FRAMINGS else media_type
