"""Texts as the database folds them for its words: the same rules as the SQL function `search_fold`.

Questions are read by the program, texts by the database; a test holds the two to each other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from unicodedata import combining, is_normalized, normalize

from snowballstemmer import stemmer  # type: ignore[import-untyped]

PAIRED: Final = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Characters of scripts whose words have no spaces between them, as a range of a regular expression."""

_APART: Final = (
    r"\x00-/:-@\[-`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf"
    r"\u2190-\u2bff\u3000-\u3004\u3008-\u3030\u3036-\u303f\u30a0\u30fb\ufe00-\ufe6f\ufeff\ufff0-\uffff"
    r"\U0001f000-\U0001fbff"
)
_SEPARATORS: Final = re.compile(f"[{_APART}]")
_RUN: Final = re.compile(f"[{PAIRED}]+")
_PAIRED: Final = re.compile(f"[{PAIRED}]")
_TOKEN: Final = re.compile(f"[{PAIRED}]+|[^{_APART}{PAIRED}\\s]+")

_STEMMER: Final = stemmer("english")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a run of characters that have no spaces between them; its place in the folded text."""

    text: str
    start: int
    paired: bool


def lowered(text: str) -> str:
    """Each character in lower case by itself, as PostgreSQL's built-in locale does it."""
    return text.lower() if text.isascii() else "".join(map(_lowered, text))


def _lowered(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else lower[0]


def narrowed(text: str) -> str:
    """A text without regard to case and to the width and form of its characters."""
    return lowered(normalize("NFKC", text))


def tokens(narrow: str) -> Iterator[Token]:
    """The words and runs of a narrowed text."""
    for found in _TOKEN.finditer(narrow):
        yield Token(found.group(), found.start(), _PAIRED.match(found.group()) is not None)


def folded(text: str) -> str:
    """What `search_fold` makes of a text."""
    spaced = _RUN.sub(r" \g<0> ", _SEPARATORS.sub(" ", narrowed(text)))
    return _PAIRED.sub(r"\g<0> \g<0>", spaced)


def places(text: str) -> tuple[str, list[int] | None]:
    """A text narrowed, and where in it each of its characters begins; None where nothing has moved.

    The list has one entry more, the text's length.
    """
    if is_normalized("NFKC", text):
        return lowered(text), None
    parts: list[str] = []
    starts: list[int] = []
    begin = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and combining(text[end]):
            continue
        made = narrowed(text[begin:end])
        parts.append(made)
        starts += [begin] * len(made)
        begin = end
    return "".join(parts), [*starts, len(text)]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The stem of an English word, as the text search configuration `english` knows it."""
    stemmed: str = _STEMMER.stemWord(word)
    return stemmed
