"""The worker in Python, against an API that is made up: heartbeats, lost leases, errors, and draining."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest

from api.worker.client import Client, LeaseLost, ProtocolError
from api.worker.loop import Worker
from api.worker.run import Run


class MadeUp(Client):
    """Gives one execution after another, and remembers what is written."""

    def __init__(self, count: int) -> None:
        self.name = "made up"
        self.lease_seconds = 0.03  # type: ignore[assignment]
        self.waiting = [
            {
                "executionId": f"e{number}", "token": "1", "kind": "AGENT", "input": {}, "inputs": [],
                "steps": [], "agent": {"name": "a"}, "workflow": None,
            }
            for number in range(count)
        ]  # fmt: skip
        self.written: list[tuple[str, str, str]] = []
        self.lost: set[str] = set()
        self.beats: list[list[str]] = []
        self.given: dict[str, list[dict[str, Any]]] = {}
        self.beaten = asyncio.Event()

    async def claim(self, kinds: Sequence[str], limit: int) -> list[dict[str, Any]]:
        assert kinds
        claimed, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return claimed

    async def heartbeat(self, leases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        keys = [each["executionId"] for each in leases]
        self.beats.append(keys)
        self.beaten.set()
        return [
            {"executionId": key, "held": key not in self.lost, "inputs": self.given.get(key, [])}
            for key in keys
        ]

    async def write(self, name: str, asked: Mapping[str, Any]) -> None:
        if asked["lease"]["executionId"] in self.lost:
            raise LeaseLost("lost")
        self.written.append((name, asked["lease"]["executionId"], asked["write"]))


def told(heard: list[tuple[str, str]]) -> Any:
    return lambda what, run, _more: heard.append((what, run.id))


async def test_drains_before_it_leaves() -> None:
    client, heard = MadeUp(5), list[tuple[str, str]]()
    gate = asyncio.Event()
    begun = asyncio.Event()

    async def work(run: Run) -> None:
        begun.set()
        await gate.wait()
        await run.complete({})

    worker = Worker(client, work, slots=2, poll_seconds=60, told=told(heard))
    running = asyncio.create_task(worker.run())
    await begun.wait()
    worker.stop()
    # It goes on to keep what it holds.
    client.beats.clear()
    client.beaten.clear()
    await client.beaten.wait()
    assert client.beats[-1] == ["e0", "e1"]
    gate.set()
    await running
    assert [each[:2] for each in client.written] == [("completeExecution", "e0"), ("completeExecution", "e1")]
    assert len(client.waiting) == 3
    assert heard[-2:] == [("ended", "e0"), ("ended", "e1")]


async def test_what_is_lost_is_left_at_once() -> None:
    client, heard = MadeUp(1), list[tuple[str, str]]()
    ended = asyncio.Event()

    async def work(run: Run) -> None:
        client.lost.add(run.id)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    worker = Worker(client, work, slots=1, poll_seconds=60, told=told(heard))
    running = asyncio.create_task(worker.run())
    await ended.wait()
    worker.stop()
    await running
    assert heard == [("began", "e0"), ("lost", "e0")]
    assert client.written == []


async def test_inputs_come_with_heartbeats_once() -> None:
    client = MadeUp(1)
    got: list[Any] = []

    async def work(run: Run) -> None:
        client.given[run.id] = [{"seq": "4", "input": "a"}]
        got.append(await run.next_input())
        client.given[run.id] += [{"seq": "6", "input": "b"}]
        got.append(await run.next_input())
        assert run.lease["inputsAfter"] == "6"
        worker.stop()

    worker = Worker(client, work, slots=1, poll_seconds=60)
    await worker.run()
    assert got == ["a", "b"]


async def test_an_error_of_the_work_fails_the_execution() -> None:
    client, heard = MadeUp(1), list[tuple[str, str]]()

    async def work(run: Run) -> None:
        await run.say("so far")
        worker.stop()
        raise ZeroDivisionError

    worker = Worker(client, work, slots=1, poll_seconds=60, told=told(heard))
    await worker.run()
    assert client.written == [("appendEvents", "e0", "1"), ("failExecution", "e0", "2")]
    assert heard[-1] == ("failed", "e0")


def answers(*given: httpx.Response | Exception) -> tuple[Client, list[httpx.Request]]:
    asked: list[httpx.Request] = []
    waiting = list(given)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        each = waiting.pop(0)
        if isinstance(each, Exception):
            raise each
        return each

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return Client(http, "http://atrium.test/graphql", "w", 30), asked


def payload(*errors: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"data": {"completeExecution": {"errors": list(errors)}}})


async def test_what_gets_no_answer_is_sent_again_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.worker.client._FIRST_DELAY", 0.0)
    away = {"errors": [{"message": "m", "extensions": {"code": "SERVICE_UNAVAILABLE"}}]}
    client, asked = answers(
        httpx.ConnectError("refused"), httpx.Response(503), httpx.Response(200, json=away), payload()
    )
    await client.write("completeExecution", {"write": "1"})
    assert len(asked) == 4
    assert len({each.content for each in asked}) == 1


async def test_what_is_refused_is_not_sent_again() -> None:
    fault = {"message": "No.", "path": ["input", "write"]}
    client, asked = answers(payload({**fault, "code": "INVALID"}), payload({**fault, "code": "LEASE_LOST"}))
    with pytest.raises(ProtocolError, match=r"No\. \(input\.write\)"):
        await client.write("completeExecution", {})
    with pytest.raises(LeaseLost):
        await client.write("completeExecution", {})
    assert len(asked) == 2
