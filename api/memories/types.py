"""What is remembered of a user, how memories hang together, and their vectors."""

from datetime import datetime

from api.core.mirror import mirror, to_many, to_one
from api.core.nodes import Node
from api.core.scalars import Vector
from db import models
from db.columns import Json


@mirror(models.Memory, many="memories", names={"memory_type": "type"})
class Memory(Node):
    memory_type: models.MemoryType
    content: str
    importance: float
    quality_score: float | None
    category: str | None
    tags: list[str]
    access_count: int
    last_accessed_at: datetime | None
    expires_at: datetime | None
    external_vector_id: str | None
    meta: Json
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Memory.user)
    session = to_one(models.Memory.session)
    links = to_many(models.Memory.links)
    backlinks = to_many(models.Memory.backlinks)
    embeddings = to_many(models.Memory.embeddings)
    uses = to_many(models.Memory.uses)


@mirror(models.MemoryLink)
class MemoryLink(Node):
    created_at: datetime

    user = to_one(models.MemoryLink.user)
    memory = to_one(models.MemoryLink.memory)
    related = to_one(models.MemoryLink.related)


@mirror(models.MemoryEmbedding)
class MemoryEmbedding(Node):
    embedding: Vector
    created_at: datetime

    user = to_one(models.MemoryEmbedding.user)
    memory = to_one(models.MemoryEmbedding.memory)
    model = to_one(models.MemoryEmbedding.model)
