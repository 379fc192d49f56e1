"""What one document may ask for, checked between parsing and validation.

Before validation, since validating three thousand fields of one name takes seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, Node, NoFragmentCyclesRule, validate
from graphql.language import (
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    ValueNode,
    VariableDefinitionNode,
)

from api.core.errors import Code, LimitExceeded
from api.core.shape import NESTING, Measure, Shape, TooNested

# What introspection tools send is 15 deep; the ordinary depth limit does not hold for them.
INTROSPECTION_DEPTH: Final = 25

# Validation compares each pair of fields under one response path; this many take it some 50 ms.
_PAIRS: Final = 40_000

# Lists and objects inside each other, in a literal or in variables: filters nest far less.
VALUE_DEPTH: Final = 64

# Of a number in a document. Python reads no more than 4,300, and says so in the middle of validation.
DIGITS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers; the settings of the same names say what each means."""

    max_document_length: int = 15_000
    max_tokens: int = 2_000
    max_fields: int = 2_000
    max_depth: int = 12
    max_type_recursion: int = 3
    max_aliases: int = 30
    max_root_fields: int = 20
    max_directives: int = 50
    max_directives_per_location: int = 4
    max_nodes: int = 10_000
    default_page_size: int = 20
    max_page_size: int = 100


def check_structure(document: DocumentNode, schema: GraphQLSchema, limits: Limits) -> list[GraphQLError]:
    """Why the document is refused before it is validated; empty when it is not.

    Fragment cycles are reported here, since an expanded cycle has no size.
    """
    try:
        _check_nodes(document, limits)
        measure = Measure(document, schema)
        if measure.cyclic:
            return validate(schema, document, [NoFragmentCyclesRule])
        _at_most(limits.max_fields, measure.selections, Code.FIELD_LIMIT, "The document selects {} fields")
        for shape in measure.operations:
            _check_shape(shape, limits)
        _at_most(_PAIRS, measure.pairs(), Code.FIELD_LIMIT, "The document repeats fields in {} pairs")
    except TooNested:
        message = f"The document nests more than {NESTING} levels of fields and fragments."
        return [LimitExceeded(Code.DEPTH_LIMIT, message, NESTING)]
    except LimitExceeded as error:
        return [error]
    return []


def _at_most(limit: int, actual: int, code: Code, said: str) -> None:
    if actual > limit:
        message = f"{said.format(actual)}, its fragments expanded; at most {limit} are allowed."
        raise LimitExceeded(code, message, limit, actual)


def _check_shape(shape: Shape, limits: Limits) -> None:
    _at_most(limits.max_root_fields, shape.breadth, Code.ROOT_FIELD_LIMIT, "The operation has {} root fields")
    _at_most(limits.max_aliases, shape.aliases, Code.ALIAS_LIMIT, "The operation has {} aliases")
    _at_most(limits.max_depth, shape.depth, Code.DEPTH_LIMIT, "The operation has {} levels of fields")
    _at_most(
        INTROSPECTION_DEPTH,
        shape.introspection_depth,
        Code.DEPTH_LIMIT,
        "The introspection has {} levels of fields",
    )
    for name, visits in shape.visits.items():
        said = f"One path of the operation passes through the type {name} {{}} times"
        _at_most(limits.max_type_recursion, visits, Code.RECURSION_LIMIT, said)


def _check_nodes(document: DocumentNode, limits: Limits) -> None:
    """Directives and literals, where they are written."""
    total = 0
    pending: list[Node] = list(document.definitions)
    while pending:
        node = pending.pop()
        here = len(getattr(node, "directives", None) or ())
        total += here
        if here > limits.max_directives_per_location:
            message = (
                f"One place of the document has {here} directives; "
                f"at most {limits.max_directives_per_location} are allowed."
            )
            raise LimitExceeded(Code.DIRECTIVE_LIMIT, message, limits.max_directives_per_location, here)
        for argument in getattr(node, "arguments", None) or ():
            _check_literal(argument.value)
        if isinstance(node, VariableDefinitionNode) and node.default_value is not None:
            _check_literal(node.default_value)
        for children in ("directives", "variable_definitions"):
            pending.extend(getattr(node, children, None) or ())
        selection_set = getattr(node, "selection_set", None)
        if selection_set is not None:
            pending.extend(selection_set.selections)
    if total > limits.max_directives:
        message = f"The document has {total} directives; at most {limits.max_directives} are allowed."
        raise LimitExceeded(Code.DIRECTIVE_LIMIT, message, limits.max_directives, total)


def _check_literal(value: ValueNode) -> None:
    pending = [(value, 1)]
    while pending:
        node, depth = pending.pop()
        if depth > VALUE_DEPTH:
            message = f"A value in the document nests more than {VALUE_DEPTH} lists and objects."
            raise LimitExceeded(Code.DEPTH_LIMIT, message, VALUE_DEPTH)
        if isinstance(node, IntValueNode) and (digits := len(node.value.lstrip("-"))) > DIGITS:
            message = f"A number in the document has {digits} digits; at most {DIGITS} are allowed."
            raise LimitExceeded(Code.GRAPHQL_VALIDATION_FAILED, message, DIGITS, digits)
        if isinstance(node, ListValueNode):
            pending.extend((item, depth + 1) for item in node.values)
        elif isinstance(node, ObjectValueNode):
            pending.extend((field.value, depth + 1) for field in node.fields)


def check_variables(variables: Mapping[str, object]) -> GraphQLError | None:
    """Why variables are refused before they are coerced: they nest too deep."""
    pending: list[tuple[object, int]] = [(variables, 0)]
    while pending:
        value, depth = pending.pop()
        inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        if depth >= VALUE_DEPTH and inner:
            message = f"A variable nests more than {VALUE_DEPTH} lists and objects."
            return LimitExceeded(Code.DEPTH_LIMIT, message, VALUE_DEPTH)
        # Most of what is inside are the numbers of vectors.
        pending.extend((item, depth + 1) for item in inner if isinstance(item, (list, dict)))
    return None
