"""Passages of the demo's documents, questions about them, and how well a search answers these."""

import re
import tomllib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from db.seeds.library import chunks

QUESTIONS: Final = Path(__file__).with_name("queries.toml")
DEPTHS: Final = (1, 5, 10)

_SENTENCE: Final = re.compile(r"(?<=[。！？；])|(?<=[.!?;])\s+")
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the text that the passage which answers it contains."""

    language: str
    asks: str
    answer: str


@dataclass(frozen=True, slots=True)
class Score:
    """Shares of the questions whose answer is among the first so many, and the mean reciprocal rank."""

    questions: int
    recall: Mapping[int, float]
    mrr: float

    def __str__(self) -> str:
        recalls = "  ".join(f"@{depth} {share:.3f}" for depth, share in self.recall.items())
        return f"{recalls}  MRR {self.mrr:.3f}  ({self.questions} questions)"


def questions(path: Path = QUESTIONS) -> list[Asked]:
    """The questions of a file."""
    return [Asked(**each) for each in tomllib.loads(path.read_text("utf-8"))["question"]]


def passages() -> list[str]:
    """The demo's documents in passages of some sentences, each under its heading."""
    folder = files("db.seeds").joinpath("content/documents")
    texts = sorted((each.name, each.read_text("utf-8")) for each in folder.iterdir())
    return [passage for _, text in texts for section in chunks(text) for passage in divided(section)]


def divided(section: str) -> list[str]:
    """Sentences put together as long as they are short; a Chinese character says as much as two letters."""
    heading, _, body = section.partition("\n")
    made: list[str] = []
    room = 0
    for sentence in filter(None, _SENTENCE.split(body)):
        size = sum(2 if ord(character) > 0x2E80 else 1 for character in sentence)
        if made and size <= room:
            made[-1] += f" {sentence}" if sentence.isascii() else sentence
        else:
            made.append(sentence)
            room = _LONGEST
        room -= size
    return [f"{heading}\n{each}" for each in made]


async def measured(
    asked: Iterable[Asked], search: Callable[[str], Awaitable[Sequence[str]]]
) -> dict[str, Score]:
    """The scores of a search by language, and of all; it gives the texts that it finds, best first."""
    places: dict[str, list[int | None]] = {}
    for each in asked:
        found = await search(each.asks)
        place = next((number for number, text in enumerate(found, start=1) if each.answer in text), None)
        for language in (each.language, "all"):
            places.setdefault(language, []).append(place)
    return {
        language: Score(
            len(found),
            {
                depth: sum(1 for at in found if at is not None and at <= depth) / len(found)
                for depth in DEPTHS
            },
            sum(1 / at for at in found if at is not None) / len(found),
        )
        for language, found in places.items()
    }
