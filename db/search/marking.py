"""Where in a text the words of a question stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from db.search.fold import places, stem, tokens
from db.search.wording import Marked


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a text: the places of its first character and of the first one after it, in code points."""

    start: int
    end: int


def marks(text: str, wanted: Marked, *, most: int) -> list[Stretch]:
    """The first stretches of a text that a question's words fill, those that touch made one."""
    narrow, starts = places(text)
    found: list[Stretch] = []
    for start, end in _found(narrow, wanted):
        if starts is not None:
            start, end = starts[start], starts[end]  # noqa: PLW2901
        if found and start <= found[-1].end:
            found[-1] = Stretch(found[-1].start, max(end, found[-1].end))
        elif len(found) == most:
            break
        else:
            found.append(Stretch(start, end))
    return found


def _found(narrow: str, wanted: Marked) -> Iterator[tuple[int, int]]:
    for token in tokens(narrow):
        if not token.paired:
            word = stem(token.text)
            if word in wanted.whole or token.text in wanted.whole or word.startswith(wanted.beginnings):
                yield token.start, token.start + len(token.text)
            continue
        for place, character in enumerate(token.text):
            if character in wanted.beginnings:
                yield token.start + place, token.start + place + 1
        for place, (first, second) in enumerate(pairwise(token.text)):
            if first + second in wanted.whole:
                yield token.start + place, token.start + place + 2
