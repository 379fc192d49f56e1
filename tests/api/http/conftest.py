"""Clients of the sample schema, and a real server on loopback for what no in-process client can send."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from graphql import OperationDefinitionNode, parse
from starlette.types import ASGIApp

from tests.api.http.sample import sample_app


class Client:
    """A client of an application in this process; each request has an event loop of its own."""

    def __init__(self, app: ASGIApp, headers: dict[str, str] | None = None) -> None:
        self._app = app
        self._headers = headers or {}

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, options))

    async def _request(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        headers = httpx.Headers(self._headers)
        headers.update(options.pop("headers", {}))
        async with httpx.AsyncClient(transport=transport, base_url="http://atrium.test") as client:
            return await client.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@pytest.fixture
def client() -> Client:
    """The sample schema with default settings."""
    return make_client()


def make_client(**changes: Any) -> Client:
    """The sample schema with other settings, accepting GraphQL responses."""
    return Client(sample_app(**changes), {"Accept": "application/graphql-response+json"})


@contextmanager
def serving(app: ASGIApp) -> Iterator[int]:
    """The port of a Uvicorn that serves `app` on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", http="httptools"))
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def sample_port() -> Iterator[int]:
    """The port of a server of the sample schema."""
    with serving(sample_app()) as port:
        yield port


def operation_name(text: str) -> str | None:
    """The name of the first operation of a document."""
    node = next(node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode))
    return node.name.value if node.name else None
