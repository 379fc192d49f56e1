"""What of an operation's variables decides its statement: everything but numbers, texts and times."""

from collections.abc import Hashable, Mapping
from enum import Enum
from typing import Any


def shape_of(variables: Mapping[str, Any]) -> Hashable:
    """What two sets of coerced variables have in common if one statement serves both.

    Nulls, the keys of input objects, booleans and enum members are part of it by value, other values by
    their kind only.
    """
    return tuple(variables), tuple([_shape(value) for value in variables.values()])


def _shape(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int:
        return kind
    if value is None or kind is bool:
        return value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return tuple((name, _shape(inner)) for name, inner in sorted(value.items()))
    if isinstance(value, list) and any(isinstance(inner, (Mapping, list)) for inner in value):
        return tuple(_shape(inner) for inner in value)
    return kind
