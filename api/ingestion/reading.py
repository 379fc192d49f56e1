"""The text of a file. What parses formats runs in a process of its own, bounded in time and memory."""

import asyncio
import mmap
import sys
from asyncio import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import structlog

from api.document_settings import DocumentSettings
from api.ingestion.formats import Format, text_format
from api.ingestion.readers.texts import markdown_of, read_text, tidy
from api.ingestion.unreadable import STATUS, Fault, Unreadable

_AT_ONCE: Final = 65_536
_WORDS: Final = 2_000
# A text is in memory as it is; the others are parsed.
_PARSED: Final = (Format.PDF, Format.DOCX, Format.HTML)
# Waiting for a busy machine is no computing.
_PATIENCE: Final = 3

_log = structlog.get_logger("api.ingestion")


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What reading one file may take: seconds of computing, bytes of memory, characters of text."""

    seconds: float
    memory: int
    characters: int

    @classmethod
    def of(cls, settings: DocumentSettings) -> Self:
        """What the settings allow."""
        return cls(settings.reading_seconds, settings.reading_bytes, settings.max_document_characters)


async def read_file(path: Path, kind: Format, limits: ReadingLimits) -> str:
    """The text of a file, with Markdown's headings and a form feed between pages.

    Raises:
        Unreadable: for a file without text, or one that cannot be read within the limits.
    """
    if kind in _PARSED:
        text = await _read_apart(path, kind, limits)
    else:
        text = await asyncio.to_thread(read_text, path)
    return _checked(text, limits)


async def check_opens(path: Path, kind: Format, limits: ReadingLimits) -> None:
    """Raise Unreadable for a PDF that opens with a password only."""
    if kind is Format.PDF and await asyncio.to_thread(_says_encrypted, path):
        await _read_apart(path, kind, limits, only_open=True)


async def read_given(text: str, content_type: str, limits: ReadingLimits) -> tuple[str, Format]:
    """The text of a document that was given as text, and what it is. Raises Unreadable."""
    kind = text_format(text, content_type)
    if kind is Format.HTML:
        return _checked(await asyncio.to_thread(markdown_of, text), limits), kind
    return _checked(tidy(text), limits), kind


def _checked(text: str, limits: ReadingLimits) -> str:
    if len(text) > limits.characters:
        raise Unreadable(
            Fault.TOO_LARGE,
            f"The text has {len(text):,} characters: at most {limits.characters:,} are read. Split it.",
        )
    if not text.strip():
        raise Unreadable(
            Fault.EMPTY, "There is no text in it. Pictures of text, as scanners make them, are not read."
        )
    return text


def _says_encrypted(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"/Encrypt") >= 0


async def _read_apart(path: Path, kind: Format, limits: ReadingLimits, *, only_open: bool = False) -> str:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "api.ingestion.readers",
        kind.value,
        str(path),
        str(max(1, round(limits.seconds))),
        str(limits.memory),
        *(["open"] if only_open else []),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(limits.seconds * _PATIENCE):
            said, complaint, status = await _collect(child, limits.characters * 4 + _AT_ONCE)
    except TimeoutError:
        raise Unreadable(
            Fault.TOO_LARGE, f"Reading the file takes longer than {limits.seconds:g} seconds."
        ) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    answer = said.decode(errors="replace")
    if status == 0:
        return answer
    if status == STATUS:
        fault, _, message = answer.partition("\n")
        raise Unreadable(Fault(fault), message)
    _log.warning("reading.died", format=kind.name, status=status, said=complaint.decode(errors="replace"))
    raise Unreadable(
        Fault.BROKEN, "The file cannot be read: it is damaged, or takes more than is given to one file."
    )


async def _collect(child: subprocess.Process, most: int) -> tuple[bytes, bytes, int]:
    """What the child said, at most so many bytes, the end of what it complained of, and how it ended."""
    if child.stdout is None or child.stderr is None:
        raise RuntimeError("the child was started without pipes")
    complaining = asyncio.create_task(child.stderr.read(_WORDS))
    try:
        pieces = []
        size = 0
        while piece := await child.stdout.read(_AT_ONCE):
            size += len(piece)
            if size > most:
                raise Unreadable(Fault.TOO_LARGE, "The file holds more text than is read. Split it.")
            pieces.append(piece)
        return b"".join(pieces), await complaining, await child.wait()
    finally:
        complaining.cancel()
