"""Texts, with or without mark-up."""

import re
from pathlib import Path
from typing import Final

from html_to_markdown import ConversionOptions, convert

from api.ingestion.formats import encoding_of
from api.ingestion.unreadable import Fault, Unreadable

_UNSHOWN: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_DEPTH: Final = 500


def tidy(text: str) -> str:
    """The text with one kind of line end, and without what no text here can hold.

    Form feeds stay: they part the pages.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return _UNSHOWN.sub("", text)


def read_text(path: Path) -> str:
    """A text file in any encoding that can be told. Raises Unreadable."""
    data = path.read_bytes()
    encoding = encoding_of(data)
    try:
        if encoding is not None:
            return tidy(data.decode(encoding))
    except (UnicodeDecodeError, LookupError):
        pass
    raise Unreadable(Fault.BROKEN, "The encoding of the text cannot be told: save it in UTF-8.")


def markdown_of(html: str) -> str:
    """A page as Markdown: headings, paragraphs, lists, tables and code, without pictures and scripts."""
    options = ConversionOptions(
        extract_metadata=False, skip_images=True, max_depth=_DEPTH, strip_tags=["a"], autolinks=False
    )
    return tidy(convert(html, options).content or "")
