"""What the system remembers about a user, and how memories hang together."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    Created,
    Identified,
    Owned,
    Searchable,
    SoftDeleted,
    Versioned,
    orders,
    owned_with,
    relation,
    searched,
    within,
)
from db.columns import Json, ValueSet, between, closed, limited, not_negative

if TYPE_CHECKING:
    from db.models.embeddings import MemoryEmbedding
    from db.models.message_sources import MessageMemory
    from db.models.sessions import Session
    from db.models.users import User


class MemoryType(ValueSet):
    """Whom a memory is about."""

    USER = "user", "About the user: facts, tastes, plans."
    AI = "ai", "About the assistant: what it said, promised or learnt."
    SYSTEM = "system", "About the service: rules and circumstances."


class Memory(Identified, Owned, Versioned, SoftDeleted, Searchable, Base):
    """Something worth remembering beyond the session in which it was said."""

    __tablename__ = "memories"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        owned_with("session_id", "sessions", ondelete="SET NULL (session_id)"),
        between("importance", 0, 1),
        *not_negative("access_count"),
        Index("memories_tags_idx", "tags", postgresql_using="gin"),
        Index("memories_expires_at_idx", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
        searched("memories"),
        within("memories", "session_id"),
        *orders(
            "memories",
            "user_id",
            "created_at",
            "updated_at",
            "importance",
            "access_count",
            nullable=("last_accessed_at",),
        ),
        *orders("memories", None, "created_at"),
    )

    session_id: Mapped[UUID | None] = mapped_column(
        doc="The session in which it was formed; a memory outlives its session."
    )
    memory_type: Mapped[MemoryType] = closed("memory_type", MemoryType, doc="Whom it is about.")
    content: Mapped[str] = mapped_column(doc="What is remembered.")
    importance: Mapped[float] = mapped_column(
        server_default=text("0.5"), doc="How much it matters, from 0 to 1."
    )
    quality_score: Mapped[float | None] = mapped_column(
        doc="How well it is put, as judged when it was formed."
    )
    category: Mapped[str | None] = limited("category", 50, doc="Kind of content, such as `preference`.")
    tags: Mapped[list[str]] = mapped_column(server_default=text("'{}'"), doc="Words to find it by.")
    access_count: Mapped[int] = mapped_column(server_default=text("0"), doc="How often it was used.")
    last_accessed_at: Mapped[datetime | None] = mapped_column(doc="When it was last used.")
    expires_at: Mapped[datetime | None] = mapped_column(
        doc="After this it is no longer used; null means never."
    )
    external_vector_id: Mapped[str | None] = mapped_column(
        doc="Key of its vector in the vector store that it was imported from."
    )
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the memory as JSON."
    )

    user: Mapped["User"] = relation(
        "Memory.user_id", "User.id", back_populates="memories", doc="The user whose memory it is."
    )
    session: Mapped["Session | None"] = relation(
        "Memory.session_id",
        "Session.id",
        back_populates="memories",
        doc="The session in which it was formed.",
    )
    links: Mapped[list["MemoryLink"]] = relation(
        "Memory.id", "MemoryLink.memory_id", back_populates="memory", doc="Links to related memories."
    )
    backlinks: Mapped[list["MemoryLink"]] = relation(
        "Memory.id", "MemoryLink.related_id", back_populates="related", doc="Links from other memories to it."
    )
    embeddings: Mapped[list["MemoryEmbedding"]] = relation(
        "Memory.id", "MemoryEmbedding.memory_id", back_populates="memory", doc="Its vectors, one per model."
    )
    uses: Mapped[list["MessageMemory"]] = relation(
        "Memory.id", "MessageMemory.memory_id", back_populates="memory", doc="Messages that used it."
    )


class MemoryLink(Identified, Owned, Created, Base):
    """A link from one memory to a related one."""

    __tablename__ = "memory_links"
    __table_args__ = (
        UniqueConstraint("memory_id", "related_id"),
        owned_with("memory_id", "memories", ondelete="CASCADE"),
        owned_with("related_id", "memories", ondelete="CASCADE"),
        CheckConstraint("memory_id <> related_id", name="related_id"),
        within("memory_links", "memory_id"),
        within("memory_links", "related_id"),
        *orders("memory_links", "user_id", "created_at"),
        *orders("memory_links", None, "created_at"),
    )

    memory_id: Mapped[UUID] = mapped_column(doc="The memory from which the link leads.")
    related_id: Mapped[UUID] = mapped_column(doc="The memory to which the link leads.")

    user: Mapped["User"] = relation(
        "MemoryLink.user_id", "User.id", back_populates="memory_links", doc="The user who owns both memories."
    )
    memory: Mapped["Memory"] = relation(
        "MemoryLink.memory_id",
        "Memory.id",
        back_populates="links",
        doc="The memory from which the link leads.",
    )
    related: Mapped["Memory"] = relation(
        "MemoryLink.related_id",
        "Memory.id",
        back_populates="backlinks",
        doc="The memory to which the link leads.",
    )
