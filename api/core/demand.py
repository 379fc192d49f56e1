"""How many objects an operation may answer with and what that costs, known before any SQL.

Sizes of pages are multiplied down the connections. The plan is made once for a document; each request only
puts in its variables. Every @include counts as true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
)
from graphql.language import IntValueNode, ListValueNode, ValueNode, VariableNode

from api.core.cost import INPUT_ROW, LIST, MUTATION, OBJECT, SEARCHED, weight_of
from api.core.input_rows import InputRows, rows_of
from api.core.pages import PageSizes

_ARGUMENTS: Final = ("first", "last", "ids")
_RESULTS: Final = "results"


@dataclass(frozen=True, slots=True)
class Demand:
    """Objects that the answer has when every page is full, and what reading them costs."""

    nodes: int
    cost: int


@dataclass(frozen=True, slots=True)
class Variable:
    """An amount that a variable holds: a number, or a list whose length counts."""

    name: str


Amount = int | Variable | InputRows


@dataclass(frozen=True, slots=True)
class Plural:
    """A field that answers with several nodes, and such fields below it.

    The list itself costs `once`, each of its nodes `each`.
    """

    amounts: tuple[Amount, ...]
    sizes: PageSizes
    once: int
    each: int
    below: tuple["Plural", ...]

    @property
    def constant(self) -> bool:
        """Whether no variable matters, here and below."""
        return all(isinstance(amount, int) for amount in self.amounts) and all(
            plural.constant for plural in self.below
        )

    def size(self, variables: Mapping[str, Any]) -> int:
        """Nodes asked here for one parent, when the page is full. `variables` are coerced."""
        known = [size for amount in self.amounts if (size := self._size(amount, variables)) is not None]
        return max(known, default=self.sizes.default)

    def _size(self, amount: Amount, variables: Mapping[str, Any]) -> int | None:
        if isinstance(amount, int):
            return amount
        if isinstance(amount, InputRows):
            return amount.count(variables)
        value = variables.get(amount.name)
        if isinstance(value, list):
            return len(value)
        return None if value is None else self.sizes.of(value)


class DemandPlan:
    """What one operation demands, given its variables."""

    __slots__ = ("_constant", "_plurals", "_rows", "_weight")

    def __init__(self, weight: int, plurals: tuple[Plural, ...], rows: tuple[InputRows, ...] = ()) -> None:
        self._weight = weight + INPUT_ROW * sum(each.fixed for each in rows)
        self._plurals = plurals
        self._rows = tuple(each for each in rows if each.variables)
        constant = not self._rows and all(plural.constant for plural in plurals)
        self._constant = self._demand({}) if constant else None

    def demand(self, variables: Mapping[str, Any]) -> Demand:
        """Nodes and cost, when every page is full. `variables` are coerced."""
        return self._constant or self._demand(variables)

    def _demand(self, variables: Mapping[str, Any]) -> Demand:
        nodes, cost = _sum(self._plurals, variables)
        rows = sum(each.count(variables) - each.fixed for each in self._rows)
        return Demand(nodes, self._weight + cost + INPUT_ROW * rows)


def _sum(plurals: tuple[Plural, ...], variables: Mapping[str, Any]) -> tuple[int, int]:
    """Nodes and cost of sibling fields and everything below them."""
    nodes = cost = 0
    for plural in plurals:
        size = plural.size(variables)
        nodes_below, cost_below = _sum(plural.below, variables) if plural.below else (0, 0)
        nodes += size * (1 + nodes_below)
        cost += plural.once + size * (plural.each + cost_below)
    return nodes, cost


def plan_demand(
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    schema: GraphQLSchema,
    sizes: PageSizes,
) -> DemandPlan:
    """The plan of a valid operation."""
    root = schema.get_root_type(operation.operation)
    part = _Planner(fragments, schema, sizes).part(root, [operation.selection_set])
    return DemandPlan(part.here + part.in_lists, tuple(part.plurals), tuple(part.rows))


class _Part:
    """What some selections weigh: outside of lists, inside of lists, and the lists whose size is asked.

    `rows` are those that mutations are given.
    """

    __slots__ = ("here", "in_lists", "plurals", "rows")

    def __init__(self) -> None:
        self.here = 0
        self.in_lists = 0
        self.plurals: list[Plural] = []
        self.rows: list[InputRows] = []


class _Planner:
    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], schema: GraphQLSchema, sizes: PageSizes
    ) -> None:
        self._fragments = fragments
        self._schema = schema
        self._sizes = sizes

    def part(self, parent: GraphQLNamedType | None, selection_sets: list[SelectionSetNode]) -> _Part:
        found = _Part()
        for (on, _), nodes in self._merged(parent, selection_sets).items():
            name = nodes[0].name.value
            owner = self._schema.get_type(on)
            if not isinstance(owner, (GraphQLObjectType, GraphQLInterfaceType)) or name not in owner.fields:
                continue
            definition = owner.fields[name]
            below = [node.selection_set for node in nodes if node.selection_set is not None]
            inner = self.part(get_named_type(definition.type), below)
            listed = isinstance(get_nullable_type(definition.type), GraphQLList)
            if below and definition.args.keys() & set(_ARGUMENTS):
                each = OBJECT + inner.in_lists + (inner.here if listed else 0)
                once = SEARCHED.get(get_named_type(definition.type).name, LIST) + (
                    0 if listed else inner.here
                )
                amounts = self._amounts(nodes[0], definition.args)
                found.plurals.append(Plural(amounts, self._sizes, once, each, tuple(inner.plurals)))
                continue
            changes = owner is self._schema.mutation_type
            if changes:
                found.rows.extend(_rows(nodes[0], definition, deep=True))
            if changes and self._asks_results(get_named_type(definition.type), below):
                # There is one for each row.
                amounts = tuple(_rows(nodes[0], definition, deep=False))
                once = MUTATION + inner.here
                found.plurals.append(Plural(amounts, self._sizes, once, inner.in_lists, tuple(inner.plurals)))
                continue
            weight = MUTATION if changes else weight_of(owner, name, definition)
            found.plurals.extend(inner.plurals)
            if listed:
                found.in_lists += weight + inner.here + inner.in_lists
            else:
                found.here += weight + inner.here
                found.in_lists += inner.in_lists
        return found

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

    def _asks_results(self, payload: GraphQLNamedType, selection_sets: list[SelectionSetNode]) -> bool:
        """Whether what became of each of many rows is asked."""
        asked = {nodes[0].name.value for nodes in self._merged(payload, selection_sets).values()}
        return _RESULTS in asked and isinstance(
            get_nullable_type(payload.fields[_RESULTS].type)
            if isinstance(payload, GraphQLObjectType)
            else None,
            GraphQLList,
        )

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


def _rows(node: FieldNode, definition: GraphQLField, *, deep: bool) -> list[InputRows]:
    """The rows that a mutation is given."""
    return [
        rows_of(argument.value, definition.args[argument.name.value].type, deep=deep)
        for argument in node.arguments or ()
        if argument.name.value in definition.args
    ]
