"""The messages and close codes of graphql-transport-ws, read strictly and written as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import orjson

from api.http.body import parse_json
from api.http.errors import HTTPRefusal
from api.http.request import GraphQLRequest, checked, kind_of

SUBPROTOCOL: Final = "graphql-transport-ws"

# A close frame has room for no more.
_REASON_BYTES: Final = 123


class CloseCode(IntEnum):
    """Why the server ends a socket: those of WebSocket itself, and those of the subprotocol."""

    NORMAL = 1000
    TOO_LARGE = 1009
    INTERNAL_ERROR = 1011
    RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITIALISATIONS = 4429


class Close(Exception):
    """The socket ends, with a code and a reason for whoever reads it; longer ones are cut."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:_REASON_BYTES].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Init:
    """The first message, which says who is asking."""

    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """To be answered with a pong."""

    payload: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    """An answer to a ping, or a sign of life."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Begins an operation of any kind."""

    id: str
    request: GraphQLRequest


@dataclass(frozen=True, slots=True)
class Complete:
    """The client wants no more of an operation."""

    id: str


Incoming = Init | Ping | Pong | Subscribe | Complete


def read(message: Mapping[str, Any], limit: int) -> Incoming:
    """The message in an ASGI event, of at most `limit` bytes. Raises Close."""
    text = message.get("text")
    if text is None:
        raise _bad("Messages are sent as text frames.")
    sent = text.encode()
    if len(sent) > limit:
        raise Close(CloseCode.TOO_LARGE, f"A message may have {limit} bytes: send less.")
    try:
        value = parse_json(sent, "The message")
        if not isinstance(value, dict):
            raise _bad(f"A message must be a JSON object, not {kind_of(value)}.")
        return _message(value)
    except HTTPRefusal as refusal:
        raise _bad(str(refusal)) from None


def write(kind: str, **members: Any) -> str:
    """The text of a message; members may hold finished JSON."""
    return orjson.dumps({"type": kind, **members}).decode()


def _message(value: Mapping[str, Any]) -> Incoming:
    match value.get("type"):
        case "connection_init":
            return Init(_payload(value) or {})
        case "ping":
            return Ping(_payload(value))
        case "pong":
            _payload(value)
            return Pong()
        case "subscribe":
            payload = _payload(value)
            if payload is None:
                raise _bad('A subscribe message needs a "payload" with the operation.')
            return Subscribe(_id(value), checked(payload))
        case "complete":
            return Complete(_id(value))
        case _:
            raise _bad('The "type" of a message must be connection_init, ping, pong, subscribe or complete.')


def _id(value: Mapping[str, Any]) -> str:
    given = value.get("id")
    if not isinstance(given, str) or not given:
        raise _bad('The "id" of an operation must be a string that is not empty.')
    return given


def _payload(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    payload = value.get("payload")
    if payload is not None and not isinstance(payload, dict):
        raise _bad(f'The "payload" must be an object or null, not {kind_of(payload)}.')
    return payload


def _bad(reason: str) -> Close:
    return Close(CloseCode.BAD_REQUEST, reason)
