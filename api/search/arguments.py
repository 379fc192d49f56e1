"""The arguments of searches: how they are declared, and the numbers among them."""

from collections.abc import Mapping
from typing import Any, Final

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from api.core.errors import BadUserInput
from api.core.scalars import Vector
from db.search.ground import SearchMode

_HEAVIEST: Final = 1_000.0


def read_size(given: Mapping[str, Any], default: int, largest: int) -> int:
    """How many hits a page has. Raises BadUserInput."""
    size = given.get("first")
    if size is None:
        return default
    if not 0 <= size <= largest:
        raise BadUserInput(f"first is {size}: a page has from 0 to {largest} hits; page on with a cursor.")
    return int(size)


def whole(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    """A whole number. Raises BadUserInput."""
    value = given.get(name)
    if value is None:
        return default
    if not least <= value <= most:
        raise BadUserInput(f"{name} is {value}: give a number from {least} to {most:,}.")
    return int(value)


def weight(given: Mapping[str, Any], name: str, default: float) -> float:
    """A weight. Raises BadUserInput for one below zero or beyond measure."""
    value = given.get(name)
    if value is None:
        return default
    if not 0 <= value <= _HEAVIEST:
        raise BadUserInput(f"{name} is {value}: a weight is a number from 0 to {_HEAVIEST:,.0f}.")
    return float(value)


def given_as(
    name: str, annotation: Any, description: str, default: Any = strawberry.UNSET
) -> StrawberryArgument:
    """An argument with its default."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        default=default,
    )


TEXT: Final = (
    given_as(
        "text", str | None,
        'The question in words, 1,000 characters at most. Of several words one is enough; `"a phrase"` must '
        "stand as it is, `-word` must not stand, `begin*` finds words whose stem begins so. Without a "
        "question, all that `where` lets through is listed.",
    ),
    given_as(
        "fold_scripts", bool | None,
        "Whether traditional and simplified Chinese characters stand for each other.", True,
    ),
)  # fmt: skip
VECTOR: Final = (
    given_as("vector", Vector | None, "The question's vector; without it, `text` is embedded."),
    given_as(
        "model", str | None,
        "Id or name of the embedding model whose vectors are compared; else the default one.",
    ),
    given_as("mode", SearchMode | None, "By what to search; HYBRID if there is a text, else VECTOR."),
    given_as("k", int | None, "HYBRID: how little the first places count more than those after them.", 60),
    given_as("vector_weight", float | None, "HYBRID: how much the ranking by vectors counts.", 1.0),
    given_as("text_weight", float | None, "HYBRID: how much the ranking by words counts.", 1.0),
)  # fmt: skip
PAGE: Final = (
    given_as("first", int | None, "How many hits from the start, or after `after`."),
    given_as("after", str | None, "Only hits after this cursor of the same search."),
    given_as("facet_size", int | None, "How many values each facet lists at most.", 10),
)
