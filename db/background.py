"""Work of one process that goes on from a start to a stop."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Background:
    """A task for what `work` does, which does not end by itself."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, soon. To start twice does no harm."""
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End it, and wait until it has ended. To stop what was never started does no harm."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
