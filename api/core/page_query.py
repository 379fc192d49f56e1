"""The one statement that fetches a page of a list for any number of parents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, and_, column, func, literal, select, true
from sqlalchemy.sql.selectable import LateralFromClause

from api.core.cursors import Position, cursor_sql
from api.core.declarations import Computed, Mirror, MirroredColumn, Relation
from api.core.filters import condition
from api.core.orders import BoundPosition, beyond, bind_position
from api.core.pages import Page
from db.base import named_alias
from db.policy import Entity, Viewer, visible

# What a page can be asked beside the columns of its rows: no attribute of a model starts with an underscore.
TOTAL: Final = "_total"
PREVIOUS: Final = "_previous"
NEXT: Final = "_next"
ROWS: Final = "_rows"

CURSOR: Final = "_cursor"
_PLACE: Final = "_place"
POSITION: Final = "_position"


@dataclass(frozen=True, eq=False)
class PageQuery:
    """A page of one list for any number of parents: of a relation, or of all rows where there is none.

    It is made once for a field of an operation and stands for itself: two are never equal.
    """

    target: Mirror
    relation: Relation | None
    page: Page
    columns: tuple[str, ...]
    wants: frozenset[str]

    def statement(self, viewer: Viewer, parents: Sequence[UUID]) -> Select[Any]:
        """One SELECT whose rows are the parent's position, the wanted extras, then the row's columns.

        Every parent has at least one row; where its page is empty the row's `id` is NULL. Rows come in the
        direction in which they were fetched, one more than the page has, so that the caller knows of more.
        """
        listed = self._parents(parents)
        # Each extra is a LATERAL of its own, worked out once a parent and not once a row.
        extras = self._extras(viewer, listed.c.key)
        joined = listed
        for extra in extras:
            joined = joined.outerjoin(extra, true())
        about = [listed.c[POSITION], *(each for extra in extras for each in extra.c)]
        if ROWS not in self.wants:
            return select(*about).select_from(joined).order_by(listed.c[POSITION])
        entity = named_alias(self.target.model, "listed")
        backward = not self.page.forward
        placing = self.page.order.columns(entity)
        fetched = (
            select(
                entity.id.label("id"),
                *(expression.label(name) for name, expression in self._columns(entity, viewer)),
                *(each.label(f"{_PLACE}{index}") for index, each in enumerate(placing)),
            )
            .where(self._scope(entity, viewer, listed.c.key), *self._bounds(entity))
            .order_by(*self.page.order.sql(placing, entity.id, backward=backward))
            .limit(literal(self.page.size + 1))
            .lateral("fetched")
        )
        placed = [fetched.c[f"{_PLACE}{index}"] for index in range(len(placing))]
        return (
            select(*about, *(each for each in fetched.c if not each.name.startswith(_PLACE)))
            .select_from(joined.outerjoin(fetched, true()))
            .order_by(listed.c[POSITION], *self.page.order.sql(placed, fetched.c.id, backward=backward))
        )

    def _parents(self, parents: Sequence[UUID]) -> Any:
        keys = func.unnest(literal(list(parents), ARRAY(Uuid())))
        return keys.table_valued(
            column("key", Uuid()), with_ordinality=POSITION, name="parents"
        ).render_derived()

    def _columns(self, entity: Entity, viewer: Viewer) -> list[tuple[str, ColumnElement[Any]]]:
        columns = select_list(self.target, entity, viewer, self.columns)
        if CURSOR in self.wants:
            columns.append((CURSOR, cursor_sql(self.page.order, entity, literal(self.page.digest, Text()))))
        return columns

    def _scope(self, entity: Entity, viewer: Viewer, key: ColumnElement[Any]) -> ColumnElement[bool]:
        link = [] if self.relation is None else [getattr(entity, self.relation.remote) == key]
        return and_(*link, visible(entity, viewer), condition(self.target, entity, self.page.where, viewer))

    def _bounds(self, entity: Entity) -> list[ColumnElement[bool]]:
        page = self.page
        bounds = []
        if page.after is not None:
            bounds.append(beyond(page.order, entity, self._bound(entity, page.after), after=True))
        if page.before is not None:
            bounds.append(beyond(page.order, entity, self._bound(entity, page.before), after=False))
        return bounds

    def _bound(self, entity: Entity, position: Position) -> BoundPosition:
        return bind_position(self.page.order, entity, position.values, position.key)

    def _extras(self, viewer: Viewer, key: ColumnElement[Any]) -> list[LateralFromClause]:
        page = self.page
        extras = []
        if TOTAL in self.wants:
            entity = named_alias(self.target.model, "counted")
            count = select(func.count().label(TOTAL)).select_from(entity)
            extras.append(count.where(self._scope(entity, viewer, key)).lateral("counted"))
        if PREVIOUS in self.wants and page.after is not None:
            extras.append(self._outside(PREVIOUS, viewer, key, page.after, after=False))
        if NEXT in self.wants and page.before is not None:
            extras.append(self._outside(NEXT, viewer, key, page.before, after=True))
        return extras

    def _outside(
        self, name: str, viewer: Viewer, key: ColumnElement[Any], position: Position, *, after: bool
    ) -> LateralFromClause:
        """True where a row stands at the position or on its far side, else NULL."""
        entity = named_alias(self.target.model, f"beyond{name}")
        place = beyond(self.page.order, entity, self._bound(entity, position), after=after, inclusive=True)
        found = select(true().label(name)).select_from(entity).where(self._scope(entity, viewer, key), place)
        return found.limit(1).lateral(f"found{name}")


def select_list(
    mirror: Mirror, entity: Entity, viewer: Viewer, names: Sequence[str]
) -> list[tuple[str, ColumnElement[Any]]]:
    """The SQL of selected attributes; `id` is always selected beside them."""
    made: dict[str, Callable[[Entity], ColumnElement[Any]]] = {
        column.attribute: partial(_column, column) for column in mirror.columns.values()
    }
    made |= {each.attribute: partial(_computed, each, viewer) for each in mirror.computed.values()}
    # A foreign key is no field, and is needed all the same.
    return [(name, made[name](entity) if name in made else getattr(entity, name)) for name in names]


def _column(column: MirroredColumn, entity: Entity) -> ColumnElement[Any]:
    value: ColumnElement[Any] = getattr(entity, column.attribute)
    return column.kind.read(value) if column.kind.read else value


def _computed(computed: Computed, viewer: Viewer, entity: Entity) -> ColumnElement[Any]:
    return computed.sql(entity, viewer)
