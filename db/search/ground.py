"""What can be searched, and what is asked of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement

from db.models import ChunkEmbedding, Document, DocumentChunk, Memory, MemoryEmbedding, Message
from db.policy import Entity, Viewer
from db.search.wording import Wording

Condition = Callable[[Entity], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Ground:
    """What is found, and the rows whose words and vectors it is found by.

    The first three are models. `embedded` is the attribute of a vector that names its part, `whole` that of
    a part and of its vector that names what is found; None where the part itself is found. Whoever sees the
    row of `holder` that the attribute `held` of a vector names sees the part, unless their rights differ.
    """

    target: Any
    part: Any
    embedding: Any = None
    embedded: str = ""
    whole: str | None = None
    holder: Any = None
    held: str = ""

    @property
    def key(self) -> str:
        """The attribute of a vector that names what is found."""
        return self.whole or self.embedded


PASSAGES: Final = Ground(
    DocumentChunk, DocumentChunk, ChunkEmbedding, "chunk_id", holder=Document, held="document_id"
)
DOCUMENTS: Final = Ground(
    Document, DocumentChunk, ChunkEmbedding, "chunk_id", "document_id", holder=Document, held="document_id"
)
MEMORIES: Final = Ground(Memory, Memory, MemoryEmbedding, "memory_id", holder=Memory, held="memory_id")
MESSAGES: Final = Ground(Message, Message)


class SearchMode(Enum):
    """By what something is found."""

    VECTOR = "vector"
    TEXT = "text"
    HYBRID = "hybrid"


DEPTH: Final = 50
"""How deep each of two rankings is read before they are joined."""

_WIDE: Final = 768
WINDOWS: Final = (200, 400, 800, 1_600, 3_200, 6_400)
"""Every number of nearest bits whose vectors are compared exactly."""


def window_of(dimensions: int, candidates: int, size: int) -> int:
    """How many of the nearest bits are compared exactly: enough that hardly any near vector is missed.

    Args:
        dimensions: of the vectors; each is one bit, so that fewer tell less.
        candidates: about how many vectors there are to choose from; more of them crowd between the nearest.
        size: how many are wanted, of which it is at least the fourfold.
    """
    window = 200 + candidates // 100 if dimensions >= _WIDE else 400 + candidates // 20
    return next((each for each in WINDOWS if each >= max(window, 4 * size)), WINDOWS[-1])


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: words or a vector or both, of whose rows, and which page of the answer.

    Without a mode nothing is looked for, and all that the filter lets through is found. Vectors are compared
    with those that the model `model_id` made; `indexed` says that the viewer's own have an index, and that
    the viewer sees no others. `wants` names what is asked beside the hits: "total", "facets", "candidates",
    and "texts" for what highlights are made of.
    """

    viewer: Viewer
    mode: SearchMode | None
    wording: Wording | None = None
    vector: Sequence[float] | None = None
    model_id: UUID | None = None
    indexed: bool = False
    where: Condition | None = None
    window: int = 400
    offset: int = 0
    size: int = 20
    k: int = 60
    vector_weight: float = 1.0
    text_weight: float = 1.0
    facet_size: int = 10
    wants: frozenset[str] = frozenset()

    @property
    def by_vector(self) -> bool:
        """Whether vectors are compared."""
        return self.mode in (SearchMode.VECTOR, SearchMode.HYBRID)

    @property
    def by_text(self) -> bool:
        """Whether words are looked for."""
        return self.mode in (SearchMode.TEXT, SearchMode.HYBRID)

    @property
    def must(self) -> bool:
        """Whether words must or must not stand in what is found by its vector."""
        return self.wording is not None and self.wording.must is not None

    @property
    def reach(self) -> int:
        """How many rows of each ranking are read: one more than the page ends with.

        Two rankings are read in layers of `DEPTH`, and one layer further: of words alone many are put off to
        the layer after their own.
        """
        ends = self.offset + self.size + 1
        return ends if self.mode is not SearchMode.HYBRID else (ceil(ends / DEPTH) + 1) * DEPTH

    @property
    def windows(self) -> int:
        """How many windows of vectors are compared exactly, so that the page ends within them."""
        return ceil(self.reach / self.window)
