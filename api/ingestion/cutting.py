"""Texts cut into chunks: passages that are found and cited on their own."""

import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from markdown_it import MarkdownIt
from semantic_text_splitter import MarkdownSplitter, TextSplitter

from api.embeddings.batches import estimated_tokens
from api.ingestion.formats import Format

CHUNKER: Final = 1
"""Version of these rules: what an older one has cut is cut anew."""

_LEAST: Final = 600
_MOST: Final = 800
_OVERLAP: Final = 80
"""Sizes, a character counting as one: 600 to 800 characters of English, and 300 to 400 of Chinese."""

_SHORT: Final = 120
"""Characters of a heading that goes with the text below it."""

_MARKED_UP: Final = (Format.MARKDOWN, Format.HTML, Format.DOCX)
_PAGE_END: Final = "\f"
_BLANK: Final = " \t\n\u3000"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage, with what is known of its place: `start` and `end` count characters of the whole text."""

    content: str
    start: int
    end: int
    headings: tuple[str, ...] = ()
    page: int | None = None

    def facts(self, *, offsets: bool = True) -> dict[str, Any]:
        """What the chunk's metadata say of its place."""
        facts: dict[str, Any] = {"start": self.start, "end": self.end} if offsets else {}
        if self.headings:
            facts |= {"heading": self.headings[-1], "headings": list(self.headings)}
        return facts if self.page is None else facts | {"page": self.page}


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    end: int
    level: int
    title: str


def size(text: str) -> int:
    """How large a text is to a model and to a reader: twice its tokens, and no less than its characters."""
    return max(len(text), 2 * estimated_tokens(text) - 2)


def cut(text: str, kind: Format) -> list[Chunk]:
    """The chunks of a text in their order. The same text gives the same chunks."""
    plain = text.replace(_PAGE_END, "\n")
    marked_up = kind in _MARKED_UP
    splitter = _MARKDOWN if marked_up else _TEXT
    headings = _headings(plain) if marked_up else []
    pages = [place for place, character in enumerate(text) if character == _PAGE_END]
    return [
        Chunk(
            content=plain[start:end],
            start=start,
            end=end,
            headings=_above(headings, start, plain[start:end]),
            page=bisect.bisect_left(pages, start) + 1 if kind is Format.PDF else None,
        )
        for start, end in _joined(
            [
                (start, start + len(content))
                for start, content in splitter.chunk_indices(plain)
                if content.strip()
            ],
            headings,
        )
    ]


def _joined(places: Sequence[tuple[int, int]], headings: Sequence[_Heading]) -> Iterator[tuple[int, int]]:
    """Beginnings and ends, where headings that stand alone go with what they are headings of."""
    covered = {heading.start: heading.end for heading in headings}
    begun: int | None = None
    for place, (start, end) in enumerate(places):
        alone = covered.get(start, 0) >= end and end - start <= _SHORT
        if alone and place + 1 < len(places):
            begun = start if begun is None else begun
            continue
        yield (start if begun is None else begun), end
        begun = None


def _splitter(kind: Callable[..., Any]) -> Any:
    return kind(size, (_LEAST, _MOST), overlap=_OVERLAP)


_TEXT: Final = _splitter(TextSplitter.from_callback)
_MARKDOWN: Final = _splitter(MarkdownSplitter.from_callback)
_PARSER: Final = MarkdownIt("commonmark").enable("table")


def _headings(text: str) -> list[_Heading]:
    lines = [0]
    for line in text.split("\n"):
        lines.append(lines[-1] + len(line) + 1)
    tokens = _PARSER.parse(text)
    return [
        _Heading(lines[token.map[0]], lines[token.map[1]], int(token.tag[1:]), inline.content.strip())
        for token, inline in pairwise(tokens)
        if token.type == "heading_open" and token.map is not None and token.level == 0
    ]


def _above(headings: Sequence[_Heading], start: int, content: str) -> tuple[str, ...]:
    """The headings under which a chunk stands, those that it begins with included."""
    reached = start
    path: list[_Heading] = []
    for heading in headings:
        if heading.start > reached:
            break
        path = [above for above in path if above.level < heading.level]
        path.append(heading)
        if heading.start >= start:
            rest = content[max(heading.end - start, 0) :]
            reached = max(heading.end, start) + len(rest) - len(rest.lstrip(_BLANK))
    return tuple(heading.title for heading in path if heading.title)
