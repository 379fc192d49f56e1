"""Vectors, and what they must be before anything is stored or compared."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from api.embeddings.errors import EmbeddingFailed

Vector: TypeAlias = NDArray[np.float32]
"""One text's numbers, as many as the model's dimensions."""


def verified(found: Sequence[Any], *, count: int, dimensions: int, model: str) -> list[Vector]:
    """What a model answered as vectors, one for each of `count` texts.

    Raises:
        EmbeddingFailed: for another count or length, for numbers that are none or not finite in 32 bits, and
            for vectors of nothing but zeros, whose angle to others is undefined.
    """
    if len(found) != count:
        raise EmbeddingFailed(f"The model {model} answered {len(found)} vectors for {count} texts.")
    return [_verified(each, dimensions, model) for each in found]


def _verified(found: Any, dimensions: int, model: str) -> Vector:
    try:
        with np.errstate(over="ignore"):
            vector: Vector = np.asarray(found, dtype=np.float32)
    except (TypeError, ValueError):
        raise EmbeddingFailed(f"The model {model} answered something else than numbers.") from None
    if vector.shape != (dimensions,):
        shape = " × ".join(map(str, vector.shape)) or "1"
        raise EmbeddingFailed(
            f"The model {model} answered vectors of {shape} numbers, and it is known to have {dimensions}: "
            "correct its dimensions, or the name of the model at the provider."
        )
    if not np.isfinite(vector).all():
        raise EmbeddingFailed(f"The model {model} answered a vector with numbers that are not finite.")
    if not vector.any():
        raise EmbeddingFailed(f"The model {model} answered a vector of nothing but zeros.")
    return vector
