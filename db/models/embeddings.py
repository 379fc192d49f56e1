"""Vectors of chunks and memories, each made by a model; models of different sizes live side by side."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import CheckConstraint, Computed, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import Mapped, mapped_column

from db.base import (
    Base,
    Created,
    Identified,
    Owned,
    Versioned,
    orders,
    owned_with,
    reference,
    relation,
    within,
)
from db.columns import Json, ValueSet, closed, limited

if TYPE_CHECKING:
    from db.models.documents import Document, DocumentChunk
    from db.models.memories import Memory
    from db.models.users import User


class Distance(ValueSet):
    """How near two vectors of a model are to each other."""

    COSINE = "cosine", "By the angle between them, whatever their lengths."
    INNER_PRODUCT = "inner_product", "By their inner product."
    EUCLIDEAN = "euclidean", "By the straight line between their ends."


class Embedded:
    """A vector, and one bit of each of its numbers to find near ones fast.

    Both are left out unless a statement asks for them: a page of rows without them is ten times faster.
    """

    embedding: Mapped[Any] = mapped_column(
        VECTOR(),
        nullable=False,
        deferred=True,
        deferred_raiseload=True,
        sort_order=80,
        doc="The vector.",
    )
    bits: Mapped[Any] = mapped_column(
        BIT(varying=True),
        Computed("binary_quantize(embedding)::bit varying", persisted=True),
        nullable=True,
        deferred=True,
        deferred_raiseload=True,
        sort_order=81,
        doc="One bit for each number of the vector: whether it is above zero.",
    )


class EmbeddingModel(Identified, Versioned, Base):
    """A model that turns text into vectors."""

    __tablename__ = "embedding_models"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("dimensions BETWEEN 1 AND 16000", name="dimensions"),
        CheckConstraint("NOT (is_default AND is_next)", name="is_next"),
        Index("embedding_models_default_key", "is_default", unique=True, postgresql_where=text("is_default")),
        Index("embedding_models_next_key", "is_next", unique=True, postgresql_where=text("is_next")),
        *orders("embedding_models", None, "created_at", "updated_at", "name"),
    )

    name: Mapped[str] = limited("name", 255, doc="Name of the model, such as `text-embedding-ada-002`.")
    provider: Mapped[str] = limited("provider", 50, doc="Who runs the model, such as `openai` or `local`.")
    dimensions: Mapped[int] = mapped_column(doc="Number of numbers in each of its vectors.")
    distance: Mapped[Distance] = closed(
        "distance", Distance, default=Distance.COSINE, doc="How near two of its vectors are to each other."
    )
    is_default: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether texts are embedded and found by it; at most one model is."
    )
    is_next: Mapped[bool] = mapped_column(
        server_default=text("false"),
        doc="Whether it becomes the default as soon as every text has a vector of it; at most one model is.",
    )
    is_active: Mapped[bool] = mapped_column(
        server_default=text("true"), doc="Whether vectors are still made and searched with it."
    )
    settings: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="How it is called: prefixes, batch size and the like."
    )

    chunk_embeddings: Mapped[list["ChunkEmbedding"]] = relation(
        "EmbeddingModel.id",
        "ChunkEmbedding.model_id",
        back_populates="model",
        doc="Vectors of chunks it made.",
    )
    memory_embeddings: Mapped[list["MemoryEmbedding"]] = relation(
        "EmbeddingModel.id",
        "MemoryEmbedding.model_id",
        back_populates="model",
        doc="Vectors of memories it made.",
    )


class ChunkEmbedding(Identified, Owned, Embedded, Created, Base):
    """The vector of a chunk, made by one model."""

    __tablename__ = "chunk_embeddings"
    __table_args__ = (
        UniqueConstraint("chunk_id", "model_id"),
        owned_with("chunk_id", "document_chunks", ondelete="CASCADE"),
        owned_with("document_id", "documents", ondelete="CASCADE"),
        Index("chunk_embeddings_user_id_model_id_idx", "user_id", "model_id", "document_id"),
        within("chunk_embeddings", "chunk_id"),
        within("chunk_embeddings", "document_id"),
        within("chunk_embeddings", "model_id"),
        *orders("chunk_embeddings", "user_id", "created_at"),
        *orders("chunk_embeddings", None, "created_at"),
    )

    chunk_id: Mapped[UUID] = mapped_column(doc="The chunk that was embedded.")
    document_id: Mapped[UUID] = mapped_column(doc="The document of the chunk.")
    model_id: Mapped[UUID] = reference(
        "embedding_models.id", ondelete="RESTRICT", doc="The model that made the vector."
    )

    user: Mapped["User"] = relation(
        "ChunkEmbedding.user_id", "User.id", back_populates="chunk_embeddings", doc="The user who owns it."
    )
    chunk: Mapped["DocumentChunk"] = relation(
        "ChunkEmbedding.chunk_id", "DocumentChunk.id", back_populates="embeddings", doc="The chunk embedded."
    )
    document: Mapped["Document"] = relation(
        "ChunkEmbedding.document_id",
        "Document.id",
        back_populates="embeddings",
        doc="The document of the chunk.",
    )
    model: Mapped["EmbeddingModel"] = relation(
        "ChunkEmbedding.model_id",
        "EmbeddingModel.id",
        back_populates="chunk_embeddings",
        doc="The model that made the vector.",
    )


class MemoryEmbedding(Identified, Owned, Embedded, Created, Base):
    """The vector of a memory, made by one model."""

    __tablename__ = "memory_embeddings"
    __table_args__ = (
        UniqueConstraint("memory_id", "model_id"),
        owned_with("memory_id", "memories", ondelete="CASCADE"),
        Index("memory_embeddings_user_id_model_id_idx", "user_id", "model_id"),
        within("memory_embeddings", "memory_id"),
        within("memory_embeddings", "model_id"),
        *orders("memory_embeddings", "user_id", "created_at"),
        *orders("memory_embeddings", None, "created_at"),
    )

    memory_id: Mapped[UUID] = mapped_column(doc="The memory that was embedded.")
    model_id: Mapped[UUID] = reference(
        "embedding_models.id", ondelete="RESTRICT", doc="The model that made the vector."
    )

    user: Mapped["User"] = relation(
        "MemoryEmbedding.user_id", "User.id", back_populates="memory_embeddings", doc="The user who owns it."
    )
    memory: Mapped["Memory"] = relation(
        "MemoryEmbedding.memory_id", "Memory.id", back_populates="embeddings", doc="The memory embedded."
    )
    model: Mapped["EmbeddingModel"] = relation(
        "MemoryEmbedding.model_id",
        "EmbeddingModel.id",
        back_populates="memory_embeddings",
        doc="The model that made the vector.",
    )
