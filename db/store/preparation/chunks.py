"""The chunks of a document, replaced as a whole: what stays keeps its row, its vectors and citations."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Uuid,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.ids import new_id
from db.models import DocumentChunk
from db.session import WriteSession

_ASIDE: Final = 1_000_000_000
"""Beyond every place: there chunks wait until their new places are free."""
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk to be: its text, and what is known of its place."""

    content: str
    facts: dict[str, Any]


async def replace_chunks(
    session: WriteSession, document_id: UUID, owner_id: UUID, pieces: Sequence[Piece]
) -> None:
    """Give a document these chunks and no others, in this order."""
    found = await session.execute(
        select(DocumentChunk.id, DocumentChunk.chunk_index, DocumentChunk.content, DocumentChunk.meta)
        .where(DocumentChunk.document_id == document_id)
        .order_by(DocumentChunk.chunk_index)
    )
    there: defaultdict[str, list[Any]] = defaultdict(list)
    for row in found:
        there[row.content].append(row)
    kept, new = [], []
    for place, piece in enumerate(pieces):
        same = there.get(piece.content)
        if same:
            kept.append((same.pop(0), place, piece))
        else:
            new.append((place, piece))
    await _drop(session, [row.id for rows in there.values() for row in rows])
    await _move(
        session, [each for each in kept if (each[0].chunk_index, each[0].meta) != (each[1], each[2].facts)]
    )
    for start in range(0, len(new), _AT_ONCE):
        await session.execute(
            insert(DocumentChunk),
            [
                {
                    "id": new_id(),
                    "document_id": document_id,
                    "user_id": owner_id,
                    "chunk_index": place,
                    "content": piece.content,
                    "meta": piece.facts,
                }
                for place, piece in new[start : start + _AT_ONCE]
            ],
        )


async def _drop(session: WriteSession, keys: Sequence[UUID]) -> None:
    if keys:
        await session.execute(delete(DocumentChunk).where(DocumentChunk.id.in_(keys)))


async def _move(session: WriteSession, moving: Sequence[tuple[Any, int, Piece]]) -> None:
    """To their new places, by way of places that nobody has."""
    if not moving:
        return
    keys = [row.id for row, _, _ in moving]
    await session.execute(
        update(DocumentChunk)
        .where(DocumentChunk.id.in_(keys))
        .values(chunk_index=DocumentChunk.chunk_index + _ASIDE)
        .execution_options(synchronize_session=False)
    )
    places = (
        func.unnest(
            bindparam("keys", keys, ARRAY(Uuid)),
            bindparam("places", [place for _, place, _ in moving], ARRAY(Integer)),
            bindparam("facts", [piece.facts for _, _, piece in moving], ARRAY(JSONB)),
        )
        .table_valued(column("key", Uuid), column("place", Integer), column("facts", JSONB))
        .render_derived("moved")
    )
    await session.execute(
        update(DocumentChunk)
        .where(DocumentChunk.id == places.c.key)
        .values(chunk_index=places.c.place, meta=places.c.facts)
        .execution_options(synchronize_session=False)
    )
