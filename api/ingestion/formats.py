"""What a file is, by what is in it: names and declared types only tell texts apart."""

import codecs
import re
import zipfile
from enum import Enum
from pathlib import Path, PurePath
from typing import Final

import charset_normalizer
import puremagic

from api.ingestion.unreadable import Fault, Unreadable

_HEAD: Final = 65_536
_BEGINNING: Final = 2_048
_MOST_PARTS: Final = 10_000
_MOST_UNPACKED: Final = 250_000_000
_MOST_RATIO: Final = 200
_HARMLESS: Final = 10_000_000
"""Bytes that a part of an archive may unpack to at any ratio."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HTML: Final = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_TAGS: Final = re.compile(r"<(?:p|div|h[1-6]|ul|ol|table|article|section)\b", re.IGNORECASE)


class Format(Enum):
    """A kind of file that can be read; the values are media types."""

    TEXT = "text/plain"
    MARKDOWN = "text/markdown"
    HTML = "text/html"
    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    @property
    def ending(self) -> str:
        """How names of such files end."""
        return _ENDINGS[self]


_ENDINGS: Final = {
    Format.TEXT: ".txt",
    Format.MARKDOWN: ".md",
    Format.HTML: ".html",
    Format.PDF: ".pdf",
    Format.DOCX: ".docx",
}
_BY_ENDING: Final = {
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
}
_READ: Final = "text, Markdown, HTML, PDF and DOCX files"


def format_of(path: Path, name: str | None = None, declared: str | None = None) -> Format:
    """What the file at `path` is; `name` and the media type `declared` are what its owner says of it.

    Raises:
        Unreadable: for files that are empty, of another kind, damaged, or made to burst what unpacks them.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise Unreadable(Fault.EMPTY, "The file is empty.")
    if b"%PDF-" in head[:1024]:
        return Format.PDF
    if head.startswith(b"PK\x03\x04"):
        check_archive(path)
        return Format.DOCX
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise Unreadable(
            Fault.UNSUPPORTED,
            "This is an Office file of the old binary kind, or an encrypted one: save it as DOCX without a "
            "password.",
        )
    encoding = encoding_of(head)
    if encoding is None:
        raise Unreadable(Fault.UNSUPPORTED, f"This is {_kind(head)}; what can be read are {_READ}.")
    start = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    return _text_format(start, name, declared)


def text_format(text: str, declared: str) -> Format:
    """What a text is that comes with its media type."""
    return _text_format(text, None, declared)


def _text_format(start: str, name: str | None, declared: str | None) -> Format:
    media = (declared or "").partition(";")[0].strip().lower()
    ending = PurePath(name or "").suffix.lower()
    said = _BY_ENDING.get(ending) or next(
        (each for each in (Format.MARKDOWN, Format.HTML) if each.value == media), Format.TEXT
    )
    page = start.lstrip().startswith("<") and _HTML.search(start[:_BEGINNING]) is not None
    if said is Format.HTML:
        return Format.HTML if page or _TAGS.search(start) else Format.TEXT
    if said is Format.TEXT and page and media != Format.TEXT.value and ending != ".txt":
        return Format.HTML
    return said


def encoding_of(data: bytes) -> str | None:
    """The encoding of a text of which `data` is all, or the beginning; None for what is no text."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    if _CONTROLS.search(data):
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(data[:_HEAD]).best()
        return best.encoding if best is not None else None
    return "utf-8"


def check_archive(path: Path) -> None:
    """Raise Unreadable unless this is the archive of a DOCX, of a size that can be unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise Unreadable(Fault.BROKEN, "This is a damaged ZIP archive, or a damaged DOCX.") from None
    names = {part.filename for part in parts}
    if "word/document.xml" not in names or "[Content_Types].xml" not in names:
        raise Unreadable(Fault.UNSUPPORTED, f"This is a ZIP archive; what can be read are {_READ}.")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(Fault.ENCRYPTED, "The file is encrypted: save it without a password.")
    unpacked = sum(part.file_size for part in parts)
    bursting = any(
        part.file_size > _HARMLESS and part.file_size > _MOST_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or bursting:
        raise Unreadable(
            Fault.TOO_LARGE,
            f"The DOCX unpacks to {unpacked:,} bytes in {len(parts):,} parts, which is more than is read.",
        )


def _kind(head: bytes) -> str:
    """What a file that is no text is, in words."""
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        found = []
    if not found:
        return "no text"
    best = max(found, key=lambda match: (match.confidence, len(match.byte_match or b"")))
    kind = best.mime_type.partition("/")[0] if best.mime_type else ""
    words = {"image": "a picture", "audio": "a sound", "video": "a film"}.get(kind, "no text")
    return f"{words} ({best.name})" if best.name else words
