"""Embedders reached over HTTP: batches, their halves where one is refused, and what providers answer."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np

from api.document_settings import EmbeddingProvider
from api.embeddings.batches import batches, estimated_tokens
from api.embeddings.calls import Caller, Rejected
from api.embeddings.errors import EmbeddingFailed, Unreachable
from api.embeddings.kinds import Kind
from api.embeddings.models import ModelRow, ModelSettings
from api.embeddings.vectors import Vector, verified

_TOO_MUCH: Final = frozenset({400, 413, 422})

Spend = Callable[[int], Awaitable[None]]
"""Takes so many tokens from what may be spent on a day. Raises BudgetSpent."""


class Dialect(Protocol):
    """How one kind of provider is asked, and what it answers."""

    def body(self, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
        """The request."""

    def vectors(self, answer: Any, count: int) -> list[Any]:
        """The vectors in the order of the texts, unverified. Raises EmbeddingFailed for another shape."""

    def concede(self, refusal: Rejected) -> bool:
        """Whether to ask again in another way, since the provider does not know an option."""


@dataclass
class OpenAIDialect:
    """`/embeddings` as OpenAI, Azure, Ollama, vLLM and many others speak it."""

    model: str
    dimensions: int | None
    _base64: bool = field(default=True, init=False)

    def body(self, texts: Sequence[str], kind: Kind) -> dict[str, Any]:  # noqa: ARG002
        """The request; numbers are asked for in base64, which is read eleven times faster."""
        asked: dict[str, Any] = {"model": self.model, "input": list(texts)}
        if self._base64:
            asked["encoding_format"] = "base64"
        if self.dimensions is not None:
            asked["dimensions"] = self.dimensions
        return asked

    def vectors(self, answer: Any, count: int) -> list[Any]:
        """The vectors, each at the index that the provider gave it."""
        try:
            rows = {int(row["index"]): row["embedding"] for row in answer["data"]}
        except (KeyError, TypeError, ValueError):
            raise EmbeddingFailed(f"The model {self.model} answered without a list of vectors.") from None
        if sorted(rows) != list(range(count)) or len(answer["data"]) != count:
            raise EmbeddingFailed(
                f"The model {self.model} answered {len(answer['data'])} vectors for {count} texts, or "
                "numbered them otherwise."
            )
        return [_numbers(rows[place], self.model) for place in range(count)]

    def concede(self, refusal: Rejected) -> bool:
        """Ask for plain numbers of who does not know base64."""
        if self._base64 and refusal.status in _TOO_MUCH and "encoding_format" in refusal.message:
            self._base64 = False
            return True
        return False


@dataclass(frozen=True)
class CohereDialect:
    """`/v2/embed` of Cohere, whose models tell questions from passages."""

    model: str
    dimensions: int | None

    def body(self, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
        """The request."""
        asked: dict[str, Any] = {
            "model": self.model,
            "texts": list(texts),
            "input_type": "search_query" if kind is Kind.QUERY else "search_document",
            "embedding_types": ["float"],
        }
        if self.dimensions is not None:
            asked["output_dimension"] = self.dimensions
        return asked

    def vectors(self, answer: Any, count: int) -> list[Any]:  # noqa: ARG002 - verified by whoever asked
        """The vectors, which come in the order of the texts."""
        try:
            return list(answer["embeddings"]["float"])
        except (KeyError, TypeError):
            raise EmbeddingFailed(f"The model {self.model} answered without a list of vectors.") from None

    def concede(self, refusal: Rejected) -> bool:  # noqa: ARG002
        """There is nothing to do without."""
        return False


class RemoteEmbedder:
    """One model of one provider. `turns` are shared by all models of the provider."""

    def __init__(
        self,
        row: ModelRow,
        settings: ModelSettings,
        provider: EmbeddingProvider,
        caller: Caller,
        dialect: Dialect,
        turns: asyncio.Semaphore,
        spend: Spend | None,
    ) -> None:
        self._name = row.name
        self._dimensions = row.dimensions
        self._settings = settings
        self._provider = provider
        self._caller = caller
        self._dialect = dialect
        self._turns = turns
        self._spend = spend

    async def embed(self, texts: Sequence[str], kind: Kind) -> Sequence[Vector]:
        """The vectors of texts, in their order.

        Raises:
            Unreachable: when the provider gave no good answer in the time for this kind.
            BudgetSpent: when today's tokens do not suffice.
            EmbeddingFailed: for texts that it refuses, and vectors that are not what they should be.
        """
        query = kind is Kind.QUERY
        provider, settings = self._provider, self._settings
        prefix = settings.query_prefix if query else settings.document_prefix
        asked = [f"{prefix}{text}" for text in texts]
        seconds = provider.query_budget_seconds if query else provider.document_budget_seconds
        deadline = asyncio.get_running_loop().time() + seconds
        most = min(provider.batch_size, settings.batch_size or provider.batch_size)
        parts = [
            [asked[place] for place in places]
            for places in batches(asked, most=most, tokens=provider.batch_tokens)
        ]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._batch(part, kind, deadline)) for part in parts]
        except* EmbeddingFailed as failed:
            raise _first(failed) from None
        return [vector for task in tasks for vector in task.result()]

    async def _batch(self, texts: list[str], kind: Kind, deadline: float) -> list[Vector]:
        """The vectors of one batch; where it is refused for its size or for one text, of its halves."""
        try:
            async with self._turns:
                if self._spend is not None:
                    await self._spend(sum(map(estimated_tokens, texts)))
                answer = await self._caller.post(self._dialect.body(texts, kind), deadline)
            found = self._dialect.vectors(answer, len(texts))
            return verified(found, count=len(texts), dimensions=self._dimensions, model=self._name)
        except Rejected as refusal:
            if self._dialect.concede(refusal):
                return await self._batch(texts, kind, deadline)
            if refusal.status not in _TOO_MUCH or len(texts) == 1:
                raise
        middle = len(texts) // 2
        return [
            *await self._batch(texts[:middle], kind, deadline),
            *await self._batch(texts[middle:], kind, deadline),
        ]


def _numbers(said: Any, model: str) -> Any:
    """A vector as it was said: a list, or 32-bit floats in base64, the low byte first."""
    if not isinstance(said, str):
        return said
    try:
        return np.frombuffer(base64.b64decode(said, validate=True), dtype="<f4")
    except (binascii.Error, ValueError):
        raise EmbeddingFailed(f"The model {model} answered something that is no base64 of floats.") from None


def _first(group: BaseExceptionGroup[EmbeddingFailed]) -> EmbeddingFailed:
    """The error that says most: what will not pass by itself before what will."""
    errors: list[EmbeddingFailed] = []
    for error in group.exceptions:
        errors += [_first(error)] if isinstance(error, BaseExceptionGroup) else [error]
    return min(errors, key=lambda error: isinstance(error, Unreachable))
