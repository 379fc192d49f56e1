"""One WebSocket that speaks graphql-transport-ws: a reader, and a task for each operation."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
from graphql import GraphQLError
from starlette.types import Receive, Send

from api.auth.principal import Principal
from api.core.errors import Code, CodedError, LimitExceeded, ServiceUnavailable
from api.http.errors import HTTPRefusal, StreamLimit
from api.http.execution import Result
from api.http.incoming import Incoming
from api.http.rates import RateLimited
from api.http.request import GraphQLRequest
from api.http.response import Responder
from api.http.service import Service
from api.http.streams.handshake import Opening
from api.http.streams.messages import (
    SUBPROTOCOL,
    Close,
    CloseCode,
    Complete,
    Init,
    Ping,
    Pong,
    Subscribe,
    read,
    write,
)
from api.http.streams.outlet import Gone, Outlet
from api.http.streams.registry import RESTARTING, Streams
from api.http.streams.running import Running
from api.settings import ApiSettings
from db.errors import DataError

_log = structlog.get_logger(__name__)

# A client that reads takes the closing frame within this.
_FAREWELL_SECONDS: Final = 2.0

UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True)
class Socket:
    """What all sockets of an application share."""

    service: Service
    streams: Streams
    responder: Responder
    settings: ApiSettings


class Connection:
    """A socket from its acceptance to its end. Everything that it began has ended when `serve` returns."""

    def __init__(
        self, socket: Socket, opening: Opening, receive: Receive, send: Send, request_id: str
    ) -> None:
        self.request: Incoming = opening
        self.principal: Principal | None = None
        self.begun = 0
        self._opening = opening
        self._request_id = request_id
        self._service = socket.service
        self._streams = socket.streams
        self._responder = socket.responder
        self._settings = socket.settings
        self._receive = receive
        self._outlet = Outlet(send)
        self._operations: dict[str, Running] = {}
        self._tasks: dict[asyncio.Task[None], Running] = {}
        self._timer: asyncio.Timeout | None = None
        self._verdict: Close | None = None
        self._interrupted = False
        self._draining = False

    async def serve(self) -> Close | None:
        """Speak until either side ends it. Returns why the server did; None when the client did."""
        close: Close | None = None
        try:
            await self._outlet.send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
            close = await self._listen()
        except Gone:
            pass
        except Exception:  # noqa: BLE001
            _log.exception("socket failed")
            close = Close(CloseCode.INTERNAL_ERROR, "Internal server error.")
        finally:
            self._streams.leave(self)
            for task in self._tasks:
                task.cancel()
            await self._say_goodbye(close)
            await asyncio.gather(*self._tasks, return_exceptions=True)
        return close

    async def reconsider(self, principal: Principal) -> None:
        """As `Stream.reconsider`."""
        for running in list(self._operations.values()):
            await running.reconsider(principal)

    def refuse(self, refusal: HTTPRefusal) -> None:
        """As `Stream.refuse`."""
        self._interrupt(Close(CloseCode.FORBIDDEN, str(refusal)))

    def stalled(self, seconds: float) -> bool:
        """As `Stream.stalled`."""
        return self._outlet.stalled(seconds)

    def cut(self) -> None:
        """As `Stream.cut`."""
        self._interrupt(None)

    async def drain(self, seconds: float) -> None:
        """As `Stream.drain`."""
        self._draining = True
        answering, ending = [], []
        subscriptions = {key: each for key, each in self._operations.items() if each.is_subscription}
        for task, running in self._tasks.items():
            if running.is_subscription:
                running.end()
                ending.append(task)
            else:
                answering.append(task)
        if ending:
            await asyncio.wait(ending, timeout=_FAREWELL_SECONDS)
        await self._tell_places(subscriptions)
        if answering:
            await asyncio.wait(answering, timeout=seconds)
        self._interrupt(Close(CloseCode.RESTART, "Service Restart"))

    def _interrupt(self, verdict: Close | None) -> None:
        """End the socket, wherever its reader waits; without a word for None."""
        if self._timer is not None and not self._interrupted:
            self._verdict, self._interrupted = verdict, True
            self._timer.reschedule(asyncio.get_running_loop().time())

    async def _listen(self) -> Close | None:
        # One timer waits for the first message and, later, interrupts the reader.
        timer = asyncio.timeout(self._settings.connection_init_timeout_seconds)
        try:
            async with timer:
                self._timer = timer
                await self._read()
        except Close as close:
            return close
        except TimeoutError:
            if not timer.expired():
                raise
            if self._interrupted:
                return self._verdict
            return Close(
                CloseCode.INITIALISATION_TIMEOUT, "Connection initialisation timeout: send connection_init."
            )
        finally:
            self._timer = None
        return None

    async def _read(self) -> None:
        while True:
            event = await self._receive()
            if event["type"] == "websocket.disconnect":
                return
            match read(event, self._settings.max_body_bytes):
                case Init(payload):
                    await self._initialise(payload)
                case Ping(payload):
                    await self._send("pong", **({} if payload is None else {"payload": payload}))
                case Pong():
                    pass
                case Subscribe(operation_id, request):
                    await self._subscribe(operation_id, request)
                case Complete(operation_id):
                    running = self._operations.pop(operation_id, None)
                    if running is not None:
                        running.end()

    async def _initialise(self, payload: Mapping[str, Any]) -> None:
        if self.principal is not None:
            raise Close(CloseCode.TOO_MANY_INITIALISATIONS, "Too many initialisation requests: send one.")
        if self._timer is not None and not self._interrupted:
            self._timer.reschedule(None)
        self.request = self._opening.with_credentials(payload)
        try:
            principal = await self._service.admit(self.request)
            self._streams.claim(self, principal)
        except HTTPRefusal as refusal:
            raise Close(CloseCode.FORBIDDEN, str(refusal)) from None
        except RateLimited as error:
            raise Close(CloseCode.FORBIDDEN, error.message) from None
        except StreamLimit as error:
            raise Close(CloseCode.TRY_AGAIN_LATER, error.message) from None
        except (ServiceUnavailable, DataError):
            raise Close(CloseCode.TRY_AGAIN_LATER, "Nobody can be recognised at the moment: wait.") from None
        await self._send("connection_ack")

    async def _subscribe(self, operation_id: str, request: GraphQLRequest) -> None:
        if self.principal is None:
            raise Close(CloseCode.UNAUTHORIZED, "Unauthorized: send connection_init and wait for its answer.")
        if operation_id in self._operations:
            raise Close(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {operation_id} already exists")
        self.begun += 1
        request_id = f"{self._request_id}.{self.begun}"
        refusal: GraphQLError | None = None
        limit = self._settings.max_operations_per_socket
        if self._draining:
            refusal = ServiceUnavailable(RESTARTING)
        elif len(self._tasks) >= limit:
            message = f"The socket runs {limit} operations, which is all it takes: wait for one to end."
            refusal = LimitExceeded(Code.OPERATION_LIMIT, message, limit)
        if refusal is not None:
            await self._finish(operation_id, request_id, Result(executed=False, errors=[refusal]))
            return
        running = Running(self._service, self.request, self.principal, request_id)
        running.task = asyncio.create_task(self._operate(operation_id, request, running))
        self._operations[operation_id] = running
        self._tasks[running.task] = running
        running.task.add_done_callback(self._tasks.pop)

    async def _operate(self, operation_id: str, request: GraphQLRequest, running: Running) -> None:
        """An operation from its beginning to its last message."""
        structlog.contextvars.bind_contextvars(request_id=running.request_id)
        end: Result | None
        try:
            end = await self._deliver(operation_id, request, running)
        except asyncio.CancelledError:
            error = running.stopped()
            if error is None:
                raise
            end = Result(executed=False, errors=[error])
        except Gone:
            return
        except Exception as error:  # noqa: BLE001
            end = Result(executed=False, errors=[GraphQLError("", original_error=error)])
        finally:
            # The client may use the id again as soon as it hears of the end.
            wanted = self._operations.get(operation_id) is running
            if wanted:
                del self._operations[operation_id]
        if wanted:
            with suppress(Gone):
                await self._finish(operation_id, running.request_id, end)

    async def _deliver(self, operation_id: str, request: GraphQLRequest, running: Running) -> Result | None:
        """Send what the operation comes to. Returns the result with which it fails, if it does."""
        try:
            principal = await self._service.identify(self.request)
            running.context.renew(principal)
            await self._service.limiter.take(principal, self.request.address)
            judged = await running.judge(request)
        except HTTPRefusal as refusal:
            if refusal.status == UNAUTHORIZED:
                self.refuse(refusal)
            return Result(executed=False, errors=[refusal.error])
        except CodedError as error:
            return Result(executed=False, errors=[error])
        async with aclosing(running.results(judged)) as results:
            async for result in results:
                if not result.executed:
                    return result
                payload = self._responder.body(result, running.request_id)
                await self._send("next", id=operation_id, payload=payload)
                running.place = result.event_id
        return None

    async def _finish(self, operation_id: str, request_id: str, end: Result | None) -> None:
        if end is None:
            await self._send("complete", id=operation_id)
        else:
            errors = self._responder.body(end, request_id)["errors"]
            await self._send("error", id=operation_id, payload=errors)

    async def _send(self, kind: str, **members: Any) -> None:
        await self._outlet.send({"type": "websocket.send", "text": write(kind, **members)})

    async def _tell_places(self, subscriptions: Mapping[str, Running]) -> None:
        """Where each subscription can be resumed, as details of a ping, which clients may take or leave."""
        places = {key: each.place for key, each in subscriptions.items() if each.place is not None}
        if not places:
            return
        with suppress(Gone, TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._send("ping", payload={"resumeAfter": places})

    async def _say_goodbye(self, close: Close | None) -> None:
        if close is None:
            return
        message = {"type": "websocket.close", "code": int(close.code), "reason": close.reason}
        with suppress(Gone, TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._outlet.send(message)
