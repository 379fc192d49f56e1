"""Makes the vectors that come with the demo's texts: `make vectors`."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api.embeddings.kinds import Kind
from api.embeddings.local import LOCAL_MODELS, LocalEmbedder
from api.embeddings.vectors import Vector
from db.seeds import vectors
from db.seeds.demo import demo_texts

_PLACE: Final = Path(vectors.__file__).parent / "content" / vectors.FILE


async def vectors_of(texts: Sequence[str]) -> list[Vector]:
    """The vectors of texts by the model of the demo."""
    embedder = LocalEmbedder("local", LOCAL_MODELS["local"])
    try:
        return list(await embedder.embed(texts, Kind.DOCUMENT))
    finally:
        embedder.close()


def main() -> None:
    """Write the file anew."""
    texts = demo_texts()
    made = asyncio.run(vectors_of(texts))
    told = {text: vector.tolist() for text, vector in zip(texts, made, strict=True)}
    _PLACE.write_text(vectors.lines(told), encoding="utf-8")


if __name__ == "__main__":
    main()
