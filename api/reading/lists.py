"""The SQL of one list: its rows, limited and numbered, and what is aggregated over them."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from api.reading.rows import NO_ROWS, as_json, constant, row
from api.reading.tree import Connection, Edges, Object, PageFacts, Total, Typename
from db.policy import Entity

if TYPE_CHECKING:
    from api.reading.statement import Statement


class List:
    """The SQL of one list."""

    def __init__(self, statement: "Statement", connection: Connection, parent: Entity | None) -> None:
        self.statement = statement
        self.connection = connection
        self.parent = parent
        self.page = statement.asked.pages[connection]
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
        labelled = [self._aggregated(key, member, rows).label(key) for key, member in members.items()]
        return as_json(self._within(select(*labelled).select_from(rows)))

    def _within(self, inner: Select[Any]) -> Select[Any]:
        return inner if self.parent is None else inner.correlate(self.parent)

    def _rows(self) -> FromClause:
        """The page's rows, numbered as they were fetched, with one more where that has to be known."""
        entity: Any = aliased(self.connection.target.model)
        page, statement = self.page, self.statement
        columns = [
            self._row_member(member, entity).label(f"_{index}")
            for index, member in enumerate(self.connection.members.values())
            if isinstance(member, (Object, Edges))
        ]
        if self.cursors:
            columns.append(statement.cursor(self.connection, entity).label("_cursor"))
        conditions = [statement.scope(self.connection, entity, self.parent)]
        if page.after is not None:
            conditions.append(statement.past(self.connection, entity, "after", after=True))
        if page.before is not None:
            conditions.append(statement.past(self.connection, entity, "before", after=False))
        more = 1 if self.knows_more else 0
        order = page.order.sql(page.order.columns(entity), entity.id, backward=not page.forward)
        fetched = self._within(
            select(*columns, literal_column("1").label("_row"))
            .select_from(entity)
            .where(*conditions)
            .order_by(*order)
            .limit(statement.number(self.connection, lambda page: page.size + more))
        ).subquery()
        numbered = [*fetched.c, func.row_number().over().label("_n")]
        if page.last is not None or self.cursors:
            numbered.append(func.count().over().label("_all"))
        return select(*numbered).subquery()

    def _row_member(self, member: Object | Edges, entity: Entity) -> ColumnElement[Any]:
        if isinstance(member, Object):
            return self.statement.row(member, entity)
        parts: dict[str, ColumnElement[Any]] = {}
        for key, part in member.members.items():
            match part:
                case Typename(name):
                    parts[key] = constant(name)
                case Object():
                    parts[key] = self.statement.row(part, entity)
                case _:
                    parts[key] = self.statement.cursor(self.connection, entity)
        return row(parts, entity)

    def _size(self) -> ColumnElement[int]:
        return self.statement.number(self.connection, lambda page: page.size)

    def _last(self) -> ColumnElement[int]:
        return self.statement.number(self.connection, lambda page: page.last or 0)

    def _kept(self, rows: FromClause) -> ColumnElement[bool] | None:
        """Which of the fetched rows belong to the page; None where all do."""
        conditions: list[ColumnElement[bool]] = []
        if self.knows_more:
            conditions.append(rows.c["_n"] <= self._size())
        if self.page.last is not None:
            conditions.append(rows.c["_n"] > func.least(rows.c["_all"], self._size()) - self._last())
        return and_(*conditions) if conditions else None

    def _aggregated(
        self, key: str, member: Object | Edges | PageFacts | Total | Typename, rows: FromClause
    ) -> ColumnElement[Any]:
        if isinstance(member, (Total, Typename)):
            return self._apart(member)
        if isinstance(member, PageFacts):
            facts = {each: self._fact(name, rows) for each, name in member.members.items()}
            return func.json_build_object(
                *(part for each in facts.items() for part in (constant(each[0]), each[1]))
            )
        index = list(self.connection.members).index(key)
        place = rows.c["_n"] if self.page.forward else rows.c["_n"].desc()
        gathered: Any = func.json_agg(rows.c[f"_{index}"]).aggregate_order_by(place)
        kept = self._kept(rows)
        return func.coalesce(gathered if kept is None else gathered.filter(kept), NO_ROWS)

    def _fact(self, name: str, rows: FromClause) -> ColumnElement[Any]:
        if name == "__typename":
            return constant("PageInfo")
        if name in ("startCursor", "endCursor"):
            return self._cursor(name, rows)
        page, onward = self.page, name == "hasNextPage"
        parts: list[ColumnElement[bool]] = []
        if onward is page.forward:
            parts.append(func.coalesce(func.bool_or(rows.c["_n"] > self._size()), false()))
        elif page.last is not None:
            parts.append(
                func.coalesce(func.bool_or(func.least(rows.c["_all"], self._size()) > self._last()), false())
            )
        side = "before" if onward else "after"
        if getattr(page, side) is not None:
            parts.append(self._outside(side, after=onward))
        return or_(false(), *parts)

    def _cursor(self, name: str, rows: FromClause) -> ColumnElement[Any]:
        """The cursor of the page's first or last row, by its number among the rows fetched."""
        highest = func.least(rows.c["_all"], self._size())
        lowest: Any = highest - self._last() + 1 if self.page.last is not None else literal_column("1")
        if self.page.last is not None:
            lowest = func.greatest(lowest, literal_column("1"))
        place = rows.c["_n"] == (lowest if (name == "startCursor") is self.page.forward else highest)
        kept = self._kept(rows)
        return func.max(rows.c["_cursor"]).filter(place if kept is None else and_(place, kept))

    def _outside(self, side: str, *, after: bool) -> ColumnElement[bool]:
        entity: Any = aliased(self.connection.target.model)
        found: Select[Any] = select(literal_column("1")).select_from(entity)
        found = found.where(
            self.statement.scope(self.connection, entity, self.parent),
            self.statement.past(self.connection, entity, side, after=after, inclusive=True),
        )
        return self._within(found).exists()

    def _apart(self, member: Object | Edges | PageFacts | Total | Typename) -> ColumnElement[Any]:
        if isinstance(member, Typename):
            return constant(member.name)
        entity: Any = aliased(self.connection.target.model)
        counted = select(func.count()).select_from(entity)
        counted = counted.where(self.statement.scope(self.connection, entity, self.parent))
        return self._within(counted).scalar_subquery()
