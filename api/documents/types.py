"""Documents, their chunks, and the chunks' vectors by model."""

from datetime import datetime

from api.core.mirror import computed, mirror, to_many, to_one
from api.core.nodes import Node
from api.core.scalars import Vector
from db import models
from db.columns import BigInt, Json


@mirror(models.Document)
class Document(Node):
    title: str
    filename: str | None
    original_name: str | None
    content_type: str
    file_size: BigInt | None
    has_file: bool = computed(
        lambda document, _: document.file_path.is_not(None),
        description="Whether the original file is kept; where it lies is never shown.",
    )
    content: str | None
    content_hash: str | None
    status: models.DocumentStatus
    progress: int
    failure: str | None
    chunk_count: int
    chunker: int | None
    processed_at: datetime | None
    indexed_at: datetime | None
    meta: Json
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Document.user)
    chunks = to_many(models.Document.chunks)
    embeddings = to_many(models.Document.embeddings)
    citations = to_many(models.Document.citations)


@mirror(models.DocumentChunk)
class DocumentChunk(Node):
    chunk_index: int
    content: str
    content_length: int
    external_vector_id: str | None
    meta: Json
    created_at: datetime

    user = to_one(models.DocumentChunk.user)
    document = to_one(models.DocumentChunk.document)
    embeddings = to_many(models.DocumentChunk.embeddings)
    citations = to_many(models.DocumentChunk.citations)


@mirror(models.ChunkEmbedding)
class ChunkEmbedding(Node):
    embedding: Vector
    created_at: datetime

    user = to_one(models.ChunkEmbedding.user)
    chunk = to_one(models.ChunkEmbedding.chunk)
    document = to_one(models.ChunkEmbedding.document)
    model = to_one(models.ChunkEmbedding.model)


@mirror(models.EmbeddingModel)
class EmbeddingModel(Node):
    name: str
    provider: str
    dimensions: int
    distance: models.Distance
    is_default: bool
    is_next: bool
    is_active: bool
    settings: Json
    version: int
    created_at: datetime
    updated_at: datetime

    chunk_embeddings = to_many(models.EmbeddingModel.chunk_embeddings)
    memory_embeddings = to_many(models.EmbeddingModel.memory_embeddings)
