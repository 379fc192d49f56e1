"""DOCX files: headings, paragraphs, lists and tables in their order."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

from docx import Document
from docx.opc.exceptions import OpcError
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError

from api.ingestion.formats import check_archive
from api.ingestion.readers.texts import tidy
from api.ingestion.unreadable import Fault, Unreadable

_HEADING: Final = re.compile(r"Heading ([1-6])")
_DEEPEST: Final = 20


def read_docx(path: Path) -> str:
    """The file as Markdown. Raises Unreadable."""
    check_archive(path)
    try:
        document = Document(str(path))
        blocks = list(_blocks(document.iter_inner_content(), 0))
    except (OpcError, BadZipFile, LxmlError, KeyError, ValueError, AttributeError, IndexError):
        # What the library raises for files that are not as they should be follows no rule.
        raise Unreadable(Fault.BROKEN, "The DOCX is damaged.") from None
    return tidy("\n\n".join(blocks))


def _blocks(content: Iterator[Paragraph | Table], depth: int) -> Iterator[str]:
    for block in content:
        if isinstance(block, Table):
            yield from _rows(block, depth)
            continue
        text = block.text.strip()
        if text:
            yield f"{_mark(block)}{text}"


def _mark(paragraph: Paragraph) -> str:
    style = paragraph.style.name if paragraph.style is not None else None
    if style == "Title":
        return "# "
    heading = _HEADING.fullmatch(style or "")
    if heading:
        return f"{'#' * int(heading[1])} "
    return "- " if (style or "").startswith("List") else ""


def _rows(table: Table, depth: int) -> Iterator[str]:
    """The rows of a table, each a line of its cells; a cell that spans several is told once."""
    lines = []
    for row in table.rows:
        cells: list[str] = []
        seen: list[object] = []
        for cell in row.cells:
            if cell._tc in seen:  # noqa: SLF001 - the only thing that is the same for merged cells
                continue
            seen.append(cell._tc)  # noqa: SLF001
            inner = _blocks(cell.iter_inner_content(), depth + 1) if depth < _DEEPEST else iter(())
            cells.append(" ".join(" ".join(inner).split()))
        lines.append(f"| {' | '.join(cells)} |")
    if lines:
        yield "\n".join(lines)
