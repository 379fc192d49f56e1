"""What can be asked of a schema, and what of it an operation asks."""

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    ArgumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    get_named_type,
    parse,
    type_from_ast,
    visit,
)
from graphql.language import NullValueNode, ValueNode, Visitor

from tests.api.differential.corpus import Play


def everything(schema: GraphQLSchema) -> set[str]:
    """Every field, argument, member of an input and member of an enum that a query can name."""
    found = set()
    # What an enum in answers only can be is not asked.
    arguments = [
        argument.type
        for kind in _leading([schema.query_type])
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType))
        for definition in kind.fields.values()
        for argument in definition.args.values()
    ]
    given = {kind.name for kind in _leading(arguments)}
    for kind in _leading([schema.query_type]):
        name = kind.name
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            for field, definition in kind.fields.items():
                found.add(f"{name}.{field}")
                found |= {f"{name}.{field}({argument})" for argument in definition.args}
        elif isinstance(kind, GraphQLInputObjectType):
            found |= {f"{name}.{member}" for member in kind.fields}
        elif isinstance(kind, GraphQLEnumType) and name in given:
            found |= {f"{name}.{member}" for member in kind.values}
    return found


def _leading(start: Iterable[Any]) -> Iterable[GraphQLNamedType]:
    """The types to which fields, arguments and members of inputs lead from others."""
    found: dict[str, GraphQLNamedType] = {}
    waiting = list(start)
    while waiting:
        kind = get_named_type(waiting.pop())
        if kind.name in found or kind.name.startswith("__"):
            continue
        found[kind.name] = kind
        for definition in getattr(kind, "fields", {}).values():
            waiting += [definition.type, *(each.type for each in getattr(definition, "args", {}).values())]
    return found.values()


def asked(schema: GraphQLSchema, play: Play) -> set[str]:
    """The same, of what the operations of a file ask; nothing of a file with errors."""
    if any(step.errors != () for step in play.steps):
        return set()
    document = parse(play.text)
    finder = _Finder(schema)
    visit(document, TypeInfoVisitor(finder.info, finder))
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            name = node.name.value if node.name else None
            for step in play.steps:
                if step.operation == name:
                    finder.found |= set(_given(schema, node, step.variables))
    return finder.found


def _given(schema: GraphQLSchema, node: OperationDefinitionNode, variables: dict[str, Any]) -> Iterator[str]:
    for definition in node.variable_definitions or ():
        kind = type_from_ast(schema, definition.type)
        yield from _members(kind, variables.get(definition.variable.name.value))


def _members(kind: Any, value: Any) -> Iterator[str]:
    named = get_named_type(kind)
    if isinstance(value, list):
        for each in value:
            yield from _members(named, each)
    elif isinstance(named, GraphQLInputObjectType) and isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None:
                yield f"{named.name}.{name}"
                yield from _members(named.fields[name].type, inner)
    elif isinstance(named, GraphQLEnumType) and isinstance(value, str):
        yield f"{named.name}.{value}"


class _Finder(Visitor):
    """Null asks nothing."""

    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        self.info = TypeInfo(schema)
        self.found: set[str] = set()
        self._field = ""

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self.info.get_parent_type()
        self._field = node.name.value
        if parent is not None and not self._field.startswith("__"):
            self.found.add(f"{parent.name}.{self._field}")

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        parent = self.info.get_parent_type()
        if parent is not None and self.info.get_directive() is None and _is_given(node.value):
            # The arguments of a field come before the fields below it.
            self.found.add(f"{parent.name}.{self._field}({node.name.value})")

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        parent = self.info.get_parent_input_type()
        named = get_named_type(parent) if parent is not None else None
        if isinstance(named, GraphQLInputObjectType) and _is_given(node.value):
            self.found.add(f"{named.name}.{node.name.value}")

    def enter_enum_value(self, node: EnumValueNode, *_: object) -> None:
        kind = self.info.get_input_type()
        named = get_named_type(kind) if kind is not None else None
        if isinstance(named, GraphQLEnumType):
            self.found.add(f"{named.name}.{node.value}")


def _is_given(value: ValueNode) -> bool:
    return not isinstance(value, NullValueNode)
