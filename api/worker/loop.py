"""The worker's loop: claim as much as it can do, keep it by heartbeats, and drain when it is to stop."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from api.worker.client import Client, LeaseLost, ProtocolError
from api.worker.run import Run

Work = Callable[[Run], Awaitable[None]]
"""Does an execution to its end."""

Told = Callable[[str, Run, str], None]
"""Hears what happens: `began`, `ended`, `lost` or `failed`, of which execution, and more about it."""

KINDS: Final = ("AGENT", "WORKFLOW")


def _unheard(_what: str, _run: Run, _more: str) -> None:
    pass


class Worker:
    """Does executions until it is told to stop."""

    def __init__(
        self,
        client: Client,
        work: Work,
        *,
        slots: int,
        poll_seconds: float,
        told: Told = _unheard,
    ) -> None:
        self._client = client
        self._work = work
        self._slots = slots
        self._poll = poll_seconds
        self._told = told
        self._tasks: dict[asyncio.Task[None], Run] = {}
        self._freed = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Claim nothing more; `run` ends when what is under way has ended."""
        self._stopping.set()
        self._freed.set()

    async def run(self) -> None:
        """Work until `stop`, then finish what is under way. Raises ProtocolError when it may not work."""
        heartbeats = asyncio.create_task(self._keep())
        try:
            claims = asyncio.create_task(self._claim())
            done, _ = await asyncio.wait({claims, heartbeats}, return_when=asyncio.FIRST_COMPLETED)
            claims.cancel()
            for each in done:
                each.result()
            if self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            heartbeats.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(heartbeats, *self._tasks, return_exceptions=True)

    async def _claim(self) -> None:
        while not self._stopping.is_set():
            free = self._slots - len(self._tasks)
            self._freed.clear()
            claimed = await self._client.claim(KINDS, free) if free else []
            for each in claimed:
                run = Run(self._client, each)
                task = asyncio.create_task(self._do(run))
                self._tasks[task] = run
                task.add_done_callback(self._forget)
            if len(claimed) < free or not free:
                # A slot that becomes free is no reason to ask where there was nothing.
                wait = self._stopping.wait() if free else self._freed.wait()
                with suppress(TimeoutError):
                    await asyncio.wait_for(wait, self._poll)

    async def _do(self, run: Run) -> None:
        self._told("began", run, "")
        try:
            await self._work(run)
        except LeaseLost as lost:
            self._told("lost", run, str(lost))
        except asyncio.CancelledError:
            self._told("lost", run, "")
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the execution has to end
            self._told("failed", run, repr(error))
            with suppress(LeaseLost, ProtocolError):
                await run.fail("WORKER_ERROR", f"The worker met an error: {error!r}", retryable=True)
        else:
            self._told("ended", run, "")

    def _forget(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._freed.set()

    async def _keep(self) -> None:
        """Send heartbeats, three to a lease; what is no longer held is left at once."""
        while True:
            await asyncio.sleep(self._client.lease_seconds / 3)
            held = {run.id: (task, run) for task, run in self._tasks.items()}
            if not held:
                continue
            for state in await self._client.heartbeat([run.lease for _, run in held.values()]):
                task, run = held[state["executionId"]]
                run.hear(state["inputs"])
                if not state["held"] and not task.done():
                    task.cancel()
