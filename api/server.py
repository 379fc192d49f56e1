"""Uvicorn, run from within the program: a socket of our own, bounded headers, a clean end."""

import asyncio
import gc
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.settings import ApiSettings
from db.errors import Misconfigured

GRACE_SECONDS = 10


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`. A name other than localhost may lead anywhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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


def bounded_headers(limit: int) -> type[HttpToolsProtocol]:
    """The HTTP protocol of Uvicorn, which by itself would gather headers without end.

    More than `limit` bytes of request line and headers are answered with 431, and the connection closed.
    """

    class BoundedHeaders(HttpToolsProtocol):
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

        def on_message_complete(self) -> None:
            self.head = 0
            super().on_message_complete()

        def refuse(self) -> None:
            self.head = None
            if not self.transport.is_closing():
                self.transport.write(
                    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
                    b"content-length: 0\r\nconnection: close\r\n\r\n"
                )
                self.transport.close()

    return BoundedHeaders


class Server(uvicorn.Server):
    """Uvicorn's server, which says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then call `ready`."""
        await super().startup(sockets=sockets)
        if self.started:
            # The schema lives as long as the process: collecting through it stops everything for long.
            gc.collect()
            gc.freeze()
            self.ready()


async def serve(app: ASGIApp, settings: ApiSettings, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Serve `app` on `bound` until the process is asked to end; requests under way are finished first."""
    options: dict[str, Any] = {
        "http": bounded_headers(settings.max_header_bytes),
        "h11_max_incomplete_event_size": settings.max_header_bytes,
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACE_SECONDS,
    }
    server = Server(uvicorn.Config(app, **options), ready)
    await server.serve(sockets=[bound])
    # The signal that ended it is passed on and cancels this task; what remains is to clean up in peace.
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(0)
