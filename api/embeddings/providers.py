"""Embedders by the rows of `embedding_models`: the one place that knows who makes which vectors.

embedder = embedders.of(row)
(vector,) = await embedder.embed(["How do I restore a backup?"], Kind.QUERY)
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Final, Protocol, Self

import httpx

from api.core.lru import LRU
from api.document_settings import EmbeddingApi, EmbeddingProvider
from api.embeddings.calls import Caller
from api.embeddings.errors import BudgetSpent, EmbeddingFailed, NotSetUp, Unreachable
from api.embeddings.kinds import Kind
from api.embeddings.local import LOCAL_MODELS, LocalEmbedder
from api.embeddings.models import ModelRow, ModelSettings, settings_of
from api.embeddings.remote import CohereDialect, Dialect, OpenAIDialect, RemoteEmbedder
from api.embeddings.vectors import Vector

__all__ = [
    "BudgetSpent",
    "Embedder",
    "Embedders",
    "EmbeddingFailed",
    "Kind",
    "NotSetUp",
    "Unreachable",
    "Vector",
]

SpendToday = Callable[[str, int, int], Awaitable[None]]
"""Takes tokens from a provider's day: its name, how many, and the most of a day. Raises BudgetSpent."""

_QUESTIONS: Final = 512
_QUESTION_CHARACTERS: Final = 500_000


class Embedder(Protocol):
    """Turns texts into vectors with one model."""

    async def embed(self, texts: Sequence[str], kind: Kind) -> Sequence[Vector]:
        """The vectors of texts, in their order, each as long as the model's row says.

        Raises:
            Unreachable: when nobody answers for the model now; the same texts may succeed later.
            EmbeddingFailed: when asking again would not help.
        """


class Embedders:
    """The embedders of one process, from `async with` to its end. Models and connections are shared."""

    def __init__(self, providers: Mapping[str, EmbeddingProvider], spend: SpendToday | None = None) -> None:
        self._providers = providers
        self._spend = spend
        self._remote: dict[tuple[str, str, int, ModelSettings], Embedder] = {}
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._local = {
            name: LocalEmbedder(name, model) for name, model in LOCAL_MODELS.items() if name not in providers
        }
        self._asked: LRU[Vector] = LRU(max_entries=_QUESTIONS, max_weight=_QUESTION_CHARACTERS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        async with AsyncExitStack() as stack:
            for client in self._clients.values():
                stack.push_async_callback(client.aclose)
            for local in self._local.values():
                stack.callback(local.close)
            self._clients.clear()
            self._remote.clear()

    def of(self, row: ModelRow) -> Embedder:
        """What embeds with a model. Nothing connects and nothing is loaded before it is asked.

        Raises:
            NotSetUp: for a provider that is not known here.
            EmbeddingFailed: for settings that cannot be right.
        """
        local = self._local.get(row.provider)
        if local is not None:
            wanted = LOCAL_MODELS[row.provider].dimensions
            if row.dimensions != wanted:
                raise EmbeddingFailed(
                    f"The provider {row.provider} makes vectors of {wanted} numbers, and the model "
                    f"{row.name} is known to have {row.dimensions}: correct its dimensions."
                )
            return local
        provider = self._providers.get(row.provider)
        if provider is None:
            raise NotSetUp(
                f"The provider {row.provider} of the model {row.name} is not set up here: add it to "
                "ATRIUM_EMBEDDING_PROVIDERS."
            )
        settings = settings_of(row.settings)
        key = (row.provider, row.name, row.dimensions, settings)
        if key not in self._remote:
            self._remote[key] = self._connect(row, settings, provider)
        return self._remote[key]

    async def question(self, row: ModelRow, text: str) -> Vector:
        """The vector of what somebody searches for; what was asked lately is not embedded again.

        Raises what `of` and `embed` raise.
        """
        key = (row.provider, row.name, row.dimensions, str(row.settings), text)
        known = self._asked.get(key)
        if known is None:
            (known,) = await self.of(row).embed([text], Kind.QUERY)
            self._asked.put(key, known, len(text) + 1)
        return known

    def _connect(self, row: ModelRow, settings: ModelSettings, provider: EmbeddingProvider) -> Embedder:
        if row.provider not in self._clients:
            self._clients[row.provider] = httpx.AsyncClient(timeout=provider.timeout_seconds)
            self._turns[row.provider] = asyncio.Semaphore(provider.concurrency)
        client, turns = self._clients[row.provider], self._turns[row.provider]
        called = settings.model or row.name
        dimensions = row.dimensions if settings.send_dimensions else None
        dialect: Dialect
        if provider.api is EmbeddingApi.COHERE:
            path, dialect = "/v2/embed", CohereDialect(called, dimensions)
        else:
            path, dialect = "/embeddings", OpenAIDialect(called, dimensions)
        caller = Caller(client, row.provider, _url(provider.url, path), _headers(provider), provider.attempts)
        spend = None
        if self._spend is not None and provider.daily_tokens is not None:
            spend = partial(self._take, row.provider, provider.daily_tokens)
        return RemoteEmbedder(row, settings, provider, caller, dialect, turns, spend)

    async def _take(self, provider: str, most: int, tokens: int) -> None:
        if self._spend is not None:
            await self._spend(provider, tokens, most)


def _url(base: str, path: str) -> httpx.URL:
    """The address asked: what the provider's URL says, and the path unless it has that already."""
    url = httpx.URL(base)
    before = url.path.rstrip("/")
    return url if before.endswith(path) else url.copy_with(path=f"{before}{path}")


def _headers(provider: EmbeddingProvider) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if provider.key is not None:
        key = provider.key.get_secret_value()
        headers[provider.key_header] = f"Bearer {key}" if provider.key_header == "Authorization" else key
    return headers
