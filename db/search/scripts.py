"""Chinese characters that stand for each other in the traditional and the simplified script."""

from functools import cache
from importlib.resources import files
from typing import Final

_TABLE: Final = "dictionary/TSCharacters.txt"


@cache
def _classes() -> dict[str, str]:
    """For each character that has others, all of them, with the simplified one first."""
    groups: dict[str, str] = {}
    for line in (files("opencc") / _TABLE).read_text("utf-8").splitlines():
        traditional, _, simplified = line.partition("\t")
        first = simplified.split(" ")[0].strip()
        if len(traditional) == len(first) == 1 and traditional != first:
            groups[first] = groups.get(first, first) + traditional
    return {character: group for group in groups.values() for character in group}


def forms(character: str) -> str:
    """A character and those that the other script, or this one, writes for the same simplified one."""
    return _classes().get(character, character)


def simplified(text: str) -> str:
    """A text of either script in the simplified one, character by character."""
    return "".join(forms(character)[0] for character in text)
