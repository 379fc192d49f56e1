"""A tree and what is asked of it as one SELECT, whose only value is the text of the response's data.

An object is a row of a sub-select whose columns bear the response keys, which PostgreSQL turns into JSON
fastest; a to-one relation is a scalar sub-select inside it, a list a sub-select that aggregates. All of it
is one statement, so one snapshot.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Text,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from api.core.cursors import Position
from api.core.declarations import Computed, MirroredColumn, Walk
from api.core.filters import Leaf, condition
from api.core.grants import check_shown
from api.core.ids import global_id_sql
from api.core.literals import quoted
from api.core.orders import BoundPosition, bind_position, ranges
from api.core.origins import ATTRIBUTE
from api.core.page_query import check_order
from api.reading.asked import Asked, Keys
from api.reading.finds import FoundRows
from api.reading.forms import computed_form, form_of
from api.reading.introspection import SEPARATOR
from api.reading.lists import List
from api.reading.origins import origins_json
from api.reading.rows import EMPTY_OBJECT, NO_OBJECT, NO_ROWS, as_json, beside, labelled, row
from api.reading.tree import (
    Connection,
    FoundList,
    Identity,
    Lookup,
    Member,
    Object,
    Origins,
    ToOne,
    Tree,
    Typename,
)
from db.policy import Entity, Viewer, related, visible

_SEPARATOR: Final[ColumnElement[str]] = literal_column(f"chr({ord(SEPARATOR)})")

Source = Callable[[Asked], Any]
"""Where a bound parameter's value comes from in a later request."""


class Statement:
    """The SELECT of a tree, and the sources of its parameters.

    Making one raises Forbidden where it would mention what the viewer may not be shown.
    """

    def __init__(self, tree: Tree, asked: Asked, viewer: Viewer) -> None:
        self.viewer = viewer
        self.asked = asked
        self.sources: dict[BindParameter[Any], Source] = {}
        self.filters: dict[Connection, list[Leaf]] = {}
        runs = [{key: self._root(member) for key, member in run.items()} for run in tree.runs]
        texts = [cast(row(members), Text) for members in runs]
        self.select = select(texts[0] if len(texts) == 1 else func.concat_ws(_SEPARATOR, *texts))

    def bound_to(self, parameter: BindParameter[Any], source: Source) -> BindParameter[Any]:
        """A parameter whose value a later request takes from `source`."""
        self.sources[parameter] = source
        return parameter

    def _root(self, member: Typename | Connection | Lookup | FoundList) -> ColumnElement[Any]:
        match member:
            case Typename(name):
                return quoted(name)
            case Lookup():
                return self._lookup(member)
            case Connection():
                return self._connection(member, None)
            case FoundList():
                return FoundRows(self, member).sql()

    def _lookup(self, lookup: Lookup) -> ColumnElement[Any]:
        keys = self.asked.keys[lookup]
        if lookup.many:
            return self._listed(lookup, keys)
        ((name, by),) = keys.types
        if name is None:
            return NO_OBJECT
        value = keys.wanted[0][2]
        self._check(lookup.objects[name], by)
        if by == "id":
            parameter = literal(value, Uuid())
            key: ColumnElement[Any] = self.bound_to(parameter, lambda asked: asked.keys[lookup].wanted[0][2])
        else:
            parameter = literal(value.lower(), Text())
            key = self.bound_to(parameter, lambda asked: asked.keys[lookup].wanted[0][2].lower())
            return self._object(lookup.objects[name], lambda entity: func.lower(getattr(entity, by)) == key)
        return self._object(lookup.objects[name], lambda entity: entity.id == key)

    def _listed(self, lookup: Lookup, keys: Keys) -> ColumnElement[Any]:
        names = literal([name or "" for name, _, _ in keys.wanted], ARRAY(Text()))
        values = literal([key for _, _, key in keys.wanted], ARRAY(Uuid()))
        self.bound_to(names, lambda asked: [name or "" for name, _, _ in asked.keys[lookup].wanted])
        self.bound_to(values, lambda asked: [key for _, _, key in asked.keys[lookup].wanted])
        wanted = (
            func.unnest(names, values)
            .table_valued(
                column("name", Text()), column("key", Uuid()), with_ordinality="position", name="wanted"
            )
            .render_derived()
        )
        known = sorted({name for name, _ in keys.types if name is not None})
        if not known:
            found: ColumnElement[Any] = NO_OBJECT
        else:
            found = case(
                *(
                    (
                        wanted.c.name == quoted(name),
                        self._object(lookup.objects[name], lambda entity: entity.id == wanted.c.key, wanted),
                    )
                    for name in known
                )
            )
        rows = func.json_agg(found).aggregate_order_by(wanted.c.position)
        return select(func.coalesce(rows, NO_ROWS)).select_from(wanted).scalar_subquery()

    def _object(
        self, wanted: Object, chosen: Callable[[Entity], ColumnElement[bool]], outer: Entity = None
    ) -> ColumnElement[Any]:
        entity: Any = aliased(wanted.mirror.model)
        asked = labelled(self._labelled(wanted, entity))
        inner = (
            # SQLAlchemy selects no entity without a column.
            select(*asked or [EMPTY_OBJECT.label("json")])
            .select_from(entity)
            .where(chosen(entity), visible(entity, self.viewer, insight=wanted.insight))
        )
        # A select in FROM is not correlated on its own; without this every parent would get the same rows.
        inner = inner.correlate(outer) if outer is not None else inner
        return as_json(inner) if asked else inner.scalar_subquery()

    def row(self, wanted: Object, entity: Entity, name: str) -> LateralFromClause:
        """What is asked of each object of a select that has its entity in FROM, to be joined there.

        As a row of FROM it costs nothing; a sub-select among the columns would be started anew for each row.
        """
        return beside(self._labelled(wanted, entity), name, entity)

    def _labelled(self, wanted: Object, entity: Entity) -> dict[str, ColumnElement[Any]]:
        return {key: self._member(member, wanted, entity) for key, member in wanted.members.items()}

    def _member(self, member: Member | Connection, of: Object, entity: Entity) -> ColumnElement[Any]:
        match member:
            case Typename(name):
                return quoted(name)
            case Identity(name):
                return global_id_sql(name, entity.id)
            case Origins():
                self._check(of, ATTRIBUTE)
                return origins_json(of.mirror.model, entity, member)
            case MirroredColumn():
                self._check(of, member.attribute)
                return form_of(member.kind)(getattr(entity, member.attribute))
            case Computed():
                self._check(of, member.attribute)
                return computed_form(member.annotation)(member.sql(entity, self.viewer))
            case ToOne(relation, wanted):
                self._check(of, relation.local)
                local = getattr(entity, relation.local)
                return self._object(wanted, lambda other: getattr(other, relation.remote) == local, entity)
            case Connection():
                return self._connection(member, entity)
        raise TypeError(f"{of.mirror.name} has no {member}")

    def _check(self, of: Object, attribute: str) -> None:
        check_shown(of.mirror, attribute, self.viewer, insight=of.insight)

    def _connection(self, connection: Connection, parent: Entity | None) -> ColumnElement[Any]:
        return List(self, connection, parent).sql()

    # What a list binds; each use of a filter binds its values anew.

    def scope(
        self, connection: Connection, entity: Entity, parent: Entity | None, *, linked: bool = True
    ) -> ColumnElement[bool]:
        """The rows of a list: its parent's, visible, and fulfilling the filter.

        Those of a walk are not held to its stretches unless they are to be `linked`.
        """
        where = self.asked.pages[connection].where
        leaves = self.filters[connection] = []
        insight = connection.insight
        check_order(self.asked.pages[connection], self.viewer, insight=insight)
        filtering = condition(connection.target, entity, where, self.viewer, leaves, insight=insight)
        for index, leaf in enumerate(leaves):
            for position, parameter in enumerate(leaf.parameters):
                self.bound_to(parameter, partial(_filter_value, connection, index, position))
        relation = connection.relation
        if relation is None:
            return and_(visible(entity, self.viewer, insight=insight), filtering)
        if isinstance(relation, Walk):
            seen = and_(visible(entity, self.viewer, insight=insight), filtering)
            return and_(relation.link(entity, getattr(parent, relation.local)), seen) if linked else seen
        theirs = related(entity, relation.remote, parent, relation.local, self.viewer, insight=insight)
        return and_(theirs, filtering)

    def parts(self, connection: Connection, entity: Entity) -> list[ColumnElement[bool]]:
        """The ranges of rows between the positions of `after` and `before`."""
        after, before = (self._position(connection, entity, side) for side in ("after", "before"))
        return ranges(self.asked.pages[connection].order, entity, after=after, before=before)

    def outside(self, connection: Connection, entity: Entity, side: str) -> list[ColumnElement[bool]]:
        """The ranges of rows that `after` or `before` cuts off, and the row at its position."""
        bound = self._position(connection, entity, side)
        order = self.asked.pages[connection].order
        if side == "after":
            return ranges(order, entity, before=bound, inclusive=True)
        return ranges(order, entity, after=bound, inclusive=True)

    def _position(self, connection: Connection, entity: Entity, side: str) -> BoundPosition | None:
        page = self.asked.pages[connection]
        position: Position | None = getattr(page, side)
        if position is None:
            return None
        bound = bind_position(page.order, entity, position.values, position.key)
        for index, parameter in enumerate(bound.parameters):
            self.bound_to(parameter, partial(_position_value, connection, side, index))
        return bound

    def digest(self, connection: Connection) -> BindParameter[str]:
        """The digest that a list's cursors bear."""
        parameter = literal(self.asked.pages[connection].digest, Text())
        self.bound_to(parameter, lambda asked: asked.pages[connection].digest)
        return parameter


def _filter_value(connection: Connection, index: int, position: int, asked: Asked) -> Any:
    return asked.filters[connection][index][position]


def _position_value(connection: Connection, side: str, index: int, asked: Asked) -> Any:
    position: Position = getattr(asked.pages[connection], side)
    return [*(value for value in position.values if value is not None), position.key][index]
