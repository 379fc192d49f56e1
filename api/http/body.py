"""Reading a request body: bounded while it streams, JSON in UTF-8 only."""

from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request

from api.http.errors import HTTPRefusal
from api.http.negotiation import JSON, parse_media_type


def check_content(request: Request) -> None:
    """Refuse, before reading, a body that is not plain JSON in UTF-8 (415)."""
    types = request.headers.getlist("content-type")
    media = parse_media_type(types[0]) if len(types) == 1 else None
    if media is None or media.name != JSON:
        sent = ", ".join(types) or "none"
        raise HTTPRefusal(
            415,
            f"The body must be sent with Content-Type: application/json; this one has: {sent[:100]}.",
            headers={"Accept-Post": JSON},
        )
    if not media.speaks_utf8:
        raise HTTPRefusal(415, "The body must be encoded in UTF-8: send no other charset.")
    encodings = ",".join(request.headers.getlist("content-encoding")).lower().split(",")
    if any(encoding.strip() not in ("", "identity") for encoding in encodings):
        raise HTTPRefusal(
            415,
            "Compressed bodies are not accepted: send the body without Content-Encoding.",
            headers={"Accept-Encoding": "identity"},
        )


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, of at most `limit` bytes; more is refused (413) without reading on."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
    except ClientDisconnect:
        raise HTTPRefusal(400, "The connection closed before the body was complete.") from None
    return b"".join(chunks)


def _too_large(limit: int) -> HTTPRefusal:
    # What is still on its way would otherwise be read as the next request of this connection.
    return HTTPRefusal(
        413,
        f"The body is larger than the {limit} bytes that are allowed: send less.",
        headers={"Connection": "close"},
    )


def parse_json(text: bytes | str, what: str) -> Any:
    """The value of a JSON text, called `what` in messages. Refuses (400) what is no JSON."""
    if not text.strip():
        raise HTTPRefusal(400, f"{what} is empty: send a JSON object.")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HTTPRefusal(400, f"{what} is not valid JSON in UTF-8: {error.msg}, at {error.pos}.") from None
