"""The declaration of a GraphQL type that mirrors a table, from which everything else is made.

    @mirror(models.Session)
    class Session(Node):
        title: str | None
        created_at: datetime
        user = to_one(models.Session.user)
        messages = to_many(models.Session.messages)

Descriptions come from the model's own `doc` texts. Names, kinds and nullability are checked against the
model when the module is imported, so that a column and its field cannot drift apart.
"""

import types
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import strawberry
from sqlalchemy import Column, ColumnElement, FromClause, inspect
from sqlalchemy.orm import InstrumentedAttribute, Mapper, RelationshipProperty
from strawberry.utils.str_converters import to_camel_case

from api.core.declarations import (
    MIRRORS,
    Computed,
    Listing,
    Mirror,
    MirroredColumn,
    Relation,
    Walk,
)
from api.core.fields import ToManyField, ToOneField
from api.core.kinds import kind_of
from api.core.nodes import origins_field
from api.core.origins import ATTRIBUTE
from api.core.permission_lines import permission_of, seen_by
from api.core.values import graphql_enum
from db.base import Base
from db.policy import Entity, Viewer

TypeT = TypeVar("TypeT", bound=type)


class RelationPlace:
    """Where a relation stands in a class body, until `mirror` knows the class."""

    def __init__(self, attribute: InstrumentedAttribute[Any]) -> None:
        self.attribute = attribute


class WalkPlace:
    """Where a walk stands in a class body, until `mirror` knows the class."""

    def __init__(self, make: Callable[[str], Walk]) -> None:
        self.make = make


class ComputedPlace:
    """Where a computed field stands in a class body, until `mirror` knows the class."""

    def __init__(self, sql: Callable[[Entity, Viewer], ColumnElement[Any]], description: str) -> None:
        self.sql = sql
        self.description = description


def to_one(attribute: InstrumentedAttribute[Any]) -> Any:
    """A field that leads to the one row that a foreign key names, or null where the viewer may not see it."""
    return RelationPlace(attribute)


def to_many(attribute: InstrumentedAttribute[Any]) -> Any:
    """A connection over the rows whose foreign key names this one."""
    return RelationPlace(attribute)


def walk(
    model: type[Base],
    stretches: Callable[[ColumnElement[Any]], FromClause],
    within: Callable[[Entity, FromClause], ColumnElement[bool]],
    *,
    order: str,
    description: str,
) -> Any:
    """A connection over the rows of a model that lie within the stretches of this row's id.

    It stands in the ascending order of an attribute. Neither has to do with rights: only what the viewer may
    see is listed.
    """
    return WalkPlace(lambda name: Walk(name, model, stretches, within, ((order, False),), description))


def computed(sql: Callable[[Entity, Viewer], ColumnElement[Any]], *, description: str) -> Any:
    """A field whose value is an SQL expression over the row and the viewer."""
    return ComputedPlace(sql, description)


def mirror(
    model: type[Base],
    *,
    one: str | None = None,
    many: str | None = None,
    natural_keys: Iterable[str] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> Callable[[TypeT], TypeT]:
    """Declare that a class mirrors a model.

    Args:
        model: the mapped class.
        one: the root field that fetches one object; the type's name in camel case by default.
        many: the root field that lists them; the name with an `s` by default.
        names: GraphQL names of attributes that are not to be called as in the model.
        natural_keys: attributes that identify a row beside its id.

    Raises:
        TypeError: where the class and the model disagree.
    """

    def declare(cls: TypeT) -> TypeT:
        name = cls.__name__
        root = one or name[0].lower() + name[1:]
        made = Mirror(name, cls, model, root, many or f"{root}s", tuple(natural_keys))
        hints = get_type_hints(cls)
        declared = dict(cls.__dict__)
        for attribute, annotation in hints.items():
            place = declared.get(attribute)
            if isinstance(place, ComputedPlace):
                _declare_computed(made, attribute, annotation, place)
            elif attribute in cls.__annotations__:
                _declare_column(made, attribute, annotation, names.get(attribute) or _graphql_name(attribute))
        for attribute, place in declared.items():
            if isinstance(place, RelationPlace):
                relation = _relation(made, attribute, place)
                cls.__annotations__[attribute] = object
                setattr(cls, attribute, _field(relation))
            elif isinstance(place, WalkPlace):
                made_walk = place.make(_graphql_name(attribute))
                made.walks[made_walk.name] = made_walk
                cls.__annotations__[attribute] = object
                setattr(cls, attribute, _field(made_walk))
        setattr(cls, ATTRIBUTE, origins_field())
        if model in MIRRORS:
            raise TypeError(f"{model.__name__} is mirrored twice")
        MIRRORS[model] = made
        doc = (cls.__doc__ or model.__doc__ or "").strip()
        return strawberry.type(cls, name=name, description=f"{doc} {seen_by(model)}")

    return declare


def _field(relation: Listing) -> ToOneField | ToManyField:
    if isinstance(relation, Relation) and not relation.many:
        return ToOneField(relation)
    return ToManyField(
        lambda: relation.target, relation, description=relation.description, graphql_name=relation.name
    )


def _graphql_name(attribute: str) -> str:
    # SQLAlchemy reserves `metadata`, so the attribute is `meta`.
    return "metadata" if attribute == "meta" else to_camel_case(attribute)


def _declare_column(made: Mirror, attribute: str, annotation: Any, name: str) -> None:
    mapper: Mapper[Any] = inspect(made.model)
    if attribute not in mapper.column_attrs:
        raise TypeError(f"{made.name}.{attribute}: {made.model.__name__} has no such column")
    column = cast("Column[Any]", mapper.column_attrs[attribute].columns[0])
    kind = kind_of(column)
    plain, optional = _split_optional(annotation)
    if plain != kind.annotation or optional is not bool(column.nullable):
        expected = getattr(kind.annotation, "__name__", kind.annotation)
        raise TypeError(
            f"{made.name}.{attribute} is declared as {annotation}, but the column is "
            f"{expected}{' | None' if column.nullable else ''}"
        )
    if kind.values:
        graphql_enum(kind.values)
    description = _described(made, attribute, column.doc or "")
    made.columns[name] = MirroredColumn(name, attribute, kind, bool(column.nullable), description)
    setattr(made.cls, attribute, strawberry.field(name=name, description=description))


def _declare_computed(made: Mirror, attribute: str, annotation: Any, place: ComputedPlace) -> None:
    name = _graphql_name(attribute)
    description = _described(made, attribute, place.description)
    made.computed[name] = Computed(name, attribute, annotation, place.sql, description)
    setattr(made.cls, attribute, strawberry.field(name=name, description=description))


def _described(made: Mirror, attribute: str, text: str) -> str:
    permission = permission_of(made.model, attribute)
    return f"{text} {permission}" if permission else text


def _relation(made: Mirror, attribute: str, place: RelationPlace) -> Relation:
    relationship = cast("RelationshipProperty[Any]", place.attribute.property)
    name = _graphql_name(attribute)
    relation = Relation(name, made.model, relationship, bool(relationship.uselist), relationship.doc or "")
    made.relations[name] = relation
    return relation


def _split_optional(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not types.NoneType]
        if len(members) == 1 and len(members) < len(get_args(annotation)):
            return members[0], True
    return annotation, False
