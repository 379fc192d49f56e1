"""Vectors without a language model: hashed counts of character pairs.

They show how vectors are stored, indexed and compared, and find texts that share wording. They know nothing
of meaning, and the embedding model that they are filed under says so.
"""

import math
from hashlib import blake2b
from itertools import pairwise
from typing import Final

MODEL: Final = "EmbeddingModel/demo-hash-64"
DIMENSIONS: Final = 64


def hashed(text: str) -> str:
    """The vector of a text as PostgreSQL reads it: `DIMENSIONS` numbers, together of length one."""
    folded = "".join(text.lower().split())
    vector = [0.0] * DIMENSIONS
    for pair in pairwise(folded):
        digest = blake2b("".join(pair).encode(), digest_size=2).digest()
        vector[digest[0] % DIMENSIONS] += 1.0 if digest[1] % 2 else -1.0
    length = math.hypot(*vector) or 1.0
    return "[" + ",".join(f"{number / length:.6f}" for number in vector) + "]"
