"""Conversations: messages said otherwise and summed up, and sessions forked, one writer at a time.

Whoever writes to a conversation holds the lock on its session, so that `seq` has no gap and a branch has one
message after another. Nothing is copied and nothing is overwritten: an edit is another branch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Uuid,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from db.branches import among, path_of_session, path_to
from db.errors import Invalid, NotFound
from db.models import Message, MessageRole, Session
from db.policy import Viewer, bool_of, changeable, visible
from db.session import WriteSession
from db.store.drafts import Draft


@dataclass(frozen=True, slots=True)
class Held:
    """A session to which nobody else writes until the transaction ends."""

    id: UUID
    user_id: UUID
    leaf_seq: int | None
    origin_id: UUID | None
    origin_seq: int | None


_HELD: Final = (Session.id, Session.user_id, Session.leaf_seq, Session.origin_id, Session.origin_seq)
_NO_SESSION: Final = "There is no such session, or none that you may write to."
_ELSEWHERE: Final = "This message belongs to another conversation."
_NO_MESSAGE: Final = "There is no such message, or none that you may see."

# What a fork takes over from its origin, besides the messages that both share.
_TAKEN_OVER: Final = (
    Session.user_id,
    Session.kind,
    Session.mode,
    Session.model,
    Session.system_prompt,
    Session.personality_id,
    Session.agent_id,
    Session.user_segment,
    Session.preferences,
    Session.meta,
)


async def hold_session(session: WriteSession, viewer: Viewer, session_id: UUID) -> Held:
    """Lock a session that the viewer may change. Raises NotFound."""
    wanted = select(*_HELD).where(Session.id == session_id, changeable(Session, viewer))
    row = (await session.execute(wanted.with_for_update(key_share=True))).one_or_none()
    if row is None:
        raise NotFound(_NO_SESSION, "session_id")
    return Held(*row)


async def owner_of(session: WriteSession, session_id: UUID) -> UUID | None:
    """Whose a session is."""
    owner: UUID | None = await session.scalar(select(Session.user_id).where(Session.id == session_id))
    return owner


async def judge_parents(session: WriteSession, drafts: Sequence[Draft]) -> None:
    """Blame new messages that answer one of another conversation than theirs or what that shares."""
    asking = {
        draft.id: draft
        for draft in drafts
        if draft.values.get("parent_id") and draft.values.get("session_id") and not draft.faults
    }
    if not asking:
        return
    given = {
        "drafts": list(asking),
        "parents": [draft.values["parent_id"] for draft in asking.values()],
        "sessions": [draft.values["session_id"] for draft in asking.values()],
    }
    for (key,) in await session.execute(_STRANGE, given):
        asking[key].blame(Invalid(_ELSEWHERE, "parent_id"), "parent_id")


_STRANGE: Final = text("""
    SELECT given.draft FROM unnest(:drafts, :parents, :sessions) AS given (draft, parent, session)
    JOIN messages parent ON parent.id = given.parent AND parent.session_id <> given.session
    JOIN sessions ON sessions.id = given.session
    WHERE NOT EXISTS (
        SELECT FROM message_lineage(sessions.origin_id, sessions.origin_seq) stretch
        WHERE stretch.session_id = parent.session_id AND stretch.branch_seq = parent.branch_seq
            AND parent.seq BETWEEN stretch.first_seq AND stretch.last_seq
    )
""").bindparams(*(bindparam(name, type_=ARRAY(Uuid())) for name in ("drafts", "parents", "sessions")))


async def edit(
    session: WriteSession, viewer: Viewer, message_id: UUID, session_id: UUID | None, values: dict[str, Any]
) -> tuple[UUID, UUID]:
    """Write a message that stands in the place of another one, on a branch of its own.

    It is written to `session_id`, or to the session of the message where that is None. Returns the ids of
    the session and of the new message. Raises NotFound for a message that is not there or not to be seen,
    and Invalid for one that belongs neither to the conversation nor to what it shares with its origin.
    """
    wanted = select(Message.session_id, Message.role).where(Message.id == message_id)
    row = (await session.execute(wanted.where(visible(Message, viewer)))).one_or_none()
    if row is None:
        raise NotFound(_NO_MESSAGE)
    held = await hold_session(session, viewer, session_id or row.session_id)
    replaced = await _shared(session, viewer, held, message_id)
    written = {**values, "role": row.role, "edited_at": func.now(), "parent_id": replaced.parent_id}
    # Without a parent it would follow what was said last.
    return held.id, await _write(session, held, written, root=replaced.parent_id is None)


async def summarize(
    session: WriteSession, viewer: Viewer, held: Held, until_id: UUID | None, values: dict[str, Any]
) -> UUID:
    """Append a summary that stands for every earlier message, or for those up to `until_id`.

    Raises NotFound for a message that is not there, and Invalid for one that does not lead to where the
    conversation goes on, or that an earlier summary stands for already: each has to take in the one before.
    """
    path = among(Message, path_of_session(literal(held.id, Uuid())))
    said = await session.scalar(
        select(func.count()).select_from(Message).where(path, visible(Message, viewer))
    )
    if not said:
        raise Invalid("There is nothing to sum up yet.", "session_id")
    until: int | None = None
    if until_id is not None:
        wanted = select(Message.seq, path.label("leads")).where(Message.id == until_id)
        row = (await session.execute(wanted.where(visible(Message, viewer)))).one_or_none()
        if row is None:
            raise NotFound(_NO_MESSAGE, "until_message_id")
        if not row.leads:
            raise Invalid("This message is not on the branch that goes on.", "until_message_id")
        until = row.seq
        earlier = await session.scalar(
            select(func.max(Message.seq)).where(path, Message.is_summary, visible(Message, viewer))
        )
        if earlier is not None and row.seq < earlier:
            raise Invalid(
                "A summary has to take in the one before it: name that one or a later message.",
                "until_message_id",
            )
    written = {**values, "role": MessageRole.SYSTEM, "is_summary": True, "summarized_seq": until}
    return await _write(session, held, written)


async def fork(session: WriteSession, viewer: Viewer, message_id: UUID, title: str | None) -> UUID:
    """Make a session that goes on from a message and shares all that leads to it; its id.

    It belongs to the owner of the message and takes over the settings of its session.
    Raises NotFound for a message that is not there or whose session the viewer may not change.
    """
    origin = (
        select(
            *_TAKEN_OVER,
            literal(title).label("title"),
            Session.id.label("origin_id"),
            Message.seq.label("origin_seq"),
        )
        .join(Message, Message.session_id == Session.id)
        .where(Message.id == message_id, visible(Message, viewer), changeable(Session, viewer))
    )
    names = [*_TAKEN_OVER, Session.title, Session.origin_id, Session.origin_seq]
    made: UUID | None = await session.scalar(insert(Session).from_select(names, origin).returning(Session.id))
    if made is None:
        raise NotFound(_NO_MESSAGE, "at_message_id")
    return made


async def switch(session: WriteSession, viewer: Viewer, message_id: UUID) -> UUID:
    """Let a session go on from the newest message that follows from this one; the session's id.

    Raises NotFound.
    """
    wanted = select(Message.session_id).where(Message.id == message_id, visible(Message, viewer))
    session_id = await session.scalar(wanted)
    if session_id is None:
        raise NotFound(_NO_MESSAGE, "message_id")
    held = await hold_session(session, viewer, session_id)
    below = await session.scalar(_NEWEST_BELOW, {"message": message_id, "session": held.id})
    await session.execute(
        update(Session).where(Session.id == held.id).values(leaf_seq=func.nullif(below, _newest(held)))
    )
    return held.id


# From branch to branch: each is followed from the message at which the one before was left.
_NEWEST_BELOW: Final = text("""
    WITH RECURSIVE below AS (
        SELECT branch_seq, seq AS first_seq FROM messages WHERE id = :message
        UNION ALL
        SELECT head.branch_seq, head.seq
        FROM below
        JOIN messages left_at ON left_at.session_id = :session AND left_at.branch_seq = below.branch_seq
            AND left_at.seq >= below.first_seq
        JOIN messages head ON head.parent_id = left_at.id AND head.session_id = :session
            AND head.branch_seq = head.seq
    )
    SELECT max(found.seq)
    FROM below
    JOIN messages found ON found.session_id = :session AND found.branch_seq = below.branch_seq
        AND found.seq >= below.first_seq AND found.deleted_at IS NULL
""")


async def _write(session: WriteSession, held: Held, values: dict[str, Any], *, root: bool = False) -> UUID:
    """Write one message after all others; `root` lets it begin the conversation anew."""
    newest = await session.scalar(select(func.max(Message.seq)).where(Message.session_id == held.id))
    seq = (newest if newest is not None else held.origin_seq or 0) + 1
    given = {**values, "session_id": held.id, "user_id": held.user_id, "seq": seq}
    if root:
        given["branch_seq"] = seq
        await session.execute(update(Session).where(Session.id == held.id).values(leaf_seq=None))
    made: UUID = (await session.scalars(insert(Message).values(**given).returning(Message.id))).one()
    return made


def _newest(held: Held) -> Any:
    """The place of the newest message of a session that is not deleted."""
    own = Message.session_id == held.id, Message.deleted_at.is_(None)
    return select(func.max(Message.seq)).where(*own).scalar_subquery()


async def _shared(session: WriteSession, viewer: Viewer, held: Held, message_id: UUID) -> Any:
    """A message of a session, or one that it shares with its origin."""
    place = literal(held.origin_id, Uuid()), literal(held.origin_seq, Integer())
    own: ColumnElement[bool] = bool_of(Message.session_id == held.id)
    shared = or_(own, among(Message, path_to(*place))) if held.origin_id is not None else own
    wanted = select(Message.parent_id, shared.label("shared"))
    row = (
        await session.execute(wanted.where(Message.id == message_id, visible(Message, viewer)))
    ).one_or_none()
    if row is None:
        raise NotFound(_NO_MESSAGE)
    if not row.shared:
        raise Invalid(_ELSEWHERE, "id")
    return row
