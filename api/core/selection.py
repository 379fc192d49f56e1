"""What an operation asks of an object: its fields by name, with fragments and directives resolved."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """The parts of an executing operation that decide which fields it asks."""

    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]


def fields_below(
    operation: Operation, nodes: Iterable[FieldNode], type_names: frozenset[str]
) -> dict[str, list[FieldNode]]:
    """The fields selected below `nodes` on an object of one type, by field name.

    Args:
        operation: the executing operation.
        nodes: field nodes that answer under one response key; their selections merge.
        type_names: the object's type and its interfaces, to which fragments may apply.
    """
    return _below(operation, nodes, type_names, lambda node: node.name.value)


def selected(
    operation: Operation, nodes: Iterable[FieldNode | OperationDefinitionNode], type_names: frozenset[str]
) -> dict[str, list[FieldNode]]:
    """The same by response key, in the order of the response."""
    return _below(operation, nodes, type_names, lambda node: (node.alias or node.name).value)


def _below(
    operation: Operation,
    nodes: Iterable[FieldNode | OperationDefinitionNode],
    type_names: frozenset[str],
    key: Callable[[FieldNode], str],
) -> dict[str, list[FieldNode]]:
    found: dict[str, list[FieldNode]] = {}
    visited: set[str] = set()
    for node in nodes:
        if node.selection_set is not None:
            for field in _fields(operation, node.selection_set, type_names, visited):
                found.setdefault(key(field), []).append(field)
    return found


def _fields(
    operation: Operation, selections: SelectionSetNode, type_names: frozenset[str], visited: set[str]
) -> Iterator[FieldNode]:
    for selection in selections.selections:
        if not _included(operation, selection.directives or ()):
            continue
        if isinstance(selection, FieldNode):
            yield selection
            continue
        part: FragmentDefinitionNode | InlineFragmentNode
        if isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name in visited:
                continue
            visited.add(name)
            part = operation.fragments[name]
        else:
            part = cast(InlineFragmentNode, selection)
        if part.type_condition is None or part.type_condition.name.value in type_names:
            yield from _fields(operation, part.selection_set, type_names, visited)


def _included(operation: Operation, directives: Iterable[DirectiveNode]) -> bool:
    for directive in directives:
        name = directive.name.value
        if name in ("skip", "include") and _condition(operation, directive) is (name == "skip"):
            return False
    return True


def _condition(operation: Operation, directive: DirectiveNode) -> bool:
    (value,) = [argument.value for argument in directive.arguments or ()]
    if isinstance(value, VariableNode):
        return bool(operation.variables.get(value.name.value))
    return isinstance(value, BooleanValueNode) and value.value
