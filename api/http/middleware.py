"""What holds for every response: request id, log line, security headers, bounded headers, masked faults."""

import asyncio
import logging
import os
import re
import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import HTTPRefusal
from api.http.response import Responder, internal_error

_log = structlog.get_logger("api.access")

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")

# Asked every few seconds by whoever watches the process.
_QUIET_PATHS: Final = frozenset({"/healthz", "/readyz"})

# In the log only, since nobody gets a response any more.
_CLIENT_GONE: Final = 499

# What carries the headers of an answer: to a request, to a socket that is refused, to one that is accepted.
_HEADS: Final = frozenset({"http.response.start", "websocket.http.response.start", "websocket.accept"})
_UPGRADED: Final = 101

SECURITY_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class RequestMiddleware:
    """The outermost layer: nothing answers without passing here."""

    def __init__(self, app: ASGIApp, *, responder: Responder, max_header_bytes: int) -> None:
        self._app = app
        self._responder = responder
        self._max_header_bytes = max_header_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request or one WebSocket; other scopes pass untouched."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] in _HEADS:
                status = message.get("status", _UPGRADED)
                headers = message.get("headers", ())
                present = {name for name, _ in headers}
                message["headers"] = [
                    *headers,
                    (b"x-request-id", request_id.encode()),
                    *(each for each in SECURITY_HEADERS if each[0] not in present),
                ]
            elif message["type"] == "websocket.close":
                status = message["code"]
            await send(message)

        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._serve(scope, receive, send_with_headers, request_id)
        except asyncio.CancelledError:
            status = status or _CLIENT_GONE
            raise
        except Exception as error:
            if status or scope["type"] != "http":
                raise
            await internal_error(error, request_id)(scope, receive, send_with_headers)
        finally:
            _log_access(scope, status, time.perf_counter() - started)
            structlog.contextvars.reset_contextvars(**bound)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await self._responder.refusal(refusal, None, request_id)(scope, receive, send)

    def _refusal(self, scope: Scope) -> HTTPRefusal | None:
        limit = self._max_header_bytes
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > limit:
            return HTTPRefusal(
                414, f"The URL is longer than {limit} bytes: use POST.", headers={"Connection": "close"}
            )
        if sum(len(name) + len(value) for name, value in scope["headers"]) > limit:
            return HTTPRefusal(
                431,
                f"The headers are larger than {limit} bytes: send fewer.",
                headers={"Connection": "close"},
            )
        return None


def _log_access(scope: Scope, status: int, seconds: float) -> None:
    level = logging.DEBUG if scope["path"] in _QUIET_PATHS else logging.INFO
    # structlog makes the whole line before the level drops it.
    if _log.is_enabled_for(level):
        _log.log(
            level,
            "request" if scope["type"] == "http" else "socket",
            method=scope.get("method", "GET"),
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            given: str = value.decode()
            return given
    return os.urandom(16).hex()
