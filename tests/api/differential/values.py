"""Arguments as trees, which can be written as literals, given as variables, and drawn anew."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar or a list of scalars, drawn when it is needed."""

    draw: Callable[[Random], Any]
    enum: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a place in the schema; `type` is the place's type as the schema writes it."""

    type: str
    value: "Leaf | dict[str, Given] | list[Given]"

    def drawn(self, choice: Random) -> Any:
        """One value as JSON."""
        if isinstance(self.value, Leaf):
            return self.value.draw(choice)
        if isinstance(self.value, dict):
            return {name: inner.drawn(choice) for name, inner in self.value.items()}
        return [inner.drawn(choice) for inner in self.value]

    def literal(self, choice: Random, take: "Callable[[Given], str | None]") -> str:
        """The value as it stands in a document; `take` may put a variable in the place of any part."""
        taken = take(self)
        if taken is not None:
            return taken
        if isinstance(self.value, Leaf):
            return literal(self.value.draw(choice), enum=self.value.enum)
        if isinstance(self.value, dict):
            members = (f"{name}: {inner.literal(choice, take)}" for name, inner in self.value.items())
            return f"{{ {', '.join(members)} }}"
        return f"[{', '.join(inner.literal(choice, take) for inner in self.value)}]"


def literal(value: Any, *, enum: bool = False) -> str:
    """A JSON value as GraphQL writes it.

    Raises ValueError for objects with keys that are no names.
    """
    if isinstance(value, list):
        return f"[{', '.join(literal(each, enum=enum) for each in value)}]"
    if isinstance(value, dict):
        if not all(map(_NAME.fullmatch, value)):
            raise ValueError("a key that is no name")
        return f"{{ {', '.join(f'{name}: {literal(inner)}' for name, inner in value.items())} }}"
    if enum and isinstance(value, str):
        return value
    # GraphQL's escapes are JSON's, except that pairs of them do not make one character.
    return json.dumps(value, ensure_ascii=False)
