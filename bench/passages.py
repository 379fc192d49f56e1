"""Passages and questions to measure with: texts and vectors shaped like real ones."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_QUESTIONS: Final = 20
_WORDS: Final = 20_000

Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, in words and as a vector."""

    words: str
    vector: list[float]


class Made:
    """Texts and vectors shaped like real ones, the same each time."""

    def __init__(self, size: int) -> None:
        self.rng = np.random.default_rng(size)
        self.size = size
        self.spread = np.arange(1, size + 1) ** -0.5
        # A model's directions are not those of its numbers: each number, and so each bit, tells of many.
        self.turned, _ = np.linalg.qr(self.rng.normal(size=(size, size)))
        self.turned = self.turned.astype(np.float32)
        self.topics = self.drawn(200)
        self.often = 1.0 / np.arange(1, _WORDS + 1)
        self.often /= self.often.sum()

    def drawn(self, count: int) -> Numbers:
        """So many vectors around nothing, most of what tells them apart in few directions."""
        plain = (self.rng.normal(size=(count, self.size)) * self.spread).astype(np.float32)
        made: Numbers = plain @ self.turned
        return made

    def vectors(self, count: int) -> Numbers:
        """So many vectors around topics."""
        made: Numbers = self.topics[self.rng.integers(0, len(self.topics), count)] + self.drawn(count) * 0.8
        return made

    def texts(self, count: int, words: int) -> list[str]:
        """So many texts, half of them Chinese, whose words are as frequent as those of a language."""
        drawn = self.rng.choice(_WORDS, size=(count, words), p=self.often)
        return [
            "".join(chr(0x4E00 + word % 3_000) + chr(0x4E00 + word // 3_000) for word in each)
            if place % 2
            else " ".join(f"word{word}" for word in each)
            for place, each in enumerate(drawn.tolist())
        ]

    def questions(self) -> list[Asked]:
        """Some questions, in both languages."""
        vectors = self.vectors(_QUESTIONS).astype(float).tolist()
        return [Asked(*each) for each in zip(self.texts(_QUESTIONS, 6), vectors, strict=True)]
