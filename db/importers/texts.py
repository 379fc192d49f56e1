"""JSON texts: read to the last digit, written as they were, and judged by whether `jsonb` can hold them."""

import json
import math
import re
from typing import Any, Final, NoReturn, Self

import orjson

DEEPEST: Final = 200
"""Levels to which JSON may nest: the API could not answer with more."""

# What a float or 64 bits may not hold, or what looks like it.
_PRECISE: Final = re.compile(r"\d{15}|\d\.\d{15}|\d[eE][+-]?\d")
# `numeric`, and so `jsonb`, ends somewhere behind these.
_HUGE: Final = re.compile(r"\d[eE][+-]?0*[1-9]\d{4}|\d{10000}")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_BRACKET: Final = re.compile(r"[\[\]{}]")


class Digits(float):
    """A number that no float holds to the last digit, with its text."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        """The number that a text spells."""
        made = super().__new__(cls, text)
        made.text = text
        return made


def jsonb_fault(text: str) -> str | None:
    """Why a valid JSON text is not kept as JSON; None where it can be."""
    if text.count("[") + text.count("{") > DEEPEST and _depth(text) > DEEPEST:
        return f"JSON nested more than {DEEPEST} levels"
    if "\\u" not in text and _HUGE.search(text) is None:
        return None
    return _spoilt(_exactly(text))


def _depth(text: str) -> int:
    """How deep a valid JSON text nests."""
    depth = deepest = 0
    for each in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if each in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _spoilt(value: object) -> str | None:
    match value:
        case Digits():
            return "a number in JSON that is out of range" if _HUGE.search(value.text) else None
        case str():
            if "\x00" in value:
                return "\\u0000 in JSON"
            return None if _is_unicode(value) else "half of a surrogate pair in JSON"
        case dict():
            return next(
                (found for key, each in value.items() if (found := _spoilt(key) or _spoilt(each))), None
            )
        case list():
            return next((found for each in value if (found := _spoilt(each))), None)
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def has_duplicates(text: str) -> bool:
    """Whether an object in a JSON text that has no fault has a key twice: `jsonb` keeps the last."""
    found = False

    def look(pairs: list[tuple[str, object]]) -> None:
        nonlocal found
        found = found or len({key for key, _ in pairs}) < len(pairs)

    json.loads(text, object_pairs_hook=look, parse_int=str, parse_float=str)
    return found


def parsed(text: str | None) -> Any:
    """A JSON text that has no fault as Python values; None for nothing."""
    if text is None:
        return None
    return orjson.loads(text) if _PRECISE.search(text) is None else _exactly(text)


def readable(text: str | None) -> Any:
    """The same of any JSON text; None for one that has a fault."""
    return None if text is None or jsonb_fault(text) is not None else parsed(text)


def _exactly(text: str) -> Any:
    return json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_refuse)


def _number(text: str) -> float:
    plain: float
    if text.lstrip("-").isdigit():
        plain = float(text) if len(text) > 18 else int(text)
        return plain if isinstance(plain, int) else Digits(text)
    plain = float(text)
    same = len(text) < 400 and repr(plain) == text
    return plain if same else Digits(text)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def as_plain(value: object) -> object:
    """A value as JSON has it; what JSON or its writer has no form for, as text."""
    match value:
        case None | bool() | Digits() | list() | dict():
            return value
        case int() if -(2**63) <= value < 2**63:
            return value
        case float() if math.isfinite(value):
            return value
    return str(value)


def dumped(value: object) -> str:
    """JSON text; numbers are written as they were read, and Decimals as strings, so that no digit is lost."""
    return orjson.dumps(value, default=_written, option=orjson.OPT_NON_STR_KEYS).decode()


def _written(value: object) -> object:
    return orjson.Fragment(value.text) if isinstance(value, Digits) else str(value)


def is_json(text: str) -> bool:
    """Whether a text is JSON, and is kept as such."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        # It reads no number that is out of a float's range, and nothing that nests deeply.
        if _HUGE.search(text) is None and re.search(r"\d[eE]\+?\d{3}", text) is None:
            return False
        try:
            _exactly(text)
        except (ValueError, RecursionError):
            return False
    return jsonb_fault(text) is None
