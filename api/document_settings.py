"""Settings of documents and of what turns texts into vectors; `ApiSettings` has them all."""

from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_settings import BaseSettings

from db.settings import HomeSettings


class EmbeddingApi(Enum):
    """The protocol that a provider of embeddings speaks."""

    OPENAI = "openai"
    COHERE = "cohere"


class EmbeddingProvider(BaseModel):
    """A service that turns texts into vectors. Whatever is secret about it stands here, never in a row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api: EmbeddingApi = EmbeddingApi.OPENAI
    url: str = Field(pattern=r"^https?://[^\s?#]+(\?[^\s#]*)?$")
    key: SecretStr | None = None
    key_header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]+$")
    batch_size: int = Field(default=96, ge=1, le=2048)
    batch_tokens: int = Field(default=30_000, ge=100)
    concurrency: int = Field(default=4, ge=1, le=64)
    attempts: int = Field(default=5, ge=1, le=20)
    timeout_seconds: float = Field(default=30.0, gt=0)
    query_budget_seconds: float = Field(default=5.0, gt=0)
    document_budget_seconds: float = Field(default=120.0, gt=0)
    daily_tokens: int | None = Field(default=None, ge=0)


ProviderName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$")]


class DocumentSettings(BaseSettings):
    """Uploads, how documents are read and cut, and who makes vectors of them."""

    uploads: Path = Field(
        default_factory=lambda: HomeSettings().home / "uploads",
        description="Folder of uploaded files, which every server and every `atrium jobs` must reach. By "
        "default `uploads` in ATRIUM_HOME.",
    )
    max_upload_bytes: int = Field(default=50_000_000, ge=1, description="Bytes in one uploaded file.")
    upload_timeout_seconds: float = Field(
        default=600.0, gt=0, description="Seconds after which an upload that is not complete is given up."
    )
    max_document_characters: int = Field(
        default=5_000_000, ge=1_000, description="Characters of text in one document."
    )
    reading_seconds: float = Field(
        default=60.0, gt=0, description="Seconds of computing that reading one file may take."
    )
    reading_bytes: int = Field(
        default=1_000_000_000, ge=100_000_000, description="Bytes of memory that reading one file may take."
    )
    preparing: int = Field(
        default=2, ge=1, le=64, description="Documents that one process of background work prepares at once."
    )
    preparing_lease_seconds: float = Field(
        default=30.0,
        ge=1,
        description="Seconds of silence after which another process takes over a document that one was "
        "preparing.",
    )
    index_from_chunks: int = Field(
        default=200_000,
        ge=0,
        description="Chunks of one owner from which background work keeps an approximate index over their "
        "vectors; 0 for none.",
    )
    embedding_providers: dict[ProviderName, EmbeddingProvider] = Field(
        default={},
        description="Services that turn texts into vectors, a JSON object: the name that `provider` of an "
        "embedding model says, with `url`, and if wanted `key`, `api` (`openai` or `cohere`), "
        "`key_header`, `batch_size`, `batch_tokens`, `concurrency`, `attempts`, `timeout_seconds`, "
        "`query_budget_seconds`, `document_budget_seconds` and `daily_tokens`. docs/documents.md explains "
        "them. `local` and `local-quality` need no entry.",
    )
