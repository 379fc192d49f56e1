"""Clients that say exactly what a test wants said, by WebSocket and by HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")
# Generous: what is waited for comes at once, or the test fails.
SECONDS = 30


class Talk:
    """One socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, message: Any) -> None:
        """A message, or a text that is none."""
        text = message if isinstance(message, str | bytes) else orjson.dumps(message).decode()
        await self.socket.send(text)

    async def hear(self) -> dict[str, Any]:
        """The next message, which is text."""
        async with asyncio.timeout(SECONDS):
            received = await self.socket.recv()
        assert isinstance(received, str)
        message: dict[str, Any] = orjson.loads(received)
        return message

    async def init(self, token: str | None = None, **payload: Any) -> None:
        """Say who is asking, and be heard."""
        if token is not None:
            payload["Authorization"] = f"Bearer {token}"
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, operation_id: str, query: str | None, **members: Any) -> None:
        await self.send({"type": "subscribe", "id": operation_id, "payload": {"query": query, **members}})

    async def ask(self, query: str | None, operation_id: str = "1", **members: Any) -> list[dict[str, Any]]:
        """All that an operation answers with, up to its end."""
        await self.subscribe(operation_id, query, **members)
        heard = [await self.hear()]
        while heard[-1]["type"] == "next":
            heard.append(await self.hear())
        return heard

    async def closed(self) -> tuple[int, str]:
        """Code and reason with which the server closes, whatever it says before."""
        async with asyncio.timeout(SECONDS):
            with pytest.raises(ConnectionClosed) as caught:
                await self._hear_all()
        received = caught.value.rcvd
        assert received is not None, "cut without a closing frame"
        return received.code, received.reason

    async def _hear_all(self) -> None:
        while True:
            await self.socket.recv()


@asynccontextmanager
async def talking(
    url: str, *, protocols: list[str] | None = None, query: str = "", **options: Any
) -> AsyncIterator[Talk]:
    """A socket, open and not yet initialised."""
    subprotocols = [Subprotocol(each) for each in protocols] if protocols is not None else [PROTOCOL]
    options = {"proxy": None, "compression": None, "open_timeout": SECONDS} | options
    async with connect(url + query, subprotocols=subprotocols or None, **options) as socket:
        yield Talk(socket)


def next_of(operation_id: str, data: Any, **members: Any) -> dict[str, Any]:
    return {"type": "next", "id": operation_id, "payload": {"data": data, **members}}


class Events:
    """An open response of server-sent events."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._text = response.aiter_text()
        self._buffer = ""

    async def block(self) -> str | None:
        """The next block that ends with an empty line, comments among them; None at the end."""
        async with asyncio.timeout(SECONDS):
            while "\n\n" not in self._buffer:
                chunk = await anext(self._text, None)
                if chunk is None:
                    assert self._buffer == ""
                    return None
                self._buffer += chunk
        found, _, self._buffer = self._buffer.partition("\n\n")
        return found

    async def event(self) -> dict[str, Any] | None:
        """The next event as an object of its fields, `data` parsed; None at the end of the response."""
        while (block := await self.block()) is not None:
            lines = [line.split(":", 1) for line in block.split("\n")]
            fields: dict[str, Any] = {name: value.removeprefix(" ") for name, value in lines if name}
            if fields:
                fields["data"] = orjson.loads(fields["data"]) if fields["data"] else None
                return fields
        return None

    async def all(self) -> list[dict[str, Any]]:
        """Every event to the end of the response."""
        found = []
        while (event := await self.event()) is not None:
            found.append(event)
        return found


@asynccontextmanager
async def web_client() -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(timeout=SECONDS, limits=limits, trust_env=False) as client:
        yield client


@asynccontextmanager
async def events(
    url: str, query: str, token: str | None = None, *, accept: str = "text/event-stream", **options: Any
) -> AsyncIterator[Events]:
    """A response to a POST; `options` are members of the request's object, and `headers`."""
    headers = {"Accept": accept, **options.pop("headers", {})}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    async with (
        web_client() as client,
        client.stream("POST", url, json={"query": query, **options}, headers=headers) as response,
    ):
        yield Events(response)
