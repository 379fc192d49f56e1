"""How many rows a mutation's input has, known before it runs: the objects in its lists, at every depth."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
)
from graphql.language import ListValueNode, ObjectValueNode, ValueNode, VariableNode

_TYPES: Final = 1_000


@dataclass(frozen=True, slots=True)
class InputRows:
    """`fixed` rows are written into the document; `variables` hold the others, each with its type.

    Rows inside rows count if it is `deep`.
    """

    fixed: int = 0
    variables: tuple[tuple[str, GraphQLInputType], ...] = ()
    deep: bool = True

    def count(self, variables: Mapping[str, Any]) -> int:
        """The rows of an operation with these coerced variables."""
        return self.fixed + sum(
            _in_value(variables.get(name), kind, deep=self.deep) for name, kind in self.variables
        )


def rows_of(node: ValueNode, kind: GraphQLInputType, *, deep: bool) -> InputRows:
    """The rows of an argument as it is written."""
    fixed, variables = 0, []
    pending: list[tuple[ValueNode, GraphQLInputType]] = [(node, kind)]
    while pending:
        value, asked = pending.pop()
        plain = get_nullable_type(asked)
        if isinstance(value, VariableNode):
            variables.append((value.name.value, asked))
        elif isinstance(value, ListValueNode) and isinstance(plain, GraphQLList):
            inner = plain.of_type
            fixed += len(value.values) if is_input_object_type(get_nullable_type(inner)) else 0
            pending.extend((each, inner) for each in value.values if deep)
        elif isinstance(value, ObjectValueNode) and isinstance(plain, GraphQLInputObjectType):
            known = dict(_inner(plain))
            pending.extend(
                (field.value, known[field.name.value]) for field in value.fields if field.name.value in known
            )
    return InputRows(fixed, tuple(variables), deep)


def _in_value(value: Any, kind: GraphQLInputType, *, deep: bool) -> int:
    """The rows in a coerced value."""
    plain = get_nullable_type(kind)
    if isinstance(plain, GraphQLList) and isinstance(value, list):
        inner = plain.of_type
        if not is_input_object_type(get_nullable_type(inner)):
            return 0
        return len(value) + (sum(_in_value(each, inner, deep=deep) for each in value) if deep else 0)
    if isinstance(plain, GraphQLInputObjectType) and isinstance(value, dict):
        return sum(_in_value(value[name], inner, deep=deep) for name, inner in _inner(plain) if name in value)
    return 0


@lru_cache(maxsize=_TYPES)
def _inner(kind: GraphQLInputObjectType) -> tuple[tuple[str, GraphQLInputType], ...]:
    """The fields of an input in which there can be rows."""
    return tuple(_fields(kind))


def _fields(kind: GraphQLInputObjectType) -> Iterator[tuple[str, GraphQLInputType]]:
    for name, field in kind.fields.items():
        if is_input_object_type(get_named_type(field.type)):
            yield name, field.type
