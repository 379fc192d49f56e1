"""How large a document is: its selections, aliases, depth and repetitions, fragments expanded.

Each fragment is measured once, since what its body weighs does not depend on where it is spread; so the time
is linear in the document, also where the expanded operation is exponential in it.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)

INTROSPECTION_FIELDS: Final = frozenset({"__schema", "__type"})


class TooNested(Exception):
    """Fields and fragments nest more than `NESTING` levels; measuring them could exhaust the stack."""


NESTING: Final = 200


@dataclass(slots=True)
class Shape:
    """What a selection set asks for, its fragments expanded."""

    selections: int = 0
    breadth: int = 0
    aliases: int = 0
    depth: int = 0
    introspection_depth: int = 0
    # By type name: how often one path enters the type, the largest count over all paths.
    visits: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Shape") -> None:
        """Take in a sibling."""
        self.selections += other.selections
        self.breadth += other.breadth
        self.aliases += other.aliases
        self.depth = max(self.depth, other.depth)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        self.visits |= other.visits


class Measure:
    """The shapes of one document. Raises TooNested."""

    def __init__(self, document: DocumentNode, schema: GraphQLSchema) -> None:
        self.cyclic = False
        self._schema = schema
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._known: dict[str, Shape] = {}
        self._open: set[str] = set()
        self._roots: list[SelectionSetNode] = []
        self.operations = [
            self._operation(node)
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        ]
        # Validation reads these too, before it finds that nobody spreads them.
        unused = [name for name in self._fragments if name not in self._known]
        self._roots.extend(self._fragments[name].selection_set for name in unused)
        self.selections = sum(shape.selections for shape in self.operations) + sum(
            self._fragment(name, 0).selections for name in unused
        )

    def pairs(self) -> int:
        """How many pairs of fields or fragments share a response path, each with itself included.

        Call it when `selections` is small and nothing is `cyclic`: this expands.
        """
        return sum(self._pairs([root]) for root in self._roots)

    def _operation(self, node: OperationDefinitionNode) -> Shape:
        self._roots.append(node.selection_set)
        return self._selection_set(node.selection_set, self._schema.get_root_type(node.operation), 0)

    def _fragment(self, name: str, level: int) -> Shape:
        known = self._known.get(name)
        if known is not None:
            return known
        node = self._fragments.get(name)
        if node is None or name in self._open:
            self.cyclic = self.cyclic or node is not None
            return Shape()
        self._open.add(name)
        on = self._schema.get_type(node.type_condition.name.value)
        shape = self._known[name] = self._selection_set(node.selection_set, on, level)
        self._open.remove(name)
        return shape

    def _selection_set(self, node: SelectionSetNode, parent: GraphQLNamedType | None, level: int) -> Shape:
        if level > NESTING:
            raise TooNested
        total = Shape()
        for selection in node.selections:
            total.selections += 1
            if isinstance(selection, FieldNode):
                total.add(self._field(selection, parent, level))
            elif isinstance(selection, FragmentSpreadNode):
                total.add(self._fragment(selection.name.value, level + 1))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                total.add(self._selection_set(selection.selection_set, inner, level + 1))
        return total

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, level: int) -> Shape:
        shape = Shape(breadth=1, aliases=int(node.alias is not None), depth=1)
        if node.selection_set is None:
            return shape
        name = node.name.value
        exempt = name in INTROSPECTION_FIELDS
        kind = None if exempt else field_type(parent, name)
        below = self._selection_set(node.selection_set, kind, level + 1)
        shape.selections = below.selections
        shape.aliases += below.aliases
        if exempt:
            shape.introspection_depth = below.depth + 1
            return shape
        shape.depth += below.depth
        shape.introspection_depth = below.introspection_depth
        shape.visits = below.visits
        if kind is not None and is_composite_type(kind):
            shape.visits[kind.name] += 1
        return shape

    def _pairs(self, selection_sets: list[SelectionSetNode]) -> int:
        fields: dict[str, list[FieldNode]] = {}
        spreads = 0
        pending = list(selection_sets)
        while pending:
            for selection in pending.pop().selections:
                if isinstance(selection, FieldNode):
                    key = selection.alias.value if selection.alias else selection.name.value
                    fields.setdefault(key, []).append(selection)
                elif isinstance(selection, FragmentSpreadNode):
                    spreads += 1
                    fragment = self._fragments.get(selection.name.value)
                    if fragment is not None:
                        pending.append(fragment.selection_set)
                elif isinstance(selection, InlineFragmentNode):
                    pending.append(selection.selection_set)
        total = spreads * spreads
        for nodes in fields.values():
            below = [node.selection_set for node in nodes if node.selection_set is not None]
            total += len(nodes) ** 2 + (self._pairs(below) if below else 0)
        return total


def field_type(parent: GraphQLNamedType | None, name: str) -> GraphQLNamedType | None:
    """The named type of a field, or None when the schema has no such field."""
    if not isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)):
        return None
    definition = parent.fields.get(name)
    return get_named_type(definition.type) if definition else None
