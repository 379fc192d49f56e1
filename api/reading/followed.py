"""Statements for what is followed: any number of rows at once, each with what is asked of it as JSON.

A statement returns one text. Separators stand between the rows and between their parts; JSON holds none.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from graphql import FieldNode, GraphQLSchema
from graphql.execution.values import VariableValues
from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased
from sqlalchemy.types import BigInteger

from api.core.declarations import Mirror, Relation
from api.core.errors import Forbidden
from api.core.filters import Leaf, condition
from api.core.literals import quoted
from api.core.lru import LRU
from api.core.pages import PageSizes
from api.core.selection import Operation
from api.reading.asked import Asked, read_arguments
from api.reading.compiled import Compiled, compiled
from api.reading.rows import row_json
from api.reading.shape import shape_of
from api.reading.statement import Statement
from api.reading.tree import Object, Planter, Tree, Unsupported
from db.policy import Entity, Viewer, related, visible
from db.rights import Sight

ROW: Final = "\x1e"
PART: Final = "\x1f"

_ROW: Final[ColumnElement[str]] = literal_column("chr(30)")
_PART: Final[ColumnElement[str]] = literal_column("chr(31)")
_NAMES: Final = frozenset({"viewer_id", "whole_id", "after_seq", "types", "row_ids"})
_WHERE: Final = "where_{}_{}"


@dataclass(frozen=True, slots=True)
class Selection:
    """What a subscription asks of each object: the field's nodes in their operation."""

    text: str
    name: str | None
    nodes: Sequence[FieldNode]
    operation: Operation


@dataclass(frozen=True, slots=True)
class Ends:
    """How one tells from a row that it has come to an end: an attribute, and its values then."""

    attribute: str
    values: tuple[Any, ...]

    def sql(self, entity: Entity) -> ColumnElement[bool]:
        """Whether a row has."""
        column = getattr(entity, self.attribute)
        return or_(*(column == quoted(value.value) for value in self.values))


@dataclass(frozen=True, slots=True)
class EventLine:
    """Events that are numbered within a whole; `ends` tells when the whole gets no more of them."""

    whole: Mirror
    events: Relation
    ends: Ends | None
    typed: bool = False
    size: int = 100


@dataclass(frozen=True, slots=True)
class StateLine:
    """Rows of a type, by their ids or all that are asked; `within` is the attribute that names the whole."""

    mirror: Mirror
    ends: Ends
    every: bool = False
    within: str | None = None
    most: int = 0


Line = EventLine | StateLine


@dataclass(slots=True)
class _Grown:
    """A selection as a tree; without one only loaders can read it."""

    MOST_PLANS: ClassVar = 16

    object: Object | None
    tree: Tree
    plans: "LRU[_Plan]" = field(
        default_factory=lambda: LRU(max_entries=_Grown.MOST_PLANS, max_weight=2_000_000)
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    statement: Compiled
    where: Sequence[Leaf]
    where_names: Sequence[tuple[int, int]]
    whole: bool


@dataclass(frozen=True, slots=True)
class Followed:
    """A statement with all its values but those that differ from one time to the next.

    `whole` says that its rows have what is asked; else loaders have to read that.
    """

    whole: bool
    _statement: Compiled
    _values: Mapping[str, Any]
    _asked: Asked

    @property
    def sql(self) -> str:
        """The statement's text."""
        return self._statement.sql

    def values(self, **given: Any) -> list[Any]:
        """The parameters in order; `given` are `after_seq`, or `row_ids`."""
        return self._statement.bind(self._asked, {**self._values, **given})


class Followings:
    """Makes statements for what is followed, and keeps those that were used last."""

    def __init__(self, schema: GraphQLSchema, mirrors: Mapping[str, Mirror], sizes: PageSizes) -> None:
        self._schema = schema
        self._mirrors = mirrors
        self._sizes = sizes
        self._kept: LRU[_Grown] = LRU(max_entries=500, max_weight=10_000_000)

    def prepare(
        self,
        selection: Selection,
        variables: VariableValues,
        line: Line,
        viewer: Viewer,
        *,
        where: dict[str, Any] | None = None,
        types: Sequence[str] | None = None,
        whole_id: Any = None,
    ) -> Followed:
        """The statement of a line for one viewer.

        Raises Forbidden where `where` mentions what they may not be shown, BadUserInput for filters that
        cannot be, and whatever else is wrong with arguments below.
        """
        mirror = line.events.target if isinstance(line, EventLine) else line.mirror
        shape = shape_of(variables.coerced)
        grown = self._grown(selection, shape, mirror, viewer.sight)
        asked = read_arguments(grown.tree, variables, viewer, self._sizes)
        key = (line, asked.structure(), where is None, types is None)
        plan = grown.plans.get(key)
        if plan is None:
            plan = self._plan(grown, asked, line, viewer, where, typed=types is not None)
            grown.plans.put(key, plan, len(plan.statement.sql))
        plan.statement.fill(asked)
        bound = [leaf.values(where or {}) for leaf in plan.where]
        values = {
            "viewer_id": viewer.user_id,
            "whole_id": whole_id,
            "types": types,
            **{_WHERE.format(leaf, place): bound[leaf][place] for leaf, place in plan.where_names},
        }
        return Followed(plan.whole, plan.statement, values, asked)

    def _grown(self, selection: Selection, shape: Hashable, mirror: Mirror, sight: Sight) -> _Grown:
        key = (selection.text, selection.name, mirror.name, shape, sight)
        grown = self._kept.get(key)
        if grown is None:
            operation = selection.operation
            planter = Planter(self._schema, operation.fragments, operation.variables, self._mirrors, sight)
            try:
                grown = _Grown(*planter.below(mirror, selection.nodes))
            except Unsupported:
                grown = _Grown(None, Tree())
            self._kept.put(key, grown, 2_000 + len(selection.text))
        return grown

    def _plan(
        self,
        grown: _Grown,
        asked: Asked,
        line: Line,
        viewer: Viewer,
        where: dict[str, Any] | None,
        *,
        typed: bool,
    ) -> _Plan:
        try:
            return _compile(grown.object, grown.tree, asked, line, viewer, where, typed=typed)
        except (Unsupported, Forbidden):
            if grown.object is None:
                raise
        # Loaders say which field may not be shown, and answer the others.
        return _compile(None, Tree(), Asked({}, {}), line, viewer, where, typed=typed)


def _compile(
    wanted: Object | None,
    tree: Tree,
    asked: Asked,
    line: Line,
    viewer: Viewer,
    where: dict[str, Any] | None,
    *,
    typed: bool,
) -> _Plan:
    statement = Statement(tree, asked, viewer)
    leaves: list[Leaf] = []
    if isinstance(line, EventLine):
        made = _events(statement, wanted, line, typed=typed)
    else:
        made = _states(statement, wanted, line, where, leaves)
    named = {
        (index, place): parameter
        for index, leaf in enumerate(leaves)
        for place, parameter in enumerate(leaf.parameters)
    }
    places = {parameter: _WHERE.format(*where) for where, parameter in named.items()}
    return _Plan(compiled(made, statement, _NAMES, places), leaves, tuple(named), whole=wanted is not None)


def _events(statement: Statement, wanted: Object | None, line: EventLine, *, typed: bool) -> Select[Any]:
    """Head of the whole, whether it has ended, the oldest number that is kept; then the events."""
    relation, viewer = line.events, statement.viewer
    whole: Any = aliased(line.whole.model)
    event: Any = aliased(relation.target.model)
    theirs = related(event, relation.remote, whole, relation.local, viewer)
    later = event.seq > bindparam("after_seq", type_=BigInteger())
    found = select(event.seq.label("seq"), event.id.label("id"))
    if wanted is None:
        found = found.add_columns(literal_column("''").label("json")).select_from(event)
    else:
        joined = statement.row(wanted, event, "node")
        found = found.add_columns(cast(row_json(joined), Text).label("json")).join_from(event, joined, true())
    chosen = [event.type == any_(bindparam("types", type_=ARRAY(Text())))] if typed else []
    rows = (
        found.where(theirs, later, *chosen)
        .order_by(event.seq)
        .limit(literal_column(str(line.size)))
        .correlate(whole)
        .subquery("listed")
    )
    each = func.concat_ws(_PART, rows.c.seq, rows.c.id, rows.c.json)
    listed = select(func.string_agg(each, _ROW)).select_from(rows).correlate(whole).scalar_subquery()
    kept: Any = aliased(relation.target.model)
    oldest = (
        select(func.min(kept.seq))
        .where(
            related(kept, relation.remote, whole, relation.local, viewer),
            kept.seq > bindparam("after_seq", type_=BigInteger()),
        )
        .correlate(whole)
        .scalar_subquery()
    )
    ended = literal_column("false", Boolean()) if line.ends is None else line.ends.sql(whole)
    head = func.concat_ws(_PART, whole.event_seq, ended, func.coalesce(oldest, 0))
    text = func.concat_ws(_ROW, head, listed)
    return select(text).where(whole.id == bindparam("whole_id", type_=Uuid()), visible(whole, viewer))


def _states(
    statement: Statement,
    wanted: Object | None,
    line: StateLine,
    where: dict[str, Any] | None,
    leaves: list[Leaf],
) -> Select[Any]:
    """Of each row its id, whether it has ended, whether it is among those asked, and what is asked of it."""
    viewer = statement.viewer
    entity: Any = aliased(line.mirror.model)
    asked = [condition(line.mirror, entity, where, viewer, leaves)]
    if line.within is not None:
        asked.append(getattr(entity, line.within) == bindparam("whole_id", type_=Uuid()))
    matches = and_(true(), *asked)
    found = select(
        entity.id.label("id"),
        line.ends.sql(entity).label("ended"),
        (literal_column("true", Boolean()) if line.every else func.coalesce(matches, False)).label("matches"),
    )
    if wanted is None:
        numbered = getattr(entity, "event_seq", literal(0))
        version = func.concat_ws(_PART, cast(entity.updated_at, Text), cast(numbered, Text))
        found = found.add_columns(func.md5(version).label("json")).select_from(entity)
    else:
        joined = statement.row(wanted, entity, "node")
        found = found.add_columns(cast(row_json(joined), Text).label("json")).join_from(
            entity, joined, true()
        )
    found = found.where(visible(entity, viewer))
    if line.every:
        found = found.where(matches).order_by(entity.created_at.desc(), entity.id.desc())
        found = found.limit(literal_column(str(line.most)))
    else:
        found = found.where(entity.id == any_(bindparam("row_ids", type_=ARRAY(Uuid()))))
    rows = found.subquery("listed")
    each = func.concat_ws(_PART, rows.c.id, rows.c.ended, rows.c.matches, rows.c.json)
    return select(func.coalesce(func.string_agg(each, _ROW), "")).select_from(rows)
