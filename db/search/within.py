"""What every text that contains another must have among its words: the index of words serves `contains`.

The words of a text are cut at its spaces and signs, so that only what stands inside of what is contained is
sure to be among them: pairs of Chinese characters, and whole English words.
"""

import re
from itertools import pairwise
from typing import Final

from db.search.fold import Token, narrowed, stem, tokens

# Nothing that follows or precedes these changes them, as accents and signs of voice change other characters.
_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]{2}")
_ENGLISH: Final = re.compile("[a-z]{5,50}")
_COMMON: Final = frozenset({
    "about", "above", "after", "again", "against", "because", "before", "being", "below", "between", "doing",
    "during", "further", "having", "herself", "himself", "itself", "myself", "other", "ourselves", "should",
    "their", "theirs", "themselves", "there", "these", "those", "through", "under", "until", "where", "which",
    "while", "yours", "yourself", "yourselves",
})  # fmt: skip
"""Words of five letters and more that PostgreSQL leaves out."""
CUT: Final = "…"
"""The word of texts that are too long for all of theirs to be known. It is a sign, and so in no text."""


def words_within(text: str) -> str | None:
    """A `tsquery` that holds for the words of every text with this one in it; None if that is any text."""
    narrow = narrowed(text)
    wanted: dict[str, None] = {}
    for token in tokens(narrow):
        if token.paired:
            pairs = map("".join, pairwise(token.text))
            wanted.update((pair, None) for pair in pairs if _HAN.fullmatch(pair))
        elif _is_whole(token, narrow) and _ENGLISH.fullmatch(token.text) and token.text not in _COMMON:
            wanted[stem(token.text)] = None
    if not wanted:
        return None
    every = " & ".join(f"'{each}'" for each in wanted)
    return f"({every}) | '{CUT}'"


def _is_whole(token: Token, narrow: str) -> bool:
    """Whether a word can have no further letters before or after it."""
    return token.start > 0 and token.start + len(token.text) < len(narrow)
