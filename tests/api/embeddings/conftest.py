"""A provider, and embedders that know it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from api.document_settings import EmbeddingProvider
from api.embeddings import calls
from api.embeddings.providers import Embedders
from tests.api.embeddings.server import DIMENSIONS, Provider, providing


@dataclass(frozen=True)
class Row:
    """A row of `embedding_models`."""

    name: str = "some-model"
    provider: str = "test"
    dimensions: int = DIMENSIONS
    settings: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with providing() as provider:
        yield provider


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between attempts are not what is tested."""
    monkeypatch.setattr(calls, "FIRST_WAIT", 0.001)


@pytest.fixture
async def embedders(provider: Provider, quick: None) -> AsyncIterator[Embedders]:
    async with Embedders({"test": EmbeddingProvider(url=provider.url)}) as embedders:
        yield embedders
