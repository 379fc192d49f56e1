"""An HTTP request as ASGI hands it over: its headers gathered once, its body bounded while it streams."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.types import Receive, Scope

from api.http.errors import HTTPRefusal

_LONGEST_NUMBER: Final = 18


class Incoming:
    """One request; several headers of one name count as one with a list, as HTTP defines."""

    __slots__ = ("_headers", "_receive", "method", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self._receive = receive
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            headers[name] = value if name not in headers else b"%b, %b" % (headers[name], value)
        self._headers = headers

    @property
    def address(self) -> str | None:
        """The network address of the client, where there is one."""
        client = self.scope.get("client")
        return client[0] if client else None

    def header(self, name: bytes) -> str | None:
        """The value of a header whose name is given in lower case."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    async def body(self, limit: int) -> bytes:
        """The whole body, of at most `limit` bytes; more is refused (413) without reading on."""
        chunks = [chunk async for chunk in self.pieces(limit)]
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def pieces(self, limit: int) -> AsyncIterator[bytes]:
        """The body piece by piece, of at most `limit` bytes; more is refused (413) without reading on."""
        announced = self.header(b"content-length") or ""
        if announced.isdecimal() and (len(announced) > _LONGEST_NUMBER or int(announced) > limit):
            raise _too_large(limit)
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise HTTPRefusal(400, "The connection closed before the body was complete.")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            if chunk:
                yield chunk
            if not message.get("more_body", False):
                return


def _too_large(limit: int) -> HTTPRefusal:
    # What is still on its way would otherwise be read as the next request of this connection.
    return HTTPRefusal(
        413,
        f"The body is larger than the {limit} bytes that are allowed: send less.",
        headers={"Connection": "close"},
    )
