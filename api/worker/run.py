"""One execution in the hands of a worker: its reports, one after the other, and the inputs that come."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from api.worker.client import Client


class Run:
    """An execution that is held. What is written after the lease is lost raises LeaseLost."""

    def __init__(self, client: Client, claimed: Mapping[str, Any]) -> None:
        self.claimed = claimed
        self.id: str = claimed["executionId"]
        self.input: Any = claimed["input"]
        self.progress = 0
        self._client = client
        self._writes = 0
        self._turn = asyncio.Lock()
        self._inputs: asyncio.Queue[Any] = asyncio.Queue()
        self._heard = 0
        self.hear(claimed["inputs"])

    @property
    def name(self) -> str:
        """What is run, for people."""
        subject = self.claimed["agent"] or self.claimed["workflow"]
        return str(subject["name"]) if subject else self.id

    @property
    def lease(self) -> dict[str, Any]:
        """What a heartbeat says of it."""
        return {**self._lease, "inputsAfter": str(self._heard)}

    @property
    def done(self) -> dict[int, Mapping[str, Any]]:
        """The steps that an earlier worker did, by their position."""
        return {
            step["seq"]: step for step in self.claimed["steps"] if step["status"] in {"COMPLETED", "SKIPPED"}
        }

    def hear(self, inputs: Sequence[Mapping[str, Any]]) -> None:
        """Take up what somebody submitted."""
        for each in inputs:
            if int(each["seq"]) > self._heard:
                self._heard = int(each["seq"])
                self._inputs.put_nowait(each["input"])

    @property
    def has_input(self) -> bool:
        """Whether somebody submitted what nobody has taken yet."""
        return not self._inputs.empty()

    async def next_input(self) -> Any:
        """What somebody submits, or submitted already."""
        return await self._inputs.get()

    async def say(self, message: str, *, progress: int | None = None, **event: Any) -> None:
        """Append an event."""
        events = [{"message": message, **event}]
        if progress is not None:
            self.progress = progress
        await self._write("appendEvents", {"events": events, "progress": progress})

    async def step(self, seq: int, status: str, **values: Any) -> None:
        """Write a step as it stands now."""
        await self._write("recordStep", {"seq": seq, "status": status, **values})

    async def complete(self, output: Any, **values: Any) -> None:
        """End it with its result."""
        await self._write("completeExecution", {"output": output, **values})

    async def fail(self, code: str, message: str, *, retryable: bool) -> None:
        """End it with an error."""
        await self._write("failExecution", {"code": code, "message": message, "retryable": retryable})

    @property
    def _lease(self) -> dict[str, Any]:
        return {"executionId": self.id, "token": self.claimed["token"]}

    async def _write(self, name: str, values: Mapping[str, Any]) -> None:
        # The numbers of writes are in the order in which they arrive.
        async with self._turn:
            number = self._writes + 1
            await self._client.write(name, {"lease": self._lease, "write": str(number), **values})
            # One that was refused is as if it had not been sent.
            self._writes = number
