"""Whether servers answer the same, before anybody measures how fast."""

import binascii
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from bench.processes import BenchError

_FREE: Final = frozenset({"startCursor", "endCursor", "hasNextPage"})
"""What servers may write as they like: cursors, and whether there is more on the side they came from."""


def objects(answer: Any) -> int:
    """How many objects with an id an answer has."""
    if isinstance(answer, dict):
        return ("id" in answer) + sum(objects(value) for value in answer.values())
    return sum(objects(value) for value in answer) if isinstance(answer, list) else 0


def unlike(expected: Any, actual: Any, where: str = "data") -> str | None:
    """Where two answers differ and how; None where they are equal."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        if list(expected) != list(actual):
            return f"{where} has {', '.join(actual)} instead of {', '.join(expected)}"
        pairs = [(expected[key], actual[key], f"{where}.{key}") for key in expected]
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return f"{where} has {len(actual)} items instead of {len(expected)}"
        pairs = [
            (*pair, f"{where}[{place}]") for place, pair in enumerate(zip(expected, actual, strict=True))
        ]
    else:
        return None if expected == actual else f"{where} is {actual!r} instead of {expected!r}"
    return next((found for pair in pairs if (found := unlike(*pair))), None)


def neutral(answer: Any) -> Any:
    """An answer without what servers write each in their way: forms of ids, of times and of enum values."""
    if isinstance(answer, dict):
        return {key: None if key in _FREE else neutral(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return [neutral(value) for value in answer]
    return _plain(answer) if isinstance(answer, str) else answer


def check(expected: Any, actual: Any, what: str, *, exact: bool) -> None:
    """Raise BenchError unless two answers are equal, to the letter or in what they say."""
    if not objects(expected):
        raise BenchError(f"{what}: the answer has no objects, so there is nothing to compare.")
    found = unlike(expected, actual) if exact else unlike(neutral(expected), neutral(actual))
    if found:
        raise BenchError(f"{what} answers something else than Atrium: {found}. Nothing was measured.")


def _plain(text: str) -> str:
    if len(text) > 20 and text[4:5] == "-" and text[10:11] == "T":
        try:
            return datetime.fromisoformat(text).astimezone(UTC).isoformat()
        except ValueError:
            return text
    if len(text) >= 48 and text.isascii():
        try:
            return str(UUID(b64decode(text, validate=True).decode()[-36:]))
        except (binascii.Error, ValueError):
            return text
    return text.casefold() if text.isupper() else text
