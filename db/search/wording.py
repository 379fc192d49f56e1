"""Questions in words: what people type, read into the conditions of PostgreSQL's text search.

`word other` finds texts with one of the words, those with more and rarer ones first; `"a phrase"` must stand
as it is, `-word` and `-"a phrase"` must not stand at all, `begin*` finds words whose stem begins so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final
from unicodedata import normalize

from db.search.fold import Token, narrowed, tokens
from db.search.scripts import forms

MOST_CHARACTERS: Final = 1_000

_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_PIECE: Final = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"|(?P<piece>[^\s"]+))')
_LEXEME: Final = re.compile(r"'((?:[^']|'')+)'(:\*)?")


class Unsearchable(ValueError):
    """A text is no question; the message goes on after its name."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A question in words, as texts that `to_tsquery` reads; None where there is no such condition.

    `match` holds for what is found, `rank` weighs it. `must` is what also holds for what is found by other
    means: phrases that stand there, and words that do not. `meaning` is the question without its signs.
    """

    match: str | None
    rank: str | None
    must: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class Marked:
    """The lexemes of a question that texts are marked by, and those that words begin with."""

    whole: frozenset[str]
    beginnings: tuple[str, ...]


def read(text: str, *, fold_scripts: bool = True) -> Wording:
    """Read a question.

    Args:
        text: what somebody typed.
        fold_scripts: whether traditional and simplified characters stand for each other.

    Raises:
        Unsearchable: for what is empty, too long, or has no word that is looked for.
    """
    if len(text) > MOST_CHARACTERS:
        raise Unsearchable(
            f"has {len(text):,} characters, and at most {MOST_CHARACTERS:,} are searched for: "
            "ask for what matters most"
        )
    if not text.strip():
        raise Unsearchable("is empty: say what to look for")
    words: dict[str, None] = {}
    phrases: dict[str, None] = {}
    without: dict[str, None] = {}
    meaning: list[str] = []
    for found in _PIECE.finditer(normalize("NFKC", text).translate(_QUOTES)):
        piece = found["piece"] or found["phrase"] or ""
        parts = list(tokens(narrowed(piece)))
        if not parts:
            continue
        if found["minus"]:
            without[f"!({_sequence(parts, fold_scripts)})"] = None
            continue
        meaning.append(piece.removesuffix("*"))
        if found["piece"] is None:
            phrases[f"({_sequence(parts, fold_scripts)})"] = None
        else:
            words.update(dict.fromkeys(_atoms(parts, fold_scripts, begins=piece.endswith("*"))))
    if not words and not phrases:
        reason = "only says what not to find" if without else "has no word in it, only signs"
        raise Unsearchable(f"{reason}: give a word to look for")
    any_word = " | ".join(words)
    must = [*phrases, *without]
    match = must if phrases else [f"({any_word})", *without]
    return Wording(
        match=" & ".join(match),
        rank=" | ".join([*words, *phrases]),
        must=" & ".join(must) if must else None,
        meaning=" ".join(meaning) if must or "*" in text else text.strip(),
    )


def marked(query: str) -> Marked:
    """What to mark, from the text of a `tsquery` as PostgreSQL has it, which knows stems and stop words."""
    whole, beginnings = set(), []
    for lexeme, begins in _LEXEME.findall(query):
        if begins:
            beginnings.append(lexeme)
        else:
            whole.add(lexeme)
    return Marked(frozenset(whole), tuple(beginnings))


def _atoms(parts: list[Token], fold: bool, *, begins: bool) -> Iterator[str]:
    """What to look for of words and runs that stand for themselves."""
    for place, token in enumerate(parts):
        if not token.paired:
            yield f"'{token.text}'" + (":*" if begins and place == len(parts) - 1 else "")
        elif len(token.text) == 1:
            yield _alternatives(token.text, fold, ":*")
        else:
            yield from (_alternatives(first + second, fold) for first, second in pairwise(token.text))


def _sequence(parts: list[Token], fold: bool) -> str:
    """Words and runs that stand one after the other.

    At its ends a run may go on in the text, so that nothing is known of its first and last character alone.
    """
    if len(parts) == 1 and parts[0].paired and len(parts[0].text) == 1:
        return _alternatives(parts[0].text, fold, ":*")
    steps: list[str] = []
    for place, token in enumerate(parts):
        if not token.paired:
            steps.append(f"'{token.text}'")
            continue
        if place > 0:
            steps.append(_alternatives(token.text[0], fold))
        steps += [_alternatives(first + second, fold) for first, second in pairwise(token.text)]
        if place < len(parts) - 1:
            steps.append(_alternatives(token.text[-1], fold))
    return " <-> ".join(steps)


def _alternatives(text: str, fold: bool, mark: str = "") -> str:
    """A pair of characters, or one, in every script if they are folded."""
    written = ["".join(each) for each in product(*map(forms, text))] if fold else [text]
    quoted = [f"'{each}'{mark}" for each in written]
    return quoted[0] if len(quoted) == 1 else f"({' | '.join(quoted)})"
