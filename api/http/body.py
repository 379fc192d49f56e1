"""What a body may be: JSON in UTF-8, as it is."""

from functools import lru_cache
from typing import Any

import orjson

from api.http.errors import HTTPRefusal
from api.http.incoming import Incoming
from api.http.negotiation import JSON, parse_media_type


def check_content(request: Incoming) -> None:
    """Refuse, before reading, a body that is not plain JSON in UTF-8 (415)."""
    sent = request.header(b"content-type")
    is_json, speaks_utf8 = _content(sent or "")
    if not is_json:
        raise HTTPRefusal(
            415,
            "The body must be sent with Content-Type: application/json; this one has: "
            f"{(sent or 'none')[:100]}.",
            headers={"Accept-Post": JSON},
        )
    if not speaks_utf8:
        raise HTTPRefusal(415, "The body must be encoded in UTF-8: send no other charset.")
    encodings = (request.header(b"content-encoding") or "").lower().split(",")
    if any(encoding.strip() not in ("", "identity") for encoding in encodings):
        raise HTTPRefusal(
            415,
            "Compressed bodies are not accepted: send the body without Content-Encoding.",
            headers={"Accept-Encoding": "identity"},
        )


@lru_cache(maxsize=128)
def _content(text: str) -> tuple[bool, bool]:
    """Whether a Content-Type is JSON, and whether it is UTF-8: clients send the same few for ever."""
    media = parse_media_type(text)
    return (False, False) if media is None or media.name != JSON else (True, media.speaks_utf8)


def parse_json(text: bytes | str, what: str) -> Any:
    """The value of a JSON text, called `what` in messages. Refuses (400) what is no JSON."""
    if not text.strip():
        raise HTTPRefusal(400, f"{what} is empty: send a JSON object.")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise HTTPRefusal(400, f"{what} is not valid JSON in UTF-8: {error.msg}, at {error.pos}.") from None
