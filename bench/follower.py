"""One socket of somebody who follows: as little of graphql-transport-ws as that takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from bench.people import KEY

LOST = (OSError, TimeoutError, WebSocketException, InvalidHandshake)
"""What is raised where a server goes away, or is away."""


class Refused(Exception):
    """A subscription ended with an error; `resume_after` is the place that it names, if it does."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code: str = error["extensions"]["code"]
        self.resume_after: str | None = error["extensions"].get("resumeAfter")


class Follower:
    """A socket of which the server knows who it is."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def subscribe(self, operation_id: str, query: str, variables: dict[str, Any]) -> None:
        """Begin a subscription."""
        payload = {"query": query, "variables": variables}
        await self._send({"type": "subscribe", "id": operation_id, "payload": payload})

    async def next(self) -> tuple[str, dict[str, Any] | None]:
        """The id of a subscription and the `data` of its next event, None at its end. Raises Refused."""
        while True:
            message = orjson.loads(await self.socket.recv())
            match message["type"]:
                case "next":
                    payload = message["payload"]
                    if payload.get("errors"):
                        raise Refused(payload["errors"][0])
                    return message["id"], payload["data"]
                case "error":
                    raise Refused(message["payload"][0])
                case "complete":
                    return message["id"], None
                case "ping":
                    await self._send({"type": "pong"})

    def cut(self) -> None:
        """Vanish without a closing handshake."""
        self.socket.transport.abort()

    async def _send(self, message: dict[str, Any]) -> None:
        await self.socket.send(orjson.dumps(message).decode())


@asynccontextmanager
async def follower(port: int, *, buffered: int = 16) -> AsyncIterator[Follower]:
    """A socket in the name of the bench's user. Raises what `LOST` lists."""
    async with connect(
        f"ws://127.0.0.1:{port}/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        compression=None,
        proxy=None,
        max_queue=buffered,
        close_timeout=1,
        ping_interval=None,
    ) as socket:
        init = {"type": "connection_init", "payload": {"Authorization": f"Bearer {KEY}"}}
        await socket.send(orjson.dumps(init).decode())
        if orjson.loads(await socket.recv())["type"] != "connection_ack":
            raise OSError("the socket was not acknowledged")
        yield Follower(socket)
