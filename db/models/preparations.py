"""What waits to be read, cut or turned into vectors, and what is kept until all of it is done."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import CheckConstraint, Date, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Created, Identified, Timestamped, orders
from db.columns import BigInt, ValueSet, closed, limited, not_negative


class Prepared(ValueSet):
    """What is prepared for search."""

    DOCUMENT = "document", "A document, with all its chunks."
    MEMORY = "memory", "A memory."


class Preparation(Identified, Timestamped, Base):
    """A document or memory that waits to be prepared, or is being prepared; the row goes when it is.

    It names its target without a foreign key, so that whoever deletes that waits for nobody.
    """

    __tablename__ = "preparations"
    __table_args__ = (
        UniqueConstraint("target_id"),
        *not_negative("attempts", "token"),
        Index("preparations_kind_due_at_idx", "kind", "due_at"),
        *orders("preparations", None, "created_at"),
    )

    kind: Mapped[Prepared] = closed("kind", Prepared, doc="What is prepared.")
    target_id: Mapped[UUID] = mapped_column(doc="The document or memory.")
    due_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"),
        doc="When it is to be taken up: after a pause between attempts, or when whoever took it fell silent.",
    )
    token: Mapped[BigInt] = mapped_column(
        server_default=text("0"), doc="Counts who took it up, and what changed: only the newest one ends it."
    )
    attempts: Mapped[int] = mapped_column(server_default=text("0"), doc="Attempts that came to nothing.")
    cut: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether it is to be read and cut anew before its vectors are made."
    )
    last_error: Mapped[str | None] = mapped_column(doc="Why the last attempt came to nothing.")


class StagedEmbedding(Identified, Created, Base):
    """The vector of a text that is not in its place yet, so that no text is paid for twice."""

    __tablename__ = "staged_embeddings"
    __table_args__ = (
        UniqueConstraint("model_id", "text_hash"),
        CheckConstraint("octet_length(text_hash) = 32", name="text_hash"),
        *orders("staged_embeddings", None, "created_at"),
    )

    model_id: Mapped[UUID] = mapped_column(doc="The model that made the vector.")
    text_hash: Mapped[bytes] = mapped_column(doc="SHA-256 of the text.")
    embedding: Mapped[Any] = mapped_column(VECTOR(), nullable=False, doc="The vector.")


class EmbeddingUsage(Identified, Timestamped, Base):
    """What was sent to a provider of embeddings on one day."""

    __tablename__ = "embedding_usage"
    __table_args__ = (
        UniqueConstraint("provider", "day"),
        *not_negative("tokens"),
        *orders("embedding_usage", None, "created_at"),
    )

    provider: Mapped[str] = limited("provider", 50, doc="Name of the provider.")
    day: Mapped[Any] = mapped_column(Date(), nullable=False, doc="The day, in UTC.")
    tokens: Mapped[BigInt] = mapped_column(server_default=text("0"), doc="Tokens sent, as estimated.")
