"""Content negotiation: exact media types, ranked by quality and then by the client's order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
JSON: Final = "application/json"
HTML: Final = "text/html"
EVENTS: Final = "text/event-stream"
MULTIPART: Final = "multipart/mixed"

# Answers that go on, and answers for people: whoever wants one names it.
_BY_NAME: Final = frozenset({HTML, EVENTS, MULTIPART})

_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_MEDIA: Final = re.compile(rf"\s*({_NAME})/({_NAME})\s*")
_PARAMETER: Final = re.compile(rf";\s*(?:({_NAME})=({_NAME}|{_QUOTED}))?\s*")
_QUALITY: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type or range with its parameters, names in lower case."""

    name: str
    parameters: Mapping[str, str]

    @property
    def speaks_utf8(self) -> bool:
        """Whether a `charset` is absent or UTF-8."""
        return self.parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8")


def parse_media_type(text: str) -> MediaType | None:
    """One media type as in Content-Type, or None where the text is none."""
    parsed = _media_type(text, 0)
    return parsed[0] if parsed is not None and parsed[1] == len(text) else None


def parse_accept(text: str) -> list[tuple[MediaType, float]]:
    """The ranges of an Accept header with their quality, in the client's order, without malformed ones."""
    ranges: list[tuple[MediaType, float]] = []
    position = 0
    while position < len(text):
        parsed = _media_type(text, position)
        if parsed is None:
            position = _after_comma(text, position)
            continue
        media, position = parsed
        quality = media.parameters.get("q", "1")
        if _QUALITY.fullmatch(quality) and text[position : position + 1] in ("", ","):
            ranges.append((media, float(quality)))
        position = _after_comma(text, position)
    return ranges


@lru_cache(maxsize=256)
def choose(accept: str | None, *, html: bool = False, streams: bool = False) -> str | None:
    """The media type of the answer, or None when none is acceptable.

    A missing header and wildcards mean plain JSON. HTML is offered with `html`, what goes on with `streams`;
    both must be asked for by name, and must win over JSON: clients that list streams at the end of every
    query's Accept want none. Clients send the same few headers for ever, so that answers are kept.
    """
    if accept is None or not accept.strip():
        return JSON
    ranges = parse_accept(accept)
    offers = [JSON, GRAPHQL_RESPONSE, *([HTML] if html else []), *([EVENTS, MULTIPART] if streams else [])]
    best: tuple[float, int] | None = None
    chosen: str | None = None
    for offer in offers:
        rank = _rank(offer, ranges)
        if rank is not None and (best is None or rank > best):
            best, chosen = rank, offer
    return chosen


def _rank(offer: str, ranges: list[tuple[MediaType, float]]) -> tuple[float, int] | None:
    """Quality and (negative) position of the most specific range for the offer; larger is better."""
    wildcards = () if offer in _BY_NAME else (offer.split("/", maxsplit=1)[0] + "/*", "*/*")
    for pattern in (offer, *wildcards):
        for position, (media, quality) in enumerate(ranges):
            if media.name == pattern and media.speaks_utf8 and _carries(media):
                return (quality, -position) if quality > 0 else None
    return None


def _carries(media: MediaType) -> bool:
    """Whether a range is for what is offered here: multipart is asked for also for `@defer` and uploads."""
    return media.name != MULTIPART or media.parameters.get("subscriptionspec", "").startswith("1.")


def _media_type(text: str, position: int) -> tuple[MediaType, int] | None:
    match = _MEDIA.match(text, position)
    if match is None:
        return None
    parameters: dict[str, str] = {}
    position = match.end()
    while (parameter := _PARAMETER.match(text, position)) is not None:
        if parameter[1] is not None:
            value = parameter[2]
            parameters[parameter[1].lower()] = (
                re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
            )
        position = parameter.end()
    return MediaType(f"{match[1]}/{match[2]}".lower(), parameters), position


def _after_comma(text: str, position: int) -> int:
    comma = text.find(",", position)
    return len(text) if comma < 0 else comma + 1
