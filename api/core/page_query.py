"""Pages of lists: the rows that both reading paths take, and the statement of the loaders' path."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    column,
    func,
    inspect,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.selectable import LateralFromClause

from api.core.cursors import Position, cursor_sql
from api.core.declarations import Computed, Listing, Mirror, MirroredColumn, Walk
from api.core.filters import condition
from api.core.grants import check_shown
from api.core.orders import BoundPosition, Order, bind_position, ranges
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
_ONE: Final[ColumnElement[int]] = literal_column("1")


@dataclass(frozen=True, eq=False)
class PageQuery:
    """A page of one list for any number of parents: of a relation or walk, or of all rows without one.

    It is made once for a field of an operation and stands for itself: two are never equal. `insight` says
    that the rows may be anybody's.
    """

    target: Mirror
    relation: Listing | None
    page: Page
    columns: tuple[str, ...]
    wants: frozenset[str]
    insight: bool = False

    def statement(self, viewer: Viewer, parents: Sequence[UUID]) -> Select[Any]:
        """One SELECT whose rows are the parent's position, the wanted extras, then the row's columns.

        Every parent has at least one row; where its page is empty the row's `id` is NULL. Rows come in the
        direction in which they were fetched, one more than the page has, so that the caller knows of more.

        Raises Forbidden where the columns, the filter or the order mention what the viewer may not be shown,
        and BadUserInput for filters that cannot be.
        """
        listed = self._listed(parents)
        # Each extra is a LATERAL of its own, worked out once a parent and not once a row.
        extras = self._extras(viewer, listed)
        joined = listed
        for extra in extras:
            joined = joined.outerjoin(extra, true())
        about = [listed.c[POSITION], *(each for extra in extras for each in extra.c)]
        if ROWS not in self.wants:
            return select(*about).select_from(joined).order_by(listed.c[POSITION])
        entity = named_alias(self.target.model, "listed")
        stretches = stretches_of(self.relation, listed.c.key)
        backward = not self.page.forward
        placing = self.page.order.columns(entity)
        columns = [
            entity.id.label("id"),
            *(expression.label(name) for name, expression in self._columns(entity, viewer)),
            *(each.label(f"{_PLACE}{index}") for index, each in enumerate(placing)),
        ]
        fetched = first_rows(
            columns,
            entity,
            self.page.order,
            backward=backward,
            scope=lambda each: self._scope(each, viewer, listed.c.key, linked=stretches is None),
            parts=self._parts,
            limit=literal(self.page.size + 1),
            outer=[listed],
            stretches=stretches,
        ).lateral("fetched")
        placed = [fetched.c[f"{_PLACE}{index}"] for index in range(len(placing))]
        return (
            select(*about, *(each for each in fetched.c if not each.name.startswith(_PLACE)))
            .select_from(joined.outerjoin(fetched, true()))
            .order_by(listed.c[POSITION], *self.page.order.sql(placed, fetched.c.id, backward=backward))
        )

    def _listed(self, parents: Sequence[UUID]) -> Any:
        keys = func.unnest(literal(list(parents), ARRAY(Uuid())))
        return keys.table_valued(
            column("key", Uuid()), with_ordinality=POSITION, name="parents"
        ).render_derived()

    def _columns(self, entity: Entity, viewer: Viewer) -> list[tuple[str, ColumnElement[Any]]]:
        columns = select_list(self.target, entity, viewer, self.columns, insight=self.insight)
        if CURSOR in self.wants:
            order, digest = self.page.order, literal(self.page.digest, Text())
            columns.append((CURSOR, cursor_sql(order, order.columns(entity), entity.id, digest)))
        return columns

    def _scope(
        self, entity: Entity, viewer: Viewer, key: ColumnElement[Any], *, linked: bool = True
    ) -> ColumnElement[bool]:
        link = [] if self.relation is None or not linked else [self.relation.link(entity, key)]
        check_order(self.page, viewer, insight=self.insight)
        where = condition(self.target, entity, self.page.where, viewer, insight=self.insight)
        return and_(*link, visible(entity, viewer, insight=self.insight), where)

    def _parts(self, entity: Entity) -> list[ColumnElement[bool]]:
        page = self.page
        after, before = (self._bound(entity, position) for position in (page.after, page.before))
        return ranges(page.order, entity, after=after, before=before)

    def _bound(self, entity: Entity, position: Position | None) -> BoundPosition | None:
        if position is None:
            return None
        return bind_position(self.page.order, entity, position.values, position.key)

    def _extras(self, viewer: Viewer, listed: Any) -> list[LateralFromClause]:
        page = self.page
        extras = []
        if TOTAL in self.wants:
            entity = named_alias(self.target.model, "counted")
            count = select(func.count().label(TOTAL)).select_from(entity)
            extras.append(count.where(self._scope(entity, viewer, listed.c.key)).lateral("counted"))
        if PREVIOUS in self.wants and page.after is not None:
            extras.append(self._outside(PREVIOUS, viewer, listed, before=page.after))
        if NEXT in self.wants and page.before is not None:
            extras.append(self._outside(NEXT, viewer, listed, after=page.before))
        return extras

    def _outside(
        self,
        name: str,
        viewer: Viewer,
        listed: Any,
        *,
        after: Position | None = None,
        before: Position | None = None,
    ) -> LateralFromClause:
        """Whether a row stands at the position or on its far side."""
        entity, order = named_alias(self.target.model, f"beyond{name}"), self.page.order
        ends = {"after": self._bound(entity, after), "before": self._bound(entity, before)}
        stretches = stretches_of(self.relation, listed.c.key)
        found = any_row(
            entity,
            order,
            backward=before is not None,
            scope=self._scope(entity, viewer, listed.c.key, linked=stretches is None),
            parts=ranges(order, entity, **ends, inclusive=True),
            outer=[listed],
            stretches=stretches,
        )
        return select(found.label(name)).lateral(f"found{name}")


def check_order(page: Page, viewer: Viewer, *, insight: bool) -> None:
    """Check that a page may be ordered as it is. Raises Forbidden: an order tells of what it orders by."""
    for term in page.order.terms:
        check_shown(page.mirror, term.column.attribute, viewer, insight=insight)


@dataclass(frozen=True, slots=True)
class Stretches:
    """The stretches in which the rows of a list lie: rows of FROM, and whether a row lies in one."""

    rows: FromClause
    within: Callable[[Entity, FromClause], ColumnElement[bool]]


def stretches_of(listing: Listing | None, key: ColumnElement[Any]) -> Stretches | None:
    """The stretches of a walk from the row whose id is `key`; None for every other list."""
    return Stretches(listing.stretches(key), listing.within) if isinstance(listing, Walk) else None


def first_rows(
    columns: Sequence[ColumnElement[Any]],
    entity: Entity,
    order: Order,
    *,
    backward: bool,
    scope: Callable[[Entity], ColumnElement[bool]],
    parts: Callable[[Entity], Sequence[ColumnElement[bool]]],
    limit: ColumnElement[int],
    outer: Sequence[Any] = (),
    stretches: Stretches | None = None,
) -> Select[Any]:
    """A SELECT of columns of `entity`, the rows being the first of a list or, `backward`, the last.

    A list in several parts is read part by part, each by its own range of an index, and merged: one condition
    over all parts would be no range, and every row before the position would be read and left out again. So
    is one whose rows lie in stretches, of each of which the first rows are enough.

    Args:
        columns: what is selected, read from `entity`.
        entity: an alias of the listed model.
        order: the list's order.
        backward: whether rows come from the list's end.
        scope: which rows are in the list, as a condition on an alias.
        parts: the ranges of `ranges` over an alias.
        limit: how many rows at most.
        outer: what of the statement around it the conditions mention.
        stretches: where the rows lie, which `scope` then leaves out.
    """
    chosen = parts(entity)
    placing = order.columns(entity)
    if len(chosen) == 1 and stretches is None:
        found = (
            select(*columns)
            .select_from(entity)
            .where(scope(entity), *chosen)
            .order_by(*order.sql(placing, entity.id, backward=backward))
            .limit(limit)
        )
        return found.correlate(*outer) if outer else found
    keys: dict[str, str] = {column.key: f"_{column.key}" for column in inspect(entity).mapper.primary_key}
    within = named_alias(inspect(entity).mapper.class_, "ordered")
    places = order.columns(within)
    listed = [
        *(getattr(within, key).label(label) for key, label in keys.items()),
        *(each.label(f"_place{index}") for index, each in enumerate(places)),
    ]
    condition, ordered = scope(within), order.sql(places, within.id, backward=backward)
    read: list[Select[Any]] = []
    for part in reversed(parts(within)) if backward else parts(within):
        found = select(*listed).select_from(within).where(condition, part)
        if stretches is not None:
            found = found.where(stretches.within(within, stretches.rows))
        if read and len(placing) > 1:
            # No index knows the other terms among NULLs: they are sorted only if the page is not full yet.
            nearer = select(func.count()).select_from(read[0].subquery())
            found = found.where(nearer.scalar_subquery() < limit)
        # Each with a limit of its own: else PostgreSQL would rather read all parts and sort.
        found = found.order_by(*ordered).limit(limit)
        if stretches is not None:
            nearest = found.correlate(*outer, stretches.rows).lateral("nearest")
            found = select(*nearest.c).select_from(stretches.rows.join(nearest, true()))
        read.append(found.correlate(*outer) if outer else found)
    merged = (union_all(*read) if len(read) > 1 else read[0]).subquery("merged")

    def placed(source: Any) -> list[Any]:
        places = [source.c[f"_place{index}"] for index in range(len(placing))]
        return order.sql(places, source.c[keys["id"]], backward=backward)

    first = select(*merged.c).order_by(*placed(merged)).limit(limit).subquery("first")
    same = and_(*(getattr(entity, key) == first.c[label] for key, label in keys.items()))
    return select(*columns).select_from(entity).join(first, same).order_by(*placed(first))


def any_row(
    entity: Entity,
    order: Order,
    *,
    backward: bool,
    scope: ColumnElement[bool],
    parts: Sequence[ColumnElement[bool]],
    outer: Sequence[Any] = (),
    stretches: Stretches | None = None,
) -> ColumnElement[bool]:
    """Whether one of these parts of a list has a row; `backward` if they end where one looks from.

    PostgreSQL ignores the order of an EXISTS, and may read all that is not there before the first row.
    """
    nearest = order.sql(order.columns(entity), entity.id, backward=backward)[:1]
    found = []
    for part in parts:
        rows = (
            select(true().label("found"))
            .select_from(entity)
            .where(scope, part)
            .order_by(*nearest)
            .limit(_ONE)
        )
        if stretches is not None:
            one = rows.where(stretches.within(entity, stretches.rows))
            each = one.correlate(*outer, stretches.rows).lateral("nearest")
            rows = select(each.c.found).select_from(stretches.rows.join(each, true())).limit(_ONE)
        found.append((rows.correlate(*outer) if outer else rows).scalar_subquery().is_not(None))
    return or_(*found)


def select_list(
    mirror: Mirror, entity: Entity, viewer: Viewer, names: Sequence[str], *, insight: bool
) -> list[tuple[str, ColumnElement[Any]]]:
    """The SQL of selected attributes; `id` is always selected beside them.

    Raises Forbidden for what the viewer may not be shown; `insight` says that the rows may be anybody's.
    """
    for name in names:
        check_shown(mirror, name, viewer, insight=insight)
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
