"""A provider of embeddings on a port of its own: the real protocol over real sockets, faults on demand."""

import asyncio
import base64
import hashlib
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

DIMENSIONS = 8


def vector_of(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """The vector that the provider gives a text, always the same."""
    digest = hashlib.sha256(text.encode()).digest()
    return [(digest[place % 32] - 127.5) / 128 for place in range(dimensions)]


def in_base64(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


@dataclass
class Asked:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


Fault = Callable[["Provider", Asked], "Answer"]
"""What happens to one request instead of a good answer."""


@dataclass
class Answer:
    """Status, body and headers; a body that is `cut` ends in the middle, and with it the connection."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    wait: asyncio.Event | None = None


def answered(value: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(
        status, orjson.dumps(value), {name.replace("_", "-"): text for name, text in headers.items()}
    )


@dataclass
class Provider:
    """What was asked, and what is to go wrong next, in this order."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    poison: str | None = None
    base64: bool = True
    always: Fault | None = None

    @property
    def texts(self) -> list[str]:
        """All texts that were asked for, in their order."""
        return [
            text for each in self.asked for text in each.body.get("input") or each.body.get("texts") or []
        ]

    def answer(self, asked: Asked) -> Answer:
        if self.faults:
            return self.faults.popleft()(self, asked)
        if self.always is not None:
            return self.always(self, asked)
        return self.good(asked)

    def good(self, asked: Asked, dimensions: int = DIMENSIONS) -> Answer:
        if asked.path.endswith("/v2/embed"):
            texts = asked.body["texts"]
            return answered({"embeddings": {"float": [vector_of(text) for text in texts]}})
        texts = asked.body["input"]
        if self.poison is not None and any(self.poison in text for text in texts):
            return answered({"error": {"message": "this input is not acceptable"}}, 400)
        wants = asked.body.get("encoding_format")
        if wants == "base64" and not self.base64:
            return answered({"error": {"message": "unknown parameter encoding_format"}}, 400)
        rows = [
            {
                "object": "embedding",
                "index": place,
                "embedding": in_base64(vector_of(text, dimensions))
                if wants == "base64"
                else vector_of(text, dimensions),
            }
            for place, text in enumerate(texts)
        ]
        # In no order that anybody promised.
        return answered({"object": "list", "data": rows[::-1], "usage": {"total_tokens": len(texts)}})


def status(code: int, **headers: str) -> Fault:
    return lambda _provider, _asked: answered({"error": {"message": "not now"}}, code, **headers)


def cut(provider: Provider, asked: Asked) -> Answer:
    answer = provider.good(asked)
    return Answer(200, answer.body, cut=True)


def wrong_dimension(provider: Provider, asked: Asked) -> Answer:
    return provider.good(asked, DIMENSIONS - 1)


def with_numbers(number: float) -> Fault:
    def fault(provider: Provider, asked: Asked) -> Answer:
        rows = [
            {"index": place, "embedding": in_base64([number] * DIMENSIONS)}
            for place, _ in enumerate(asked.body["input"])
        ]
        return answered({"data": rows})

    return fault


def one_missing(provider: Provider, asked: Asked) -> Answer:
    value = orjson.loads(provider.good(asked).body)
    return answered({**value, "data": value["data"][1:]})


def never(provider: Provider, asked: Asked) -> Answer:
    return Answer(200, b"", wait=asyncio.Event())


def page(provider: Provider, asked: Asked) -> Answer:
    return Answer(200, b"<html>a proxy says hello</html>")


@asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    """A provider that listens as long as the block runs."""
    provider = Provider()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while await _one(provider, reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _one(provider: Provider, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = orjson.loads(await reader.readexactly(int(headers["content-length"])))
    asked = Asked(first.split()[1], headers, body)
    provider.asked.append(asked)
    answer = provider.answer(asked)
    if answer.wait is not None:
        await answer.wait.wait()
    extra = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    writer.write(
        f"HTTP/1.1 {answer.status} X\r\ncontent-type: application/json\r\n"
        f"content-length: {len(answer.body)}\r\n{extra}\r\n".encode()
    )
    writer.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
    await writer.drain()
    return not answer.cut
