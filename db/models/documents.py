"""Documents that answers may rest on, and the chunks that they are cut into."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Index, Integer, UniqueConstraint, text
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
)
from db.columns import BigInt, Json, ValueSet, between, closed, not_negative

if TYPE_CHECKING:
    from db.models.embeddings import ChunkEmbedding
    from db.models.message_sources import MessageCitation
    from db.models.users import User


class DocumentStatus(ValueSet):
    """How far a document has been prepared for search."""

    UPLOADED = "uploaded", "Received, nothing done yet."
    PROCESSING = "processing", "Being read and cut into chunks."
    NEEDS_EMBEDDING = "needs_embedding", "Cut into chunks whose vectors are still missing."
    INDEXED = "indexed", "Ready to be found."
    FAILED = "failed", "Could not be prepared."


class Document(Identified, Owned, Versioned, SoftDeleted, Base):
    """A text or file that a user put into their knowledge base."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        *not_negative("file_size", "chunk_count", "chunker"),
        between("progress", 0, 100),
        CheckConstraint("content_hash ~ '^[0-9a-f]{64}$'", name="content_hash"),
        Index("documents_user_id_content_hash_idx", "user_id", "content_hash"),
        Index("documents_user_id_status_idx", "user_id", "status", text("created_at DESC"), text("id DESC")),
        Index(
            "documents_metadata_idx",
            "metadata",
            postgresql_using="gin",
            postgresql_ops={"metadata": "jsonb_path_ops"},
        ),
        *orders(
            "documents",
            "user_id",
            "created_at",
            "updated_at",
            "title",
            "chunk_count",
            nullable=("file_size", "indexed_at"),
        ),
        *orders("documents", None, "created_at"),
    )

    title: Mapped[str] = mapped_column(doc="Title shown to people.")
    filename: Mapped[str | None] = mapped_column(doc="Name under which the file is stored.")
    original_name: Mapped[str | None] = mapped_column(doc="Name that the file had when it was uploaded.")
    content_type: Mapped[str] = mapped_column(doc="Media type, such as `text/markdown`.")
    file_size: Mapped[BigInt | None] = mapped_column(doc="Size of the file in bytes.")
    file_path: Mapped[str | None] = mapped_column(doc="Where the file lies on the server.")
    content: Mapped[str | None] = mapped_column(doc="The whole text, once it has been read.")
    content_hash: Mapped[str | None] = mapped_column(
        doc="SHA-256 of the file, or of the text where there is none, in hexadecimal digits."
    )
    status: Mapped[DocumentStatus] = closed(
        "status",
        DocumentStatus,
        default=DocumentStatus.UPLOADED,
        doc="How far it has been prepared for search.",
    )
    chunk_count: Mapped[int] = mapped_column(server_default=text("0"), doc="Number of its chunks.")
    progress: Mapped[int] = mapped_column(
        server_default=text("0"), doc="How much of its preparation is done, in percent."
    )
    failure: Mapped[str | None] = mapped_column(
        doc="Why it could not be prepared, or why that is taking longer; null where nothing is wrong."
    )
    chunker: Mapped[int | None] = mapped_column(
        doc="Version of the rules by which it was cut into chunks; null where its chunks were given."
    )
    processed_at: Mapped[datetime | None] = mapped_column(doc="When it was read and cut into chunks.")
    indexed_at: Mapped[datetime | None] = mapped_column(doc="When it became ready to be found.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts as JSON, among them `source` and `tags`."
    )

    user: Mapped["User"] = relation(
        "Document.user_id", "User.id", back_populates="documents", doc="The user who owns it."
    )
    chunks: Mapped[list["DocumentChunk"]] = relation(
        "Document.id",
        "DocumentChunk.document_id",
        back_populates="document",
        order_by="DocumentChunk.chunk_index",
        doc="Its chunks in the order of the text.",
    )
    embeddings: Mapped[list["ChunkEmbedding"]] = relation(
        "Document.id", "ChunkEmbedding.document_id", back_populates="document", doc="Vectors of its chunks."
    )
    citations: Mapped[list["MessageCitation"]] = relation(
        "Document.id", "MessageCitation.document_id", back_populates="document", doc="Answers that cite it."
    )


class DocumentChunk(Identified, Owned, Created, Searchable, Base):
    """A piece of a document, small enough to be found and cited on its own."""

    __tablename__ = "document_chunks"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        # Lists the parts of one whole in their order, too.
        UniqueConstraint("document_id", "chunk_index"),
        owned_with("document_id", "documents", ondelete="CASCADE"),
        *not_negative("chunk_index"),
        Index(
            "document_chunks_external_vector_id_idx",
            "external_vector_id",
            postgresql_where=text("external_vector_id IS NOT NULL"),
        ),
        searched("document_chunks"),
        *orders("document_chunks", "user_id", "created_at"),
        *orders("document_chunks", None, "created_at"),
    )

    document_id: Mapped[UUID] = mapped_column(doc="The document that it is a piece of.")
    chunk_index: Mapped[int] = mapped_column(doc="Place in the document, from 0.")
    content: Mapped[str] = mapped_column(doc="The text.")
    content_length: Mapped[int] = mapped_column(
        Integer, Computed("char_length(content)", persisted=True), doc="Length of the text in characters."
    )
    external_vector_id: Mapped[str | None] = mapped_column(
        doc="Key of its vector in the vector store that it was imported from."
    )
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts as JSON, such as page or heading."
    )

    user: Mapped["User"] = relation(
        "DocumentChunk.user_id", "User.id", back_populates="document_chunks", doc="The user who owns it."
    )
    document: Mapped["Document"] = relation(
        "DocumentChunk.document_id",
        "Document.id",
        back_populates="chunks",
        doc="The document it is a piece of.",
    )
    embeddings: Mapped[list["ChunkEmbedding"]] = relation(
        "DocumentChunk.id",
        "ChunkEmbedding.chunk_id",
        back_populates="chunk",
        doc="Its vectors, one per model.",
    )
    citations: Mapped[list["MessageCitation"]] = relation(
        "DocumentChunk.id", "MessageCitation.chunk_id", back_populates="chunk", doc="Answers that cite it."
    )
