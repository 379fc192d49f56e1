"""Taking secrets out of recorded requests before they are kept."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from db.importers.texts import dumped, is_json, parsed

REMOVED: Final = "[removed]"
LONGEST: Final = 16_384
"""Characters of a body that are kept."""

# As whole words of a key: `max_tokens` counts, `access_token` opens.
_WORD: Final = (
    r"authorization|cookie|set-cookie|password|passwd|pwd|secret|token|api[_-]?key|apikey|private[_-]?key|"
    r"access[_-]?key|credentials?|signature|otp"
)
_KEY: Final = re.compile(rf"(?:^|.*[_.\-])(?:x[_-])?(?:{_WORD})", re.IGNORECASE)
# Bodies have any length: no pattern may look at the same run of letters from each of its letters anew.
_IN_TEXT: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {REMOVED}"),
    (re.compile(r"(://[^\s:/@]+:)[^\s@/]+@"), rf"\1{REMOVED}@"),
    (re.compile(r"\b(?:sk|pk|rk|ghp|gho|xox[abp])[-_][A-Za-z0-9_-]{12,}"), REMOVED),
    (re.compile(r"\beyJ[\w-]+(\.[\w-]+\.[\w-]*)?"), lambda found: REMOVED if found[1] else found[0]),
    (
        re.compile(
            rf"""((?:^|[?&;\s,{{"'])[\w.-]*?(?:{_WORD})["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s&;,"']+)""",
            re.IGNORECASE,
        ),
        rf"\1{REMOVED}",
    ),
)


def is_secret_name(name: str) -> bool:
    """Whether what bears this name is to be kept from everybody."""
    return _KEY.fullmatch(name.strip()) is not None


def redacted(value: Any) -> Any:
    """A JSON value without secrets: by the names of its keys, and by the looks of its texts."""
    match value:
        case dict():
            return {
                key: REMOVED if is_secret_name(key) and each not in (None, "", {}, []) else redacted(each)
                for key, each in value.items()
            }
        case list():
            return [redacted(each) for each in value]
        case str():
            return redacted_text(value)
    return value


def redacted_text(text: str) -> str:
    """A text without what looks like a secret."""
    for pattern, instead in _IN_TEXT:
        text = pattern.sub(instead, text)
    return text


def redacted_headers(headers: Any) -> Any:
    """Headers without those that let somebody in; a list of pairs is taken too."""
    if isinstance(headers, Mapping):
        return redacted(dict(headers))
    if isinstance(headers, list) and all(isinstance(each, list) and len(each) == 2 for each in headers):
        return [[name, REMOVED if is_secret_name(str(name)) else redacted(value)] for name, value in headers]
    return redacted(headers)


def redacted_body(body: str) -> tuple[str, bool]:
    """A body without secrets and not longer than `LONGEST`, and whether it was cut."""
    if is_json(body):
        said = parsed(body)
        found = redacted(said)
        clean = body if found == said else dumped(found)
    else:
        clean = redacted_text(body)
    return clean[:LONGEST], len(clean) > LONGEST
