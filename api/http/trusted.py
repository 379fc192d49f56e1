"""Trusted documents: the manifest of those that the operators' own clients send."""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson
import structlog

from api.core.documents import Document, Documents
from api.http.persisted import hash_of
from db.errors import Misconfigured

_log = structlog.get_logger(__name__)

_WATCH_SECONDS: Final = 2.0
_ERRORS_SHOWN: Final = 5
_PREFIX: Final = "sha256:"
_ID: Final = re.compile(r"[A-Za-z0-9._~-]{1,200}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The documents by their ids, without the prefix `sha256:`, and by their texts."""

    by_id: Mapping[str, Document] = field(default_factory=dict)
    by_text: Mapping[str, Document] = field(default_factory=dict)


class TrustedDocuments:
    """The manifest in force. It is read at the start and again when its files change."""

    def __init__(self, path: Path, documents: Documents) -> None:
        """Read the manifest. Raises Misconfigured when that fails or one of its documents is not valid.

        `documents` judges them; its limit of a document's length does not apply.
        """
        self._path = path
        self._documents = documents
        self._state = _state(path)
        self.manifest = read_manifest(path, documents)

    def get(self, document_id: str) -> Document | None:
        """The document with an id: `sha256:` and the hash, the hash alone, or an id of another kind."""
        return self.manifest.by_id.get(document_id.removeprefix(_PREFIX))

    def reload(self) -> bool:
        """Read the manifest again if its files changed, and tell whether it did.

        A manifest that is wrong is logged, and the one before stays in force.
        """
        state = _state(self._path)
        if state == self._state:
            return False
        self._state = state
        try:
            self.manifest = read_manifest(self._path, self._documents)
        except Misconfigured as error:
            _log.error("trusted documents could not be read again; those before stay", reason=error.message)
            return False
        _log.info("trusted documents were read again", documents=len(self.manifest.by_id))
        return True

    async def watch(self) -> None:
        """Reload for ever; for a task of the application's lifespan."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            self.reload()


def read_manifest(path: Path, documents: Documents) -> Manifest:
    """The manifest in a file, or in all files `*.json` of a folder.

    Raises:
        Misconfigured: with every fault of the first few documents that have one.
    """
    by_id: dict[str, Document] = {}
    by_text: dict[str, Document] = {}
    faults: list[str] = []
    for file in _files(path):
        for document_id, text in _entries(file):
            key = document_id.removeprefix(_PREFIX)
            known = by_id.get(key)
            if known is not None and known.text != text:
                faults.append(f"{file.name}: {document_id} names two different documents.")
                continue
            document = by_text.get(text) or documents.make(text)
            fault = _fault(document_id, key, document)
            if fault is not None:
                faults.append(f"{file.name}: {fault}")
            by_id[key] = by_text[text] = document
    if faults:
        more = f" And {len(faults) - _ERRORS_SHOWN} more." if len(faults) > _ERRORS_SHOWN else ""
        raise Misconfigured(
            f"The trusted documents of {path} cannot be used. {' '.join(faults[:_ERRORS_SHOWN])}{more}"
        )
    return Manifest(by_id, by_text)


def _fault(document_id: str, key: str, document: Document) -> str | None:
    if not _ID.fullmatch(key):
        return f"{document_id[:80]!r} is no id: use the SHA-256 of the document, or letters and digits."
    hashed = document_id.startswith(_PREFIX) or _SHA256.fullmatch(key) is not None
    if hashed and key != hash_of(document.text):
        return (
            f"{document_id} is not the SHA-256 of its document, which is {hash_of(document.text)}: let the "
            "generator write the manifest anew."
        )
    if document.errors:
        return f"{document_id}: {document.errors[0].message}"
    return None


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        if not files:
            raise Misconfigured(f"The folder {path} of trusted documents has no JSON file: add the manifest.")
        return files
    if not path.exists():
        raise Misconfigured(
            f"There are no trusted documents at {path}: correct ATRIUM_TRUSTED_DOCUMENTS_PATH."
        )
    return [path]


def _entries(file: Path) -> Iterator[tuple[str, str]]:
    try:
        value = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise Misconfigured(f"The trusted documents in {file} are no JSON: {error.msg}.") from error
    except OSError as error:
        raise Misconfigured(f"The trusted documents in {file} cannot be read: {error.strerror}.") from error
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise Misconfigured(
            f"The trusted documents in {file} have not the form of a manifest: one JSON object of hashes and "
            "documents, as graphql-codegen's persistedDocuments writes it."
        )
    return iter(value.items())


def _state(path: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when the files do: names, times and sizes."""
    try:
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        return tuple((file.name, (found := file.stat()).st_mtime_ns, found.st_size) for file in files)
    except OSError:
        return ()
