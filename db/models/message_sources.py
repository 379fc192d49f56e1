"""What an answer rests on: the memories that its writer was given, and the passages that it cites."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Created, Identified, Owned, orders, owned_with, relation, within
from db.columns import not_negative

if TYPE_CHECKING:
    from db.models.documents import Document, DocumentChunk
    from db.models.memories import Memory
    from db.models.sessions import Message
    from db.models.users import User


class MessageMemory(Identified, Owned, Created, Base):
    """A memory that was put before the language model when it wrote a message."""

    __tablename__ = "message_memories"
    __table_args__ = (
        UniqueConstraint("message_id", "memory_id", "external_ref", postgresql_nulls_not_distinct=True),
        owned_with("message_id", "messages", ondelete="CASCADE"),
        owned_with("memory_id", "memories", ondelete="CASCADE"),
        CheckConstraint("num_nonnulls(memory_id, external_ref) > 0", name="memory"),
        within("message_memories", "message_id"),
        within("message_memories", "memory_id"),
        *orders("message_memories", "user_id", "created_at"),
        *orders("message_memories", None, "created_at"),
    )

    message_id: Mapped[UUID] = mapped_column(doc="The message that used the memory.")
    memory_id: Mapped[UUID | None] = mapped_column(doc="The memory, if it is known here.")
    external_ref: Mapped[str | None] = mapped_column(
        doc="Name of the memory in the system that the message came from."
    )
    similarity: Mapped[float | None] = mapped_column(doc="Similarity to the question, 1 being the same.")

    user: Mapped["User"] = relation(
        "MessageMemory.user_id", "User.id", back_populates="message_memories", doc="The user who owns it."
    )
    message: Mapped["Message"] = relation(
        "MessageMemory.message_id",
        "Message.id",
        back_populates="memories_used",
        doc="The message that used the memory.",
    )
    memory: Mapped["Memory | None"] = relation(
        "MessageMemory.memory_id", "Memory.id", back_populates="uses", doc="The memory that was used."
    )


class MessageCitation(Identified, Owned, Created, Base):
    """A passage of a document that an answer rests on."""

    __tablename__ = "message_citations"
    __table_args__ = (
        # Lists the parts of one whole in their order, too.
        UniqueConstraint("message_id", "position"),
        owned_with("message_id", "messages", ondelete="CASCADE"),
        owned_with("document_id", "documents", ondelete="SET NULL (document_id)"),
        owned_with("chunk_id", "document_chunks", ondelete="SET NULL (chunk_id)"),
        *not_negative("position"),
        within("message_citations", "document_id"),
        within("message_citations", "chunk_id"),
        *orders("message_citations", "user_id", "created_at"),
        *orders("message_citations", None, "created_at"),
    )

    message_id: Mapped[UUID] = mapped_column(doc="The message that cites.")
    document_id: Mapped[UUID | None] = mapped_column(doc="The document cited, while it exists.")
    chunk_id: Mapped[UUID | None] = mapped_column(doc="The chunk cited, while it exists.")
    position: Mapped[int] = mapped_column(doc="Place among the citations of the message, from 0.")
    external_ref: Mapped[str | None] = mapped_column(
        doc="Name of the source as the message gave it, such as a file name or an address."
    )
    quote: Mapped[str | None] = mapped_column(doc="The words cited.")
    similarity: Mapped[float | None] = mapped_column(doc="Similarity to the question, 1 being the same.")

    user: Mapped["User"] = relation(
        "MessageCitation.user_id", "User.id", back_populates="message_citations", doc="The user who owns it."
    )
    message: Mapped["Message"] = relation(
        "MessageCitation.message_id", "Message.id", back_populates="citations", doc="The message that cites."
    )
    document: Mapped["Document | None"] = relation(
        "MessageCitation.document_id", "Document.id", back_populates="citations", doc="The document cited."
    )
    chunk: Mapped["DocumentChunk | None"] = relation(
        "MessageCitation.chunk_id", "DocumentChunk.id", back_populates="citations", doc="The chunk cited."
    )
