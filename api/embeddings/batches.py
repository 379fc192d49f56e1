"""Texts in batches that a provider takes: by their number and by their tokens, which are estimated."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

# A character of these scripts is about one token, and elsewhere four characters are.
_DENSE: Final = re.compile(
    "[\u1100-\u11ff\u2e80-\u30ff\u3130-\u318f\u31f0-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has; at least one."""
    dense = len(_DENSE.findall(text))
    return dense + (len(text) - dense) // 4 + 1


def batches(texts: Sequence[str], *, most: int, tokens: int) -> Iterator[range]:
    """The places of consecutive texts that go together. A text beyond `tokens` goes alone."""
    start = weight = 0
    for place, text in enumerate(texts):
        added = estimated_tokens(text)
        if place > start and (place - start == most or weight + added > tokens):
            yield range(start, place)
            start, weight = place, 0
        weight += added
    if start < len(texts):
        yield range(start, len(texts))
