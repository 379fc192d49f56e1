"""How many nodes an operation may answer with: page sizes multiplied down its connections, before any SQL.

The plan is made once for a document; each request only multiplies. Every @include counts as true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)
from graphql.language import IntValueNode, ListValueNode, ValueNode, VariableNode

from api.core.pages import PageSizes

_ARGUMENTS: Final = ("first", "last", "ids")


@dataclass(frozen=True, slots=True)
class Variable:
    """An amount that a variable holds: a number, or a list whose length counts."""

    name: str


Amount = int | Variable


@dataclass(frozen=True, slots=True)
class Plural:
    """A field that answers with several nodes, and such fields below it."""

    amounts: tuple[Amount, ...]
    sizes: PageSizes
    below: tuple["Plural", ...]

    def nodes(self, variables: Mapping[str, Any]) -> int:
        """Nodes asked here and below, when every page is full. `variables` are coerced."""
        known = [size for amount in self.amounts if (size := self._size(amount, variables)) is not None]
        return max(known, default=self.sizes.default) * (1 + nodes_asked(self.below, variables))

    def _size(self, amount: Amount, variables: Mapping[str, Any]) -> int | None:
        if isinstance(amount, int):
            return amount
        value = variables.get(amount.name)
        if isinstance(value, list):
            return len(value)
        return None if value is None else self.sizes.of(value)


def nodes_asked(fields: tuple[Plural, ...], variables: Mapping[str, Any]) -> int:
    """Nodes asked by sibling fields and everything below them."""
    return sum(field.nodes(variables) for field in fields)


def plan_nodes(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    schema: GraphQLSchema,
    sizes: PageSizes,
) -> tuple[Plural, ...]:
    """The fields of a valid operation that answer with several nodes."""
    root = schema.get_root_type(operation.operation)
    return _Planner(fragments, schema, sizes).plurals(root, [operation.selection_set])


class _Planner:
    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], schema: GraphQLSchema, sizes: PageSizes
    ) -> None:
        self._fragments = fragments
        self._schema = schema
        self._sizes = sizes

    def plurals(
        self, parent: GraphQLNamedType | None, selection_sets: list[SelectionSetNode]
    ) -> tuple[Plural, ...]:
        found: list[Plural] = []
        for (on, _), nodes in self._merged(parent, selection_sets).items():
            name = nodes[0].name.value
            owner = self._schema.get_type(on)
            below = [node.selection_set for node in nodes if node.selection_set is not None]
            if (
                not below
                or not isinstance(owner, (GraphQLObjectType, GraphQLInterfaceType))
                or name not in owner.fields
            ):
                continue
            definition = owner.fields[name]
            inner = self.plurals(get_named_type(definition.type), below)
            if definition.args.keys() & set(_ARGUMENTS):
                found.append(Plural(self._amounts(nodes[0], definition.args), self._sizes, inner))
            else:
                found.extend(inner)
        return tuple(found)

    def _merged(
        self, parent: GraphQLNamedType | None, selection_sets: list[SelectionSetNode]
    ) -> dict[tuple[str, str], list[FieldNode]]:
        """Fields by type condition and response key, as execution merges them."""
        merged: dict[tuple[str, str], list[FieldNode]] = {}
        outer = parent.name if parent is not None else ""
        pending = [(outer, selection_set) for selection_set in selection_sets]
        while pending:
            on, selection_set = pending.pop()
            for selection in selection_set.selections:
                if isinstance(selection, FieldNode):
                    key = selection.alias.value if selection.alias else selection.name.value
                    merged.setdefault((on, key), []).append(selection)
                elif isinstance(selection, FragmentSpreadNode):
                    fragment = self._fragments[selection.name.value]
                    pending.append((fragment.type_condition.name.value, fragment.selection_set))
                elif isinstance(selection, InlineFragmentNode):
                    condition = selection.type_condition
                    pending.append((condition.name.value if condition else on, selection.selection_set))
        return merged

    def _amounts(self, node: FieldNode, arguments: Mapping[str, GraphQLArgument]) -> tuple[Amount, ...]:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        amounts = [
            self._amount(given[name]) if name in given else self._default(arguments[name])
            for name in _ARGUMENTS
            if name in arguments
        ]
        return tuple(amount for amount in amounts if amount is not None)

    def _amount(self, value: ValueNode) -> Amount | None:
        match value:
            case IntValueNode():
                return self._sizes.of(int(value.value))
            case VariableNode():
                return Variable(value.name.value)
            case ListValueNode():
                return len(value.values)
            case _:
                return None

    def _default(self, argument: GraphQLArgument) -> int | None:
        default = argument.default.value if argument.default is not None else argument.default_value
        return self._sizes.of(default) if isinstance(default, int) else None
