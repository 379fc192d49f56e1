"""Who may see which rows: one line a model, and the only way to start a SELECT on one.

Both reading paths of the API build every SELECT from `rows()` and every sub-select from `visible()`, so
neither can forget whose rows it may show. What is deleted is invisible to everybody; a part of a deleted
whole (a message of a deleted session, a chunk of a deleted document) is invisible with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    false,
    inspect,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import Uuid

from db import models
from db.base import Base, SoftDeleted, named_alias

ADMIN: Final = "admin"
DEVELOPER: Final = "developer"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking. `user_id` is None for somebody who has not signed in."""

    user_id: UUID | None
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_admin(self) -> bool:
        """Administrators see the rows of every owner."""
        return ADMIN in self.roles


Entity = Any
"""A mapped class or an alias of one."""

Condition = Callable[[Entity, Viewer], ColumnElement[bool]]


def _me(viewer: Viewer) -> ColumnElement[UUID]:
    # One name, so that the statement's text does not depend on who is asking.
    return bindparam("viewer_id", viewer.user_id, type_=Uuid())


def _owned(attribute: str = "user_id") -> Condition:
    def condition(entity: Entity, viewer: Viewer) -> ColumnElement[bool]:
        return bool_of(getattr(entity, attribute) == _me(viewer))

    return condition


def _everybody(entity: Entity, viewer: Viewer) -> ColumnElement[bool]:  # noqa: ARG001
    return true()


def _developers(entity: Entity, viewer: Viewer) -> ColumnElement[bool]:  # noqa: ARG001
    # What nobody owns tells how the service runs, which is theirs to look after.
    return true() if DEVELOPER in viewer.roles else false()


def _owned_or_public(entity: Entity, viewer: Viewer) -> ColumnElement[bool]:
    return or_(entity.user_id == _me(viewer), entity.is_public, entity.user_id.is_(None))


def _with_parent(attribute: str, parent: type[Base]) -> Condition:
    """Seen by whoever sees the parent."""

    def condition(entity: Entity, viewer: Viewer) -> ColumnElement[bool]:
        whole = named_alias(parent, f"seen_with_{attribute}")
        return exists().where(whole.id == getattr(entity, attribute), visible(whole, viewer))

    return condition


def bool_of(expression: Any) -> ColumnElement[bool]:
    """Narrow an untyped comparison for the type checker."""
    return expression  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Rule:
    """Who sees a model's rows, beside administrators, and of which wholes they are a part."""

    seen_by: Condition
    part_of: tuple[InstrumentedAttribute[Any], ...] = ()


_OWNER = _owned()

# fmt: off
RULES: Final[dict[type[Base], Rule]] = {
    models.User:                  Rule(_owned("id")),
    models.UserPreferences:       Rule(_OWNER),
    models.UserProfile:           Rule(_OWNER),
    models.UserIdentity:          Rule(_OWNER),
    models.ApiKey:                Rule(_OWNER),
    models.Session:               Rule(_OWNER),
    models.Message:               Rule(_OWNER, part_of=(models.Message.session,)),
    models.MessageMemory:         Rule(_OWNER, part_of=(models.MessageMemory.message,)),
    models.MessageCitation:       Rule(_OWNER, part_of=(models.MessageCitation.message,)),
    models.Personality:           Rule(_owned_or_public),
    models.PersonalityValidation: Rule(_with_parent("personality_id", models.Personality),
                                       part_of=(models.PersonalityValidation.personality,)),
    models.Memory:                Rule(_OWNER),
    models.MemoryLink:            Rule(_OWNER, part_of=(models.MemoryLink.memory, models.MemoryLink.related)),
    models.MemoryEmbedding:       Rule(_OWNER, part_of=(models.MemoryEmbedding.memory,)),
    models.Agent:                 Rule(_OWNER),
    models.AgentPlugin:           Rule(_OWNER, part_of=(models.AgentPlugin.agent,)),
    models.Execution:             Rule(_OWNER),
    models.ExecutionStep:         Rule(_OWNER),
    models.ExecutionEvent:        Rule(_OWNER),
    models.Workflow:              Rule(_OWNER),
    models.WorkflowVersion:       Rule(_OWNER, part_of=(models.WorkflowVersion.workflow,)),
    models.Document:              Rule(_OWNER),
    models.DocumentChunk:         Rule(_OWNER, part_of=(models.DocumentChunk.document,)),
    models.ChunkEmbedding:        Rule(_OWNER, part_of=(models.ChunkEmbedding.chunk,)),
    models.EmbeddingModel:        Rule(_everybody),
    models.ToolCall:              Rule(_OWNER, part_of=(models.ToolCall.session,)),
    models.LlmCall:               Rule(_OWNER, part_of=(models.LlmCall.session,)),
    models.CodeExecution:         Rule(_OWNER),
    models.DataSource:            Rule(_OWNER),
    models.DataSourceSchema:      Rule(_OWNER, part_of=(models.DataSourceSchema.data_source,)),
    models.DataSourceTable:       Rule(_OWNER, part_of=(models.DataSourceTable.schema,)),
    models.SqlQuery:              Rule(_OWNER),
    models.UsageDaily:            Rule(_OWNER),
    models.BehaviorEvent:         Rule(_OWNER, part_of=(models.BehaviorEvent.session,)),
    models.IntentAnalysis:        Rule(_OWNER, part_of=(models.IntentAnalysis.session,)),
    models.AdRecommendation:      Rule(_OWNER, part_of=(models.AdRecommendation.session,)),
    models.Config:                Rule(_developers),
    models.ApiRequest:            Rule(_OWNER),
    models.AuditLog:              Rule(_owned("actor_user_id")),
    models.ErrorLog:              Rule(_developers),
    models.Metric:                Rule(_developers),
    models.ImportRun:             Rule(_owned("started_by_id")),
    models.ImportMapping:         Rule(_with_parent("run_id", models.ImportRun)),
}
# fmt: on


def undeleted(entity: Entity, seen_with: str | None = None) -> list[ColumnElement[bool]]:
    """The conditions under which a row, and every whole that it is a part of, is not deleted.

    Nothing is asked of the whole that the foreign key `seen_with` names.
    """
    model = _model(entity)
    conditions: list[ColumnElement[bool]] = []
    if issubclass(model, SoftDeleted):
        conditions.append(bool_of(entity.deleted_at.is_(None)))
    for relation in RULES[model].part_of:
        whole = named_alias(relation.property.mapper.class_, f"of_{model.__tablename__}")
        beyond = undeleted(whole)
        if not beyond:
            continue
        ((local, _remote),) = relation.property.local_remote_pairs
        name = relation.property.parent.get_property_by_column(local).key
        if name == seen_with:
            continue
        # Every part has its whole, unless it has none; an EXISTS of what is not deleted would say the same,
        # and make PostgreSQL start from all wholes where it does not know how many rows it will be asked for.
        gone = or_(*(not_(condition) for condition in beyond))
        conditions.append(not_(exists().where(whole.id == getattr(entity, name), gone)))
    return conditions


def _of_one_owner(local: Column[Any]) -> bool:
    """Whether a foreign key holds the owner of the part to that of the whole."""
    owner = local.table.c.get("user_id")
    if owner is None or owner.nullable:
        return False
    return any(
        {local.name, owner.name} == set(key.column_keys) for key in local.table.foreign_key_constraints
    )


def visible(entity: Entity, viewer: Viewer) -> ColumnElement[bool]:
    """The condition that limits a mapped class, or an alias of one, to what the viewer may see.

    The statement's text depends on the roles of the viewer and on nothing else of them;
    their id is the bound parameter `viewer_id`.
    """
    return and_(true(), *undeleted(entity), *_seen(entity, viewer))


def related(other: Entity, remote: str, entity: Entity, local: str, viewer: Viewer) -> ColumnElement[bool]:
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
    """
    same = bool_of(getattr(other, remote) == getattr(entity, local))
    if _names(entity, local):
        theirs = _of_same_owner(entity, local)
        return and_(same, *undeleted(other), *([] if theirs else _seen(other, viewer)))
    theirs = _of_same_owner(other, remote)
    return and_(same, *undeleted(other, remote), *([] if theirs else _seen(other, viewer)))


def _seen(entity: Entity, viewer: Viewer) -> list[ColumnElement[bool]]:
    return [] if viewer.is_admin else [RULES[_model(entity)].seen_by(entity, viewer)]


def _model(entity: Entity) -> type[Base]:
    return entity.__mapper__.class_ if hasattr(entity, "__mapper__") else entity  # type: ignore[no-any-return]


def _column(entity: Entity, attribute: str) -> Column[Any]:
    return inspect(_model(entity)).attrs[attribute].columns[0]  # type: ignore[no-any-return]


def _names(entity: Entity, attribute: str) -> bool:
    """Whether an attribute is a foreign key."""
    return bool(_column(entity, attribute).foreign_keys)


def _of_same_owner(part: Entity, attribute: str) -> bool:
    """Whether a part and the whole that an attribute names have one owner, and are seen by that owner."""
    local = _column(part, attribute)
    tables = {key.column.table for key in local.foreign_keys}
    wholes = [each.class_ for each in Base.registry.mappers if each.local_table in tables]
    seen_by_owner = all(RULES[model].seen_by is _OWNER for model in (_model(part), *wholes))
    return seen_by_owner and _of_one_owner(local)


def rows(entity: Entity, viewer: Viewer, *columns: Any) -> Select[Any]:
    """Start a SELECT of `columns` from the rows of `entity` that the viewer may see."""
    return select(*columns).select_from(entity).where(visible(entity, viewer))
