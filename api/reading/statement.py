"""A tree and what is asked of it as one SELECT, whose only value is the text of the response's data.

An object is a row of a sub-select whose columns bear the response keys, which PostgreSQL turns into JSON
fastest; a to-one relation is a scalar sub-select inside it, a list a sub-select that aggregates. All of it
is one statement, so one snapshot.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Integer,
    Text,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql import visitors

from api.core.cursors import Position, cursor_sql
from api.core.declarations import Computed, Mirror, MirroredColumn
from api.core.filters import condition
from api.core.ids import global_id_sql
from api.core.orders import beyond, bind_position
from api.core.pages import Page
from api.reading.asked import Asked, Keys
from api.reading.forms import computed_form, form_of
from api.reading.lists import List
from api.reading.rows import NO_OBJECT, NO_ROWS, as_json, constant, row
from api.reading.tree import (
    Connection,
    Identity,
    Lookup,
    Member,
    Object,
    ToOne,
    Tree,
    Typename,
)
from db.policy import Entity, Viewer, visible

Source = Callable[[Asked], Any]
"""Where a bound parameter's value comes from in a later request."""


class Statement:
    """The SELECT of a tree, and the sources of its parameters."""

    def __init__(self, tree: Tree, asked: Asked, viewer: Viewer) -> None:
        self.viewer = viewer
        self.asked = asked
        self.sources: dict[BindParameter[Any], Source] = {}
        members = {key: self._root(member) for key, member in tree.members.items()}
        self.select = select(cast(row(members), Text))

    def _from(self, parameter: BindParameter[Any], source: Source) -> BindParameter[Any]:
        self.sources[parameter] = source
        return parameter

    def _root(self, member: Typename | Connection | Lookup) -> ColumnElement[Any]:
        match member:
            case Typename(name):
                return constant(name)
            case Lookup():
                return self._lookup(member)
            case Connection():
                return self._connection(member, None)

    def _lookup(self, lookup: Lookup) -> ColumnElement[Any]:
        keys = self.asked.keys[lookup]
        if lookup.many:
            return self._listed(lookup, keys)
        ((name, by),) = keys.types
        if name is None:
            return NO_OBJECT
        value = keys.wanted[0][2]
        if by == "id":
            parameter = literal(value, Uuid())
            key: ColumnElement[Any] = self._from(parameter, lambda asked: asked.keys[lookup].wanted[0][2])
        else:
            parameter = literal(value.lower(), Text())
            key = self._from(parameter, lambda asked: asked.keys[lookup].wanted[0][2].lower())
            return self._object(lookup.objects[name], lambda entity: func.lower(getattr(entity, by)) == key)
        return self._object(lookup.objects[name], lambda entity: entity.id == key)

    def _listed(self, lookup: Lookup, keys: Keys) -> ColumnElement[Any]:
        names = literal([name or "" for name, _, _ in keys.wanted], ARRAY(Text()))
        values = literal([key for _, _, key in keys.wanted], ARRAY(Uuid()))
        self._from(names, lambda asked: [name or "" for name, _, _ in asked.keys[lookup].wanted])
        self._from(values, lambda asked: [key for _, _, key in asked.keys[lookup].wanted])
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
                        wanted.c.name == constant(name),
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
        inner = (
            select(*self._labelled(wanted, entity))
            .select_from(entity)
            .where(chosen(entity), visible(entity, self.viewer))
        )
        # A select in FROM is not correlated on its own; without this every parent would get the same rows.
        return as_json(inner.correlate(outer) if outer is not None else inner)

    def row(self, wanted: Object, entity: Entity) -> ColumnElement[Any]:
        """An object as JSON, in a select that has its entity in FROM."""
        return as_json(select(*self._labelled(wanted, entity)).correlate(entity))

    def _labelled(self, wanted: Object, entity: Entity) -> list[ColumnElement[Any]]:
        return [
            self._member(member, wanted.mirror, entity).label(key) for key, member in wanted.members.items()
        ]

    def _member(self, member: Member | Connection, mirror: Mirror, entity: Entity) -> ColumnElement[Any]:
        match member:
            case Typename(name):
                return constant(name)
            case Identity(name):
                return global_id_sql(name, entity.id)
            case MirroredColumn():
                return form_of(member.kind)(getattr(entity, member.attribute))
            case Computed():
                return computed_form(member.annotation)(member.sql(entity, self.viewer))
            case ToOne(relation, wanted):
                local = getattr(entity, relation.local)
                return self._object(wanted, lambda other: getattr(other, relation.remote) == local, entity)
            case Connection():
                return self._connection(member, entity)
        raise TypeError(f"{mirror.name} has no {member}")

    def _connection(self, connection: Connection, parent: Entity | None) -> ColumnElement[Any]:
        return List(self, connection, parent).sql()

    # What a list binds; each use of a filter binds its values anew.

    def scope(self, connection: Connection, entity: Entity, parent: Entity | None) -> ColumnElement[bool]:
        """The rows of a list: its parent's, visible, and fulfilling the filter."""
        where = self.asked.pages[connection].where
        filtering = condition(connection.target, entity, where, self.viewer)
        for index, parameter in enumerate(parameters_of(filtering)):
            self._from(parameter, partial(_filter_value, connection, index))
        conditions = [visible(entity, self.viewer), filtering]
        relation = connection.relation
        if relation is not None:
            conditions.insert(0, getattr(entity, relation.remote) == getattr(parent, relation.local))
        return and_(*conditions)

    def past(
        self, connection: Connection, entity: Entity, side: str, *, after: bool, inclusive: bool = False
    ) -> ColumnElement[bool]:
        """The rows past the position of the argument `side`, `after` or `before`."""
        page = self.asked.pages[connection]
        position: Position = getattr(page, side)
        bound = bind_position(page.order, entity, position.values, position.key)
        for index, parameter in enumerate(bound.parameters):
            self._from(parameter, partial(_position_value, connection, side, index))
        return beyond(page.order, entity, bound, after=after, inclusive=inclusive)

    def number(self, connection: Connection, read: Callable[[Page], int]) -> ColumnElement[int]:
        """A number of the page, as its size."""
        parameter = literal(read(self.asked.pages[connection]), Integer())
        return self._from(parameter, lambda asked: read(asked.pages[connection]))

    def cursor(self, connection: Connection, entity: Entity) -> ColumnElement[str]:
        """The cursor of a row."""
        page = self.asked.pages[connection]
        digest = literal(page.digest, Text())
        self._from(digest, lambda asked: asked.pages[connection].digest)
        return cursor_sql(page.order, entity, digest)


def parameters_of(expression: ColumnElement[Any]) -> list[BindParameter[Any]]:
    """The bound values of an expression in the order of its making, the viewer's id apart."""
    parts: Any = visitors.iterate(expression)
    return list(
        dict.fromkeys(part for part in parts if isinstance(part, BindParameter) and part.key != "viewer_id")
    )


def filter_values(connection: Connection, page: Page, viewer: Viewer) -> list[Any]:
    """The values that a request's filter binds, in the order in which `scope` names them."""
    entity = connection.target.model
    return [
        parameter.value
        for parameter in parameters_of(condition(connection.target, entity, page.where, viewer))
    ]


def _filter_value(connection: Connection, index: int, asked: Asked) -> Any:
    return asked.filters[connection][index]


def _position_value(connection: Connection, side: str, index: int, asked: Asked) -> Any:
    position: Position = getattr(asked.pages[connection], side)
    return [*(value for value in position.values if value is not None), position.key][index]
