"""Who may see and change which rows, in SQL: the only way to start a SELECT on a model.

What the matrix says becomes conditions here. Both reading paths of the API build every SELECT from `rows()`
or `visible()` and every condition through a relation from `related()`, so neither can forget whose rows it
may show. What is deleted is invisible to everybody; a part of a deleted whole (a message of a deleted
session, a chunk of a deleted document) is invisible with it.
"""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    inspect,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.types import Uuid

from db.base import Base, SoftDeleted, named_alias
from db.matrix import MATRIX, Reach
from db.models import Role
from db.rights import Rights, Sight, rights_of

ADMIN: Final[str] = Role.ADMIN.value
DEVELOPER: Final[str] = Role.DEVELOPER.value

# With `false()` a whole conjunction becomes false, and an EXISTS loses the table that only it mentioned.
_NEVER: Final[ColumnElement[bool]] = literal_column("false", Boolean())


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking, made once when they sign in.

    `user_id` is None for somebody who has not signed in. `permissions` are theirs beside their roles;
    `scopes` are those of the API key that they use, None for whoever is not limited by any.
    """

    user_id: UUID | None
    roles: frozenset[str] = field(default_factory=frozenset)
    permissions: frozenset[str] = field(default_factory=frozenset)
    scopes: frozenset[str] | None = None
    rights: Rights = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rights = rights_of(
            signed_in=self.user_id is not None,
            roles=self.roles,
            permissions=self.permissions,
            scopes=self.scopes,
        )
        object.__setattr__(self, "rights", rights)

    @property
    def sight(self) -> Sight:
        """What decides the text of statements that read for them; their id is the parameter `viewer_id`."""
        return self.rights.sight

    @property
    def is_admin(self) -> bool:
        """Whether they are an administrator, whatever the key that they use is limited to."""
        return ADMIN in self.roles


Entity = Any
"""A mapped class or an alias of one."""


def bool_of(expression: Any) -> ColumnElement[bool]:
    """Narrow an untyped comparison for the type checker."""
    return expression  # type: ignore[no-any-return]


def undeleted(entity: Entity, seen_with: str | None = None) -> list[ColumnElement[bool]]:
    """The conditions under which a row, and every whole that it is a part of, is not deleted.

    Nothing is asked of the whole that the foreign key `seen_with` names.
    """
    model = _model(entity)
    conditions: list[ColumnElement[bool]] = []
    if issubclass(model, SoftDeleted):
        conditions.append(bool_of(entity.deleted_at.is_(None)))
    for relation in MATRIX[model].part_of:
        whole = named_alias(relation.property.mapper.class_, f"of_{model.__tablename__}")
        ((local, _remote),) = relation.property.local_remote_pairs
        name = relation.property.parent.get_property_by_column(local).key
        if name == seen_with:
            continue
        # Every part has its whole, unless it has none; an EXISTS of what is not deleted would say the same,
        # and make PostgreSQL start from all wholes where it does not know how many rows it will be asked for.
        gone = or_(*(not_(condition) for condition in undeleted(whole)))
        conditions.append(not_(exists().where(whole.id == getattr(entity, name), gone)))
    return conditions


def visible(entity: Entity, viewer: Viewer, *, insight: bool = False) -> ColumnElement[bool]:
    """The condition that limits a mapped class, or an alias of one, to what the viewer may see.

    `insight` gives those who may have it everybody's rows: for whoever asks `Sight.refusal` about each
    attribute that the statement mentions, and lets nothing lead from the rows to their owner.
    The statement's text depends on the sight of the viewer and on nothing else of them;
    their id is the bound parameter `viewer_id`.
    """
    reach = _reach(_model(entity), viewer, insight=insight)
    return and_(true(), *undeleted(entity), *_reached(entity, reach, viewer))


def related(
    other: Entity, remote: str, entity: Entity, local: str, viewer: Viewer, *, insight: bool = False
) -> ColumnElement[bool]:
    """The condition that limits `other` to what the viewer may see of a relation of `entity`.

    The rows of `entity` must be visible to this viewer in the same statement, so in the same snapshot. What
    follows from that is not asked again, since PostgreSQL takes every condition for one more that rows
    may fail: whether the whole is deleted whose parts these are, and whose they are where a foreign key
    makes the owner of a part that of the whole.

    Args:
        other: the mapped class or alias at the far end.
        remote: its attribute.
        entity: the mapped class or alias at the near end.
        local: its attribute, which has the same value.
        viewer: who is asking.
        insight: as for `visible`, of both ends.
    """
    same = bool_of(getattr(other, remote) == getattr(entity, local))
    part = _column(entity, local) if _column(entity, local).foreign_keys else _column(other, remote)
    near, far = (_reach(_model(end), viewer, insight=insight) for end in (entity, other))
    follows = far >= near and _of_one_owner(part)
    return and_(same, *undeleted(other, remote), *([] if follows else _reached(other, far, viewer)))


def rows(entity: Entity, viewer: Viewer, *columns: Any, insight: bool = False) -> Select[Any]:
    """Start a SELECT of `columns` from the rows of `entity` that the viewer may see."""
    return select(*columns).select_from(entity).where(visible(entity, viewer, insight=insight))


def may_change(model: type[Base], viewer: Viewer) -> bool:
    """Whether the viewer may create rows of a model for themselves, and change some if there are any."""
    return viewer.rights.changes[model] is not Reach.NOTHING


def changeable(entity: Entity, viewer: Viewer) -> ColumnElement[bool]:
    """The condition that limits a mapped class, or an alias of one, to what the viewer may change.

    Nobody changes what they do not see, nor what they see without knowing whose it is.
    """
    reach = viewer.rights.changes[_model(entity)]
    limits = [] if reach is Reach.ALL else [_own(entity, viewer) if reach is Reach.OWN else _NEVER]
    return and_(visible(entity, viewer), *limits)


def restorable(entity: Entity, viewer: Viewer) -> ColumnElement[bool]:
    """The condition that limits a mapped class to deleted rows that the viewer could change if they were not.

    What belongs to a deleted whole cannot be restored without it.
    """
    model = _model(entity)
    reach = min(viewer.rights.changes[model], _reach(model, viewer, insight=False))
    limits = [] if reach is Reach.ALL else [_own(entity, viewer) if reach is Reach.OWN else _NEVER]
    _, *wholes = undeleted(entity)
    return and_(bool_of(entity.deleted_at.is_not(None)), *wholes, *limits)


def _reach(model: type[Base], viewer: Viewer, *, insight: bool) -> Reach:
    """How far a statement reaches among the rows of a model: to insight only where it is asked for."""
    if insight and not MATRIX[model].insight:
        raise TypeError(f"there is no insight into {model.__name__}")
    reach = viewer.sight.reaches[model]
    if insight:
        return min(reach, Reach.INSIGHT)
    return Reach.OWN if reach is Reach.INSIGHT else reach


def _reached(entity: Entity, reach: Reach, viewer: Viewer) -> list[ColumnElement[bool]]:
    """The conditions that limit an entity to the rows of a reach; none where it has all."""
    if reach >= Reach.INSIGHT:
        return []
    if reach is Reach.NOTHING:
        return [_NEVER]
    line = MATRIX[_model(entity)]
    if line.like is not None:
        return [_seen_with_whole(entity, reach, viewer)]
    ways = [_own(entity, viewer)] if reach is Reach.OWN else []
    if line.public:
        ways += [bool_of(entity.is_public), bool_of(entity.user_id.is_(None))]
    return [or_(*ways) if len(ways) > 1 else ways[0] if ways else _NEVER]


def _own(entity: Entity, viewer: Viewer) -> ColumnElement[bool]:
    line = MATRIX[_model(entity)]
    if line.owner is None:
        return _NEVER
    # One name, so that the statement's text does not depend on who is asking.
    return bool_of(getattr(entity, line.owner) == bindparam("viewer_id", viewer.user_id, type_=Uuid()))


def _seen_with_whole(entity: Entity, reach: Reach, viewer: Viewer) -> ColumnElement[bool]:
    """Seen by whoever sees the whole, and no farther than the part itself is, which is deleted with it."""
    like: Any = MATRIX[_model(entity)].like
    ((local, _remote),) = like.property.local_remote_pairs
    name = like.property.parent.get_property_by_column(local).key
    whole = named_alias(like.property.mapper.class_, f"seen_with_{name}")
    far = min(reach, _reach(_model(whole), viewer, insight=False))
    return exists().where(whole.id == getattr(entity, name), *_reached(whole, far, viewer))


def _model(entity: Entity) -> type[Base]:
    return entity.__mapper__.class_ if hasattr(entity, "__mapper__") else entity  # type: ignore[no-any-return]


def _column(entity: Entity, attribute: str) -> Column[Any]:
    return inspect(_model(entity)).attrs[attribute].columns[0]  # type: ignore[no-any-return]


def _of_one_owner(local: Column[Any]) -> bool:
    """Whether a foreign key leads to a whole and holds its owner to that of the part."""
    pair = {local.name, "user_id"}
    return len(pair) > 1 and any(pair == set(key.column_keys) for key in local.table.foreign_key_constraints)
