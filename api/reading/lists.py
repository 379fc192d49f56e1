"""The SQL of one list: its rows, limited and numbered, and what is aggregated over them.

The aggregates say nothing of an order. They read one sub-select and nothing else, and PostgreSQL hands its
rows to them as its ORDER BY left them, numbered or not. One aggregate with an order of its own would change
that: the server then sorts for it, and hands the others the same rows.
"""

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from api.core.cursors import cursor_sql
from api.core.literals import quoted
from api.core.page_query import Stretches, any_row, first_rows, stretches_of
from api.reading.rows import NO_ROWS, as_json, beside, row, row_json
from api.reading.tree import Connection, Edges, Object, PageFacts, Total, Typename
from db.policy import Entity

if TYPE_CHECKING:
    from api.reading.statement import Statement

_NUMBER = "_n"
_ALL = "_all"
_KEY = "_key"


class List:
    """The SQL of one list."""

    def __init__(self, statement: "Statement", connection: Connection, parent: Entity | None) -> None:
        self.statement = statement
        self.connection = connection
        self.parent = parent
        self.page = statement.asked.pages[connection]
        self.outer = [] if parent is None else [parent]
        asked = [member for member in connection.members.values() if isinstance(member, PageFacts)]
        self.facts = {name for facts in asked for name in facts.members.values()}
        self.cursors = bool(self.facts & {"startCursor", "endCursor"})
        self.knows_more = ("hasNextPage" if self.page.forward else "hasPreviousPage") in self.facts

    def sql(self) -> ColumnElement[Any]:
        """The connection as JSON."""
        members = self.connection.members
        if not any(isinstance(member, (Object, Edges, PageFacts)) for member in members.values()):
            return row({key: self._apart(member) for key, member in members.items()}, self.parent)
        rows = self._rows()
        aggregated = [self._aggregated(key, member, rows).label(key) for key, member in members.items()]
        # HAVING makes one row of them, also where nothing that is asked is an aggregate.
        gathered = select(*aggregated).select_from(rows).having(literal_column("true"))
        return as_json(self._within(gathered))

    def _within(self, inner: Select[Any]) -> Select[Any]:
        return inner.correlate(*self.outer) if self.outer else inner

    def _rows(self) -> FromClause:
        """The page's rows in the list's order, and one more beyond them where that has to be known.

        They are numbered as they were fetched, from the page's end if it is a backward one.
        """
        entity: Any = aliased(self.connection.target.model)
        columns, joined = self._columns(entity)
        stretches = self._stretches()
        found = first_rows(
            columns,
            entity,
            self.page.order,
            backward=not self.page.forward,
            scope=lambda each: self.statement.scope(
                self.connection, each, self.parent, linked=stretches is None
            ),
            parts=lambda each: self.statement.parts(self.connection, each),
            limit=_number(self.page.size + int(self.knows_more)),
            outer=self.outer,
            stretches=stretches,
        )
        for each in joined:
            found = found.join(each, true())
        fetched = found.subquery("fetched")
        counted = []
        if self.knows_more or self.page.last is not None or not self.page.forward:
            counted.append(func.row_number().over().label(_NUMBER))
        if self.page.last is not None:
            counted.append(func.count().over().label(_ALL))
        if not counted:
            return fetched
        numbered = select(*fetched.c, *counted)
        return (numbered if self.page.forward else numbered.order_by(counted[0].desc())).subquery("numbered")

    def _columns(self, entity: Entity) -> tuple[list[ColumnElement[Any]], list[FromClause]]:
        """What is selected of each row, and the rows of FROM that it comes from."""
        columns: list[ColumnElement[Any]] = []
        joined: list[FromClause] = []
        for index, member in enumerate(self.connection.members.values()):
            if isinstance(member, Edges):
                joined += self._edge(member, entity, f"edge_{index}")
            elif isinstance(member, Object):
                joined.append(self.statement.row(member, entity, f"node_{index}"))
            else:
                continue
            columns.append(row_json(joined[-1]).label(f"_{index}"))
        if self.cursors:
            places = self.page.order.columns(entity)
            columns += [each.label(f"_place{index}") for index, each in enumerate(places)]
            columns.append(entity.id.label(_KEY))
        return columns or [literal_column("1").label("_row")], joined

    def _edge(self, edges: Edges, entity: Entity, name: str) -> list[FromClause]:
        """The nodes of an edge and, last, the edge itself."""
        nodes: list[FromClause] = []
        parts: dict[str, ColumnElement[Any]] = {}
        for key, part in edges.members.items():
            match part:
                case Typename(type_name):
                    parts[key] = quoted(type_name)
                case Object():
                    nodes.append(self.statement.row(part, entity, f"{name}_node_{len(nodes)}"))
                    parts[key] = row_json(nodes[-1])
                case _:
                    order = self.page.order
                    parts[key] = cursor_sql(order, order.columns(entity), entity.id, self._digest)
        return [*nodes, beside(parts, name, entity, *nodes)]

    @cached_property
    def _digest(self) -> BindParameter[str]:
        return self.statement.digest(self.connection)

    def _kept(self, rows: FromClause) -> ColumnElement[bool] | None:
        """Which of the fetched rows belong to the page; None where all do."""
        conditions: list[ColumnElement[bool]] = []
        if self.knows_more:
            conditions.append(rows.c[_NUMBER] <= _number(self.page.size))
        if self.page.last is not None:
            found = func.least(rows.c[_ALL], _number(self.page.size))
            conditions.append(rows.c[_NUMBER] > found - _number(self.page.last))
        return and_(*conditions) if conditions else None

    def _aggregated(
        self, key: str, member: Object | Edges | PageFacts | Total | Typename, rows: FromClause
    ) -> ColumnElement[Any]:
        if isinstance(member, (Total, Typename)):
            return self._apart(member)
        if isinstance(member, PageFacts):
            facts = {each: self._fact(name, rows) for each, name in member.members.items()}
            # Not a sub-select: to that the aggregates would not belong.
            return func.json_build_object(
                *chain.from_iterable((quoted(each), fact) for each, fact in facts.items())
            )
        index = list(self.connection.members).index(key)
        gathered: Any = func.json_agg(rows.c[f"_{index}"])
        kept = self._kept(rows)
        return func.coalesce(gathered if kept is None else gathered.filter(kept), NO_ROWS)

    def _fact(self, name: str, rows: FromClause) -> ColumnElement[Any]:
        if name == "__typename":
            return quoted("PageInfo")
        if name in ("startCursor", "endCursor"):
            return self._cursor(name, rows)
        page, onward = self.page, name == "hasNextPage"
        parts: list[ColumnElement[bool]] = []
        if onward is page.forward:
            parts.append(func.count() > _number(page.size))
        elif page.last is not None:
            parts.append(self._found() > _number(page.last))
        side = "before" if onward else "after"
        if getattr(page, side) is not None:
            parts.append(self._outside(side))
        return or_(false(), *parts)

    def _found(self) -> ColumnElement[int]:
        """How many rows the page has before `last` cuts it."""
        size = _number(self.page.size)
        return func.least(func.count(), size) if self.knows_more else func.count()

    def _cursor(self, name: str, rows: FromClause) -> ColumnElement[Any]:
        """The cursor of the page's first or last row, made of what that row has; NULL on an empty page."""
        found = self._found()
        first, last = _number(1), found
        if not self.page.forward:
            first, last = func.count() - found + _number(1), func.count()
        elif self.page.last is not None:
            first = func.greatest(found - _number(self.page.last) + first, first)
        at = first if name == "startCursor" else last
        order = self.page.order
        columns = [*(rows.c[f"_place{index}"] for index in range(len(order.terms))), rows.c[_KEY]]
        *places, key = (_element(column, at) for column in columns)
        return case((first <= last, cursor_sql(order, places, key, self._digest)))

    def _outside(self, side: str) -> ColumnElement[bool]:
        entity: Any = aliased(self.connection.target.model)
        stretches = self._stretches()
        return any_row(
            entity,
            self.page.order,
            backward=side == "after",
            scope=self.statement.scope(self.connection, entity, self.parent, linked=stretches is None),
            parts=self.statement.outside(self.connection, entity, side),
            outer=self.outer,
            stretches=stretches,
        )

    def _stretches(self) -> Stretches | None:
        relation = self.connection.relation
        if relation is None or self.parent is None:
            return None
        return stretches_of(relation, getattr(self.parent, relation.local))

    def _apart(self, member: Object | Edges | PageFacts | Total | Typename) -> ColumnElement[Any]:
        if isinstance(member, Typename):
            return quoted(member.name)
        entity: Any = aliased(self.connection.target.model)
        counted = select(func.count()).select_from(entity)
        counted = counted.where(self.statement.scope(self.connection, entity, self.parent))
        return self._within(counted).scalar_subquery()


def _number(value: int) -> ColumnElement[int]:
    return literal_column(str(value))


def _element(column: ColumnElement[Any], at: ColumnElement[int]) -> ColumnElement[Any]:
    """The value of a column in one row, by its place among the rows."""
    return func.array_agg(column, type_=ARRAY(column.type))[at]
