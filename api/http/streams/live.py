"""A response over HTTP that goes on for as long as its operation does."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

from starlette.types import Receive, Scope, Send

from api.auth.principal import Principal
from api.http.errors import HTTPRefusal
from api.http.execution import Judged, Result
from api.http.incoming import Incoming
from api.http.response import Responder
from api.http.streams.framing import Framing
from api.http.streams.outlet import Gone, Outlet
from api.http.streams.registry import Streams
from api.http.streams.running import Running


class Live:
    """One such response, which sends itself as ASGI wants it; it holds a place among the open streams.

    `pause` is the number of seconds after which a silent line gets a sign of life.
    """

    def __init__(
        self,
        streams: Streams,
        request: Incoming,
        principal: Principal,
        running: Running,
        judged: Judged | Result,
        *,
        responder: Responder,
        framing: Framing,
        headers: Mapping[str, str],
        pause: float,
    ) -> None:
        """Raises what `Streams.enter` and `Streams.claim` raise."""
        self.request = request
        self.principal: Principal | None = principal
        self._streams = streams
        self._running = running
        self._judged = judged
        self._responder = responder
        self._framing = framing
        self._headers = headers
        self._pause = pause
        self._outlet: Outlet
        self._task: asyncio.Task[None]
        self._stopped = self._draining = False
        streams.enter(self)
        try:
            streams.claim(self, principal)
        except BaseException:
            streams.leave(self)
            raise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send head and results until either side ends it."""
        self._outlet = Outlet(send)
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a response is sent by a task")
        self._task = self._running.task = task
        watching = asyncio.create_task(self._watch(receive))
        try:
            last = await self._until_last()
            if last is not None:
                await self._put(last, more=False)
        except Gone:
            pass
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            self._streams.leave(self)

    async def reconsider(self, principal: Principal) -> None:
        """As `Stream.reconsider`."""
        await self._running.reconsider(principal)

    def refuse(self, refusal: HTTPRefusal) -> None:
        """As `Stream.refuse`."""
        self._running.end(refusal.error)

    def stalled(self, seconds: float) -> bool:
        """As `Stream.stalled`."""
        return self._outlet.stalled(seconds)

    def cut(self) -> None:
        """As `Stream.cut`."""
        self._stopped = True
        self._task.cancel()

    async def drain(self, seconds: float) -> None:
        """As `Stream.drain`."""
        if not self._running.is_subscription:
            await asyncio.wait([self._task], timeout=seconds)
        if not self._task.done():
            self._draining = True
            self.cut()

    async def _until_last(self) -> bytes | None:
        """Send all but the last bytes, which are returned; None where nobody would read them."""
        try:
            await self._send_head()
            async with aclosing(self._running.results(self._judged)) as results:
                async for result in results:
                    await self._put(self._written(result))
        except asyncio.CancelledError:
            error = self._running.stopped()
            if error is not None:
                end = self._written(Result(executed=False, errors=[error]))
                return end + self._framing.ending(complete=True)
            if not self._stopped or self._task.uncancel() > 0:
                raise
            return self._framing.ending(complete=False) if self._draining else None
        return self._framing.ending(complete=True)

    async def _send_head(self) -> None:
        headers = [
            (b"content-type", self._framing.content_type),
            (b"cache-control", b"no-store"),
            # Proxies of the nginx kind would gather what is to go out at once.
            (b"x-accel-buffering", b"no"),
            *((name.lower().encode(), value.encode()) for name, value in self._headers.items()),
        ]
        await self._outlet.send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._put(self._framing.opening())

    async def _put(self, body: bytes, *, more: bool = True) -> None:
        await self._outlet.send({"type": "http.response.body", "body": body, "more_body": more})

    def _written(self, result: Result) -> bytes:
        return self._framing.result(result, self._responder.body(result, self._running.request_id))

    async def _watch(self, receive: Receive) -> None:
        """Show signs of life while there is nothing to say, and notice a client that goes away."""
        while True:
            try:
                async with asyncio.timeout(self._pause):
                    message = await receive()
            except TimeoutError:
                await self._put(self._framing.still_here())
                continue
            if message["type"] == "http.disconnect":
                self.cut()
                return
