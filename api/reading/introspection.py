"""What of a response is the same for every request: introspection and the name of the root type.

Both depend on the document and on a few variables only, so they are answered once, kept as JSON text, and
put around what the statement returns; an operation that asks nothing else needs no statement.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    execute_sync,
    visit,
)
from graphql.language import Visitor

from api.core.lru import LRU

# Between the parts of a statement's text; JSON has it escaped, so that no value holds it.
SEPARATOR: Final = "\x1e"

_MOST_FRAMES: Final = 16
_MOST_BYTES: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class Introspected:
    """`__schema` or `__type`, with all that is asked of it under one response key."""

    nodes: tuple[FieldNode, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The constant texts of a response's data; between each and the next stands a part of the statement's."""

    constants: tuple[str, ...]

    @property
    def weight(self) -> int:
        """Its size in bytes."""
        return sum(sys.getsizeof(text) for text in self.constants)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, so that no statement is needed."""
        return len(self.constants) == 1

    def around(self, text: str) -> str:
        """The whole of the data; `text` has one JSON object for each gap."""
        if self.whole:
            return self.constants[0]
        parts = [self.constants[0]]
        for gap, constant in zip(text.split(SEPARATOR), self.constants[1:], strict=True):
            parts += (gap[1:-1], constant)
        return "".join(parts)


Slot = str | Introspected | None
"""What answers a root field: its own text, an introspection, or None for the statement."""


class Constants:
    """Makes the frames of one operation and keeps those that were used last, one per set of variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        slots: Mapping[str, Slot],
    ) -> None:
        self._schema = schema
        self._slots = slots
        asked = [node for slot in slots.values() if isinstance(slot, Introspected) for node in slot.nodes]
        reached = _Reached(asked, fragments)
        self._variables = sorted(reached.variables)
        self._fragments = [fragments[name] for name in sorted(reached.fragments)]
        self._nodes = asked
        self._frames: LRU[Frame] = LRU(max_entries=_MOST_FRAMES, max_weight=_MOST_BYTES)

    @property
    def weight(self) -> int:
        """The size in bytes of the frames that are kept."""
        return self._frames.weight

    def known(self, variables: Mapping[str, Any]) -> Frame | None:
        """The frame of an earlier request with the same values."""
        return self._frames.get(self._key(variables))

    def make(self, variables: Mapping[str, Any], operation: OperationDefinitionNode) -> Frame | None:
        """The frame of a request, kept for the next; None where introspection itself is in error."""
        answers = self._answers(variables, operation)
        if answers is None:
            return None
        texts = [""]
        for waiting, slots in groupby(self._slots.items(), key=lambda slot: slot[1] is None):
            if waiting:
                texts.append("")
            else:
                texts[-1] = ",".join(_member(key, slot, answers) for key, slot in slots)
        frame = Frame(_joined(texts))
        self._frames.put(self._key(variables), frame, frame.weight)
        return frame

    def _key(self, variables: Mapping[str, Any]) -> str:
        return repr([(name, variables[name]) for name in self._variables if name in variables])

    def _answers(
        self, variables: Mapping[str, Any], operation: OperationDefinitionNode
    ) -> Mapping[str, Any] | None:
        if not self._nodes:
            return {}
        definitions = [
            definition
            for definition in operation.variable_definitions or ()
            if definition.variable.name.value in self._variables
        ]
        alone = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=tuple(definitions),
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(self._nodes)),
        )
        # Introspection takes texts and booleans only, whose coerced values can be given again as they are.
        given = {name: variables[name] for name in self._variables if name in variables}
        result = execute_sync(
            self._schema, DocumentNode(definitions=(alone, *self._fragments)), variable_values=given
        )
        return None if result.errors else result.data


def _member(key: str, slot: Slot, answers: Mapping[str, Any]) -> str:
    value = answers[key] if isinstance(slot, Introspected) else slot
    return f'"{key}":{orjson.dumps(value).decode()}'


def _joined(texts: Sequence[str]) -> tuple[str, ...]:
    """The texts with the braces around the whole, and the commas between them and what fills the gaps."""
    last = len(texts) - 1
    if last == 0:
        return (f"{{{texts[0]}}}",)
    first = f"{{{texts[0]}," if texts[0] else "{"
    end = f",{texts[last]}}}" if texts[last] else "}"
    return (first, *(f",{text}," for text in texts[1:last]), end)


class _Reached(Visitor):
    """The variables and fragments that occur in fields, fragments inside fragments included."""

    def __init__(self, nodes: Iterable[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.fragments: set[str] = set()
        self._known = fragments
        for node in nodes:
            visit(node, self)

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        name = node.name.value
        if name not in self.fragments:
            self.fragments.add(name)
            visit(self._known[name], self)
