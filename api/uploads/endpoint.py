"""`POST /documents`: a file as the body of a request, streamed to disk and made a document."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from api.context import Context
from api.core.errors import Code, Forbidden, Unauthenticated
from api.core.ids import global_id
from api.http.errors import HTTPRefusal, refused
from api.http.incoming import Incoming
from api.http.negotiation import JSON
from api.http.rates import RateLimited
from api.http.response import Reply, Responder
from api.http.service import Service
from api.ingestion.files import Files, Received, too_large
from api.ingestion.formats import Format, format_of
from api.ingestion.reading import ReadingLimits, check_opens
from api.ingestion.unreadable import Fault, Unreadable
from api.settings import ApiSettings
from api.writing.faults import require
from api.writing.rules import rules
from db.errors import Conflict, DataError, Invalid, TimedOut
from db.models import Document
from db.session import Database
from db.store.audit import record
from db.store.preparation.arrivals import Upload, Uploaded, add_upload, lock_file

PATH: Final = "/documents"

_PARAMETERS: Final = ("filename", "title", "source", "tag")
_MOST_TAGS: Final = 50
_LONGEST_TAG: Final = 100
_STATUS: Final = {
    Fault.EMPTY: 400,
    Fault.UNSUPPORTED: 415,
    Fault.TOO_LARGE: 413,
    Fault.ENCRYPTED: 422,
    Fault.BROKEN: 422,
}
# A page of another site could send a file in the name of whoever looks at it, where that takes no token.
_FOREIGN_SITES: Final = frozenset({"cross-site", "same-site"})

_log = structlog.get_logger("api.uploads")


@dataclass(frozen=True, slots=True)
class Described:
    """What the query string says of a file."""

    name: str | None
    title: str | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Uploads:
    """An ASGI application for one path. Whoever sends a file is counted like whoever sends an operation."""

    service: Service
    responder: Responder
    database: Database
    settings: ApiSettings
    files: Files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Incoming(scope, receive)
        request_id: str = scope["state"]["request_id"]
        try:
            response: ASGIApp = await self._answer(request, request_id)
        except HTTPRefusal as refusal:
            response = self.responder.refusal(refusal, JSON, request_id)
        await response(scope, receive, send)

    async def _answer(self, request: Incoming, request_id: str) -> ASGIApp:
        if request.method != "POST":
            raise HTTPRefusal(
                405, f"Files are sent with POST, not {request.method}.", headers={"Allow": "POST"}
            )
        allowed = self.settings.cors_origins
        welcome = "*" in allowed or request.header(b"origin") in allowed
        if request.header(b"sec-fetch-site") in _FOREIGN_SITES and not welcome:
            raise HTTPRefusal(403, "Files are not taken from pages of other sites.", code=Code.FORBIDDEN)
        try:
            async with asyncio.timeout(self.settings.upload_timeout_seconds):
                principal = await self.service.admit(request)
                allowance = await self.service.limiter.take(principal, request.address)
                context = self.service.make_context(request, principal, request_id)
                uploaded, kind = await self._take(request, context)
        except RateLimited as error:
            raise HTTPRefusal(429, error.message, code=error.code, headers=error.headers()) from None
        except TimeoutError:
            seconds = self.settings.upload_timeout_seconds
            raise HTTPRefusal(
                408,
                f"The file was not complete after {seconds:g} seconds: send it again.",
                headers={"Connection": "close"},
            ) from None
        headers = allowance.headers() if allowance is not None else {}
        return _reply(uploaded, kind, headers)

    async def _take(self, request: Incoming, context: Any) -> tuple[Uploaded, Format]:
        try:
            require(context.viewer, [Document])
        except Unauthenticated as error:
            raise refused(error, 401) from None
        except Forbidden as error:
            raise refused(error, 403) from None
        described = _described(request)
        encoding = (request.header(b"content-encoding") or "identity").strip().lower()
        if encoding != "identity":
            raise HTTPRefusal(415, "Compressed bodies are not taken: send the file without Content-Encoding.")
        most = self.settings.max_upload_bytes
        try:
            received = await self.files.receive(request.pieces(most), most)
        except Unreadable as fault:
            raise _refusal(fault) from None
        except HTTPRefusal as refusal:
            if refusal.status != _STATUS[Fault.TOO_LARGE]:
                raise
            raise _refusal(too_large(most)) from None
        except OSError as error:
            _log.error("upload.disk", reason=str(error))
            raise HTTPRefusal(
                503, "The server cannot store files at the moment.", code=Code.SERVICE_UNAVAILABLE
            ) from None
        try:
            return await self._store(received, described, request, context)
        finally:
            self.files.discard(received)

    async def _store(
        self, received: Received, described: Described, request: Incoming, context: Context
    ) -> tuple[Uploaded, Format]:
        declared = request.header(b"content-type")
        try:
            kind = await asyncio.to_thread(format_of, received.path, described.name, declared)
            await check_opens(received.path, kind, ReadingLimits.of(self.settings))
        except Unreadable as fault:
            raise _refusal(fault) from None
        owner = context.viewer.user_id
        if owner is None:
            raise HTTPRefusal(401, "Nobody has signed in.", code=Code.UNAUTHENTICATED)
        stem = PurePosixPath(described.name or "").stem
        title = described.title or stem or "Untitled"
        try:
            async with self.database.transaction() as session:
                await lock_file(session, received.hash)
                place = await asyncio.to_thread(self.files.keep, received)
                upload = Upload(
                    place=place,
                    hash=received.hash,
                    size=received.size,
                    content_type=kind.value,
                    name=described.name,
                    title=title,
                    facts=described.facts,
                )
                uploaded = await add_upload(session, owner, upload)
                if uploaded.created:
                    changes = {"title": [None, title], "content_hash": [None, received.hash]}
                    await record(session, context.actor, "document.create", "document", uploaded.id, changes)
        except (Conflict, Invalid) as fault:
            raise HTTPRefusal(400, fault.message, code=Code.BAD_USER_INPUT) from None
        except TimedOut as error:
            raise HTTPRefusal(504, "Storing the file took too long: try again.", code=Code.TIMEOUT) from error
        except DataError as error:
            _log.warning("upload.database", reason=error.message)
            raise HTTPRefusal(
                503,
                "The database does not answer at the moment: try again shortly.",
                code=Code.SERVICE_UNAVAILABLE,
            ) from error
        return uploaded, kind


def _described(request: Incoming) -> Described:
    try:
        pairs = parse_qsl(
            request.scope["query_string"].decode("latin-1"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=100,
        )
    except ValueError:
        raise _wrong("The query string is not percent-encoded UTF-8, or has too many parameters.") from None
    unknown = sorted({name for name, _ in pairs} - set(_PARAMETERS))
    if unknown:
        raise _wrong(f"There is no parameter {unknown[0][:50]}: there are {', '.join(_PARAMETERS)}.")
    single = {name: value.strip() for name, value in pairs if name != "tag"}
    tags = list(dict.fromkeys(tag for name, value in pairs if name == "tag" and (tag := value.strip())))
    if len(tags) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG for tag in tags):
        raise _wrong(f"At most {_MOST_TAGS} tags of {_LONGEST_TAG} characters can be given.")
    facts: dict[str, Any] = {"source": single.get("source") or "upload", "tags": tags}
    name = PurePosixPath(PureWindowsPath(single.get("filename", "")).name).name or None
    read = rules(Document)
    for attribute, label, value in (
        ("original_name", "filename", name),
        ("title", "title", single.get("title")),
        ("meta", "tag", facts),
    ):
        if value:
            try:
                read[attribute].read(value)
            except ValueError as fault:
                raise _wrong(f"{label} {fault}.") from None
    return Described(name, single.get("title") or None, facts)


def _wrong(message: str) -> HTTPRefusal:
    return HTTPRefusal(400, message, code=Code.BAD_USER_INPUT)


def _refusal(fault: Unreadable) -> HTTPRefusal:
    # What is still on its way of a file that is too large would be read as the next request.
    headers = {"Connection": "close"} if fault.fault is Fault.TOO_LARGE else None
    return HTTPRefusal(_STATUS[fault.fault], fault.message, code=Code(fault.fault.value), headers=headers)


def _reply(uploaded: Uploaded, kind: Format, headers: Mapping[str, str]) -> Reply:
    document = {
        "id": global_id("Document", uploaded.id),
        "status": uploaded.status.name,
        "contentType": kind.value,
    }
    body = orjson.dumps({"document": document, "created": uploaded.created})
    return Reply(201 if uploaded.created else 200, JSON, body, headers)
