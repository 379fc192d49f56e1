"""The WebSockets of one path: which of them are accepted."""

from starlette.types import Receive, Scope, Send

from api.core.errors import Code, ServiceUnavailable
from api.http.errors import HTTPRefusal, refused
from api.http.streams.connection import Connection, Socket
from api.http.streams.handshake import Opening, may_open
from api.http.streams.messages import SUBPROTOCOL, CloseCode


class SocketEndpoint:
    """An ASGI application for the WebSockets of one path, which speak graphql-transport-ws alone."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket from its handshake to its end."""
        request_id: str = scope["state"]["request_id"]
        await receive()
        opening = Opening(scope)
        connection = Connection(self._socket, opening, receive, send, request_id)
        try:
            self._admit(connection, opening)
        except HTTPRefusal as refusal:
            await self._socket.responder.refusal(refusal, None, request_id)(scope, receive, send)
            return
        if SUBPROTOCOL in scope["subprotocols"]:
            await connection.serve()
            return
        # Browsers show their pages the code of a socket that was accepted, and nothing of one that was not.
        self._socket.streams.leave(connection)
        await send({"type": "websocket.accept"})
        await send(
            {
                "type": "websocket.close",
                "code": int(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE),
                "reason": f"Subprotocol not acceptable: ask for {SUBPROTOCOL}.",
            }
        )

    def _admit(self, connection: Connection, opening: Opening) -> None:
        """Raises HTTPRefusal for a page of another origin (403), and for too many streams (503)."""
        if not may_open(opening, self._socket.settings.cors_origins):
            raise HTTPRefusal(
                403,
                "Pages of this origin may not open sockets here: add the origin to ATRIUM_CORS_ORIGINS.",
                code=Code.FORBIDDEN,
            )
        try:
            self._socket.streams.enter(connection)
        except ServiceUnavailable as error:
            raise refused(error, 503) from None
