"""An embedding model as embedders know it: its row, and what its `settings` say."""

from collections.abc import Mapping
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.embeddings.errors import EmbeddingFailed


class ModelRow(Protocol):
    """What is read of a row of `embedding_models`."""

    @property
    def name(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def settings(self) -> Any: ...


class ModelSettings(BaseModel):
    """How a model is called. What else `settings` hold is for people."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str | None = Field(default=None, min_length=1, max_length=255)
    """Its name at the provider, where that differs."""
    query_prefix: str = Field(default="", max_length=1_000)
    document_prefix: str = Field(default="", max_length=1_000)
    """What goes before each text, as E5 and its like want it."""
    send_dimensions: bool = False
    """Whether the provider is told the dimensions: for models that can shorten their vectors."""
    batch_size: int | None = Field(default=None, ge=1, le=2048)
    """Fewer texts at once than the provider takes."""


def settings_of(settings: Mapping[str, Any] | Any) -> ModelSettings:
    """The settings of a model. Raises EmbeddingFailed with what is wrong with them."""
    try:
        return ModelSettings.model_validate(settings)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(["settings", *map(str, first["loc"])])
        raise EmbeddingFailed(f"{where} is wrong: {first['msg']}.") from None
