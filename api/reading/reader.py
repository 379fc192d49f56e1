"""The statement path: a query answered by one statement, compiled once and kept as a plan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from graphql import FragmentDefinitionNode, GraphQLSchema
from graphql.execution.values import VariableValues
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from api.core.declarations import Mirror
from api.core.documents import Document, Operation
from api.core.errors import CodedError
from api.core.lru import LRU
from api.core.pages import PageSizes
from api.reading.asked import Asked, read_arguments
from api.reading.shape import shape_of
from api.reading.statement import Source, Statement, filter_values
from api.reading.tree import Planter, Tree, Unsupported
from db.policy import Viewer

_DIALECT: Final[Dialect] = asyncpg_dialect()  # type: ignore[no-untyped-call]

Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled statement and where each of its parameters comes from."""

    sql: str
    parameters: tuple[tuple[Source | None, Process | None], ...]

    def values(self, asked: Asked, viewer: Viewer) -> list[Any]:
        """The parameters of one request, in order."""
        found = []
        for source, process in self.parameters:
            value = viewer.user_id if source is None else source(asked)
            found.append(process(value) if process is not None and value is not None else value)
        return found


@dataclass(slots=True)
class Entry:
    """What is kept of an operation and a shape of its variables; no tree where only loaders can answer."""

    tree: Tree | None
    plans: dict[str, Plan] = field(default_factory=dict)


@dataclass(slots=True)
class PlanCounts:
    """How often a plan was found, and how often one had to be made."""

    hits: int = 0
    misses: int = 0
    unsupported: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request's statement with its values."""

    sql: str
    values: list[Any]
    cached: bool


class Reader:
    """Makes statements of operations, and keeps the plans that were used last."""

    MOST_PLANS: Final = 1_000
    MOST_CHARACTERS: Final = 20_000_000
    MOST_VARIANTS: Final = 16

    def __init__(self, schema: GraphQLSchema, mirrors: Mapping[str, Mirror], sizes: PageSizes) -> None:
        self._schema = schema
        self._mirrors = mirrors
        self._sizes = sizes
        self._entries: LRU[Entry] = LRU(max_entries=self.MOST_PLANS, max_weight=self.MOST_CHARACTERS)
        self.counts = PlanCounts()

    def __len__(self) -> int:
        return len(self._entries)

    def prepare(
        self, document: Document, operation: Operation, variables: VariableValues, viewer: Viewer
    ) -> Prepared | None:
        """The statement that answers a query, or None where the loader path has to: also for its errors."""
        key = "\x00".join(
            (document.text, operation.name or "", shape_of(variables.coerced), ",".join(sorted(viewer.roles)))
        )
        entry = self._entries.get(key)
        if entry is None:
            entry = Entry(self._tree(document, operation, variables))
            self._entries.put(key, entry, len(key) + 1_000)
        if entry.tree is None:
            self.counts.unsupported += 1
            return None
        try:
            asked = read_arguments(entry.tree, variables, viewer, self._sizes)
            structure = asked.structure()
            plan = entry.plans.get(structure)
            if plan is not None:
                self.counts.hits += 1
                return Prepared(plan.sql, plan.values(self._with_filters(asked, viewer), viewer), cached=True)
            self.counts.misses += 1
            plan = self._compile(entry.tree, asked, viewer)
        except CodedError:
            return None
        except Unsupported:
            entry.tree = None
            return None
        if len(entry.plans) >= self.MOST_VARIANTS:
            entry.plans.clear()
        entry.plans[structure] = plan
        return Prepared(plan.sql, plan.values(self._with_filters(asked, viewer), viewer), cached=False)

    def _tree(self, document: Document, operation: Operation, variables: VariableValues) -> Tree | None:
        if document.tree is None:
            return None
        fragments = {
            node.name.value: node
            for node in document.tree.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        planter = Planter(self._schema, fragments, variables.coerced, self._mirrors)
        try:
            return planter.grow(operation.node)
        except Unsupported:
            return None

    def _with_filters(self, asked: Asked, viewer: Viewer) -> Asked:
        filters = {
            connection: filter_values(connection, page, viewer)
            for connection, page in asked.pages.items()
            if page.where is not None
        }
        return replace(asked, filters=filters) if filters else asked

    def _compile(self, tree: Tree, asked: Asked, viewer: Viewer) -> Plan:
        statement = Statement(tree, asked, viewer)
        compiled = statement.select.compile(dialect=_DIALECT)
        by_name = {name: parameter for parameter, name in compiled.bind_names.items()}
        parameters: list[tuple[Source | None, Process | None]] = []
        for name in compiled.positiontup or ():
            parameter = by_name[name]
            process = parameter.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
            if name == "viewer_id":
                parameters.append((None, process))
                continue
            source = statement.sources.get(parameter)
            if source is None:
                # Whatever no source is known of is the same for every request, such as a format.
                source = _constantly(parameter.value)
            parameters.append((source, process))
        return Plan(str(compiled), tuple(parameters))


def _constantly(value: Any) -> Source:
    return lambda _: value
