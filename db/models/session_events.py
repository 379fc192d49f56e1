"""What happens in a session, event by event; the database writes and numbers them."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Identified, Logged, Owned, orders, owned_with, relation, within
from db.columns import BigInt, ValueSet, closed, not_negative

if TYPE_CHECKING:
    from db.models.sessions import Message, Session
    from db.models.users import User


class SessionEventType(ValueSet):
    """What an event of a session tells."""

    MESSAGE_ADDED = "message_added", "A message was written."
    MESSAGE_TEXT = "message_text", "Text was added to the end of a message, such as an answer that streams."
    MESSAGE_CHANGED = "message_changed", "A message was changed in another way, such as by an edit."
    MESSAGE_DELETED = "message_deleted", "A message was deleted."
    MESSAGE_RESTORED = "message_restored", "A message that had been deleted was brought back."


class SessionEvent(Identified, Owned, Logged, Base):
    """Something that happened in a session."""

    __tablename__ = "session_events"
    __table_args__ = (
        owned_with("session_id", "sessions", ondelete="CASCADE"),
        owned_with("message_id", "messages", ondelete="SET NULL (message_id)"),
        CheckConstraint("seq >= 1", name="seq"),
        *not_negative("text_from"),
        within("session_events", "message_id", "seq", descending=False),
        within("session_events", "session_id", "seq", descending=False),
        *orders("session_events", "user_id", "created_at"),
        *orders("session_events", None, "created_at"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    session_id: Mapped[UUID] = mapped_column(doc="The session that it happened in.")
    seq: Mapped[BigInt] = mapped_column(doc="Number of the event in its session: 1, 2, 3 … without gaps.")
    type: Mapped[SessionEventType] = closed("type", SessionEventType, doc="What the event tells.")
    message_id: Mapped[UUID | None] = mapped_column(
        doc="The message that it happened to, while there is one."
    )
    text: Mapped[str | None] = mapped_column(doc="The text that was added to the end of the message.")
    text_from: Mapped[int | None] = mapped_column(
        doc="Number of characters that stood in the message before that text."
    )

    user: Mapped["User"] = relation(
        "SessionEvent.user_id", "User.id", back_populates="session_events", doc="The user who owns it."
    )
    session: Mapped["Session"] = relation(
        "SessionEvent.session_id",
        "Session.id",
        back_populates="events",
        doc="The session that it happened in.",
    )
    message: Mapped["Message | None"] = relation(
        "SessionEvent.message_id",
        "Message.id",
        back_populates="events",
        doc="The message that it happened to, as it is now; null once it is deleted.",
    )
