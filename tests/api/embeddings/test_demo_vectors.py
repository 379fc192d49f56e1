"""The vectors that come with the demo are those of its texts, by the model that answers its questions."""

import json
from pathlib import Path

import numpy as np
from pgvector import Vector

from api.embeddings.demo import vectors_of
from db.seeds import vectors
from db.seeds.demo import demo_texts

FILE = Path(vectors.__file__).parent / "content" / vectors.FILE


async def test_every_text_has_its_vector_and_no_other_does() -> None:
    texts = demo_texts()
    kept = [json.loads(line)["text"] for line in FILE.read_text(encoding="utf-8").splitlines()]
    assert kept == sorted(vectors.key_of(text) for text in texts), "run make vectors"
    assert len(texts) > 30
    for text, made in zip(texts, await vectors_of(texts), strict=True):
        assert np.allclose(Vector.from_text(vectors.vector_of(text)).to_numpy(), made, atol=2e-3), text
