"""Uvicorn, run from within the program: a socket of our own, bounded headers and messages, clean ends."""

import asyncio
import gc
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn._types import ASGI3Application, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from api.settings import ApiSettings
from db.errors import Misconfigured

GRACE_SECONDS = 10

# What a client that is told to go has to read the news.
FAREWELL_SECONDS = 5.0

_SOCKET_LOGGER = logging.getLogger("api.server.sockets")
_SOCKET_LOGGER.setLevel(logging.WARNING)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises Misconfigured when that is not possible."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Misconfigured(
            f"There is no address {host} to listen on ({error.strerror}): correct --host."
        ) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise Misconfigured(
            f"Port {port} of {host} cannot be used ({error.strerror}): stop what uses it, or take another "
            "with --port."
        ) from error
    return bound


def http_protocol(limit: int) -> type[HttpToolsProtocol]:
    """The HTTP protocol of Uvicorn, with bounded headers, and with an end for what nobody waits for.

    Uvicorn by itself would gather headers without end: more than `limit` bytes of request line and headers
    are answered with 431, and the connection closed. And it would finish each request of a client that has
    gone: here the request's task is cancelled, which rolls its transaction back and ends its statement.
    """

    class Protocol(HttpToolsProtocol):
        # The request that was begun last and its task; those behind it in the pipeline have none yet.
        begun: RequestResponseCycle | None = None
        task: asyncio.Task[None]
        lost = False
        # Bytes since the head of the current request began; None while a body is read.
        head: int | None = 0

        def data_received(self, data: bytes) -> None:
            if self.head is not None:
                self.head += len(data)
            super().data_received(data)
            if self.head is not None and self.head > limit:
                self.refuse()

        def on_headers_complete(self) -> None:
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            self.head = None
            if size > limit:
                self.refuse()
                return
            super().on_headers_complete()

        def handle_websocket_upgrade(self) -> None:
            if not self.transport.is_closing():
                super().handle_websocket_upgrade()

        def on_message_complete(self) -> None:
            self.head = 0
            super().on_message_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            self.lost = True
            super().connection_lost(exc)
            if self.begun is not None and not self.begun.response_complete:
                self.task.cancel()

        def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
            async def serve(scope: Any, receive: Any, send: Any) -> None:
                try:
                    await app(scope, receive, send)
                except asyncio.CancelledError:
                    if not self.lost:
                        raise
                    # Uvicorn marks the last request of a pipeline only, and would answer this one.
                    cycle.disconnected = True
                if self.flow.write_paused and not cycle.response_complete:
                    # Given up by the application, since the client does not read.
                    cycle.disconnected = True
                    self.transport.abort()

            self.begun = cycle
            self.task = self.loop.create_task(cycle.run_asgi(serve))
            self.task.add_done_callback(self.tasks.discard)
            self.tasks.add(self.task)

        def refuse(self) -> None:
            self.head = None
            if not self.transport.is_closing():
                self.transport.write(
                    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
                    b"content-length: 0\r\nconnection: close\r\n\r\n"
                )
                self.transport.close()

    return Protocol


class SocketProtocol(WebSocketsSansIOProtocol):
    """The WebSocket protocol of Uvicorn, which lets go of clients that do not read, and logs no messages.

    Uvicorn by itself would wait without end for what it has to send before it closes, and it would log URLs
    and, at the level of debugging, messages, which may hold credentials.
    """

    abort: asyncio.TimerHandle | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.logger = _SOCKET_LOGGER
        self.conn.logger, self.conn.debug = _SOCKET_LOGGER, False

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            self.abort_soon()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            # Uvicorn would complain that the handshake was never completed.
            self.handshake_complete = True

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.abort_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.abort is not None:
            self.abort.cancel()
        super().connection_lost(exc)

    def abort_soon(self) -> None:
        """Close without waiting any longer, unless the connection is lost before."""
        if self.abort is None and not self.disconnected:
            self.abort = self.loop.call_later(FAREWELL_SECONDS, self.transport.abort)


class Server(uvicorn.Server):
    """Uvicorn's server, which says when it listens, and ends its streams before its connections."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[], None], drain: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(config)
        self.ready = ready
        self.drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then call `ready`."""
        await super().startup(sockets=sockets)
        if self.started:
            # The schema lives as long as the process: collecting through it stops everything for long.
            gc.collect()
            gc.freeze()
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen no longer, end the streams, and then as Uvicorn does."""
        for server in self.servers:
            server.close()
        await self.drain()
        await super().shutdown(sockets)


async def serve(
    app: Starlette, settings: ApiSettings, bound: socket.socket, ready: Callable[[], None]
) -> None:
    """Serve `app` on `bound` until the process is asked to end; requests under way are finished first."""
    server = Server(uvicorn.Config(app, **options_of(settings)), ready, app.state.streams.drain)
    await server.serve(sockets=[bound])
    # The signal that ended it is passed on and cancels this task; what remains is to clean up in peace.
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)


def options_of(settings: ApiSettings) -> dict[str, Any]:
    """The options of Uvicorn."""
    return {
        "http": http_protocol(settings.max_header_bytes),
        "ws": SocketProtocol,
        "ws_max_size": settings.max_body_bytes,
        "ws_ping_interval": settings.keep_alive_seconds,
        "ws_ping_timeout": settings.keep_alive_seconds,
        # Memory for each connection, and a way to guess at secrets beside what a client chooses.
        "ws_per_message_deflate": False,
        "h11_max_incomplete_event_size": settings.max_header_bytes,
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }
