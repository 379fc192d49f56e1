"""How results are framed in a response that goes on: server-sent events, or parts of a multipart body."""

from typing import Any, Final, Protocol

import orjson

from api.http.execution import Result
from api.http.negotiation import EVENTS, MULTIPART

_BOUNDARY: Final = b"\r\n--graphql"


class Framing(Protocol):
    """What stands around the results. Each method gives the bytes to send."""

    content_type: bytes

    def opening(self) -> bytes:
        """Before the first result, so that the client gets the headers at once."""

    def result(self, result: Result, body: dict[str, Any]) -> bytes:
        """One result; `body` is its JSON object."""

    def still_here(self) -> bytes:
        """To keep the line open while there is nothing to say."""

    def ending(self, *, complete: bool) -> bytes:
        """After the last result; not `complete` where the client should come back for more."""


class EventStream:
    """Server-sent events, as graphql-sse has them in its distinct connections mode."""

    content_type = b"text/event-stream; charset=utf-8"

    def opening(self) -> bytes:
        """A comment."""
        return b":\n\n"

    def result(self, result: Result, body: dict[str, Any]) -> bytes:
        """The event `next`, with an id where the stream can be resumed."""
        given = b"" if result.event_id is None else f"id: {_line(result.event_id)}\n".encode()
        return b"event: next\n" + given + b"data: " + orjson.dumps(body) + b"\n\n"

    def still_here(self) -> bytes:
        """A comment."""
        return b":\n\n"

    def ending(self, *, complete: bool) -> bytes:
        """The event `complete`, or nothing."""
        return b"event: complete\ndata: \n\n" if complete else b""


class Parts:
    """A multipart body, as Apollo's clients take subscriptions (`subscriptionSpec=1.0`)."""

    content_type = b'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'

    def opening(self) -> bytes:
        """The first boundary. Each part is sent with the one behind it, since that ends the part."""
        return _BOUNDARY

    def result(self, result: Result, body: dict[str, Any]) -> bytes:  # noqa: ARG002
        """A part with the result as its payload."""
        return self._part(orjson.dumps({"payload": body}))

    def still_here(self) -> bytes:
        """A part that says nothing."""
        return self._part(b"{}")

    def ending(self, *, complete: bool) -> bytes:
        """The end of the last boundary, or nothing."""
        return b"--\r\n" if complete else b""

    def _part(self, body: bytes) -> bytes:
        return b"\r\nContent-Type: application/json\r\n\r\n" + body + _BOUNDARY


FRAMINGS: Final[dict[str, Framing]] = {EVENTS: EventStream(), MULTIPART: Parts()}


def _line(text: str) -> str:
    """A text without what would end its line."""
    return text.translate({0: None, 10: None, 13: None})
