"""Vectors of the demo's texts, as the model of the extra `local` makes them.

They come with the program, so that the demo is the same everywhere and every time, and found by meaning from
its first moment. `make vectors` makes them anew when texts change.
"""

import base64
import json
import struct
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

MODEL: Final = "EmbeddingModel/use-multilingual-v3"
DIMENSIONS: Final = 512
FILE: Final = "vectors.jsonl"

_HALVES: Final = f"<{DIMENSIONS}e"


def vector_of(text: str) -> str:
    """The vector of a text as PostgreSQL reads it. Raises KeyError for a text that has none."""
    halves = struct.unpack(_HALVES, base64.b64decode(_kept()[key_of(text)]))
    return "[" + ",".join(f"{number:.7g}" for number in halves) + "]"


def key_of(text: str) -> str:
    """What a text's vector is kept under."""
    return sha256(text.encode()).hexdigest()[:24]


def lines(vectors: Mapping[str, Iterable[float]]) -> str:
    """The file of vectors by text: a line for each, in the order of their keys, in half precision."""
    kept = {
        key_of(text): base64.b64encode(struct.pack(_HALVES, *vector)).decode()
        for text, vector in vectors.items()
    }
    return "".join(json.dumps({"text": key, "vector": kept[key]}) + "\n" for key in sorted(kept))


@cache
def _kept() -> Mapping[str, str]:
    told = (files("db.seeds") / "content" / FILE).read_text("utf-8")
    return {line["text"]: line["vector"] for line in map(json.loads, told.splitlines())}
