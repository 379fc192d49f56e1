"""What of an operation's variables decides its statement: everything but numbers, texts and times."""

from collections.abc import Mapping
from enum import Enum
from typing import Any


def shape_of(variables: Mapping[str, Any]) -> str:
    """A text that two sets of coerced variables share if one statement serves both.

    Nulls, the keys of input objects, booleans and enum members are part of it by value, other values by
    their kind only.
    """
    return repr([(name, _shape(value)) for name, value in sorted(variables.items())])


def _shape(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return [(name, _shape(inner)) for name, inner in sorted(value.items())]
    if isinstance(value, list) and any(isinstance(inner, (Mapping, list)) for inner in value):
        return [_shape(inner) for inner in value]
    return type(value).__name__
