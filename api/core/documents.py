"""Documents, each parsed, limited and validated once: the texts of clients repeat."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    get_variable_values,
    parse,
    specified_rules,
    validate,
    visit,
)
from graphql.execution.values import VariableValues
from graphql.language import ObjectValueNode, Visitor
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.core.demand import Demand, DemandPlan, plan_demand
from api.core.errors import Code, CodedError, LimitExceeded
from api.core.limits import Limits, check_structure, check_variables
from api.core.lru import LRU
from api.core.pages import PageSizes
from api.core.shape import INTROSPECTION_FIELDS


class OneOfRule(OneOfInputValidationRule):
    """Strawberry's rule for @oneOf literals, made safe for variables inside fragments."""

    def validate_one_of(self, node: ObjectValueNode, type: GraphQLNamedType) -> None:  # noqa: A002
        """Report what is wrong with one literal, as far as the literal alone tells."""
        # Strawberry knows only the variables of the operation that was visited last; a value from any other
        # is checked when the argument is coerced.
        with suppress(AttributeError, KeyError):
            super().validate_one_of(node, type)


RULES: Final = (*specified_rules, MaybeNullValidationRule, OneOfRule)

# Refused documents get a quarter of the room, so that garbage never drives out what clients use.
_ENTRIES: Final = 1_000
_CHARACTERS: Final = 1_000_000


class OperationUnresolved(CodedError):
    """The document does not say which of its operations is to run."""

    code = Code.OPERATION_RESOLUTION_FAILURE


class IntrospectionDisabled(CodedError):
    """The schema was asked for, and this server does not tell it."""

    code = Code.INTROSPECTION_DISABLED


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a valid document, ready for variables."""

    name: str | None
    kind: OperationType
    node: OperationDefinitionNode
    plan: DemandPlan
    plain: Mapping[str, type] | None = None
    """The Python types of its variables, where all are of scalars that need no coercion if they fit."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text, or the errors for which it was refused; `tree` is None when it did not parse."""

    text: str
    tree: DocumentNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    operations: Mapping[str | None, Operation] = field(default_factory=dict)

    def select(self, name: str | None) -> Operation:
        """The operation to run. Raises OperationUnresolved. An empty name is no name."""
        if name:
            if name not in self.operations:
                raise OperationUnresolved(f'The document has no operation named "{name}".')
            return self.operations[name]
        if len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if not self.operations:
            raise OperationUnresolved("The document has no operation, only fragments.")
        names = ", ".join(str(known) for known in self.operations)
        raise OperationUnresolved(
            f"The document has several operations: set operationName to one of {names}."
        )


class Documents:
    """The documents of one schema. Refusals are kept as well as acceptances."""

    def __init__(
        self, schema: GraphQLSchema, limits: Limits, *, introspection: bool = True, max_errors: int = 5
    ) -> None:
        self.schema = schema
        self.limits = limits
        self._introspection = introspection
        self._max_errors = max_errors
        self._accepted: LRU[Document] = LRU(max_entries=_ENTRIES, max_weight=_CHARACTERS)
        self._refused: LRU[Document] = LRU(max_entries=_ENTRIES // 4, max_weight=_CHARACTERS // 4)

    def prepare(self, text: str) -> Document:
        """The document of a text: from the cache, or parsed, limited and validated now."""
        known = self._accepted.get(text) or self._refused.get(text)
        if known is not None:
            return known
        limit = self.limits.max_document_length
        if len(text) > limit:
            message = f"The document has {len(text)} characters; at most {limit} are allowed."
            return Document(text, errors=(LimitExceeded(Code.DOCUMENT_TOO_LONG, message, limit, len(text)),))
        document = self.make(text)
        cache = self._refused if document.errors else self._accepted
        cache.put(text, document, len(text) + 200)
        return document

    def variables(
        self, operation: Operation, given: Mapping[str, Any]
    ) -> VariableValues | list[GraphQLError]:
        """Coerced variables, or why they are refused: they nest too deep, or they cannot be coerced."""
        coerced: VariableValues | list[GraphQLError]
        if _fits(given, operation.plain):
            coerced = VariableValues({}, dict(given))
        else:
            refusal = check_variables(given)
            if refusal is not None:
                return [refusal]
            coerced = get_variable_values(
                self.schema,
                operation.node.variable_definitions or (),
                dict(given),
                max_errors=self._max_errors,
                hide_suggestions=not self._introspection,
            )
        if isinstance(coerced, list):
            return [_coded(error, Code.BAD_USER_INPUT) for error in coerced[: self._max_errors]]
        return coerced

    def check_demand(self, demand: Demand, max_cost: int) -> GraphQLError | None:
        """Why an operation is refused before it runs: it asks for too many nodes, or costs too much."""
        if demand.nodes > self.limits.max_nodes:
            message = (
                f"The operation asks for up to {demand.nodes} nodes; at most {self.limits.max_nodes} are "
                "allowed. Ask for smaller pages (first, last) or for fewer levels."
            )
            return LimitExceeded(Code.NODE_LIMIT, message, self.limits.max_nodes, demand.nodes)
        if demand.cost > max_cost:
            message = (
                f"The operation costs up to {demand.cost}; at most {max_cost} is allowed for you. Ask for "
                "smaller pages (first, last), fewer levels, or fewer counts."
            )
            return LimitExceeded(Code.COST_LIMIT, message, max_cost, demand.cost)
        return None

    def make(self, text: str) -> Document:
        """The document of a text of any length, parsed, limited and validated now, and not kept."""
        try:
            tree = parse(text, max_lexical_tokens=self.limits.max_tokens, max_comments=self.limits.max_tokens)
        except GraphQLError as error:
            return Document(text, errors=(self._unparsed(error),))
        errors = self._refusals(tree)
        if errors:
            return Document(text, tree, tuple(errors[: self._max_errors]))
        return Document(text, tree, operations=self._operations(tree))

    def _unparsed(self, error: GraphQLError) -> GraphQLError:
        limit = self.limits.max_tokens
        if "Document contains more than" in error.message:
            message = f"The document has more than {limit} tokens, and at most {limit} are allowed."
            return LimitExceeded(Code.TOKEN_LIMIT, message, limit)
        return _coded(error, Code.GRAPHQL_PARSE_FAILED)

    def _refusals(self, tree: DocumentNode) -> list[GraphQLError]:
        errors = check_structure(tree, self.schema, self.limits)
        if not errors and not self._introspection:
            errors = _introspection_errors(tree)
        if not errors:
            errors = validate(
                self.schema,
                tree,
                RULES,
                max_errors=self._max_errors,
                hide_suggestions=not self._introspection,
            )
            if len(errors) > 1:
                errors = [error for error in errors if not isinstance(error, ValidationAbortedError)]
        return [_coded(error, Code.GRAPHQL_VALIDATION_FAILED) for error in errors]

    def _operations(self, tree: DocumentNode) -> dict[str | None, Operation]:
        fragments = {
            node.name.value: node for node in tree.definitions if isinstance(node, FragmentDefinitionNode)
        }
        sizes = PageSizes(self.limits.default_page_size, self.limits.max_page_size)
        operations: dict[str | None, Operation] = {}
        for node in tree.definitions:
            if isinstance(node, OperationDefinitionNode):
                name = node.name.value if node.name else None
                plan = plan_demand(node, fragments, self.schema, sizes)
                operations[name] = Operation(name, node.operation, node, plan, _plain_variables(node))
        return operations


# What coercion leaves as it is. An integer may be out of range, and a float may be written as an integer.
_PLAIN: Final = {"ID": str, "String": str, "Boolean": bool}


def _plain_variables(node: OperationDefinitionNode) -> Mapping[str, type] | None:
    types: dict[str, type] = {}
    for definition in node.variable_definitions or ():
        kind = definition.type.type if isinstance(definition.type, NonNullTypeNode) else definition.type
        if not isinstance(kind, NamedTypeNode) or kind.name.value not in _PLAIN:
            return None
        types[definition.variable.name.value] = _PLAIN[kind.name.value]
    return types


def _fits(given: Mapping[str, Any], plain: Mapping[str, type] | None) -> bool:
    """Whether every variable is given, and none needs coercion: what comes out is what went in."""
    if plain is None or len(given) != len(plain):
        return False
    return all(type(given.get(name)) is kind for name, kind in plain.items())


PREPARED: Final[ContextVar[Document | None]] = ContextVar("prepared_document", default=None)
"""The valid document that is about to be executed; whoever calls the schema sets it."""


class PreparedDocuments(SchemaExtension):
    """Hands Strawberry the document that was prepared, so that it parses and validates nothing again."""

    def on_parse(self) -> Iterator[None]:
        """Supply the tree, and an empty list in place of Strawberry's own validation."""
        document, context = PREPARED.get(), self.execution_context
        if document is not None and document.text == context.query:
            context.graphql_document = document.tree
            context.pre_execution_errors = []
        yield


def _coded(error: GraphQLError, code: Code) -> GraphQLError:
    error.extensions = {"code": code.value, **(error.extensions or {})}
    # Cached errors must not keep the parser and its tokens alive.
    error.__traceback__ = None
    return error


class _IntrospectionFinder(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: FieldNode | None = None

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value in INTROSPECTION_FIELDS:
            self.found = self.found or node


def _introspection_errors(tree: DocumentNode) -> list[GraphQLError]:
    finder = _IntrospectionFinder()
    visit(tree, finder)
    if finder.found is None:
        return []
    return [
        IntrospectionDisabled("This server does not answer introspection: use the published schema.graphql.")
    ]
