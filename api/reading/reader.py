"""The statement path: a query answered by one statement, compiled once and kept as a plan."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from graphql import FragmentDefinitionNode, GraphQLSchema
from graphql.execution.values import VariableValues

from api.core.declarations import Mirror
from api.core.documents import Document, Operation
from api.core.errors import CodedError, Forbidden
from api.core.found import Found
from api.core.lru import LRU
from api.core.pages import PageSizes
from api.reading.asked import NOTHING_FOUND, Asked, read_arguments
from api.reading.compiled import Compiled, compiled
from api.reading.introspection import Constants, Frame
from api.reading.shape import shape_of
from api.reading.statement import Statement
from api.reading.tree import FoundList, Planter, Tree, Unsupported
from db.policy import Viewer
from db.rights import Sight

_VIEWER: Final = "viewer_id"
_NAMES: Final = frozenset({_VIEWER})

Key = tuple[str, str | None, Hashable, Sight]
"""A document's text, the operation's name, the shape of its variables, and the viewer's sight."""


_REFUSED: Final = Compiled("", (), {})
"""Stands for a statement that would show what the viewer may not be shown."""


@dataclass(slots=True)
class Entry:
    """What is kept of an operation and a shape of its variables; no tree where only loaders can answer."""

    MOST_PLANS: ClassVar = 16
    MOST_CHARACTERS: ClassVar = 4_000_000

    tree: Tree | None
    plans: LRU[Compiled] = field(
        default_factory=lambda: LRU(max_entries=Entry.MOST_PLANS, max_weight=Entry.MOST_CHARACTERS)
    )

    @property
    def weight(self) -> int:
        """About how many characters it holds."""
        constants = self.tree.constants.weight if self.tree and self.tree.constants else 0
        return 1_000 + self.plans.weight + constants


@dataclass(slots=True)
class PlanCounts:
    """How often a plan was found, and how often one had to be made."""

    hits: int = 0
    misses: int = 0
    unsupported: int = 0


@dataclass(slots=True)
class Prepared:
    """One request's statement with its values, and the frame that its text goes into.

    A whole frame needs no statement, and `sql` is empty. `generic` tells that one plan suits all values: what
    is bound beside filters are keys and places in an order, which indexes find wherever they are.
    """

    sql: str
    values: list[Any]
    cached: bool
    frame: Frame | None = None
    generic: bool = False


@dataclass(slots=True)
class Waiting:
    """A request whose statement needs first what these lists find."""

    finds: Sequence[FoundList]


class Reader:
    """Makes statements of operations, and keeps the plans that were used last."""

    MOST_PLANS: Final = 1_000
    MOST_CHARACTERS: Final = 20_000_000

    def __init__(self, schema: GraphQLSchema, mirrors: Mapping[str, Mirror], sizes: PageSizes) -> None:
        self._schema = schema
        self._mirrors = mirrors
        self._sizes = sizes
        self._entries: LRU[Entry] = LRU(max_entries=self.MOST_PLANS, max_weight=self.MOST_CHARACTERS)
        self.counts = PlanCounts()

    def __len__(self) -> int:
        return len(self._entries)

    def prepare(
        self,
        document: Document,
        operation: Operation,
        variables: VariableValues,
        viewer: Viewer,
        found: Mapping[FoundList, Found] = NOTHING_FOUND,
    ) -> Prepared | Waiting | None:
        """The statement that answers a query, or None where the loader path has to: also for its errors.

        A query that needs what is not `found` yet is put off until it is.
        """
        key = (document.text, operation.name, shape_of(variables.coerced), viewer.sight)
        entry = self._entries.get(key)
        if entry is None:
            entry = Entry(self._tree(document, operation, variables, viewer.sight))
            self._keep(key, entry)
        if entry.tree is None:
            self.counts.unsupported += 1
            return None
        if entry.tree.finds and not found:
            return Waiting(entry.tree.finds)
        frame = None
        if entry.tree.constants is not None:
            frame, known = self._frame(key, entry, entry.tree.constants, operation, variables)
            if frame is None:
                self.counts.unsupported += 1
                return None
            if frame.whole:
                self.counts.hits += known
                self.counts.misses += not known
                return Prepared("", [], known, frame)
        try:
            asked = read_arguments(entry.tree, variables, viewer, self._sizes, found)
            structure = asked.structure()
            plan = entry.plans.get(structure)
            cached = plan is not None
            if plan is None:
                plan = self._permitted(entry.tree, asked, viewer)
                entry.plans.put(structure, plan, len(plan.sql))
                self._keep(key, entry)
            if plan is _REFUSED:
                self.counts.unsupported += 1
                return None
            self.counts.hits += cached
            self.counts.misses += not cached
            plan.fill(asked)
            values = plan.bind(asked, {_VIEWER: viewer.user_id})
            return Prepared(plan.sql, values, cached, frame, generic=not plan.filters)
        except CodedError:
            return None
        except Unsupported:
            entry.tree = None
            return None

    def _keep(self, key: Key, entry: Entry) -> None:
        self._entries.put(key, entry, len(key[0]) + entry.weight)

    def _frame(
        self, key: Key, entry: Entry, constants: Constants, operation: Operation, variables: VariableValues
    ) -> tuple[Frame | None, bool]:
        """The frame of a request, and whether it was there."""
        known = constants.known(variables.coerced)
        if known is not None:
            return known, True
        made = constants.make(variables.coerced, operation.node)
        self._keep(key, entry)
        return made, False

    def _tree(
        self, document: Document, operation: Operation, variables: VariableValues, sight: Sight
    ) -> Tree | None:
        if document.tree is None:
            return None
        fragments = {
            node.name.value: node
            for node in document.tree.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        planter = Planter(self._schema, fragments, variables.coerced, self._mirrors, sight)
        try:
            return planter.grow(operation.node)
        except Unsupported:
            return None

    def _permitted(self, tree: Tree, asked: Asked, viewer: Viewer) -> Compiled:
        """The plan of a statement, or that there may be none.

        What is refused follows from the sight and from the types, fields, filters and orders asked, so from
        that by which plans are kept.
        """
        try:
            return self._compile(tree, asked, viewer)
        except Forbidden:
            return _REFUSED

    def _compile(self, tree: Tree, asked: Asked, viewer: Viewer) -> Compiled:
        statement = Statement(tree, asked, viewer)
        return compiled(statement.select, statement, _NAMES)
