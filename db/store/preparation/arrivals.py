"""What is new, or says something else, and therefore is to be prepared."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert, or_, select, text, update

from db.errors import Invalid, NotFound
from db.ids import new_id
from db.models import Document, DocumentStatus, Prepared
from db.policy import Viewer, changeable
from db.session import ReadSession, WriteSession
from db.store.drafts import Draft
from db.store.preparation.queue import enqueue

_UNCUT = (DocumentStatus.UPLOADED, DocumentStatus.PROCESSING)
_SEED = 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received and is kept at `place`."""

    place: str
    hash: str
    size: int
    content_type: str
    name: str | None
    title: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The document of an upload; `created` is false where its owner had the same file already."""

    id: UUID
    status: DocumentStatus
    created: bool


async def lock_file(session: WriteSession, content_hash: str) -> None:
    """Let nobody keep or remove a file with this content until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:hash, :seed))"),
        {"hash": content_hash, "seed": _SEED},
    )


async def add_upload(session: WriteSession, owner_id: UUID, upload: Upload) -> Uploaded:
    """Make a document of a file, and let it be prepared; or find the one that is made of it already.

    One that failed is prepared once more. To be called under the lock of the file.
    """
    known = await session.execute(
        select(Document.id, Document.status)
        .where(
            Document.user_id == owner_id,
            Document.content_hash == upload.hash,
            Document.file_path.is_not(None),
            Document.deleted_at.is_(None),
        )
        .order_by(Document.created_at, Document.id)
        .limit(1)
    )
    row = known.one_or_none()
    if row is not None and row.status is not DocumentStatus.FAILED:
        return Uploaded(row.id, row.status, created=False)
    if row is not None:
        await _again(session, [row.id])
        return Uploaded(row.id, DocumentStatus.UPLOADED, created=False)
    key = new_id()
    await session.execute(
        insert(Document).values(
            id=key,
            user_id=owner_id,
            title=upload.title,
            filename=upload.place.rpartition("/")[2],
            original_name=upload.name,
            content_type=upload.content_type,
            file_size=upload.size,
            file_path=upload.place,
            content_hash=upload.hash,
            meta=upload.facts,
        )
    )
    await enqueue(session, Prepared.DOCUMENT, [key], cut=True)
    return Uploaded(key, DocumentStatus.UPLOADED, created=True)


async def reprocess(session: WriteSession, viewer: Viewer, document_id: UUID) -> UUID:
    """Let a document be read and cut anew; its owner. Until that is done it is found as it is.

    Raises NotFound, and Invalid for a document with neither file nor text.
    """
    found = await session.execute(
        select(Document.user_id, Document.file_path.is_not(None) | (Document.content != ""))
        .where(Document.id == document_id, changeable(Document, viewer), Document.deleted_at.is_(None))
        .with_for_update(key_share=True)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("There is no such document, or none that you may change.")
    owner, readable = row
    if not readable:
        raise Invalid("The document has neither a file nor a text: there is nothing to read.", "id")
    await _again(session, [document_id])
    return owner


async def reprocess_some(
    session: WriteSession, *, failed: bool, outdated: int | None, after: UUID, most: int
) -> tuple[list[UUID], UUID | None]:
    """Let documents be read and cut anew that failed, or that rules older than `outdated` have cut, or all.

    A page by id: which, and where the next page begins, None after the last.
    """
    wanted = select(Document.id).where(
        Document.id > after,
        Document.deleted_at.is_(None),
        Document.file_path.is_not(None) | (Document.content != ""),
    )
    if failed:
        wanted = wanted.where(Document.status == DocumentStatus.FAILED)
    elif outdated is not None:
        wanted = wanted.where(Document.chunker < outdated)
    else:
        wanted = wanted.where(or_(Document.chunker.is_not(None), Document.chunk_count == 0))
    page = wanted.order_by(Document.id).limit(most).with_for_update(key_share=True)
    keys = list(await session.scalars(page))
    await _again(session, keys)
    return keys, keys[-1] if len(keys) == most else None


async def texts_came(session: WriteSession, keys: Collection[UUID]) -> None:
    """Let new documents be prepared that were made of a text, and of which nobody says how far they are."""
    ready = await session.scalars(
        select(Document.id).where(
            Document.id.in_(keys),
            Document.status == DocumentStatus.UPLOADED,
            Document.chunk_count == 0,
            Document.content != "",
        )
    )
    await enqueue(session, Prepared.DOCUMENT, list(ready), cut=True)


async def judge_texts(session: WriteSession, drafts: Sequence[Draft]) -> None:
    """Let documents wait again whose text changes, if they were cut here and not by who wrote them.

    From then on the text is what they are read from, and no longer a file.
    """
    changing = {
        draft.id: draft
        for draft in drafts
        if draft.current and "status" not in draft.values and _changes_text(draft)
    }
    if not changing:
        return
    ours = await session.scalars(
        select(Document.id).where(
            Document.id.in_(changing), or_(Document.chunker.is_not(None), Document.chunk_count == 0)
        )
    )
    for key in ours:
        changing[key].values.update(status=DocumentStatus.UPLOADED, file_path=None, failure=None, progress=0)


async def text_changed(session: WriteSession, draft: Draft) -> None:
    """Let a document be read anew that waits again for its text."""
    if _changes_text(draft) and draft.values.get("status") is DocumentStatus.UPLOADED:
        await enqueue(session, Prepared.DOCUMENT, [draft.id], cut=True)


def _changes_text(draft: Draft) -> bool:
    told = draft.values.get("content")
    return bool(told) and told != draft.current.get("content")


async def chunks_came(session: WriteSession, keys: Collection[UUID]) -> None:
    """Let vectors be made of chunks that were given, in documents that are ready or wait for them."""
    ready = await session.scalars(
        select(Document.id).where(
            Document.id.in_(keys),
            Document.status.in_((DocumentStatus.INDEXED, DocumentStatus.NEEDS_EMBEDDING)),
        )
    )
    await enqueue(session, Prepared.DOCUMENT, list(ready))


async def came_back(session: WriteSession, keys: Sequence[UUID]) -> None:
    """Let documents be prepared that were deleted before they were ready, or before another model came."""
    status = Document.status.in_(_UNCUT)
    for cut in (False, True):
        ready = await session.scalars(
            select(Document.id).where(
                Document.id.in_(keys),
                status if cut else ~status,
                Document.file_path.is_not(None) | (Document.content != ""),
            )
        )
        await enqueue(session, Prepared.DOCUMENT, list(ready), cut=cut)


async def memories_came(session: WriteSession, keys: Collection[UUID]) -> None:
    """Let vectors be made of memories."""
    await enqueue(session, Prepared.MEMORY, keys)


async def files_without_documents(session: ReadSession | WriteSession, places: Sequence[str]) -> list[str]:
    """Those of the places that no document names, deleted ones included."""
    named = set(
        await session.scalars(select(Document.file_path).where(Document.file_path.in_(places)).distinct())
    )
    return [place for place in places if place not in named]


async def _again(session: WriteSession, keys: Sequence[UUID]) -> None:
    await session.execute(
        update(Document)
        .where(Document.id.in_(keys))
        .values(status=DocumentStatus.UPLOADED, failure=None, progress=0)
        .execution_options(synchronize_session=False)
    )
    await enqueue(session, Prepared.DOCUMENT, keys, cut=True)
