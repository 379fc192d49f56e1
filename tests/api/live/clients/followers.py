"""gql, following the events of an execution until the last one, or asking once.

usage: followers.py TRANSPORT URL ID TOKEN [once]
"""

import asyncio
import json
import sys
from typing import Any, Final

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.aiohttp_websockets import AIOHTTPWebsocketsTransport
from gql.transport.exceptions import TransportError
from gql.transport.httpx import HTTPXTransport
from gql.transport.requests import RequestsHTTPTransport
from gql.transport.websockets import WebsocketsTransport

EVENTS: Final = """subscription ($id: ID!, $after: BigInt) {
  executionEvents(id: $id, after: $after) { seq message }
}"""
STATE: Final = "query ($id: ID!) { execution(id: $id) { status } }"
TRANSPORTS: Final[dict[str, Any]] = {
    "aiohttp": AIOHTTPTransport,
    "httpx": HTTPXTransport,
    "requests": RequestsHTTPTransport,
    "websockets": WebsocketsTransport,
    "aiohttp_websockets": AIOHTTPWebsocketsTransport,
}


def client(name: str, url: str, token: str) -> Client:
    credentials = {"Authorization": f"Bearer {token}"}
    if "websockets" in name:
        transport = TRANSPORTS[name](url=url.replace("http", "ws", 1), init_payload=credentials)
    else:
        transport = TRANSPORTS[name](url=url, headers=credentials)
    return Client(transport=transport)


def show(found: Any) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


async def follow(name: str, url: str, key: str, token: str) -> None:
    after = None
    while True:
        request = gql(EVENTS)
        request.variable_values = {"id": key, "after": after}
        try:
            async with client(name, url, token) as session:
                async for found in session.subscribe(request):
                    event = found["executionEvents"]
                    after = event["seq"]
                    show([int(after), event["message"]])
                    if event["message"] == "last":
                        return
        except (TransportError, OSError):
            pass
        await asyncio.sleep(0.05)


def main() -> None:
    name, url, key, token, *once = sys.argv[1:]
    if not once:
        asyncio.run(follow(name, url, key, token))
        return
    request = gql(STATE)
    request.variable_values = {"id": key}
    show(client(name, url, token).execute(request))


main()
