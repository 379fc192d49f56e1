"""Writing GraphQL responses: media type, status code, JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send

from api.core.errors import Code
from api.core.reporting import report
from api.http.errors import HTTPRefusal
from api.http.execution import Result
from api.http.negotiation import GRAPHQL_RESPONSE, JSON

# Faults of the server: the same status under both media types, so that proxies and monitors see them.
_SERVER_STATUS: Final = {
    Code.INTERNAL_SERVER_ERROR: 500,
    Code.SERVICE_UNAVAILABLE: 503,
    Code.TIMEOUT: 504,
}

_CONTENT_TYPES: Final = {name: f"{name}; charset=utf-8".encode() for name in (JSON, GRAPHQL_RESPONSE)}

# The 2026 draft keeps 400 for what cannot be parsed and says 422 for what parses and is not acceptable.
_UNPARSED: Final = frozenset({Code.GRAPHQL_PARSE_FAILED, Code.TOKEN_LIMIT, Code.DOCUMENT_TOO_LONG})


_DENIAL: Final = "websocket.http.response"


@dataclass(slots=True)
class Reply:
    """A finished response, which sends itself as ASGI wants it."""

    status: int
    media_type: str
    body: bytes
    headers: Mapping[str, str] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send head and body; to a WebSocket that is not accepted, as servers can."""
        prefix = ""
        if scope["type"] == "websocket":
            if _DENIAL not in scope.get("extensions", {}):
                await send({"type": "websocket.close", "code": 1008})
                return
            prefix = "websocket."
        headers = [
            (b"content-type", _CONTENT_TYPES[self.media_type]),
            (b"content-length", b"%d" % len(self.body)),
            (b"cache-control", b"no-store"),
        ]
        if self.headers:
            headers += [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        await send({"type": f"{prefix}http.response.start", "status": self.status, "headers": headers})
        await send({"type": f"{prefix}http.response.body", "body": self.body})


@dataclass(frozen=True, slots=True)
class Responder:
    """How results become responses; `draft` chooses the status codes of the 2026 draft."""

    draft: bool
    max_errors: int

    def result(
        self, result: Result, media_type: str, request_id: str, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """A response to a well-formed request."""
        body = self.body(result, request_id)
        status = self._status(result, body.get("errors", ()), media_type)
        return _response(body, status, media_type, headers)

    def body(self, result: Result, request_id: str) -> dict[str, Any]:
        """A result as a JSON object, which may hold finished JSON: orjson alone can write it."""
        body: dict[str, Any] = {}
        if result.executed:
            body["data"] = result.data
        extensions = dict(result.extensions)
        if result.errors:
            body["errors"] = report(result.errors, request_id, max_errors=self.max_errors)
            if len(result.errors) > self.max_errors:
                extensions["errorsOmitted"] = len(result.errors) - self.max_errors
        if extensions:
            body["extensions"] = extensions
        return body

    def refusal(self, refusal: HTTPRefusal, media_type: str | None, request_id: str) -> Reply:
        """A response to what was no well-formed request, or not acceptable as one."""
        errors = report([refusal.error], request_id, max_errors=1)
        return _response({"errors": errors}, refusal.status, media_type or JSON, refusal.headers)

    def _status(self, result: Result, errors: Sequence[Mapping[str, Any]], media_type: str) -> int:
        if result.executed:
            return 294 if errors and self.draft and media_type == GRAPHQL_RESPONSE else 200
        code = errors[0]["extensions"]["code"]
        if code in _SERVER_STATUS:
            return _SERVER_STATUS[code]
        if media_type == JSON:
            # What clients of plain JSON have always got: they look for `errors`, not at the status.
            return 200
        return 422 if self.draft and code not in _UNPARSED else 400


def internal_error(error: Exception, request_id: str) -> Reply:
    """A masked response for a fault outside any resolver, logged with its stack trace."""
    errors = report([GraphQLError("", original_error=error)], request_id, max_errors=1)
    status = _SERVER_STATUS.get(errors[0]["extensions"]["code"], 500)
    return _response({"errors": errors}, status, JSON)


def _response(
    body: Mapping[str, Any], status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Reply:
    return Reply(status, media_type, orjson.dumps(body), headers)
