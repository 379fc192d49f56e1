"""The way out of one connection: one message at a time, and an eye on clients that take none."""

import asyncio
import time

from starlette.types import Message, Send


class Gone(Exception):
    """The connection is lost: nobody gets what is sent."""


class Outlet:
    """Sends messages in the order in which they were given.

    Nothing is queued here: whoever has a message waits until the one before is taken. So there is at most
    one result of each operation in memory, and what the server buffers by itself.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._turn = asyncio.Lock()
        self._since: float | None = None

    async def send(self, message: Message) -> None:
        """Send one message. Raises Gone."""
        async with self._turn:
            self._since = time.monotonic()
            try:
                await self._send(message)
            except (OSError, RuntimeError) as error:
                # The one from a server that has noticed, the other from one that has said goodbye itself.
                raise Gone from error
            finally:
                self._since = None

    def stalled(self, seconds: float) -> bool:
        """Whether a message has not been taken for so long."""
        return self._since is not None and time.monotonic() - self._since > seconds
