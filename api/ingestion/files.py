"""Uploaded files on disk, each under the hash of its content: the same file is kept once, whoever has it."""

import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from api.ingestion.unreadable import Fault, Unreadable

_PREFIX: Final = "incoming-"
_PIECES: Final = 1_000_000
_ABANDONED_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has come in whole, under a name of its own until it is kept or discarded."""

    path: Path
    size: int
    hash: str


class Files:
    """The folder of uploaded files, which is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, place: str) -> Path:
        """Where a file is that is kept at a place, as `documents.file_path` tells it."""
        return self._folder / place

    async def receive(self, pieces: AsyncIterator[bytes], most: int) -> Received:
        """Write what comes to disk, hashed on the way; what breaks off leaves nothing behind.

        Raises Unreadable for more than `most` bytes, and OSError where the disk takes no more.
        """
        await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        number, name = await asyncio.to_thread(tempfile.mkstemp, prefix=_PREFIX, dir=self._folder)
        path = Path(name)
        digest = hashlib.sha256()
        size = 0
        try:
            with os.fdopen(number, "wb") as file:
                waiting: list[bytes] = []
                gathered = 0
                async for piece in pieces:
                    size += len(piece)
                    if size > most:
                        raise too_large(most)
                    waiting.append(piece)
                    gathered += len(piece)
                    if gathered >= _PIECES:
                        await asyncio.to_thread(_write, file, digest, waiting)
                        waiting, gathered = [], 0
                await asyncio.to_thread(_write, file, digest, waiting)
                await asyncio.to_thread(_sync, file)
        except BaseException:
            # Now, since whoever cancelled this waits for nothing more.
            path.unlink(missing_ok=True)  # noqa: ASYNC240
            raise
        return Received(path, size, digest.hexdigest())

    def keep(self, received: Received) -> str:
        """Put a file to its place, which is told. The same content may be there already.

        To be done under a lock on the hash, which keeps `sweep` away until a document names the file.
        """
        place = f"{received.hash[:2]}/{received.hash}"
        target = self._folder / place
        target.parent.mkdir(mode=0o700, exist_ok=True)
        received.path.replace(target)
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return place

    def discard(self, received: Received) -> None:
        """Remove a file that is not to be kept; one that is kept already has another name."""
        received.path.unlink(missing_ok=True)

    def abandoned(self) -> list[Path]:
        """Files that broke off with the process that received them, a day ago or earlier."""
        before = time.time() - _ABANDONED_SECONDS
        return [each for each in self._folder.glob(f"{_PREFIX}*") if each.stat().st_mtime < before]

    def kept(self) -> list[str]:
        """The places of all files that have been there for a day."""
        before = time.time() - _ABANDONED_SECONDS
        return [
            f"{each.parent.name}/{each.name}"
            for each in self._folder.glob("[0-9a-f][0-9a-f]/*")
            if each.stat().st_mtime < before
        ]


def too_large(most: int) -> Unreadable:
    """Why a file of more than `most` bytes is not taken."""
    return Unreadable(Fault.TOO_LARGE, f"The file is larger than {most:,} bytes, which is the most.")


def _write(file: BinaryIO, digest: Any, pieces: list[bytes]) -> None:
    for piece in pieces:
        file.write(piece)
        digest.update(piece)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
