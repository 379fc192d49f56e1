"""Inputs for every mutation, made from the declarations: what is right, and what is wrong in one place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, delete, select

import api.schema  # noqa: F401 - declares what may be written
from api.core.declarations import MIRRORS, Mirror
from api.core.ids import global_id
from api.core.kinds import kind_of
from api.writing.declarations import WRITABLES, Writable
from api.writing.fields import operations_of
from api.writing.inputs import nested_attributes, part_name
from api.writing.rules import rules
from db.base import Base
from db.store.links import links
from tests.factories import World

NUMBERS = count(1)
DIMENSIONS: Final = 200
"""Of the model that every world has."""

ONE_OF_A_KIND: Final = {
    "user_preferences", "user_profiles", "memory_links", "memory_embeddings", "chunk_embeddings",
    "message_memories", "agent_plugins",
}  # fmt: skip
"""Whose keys are those of what they belong to: there is no second one beside the world's."""

BY_KIND: Final[Mapping[str, Any]] = {
    "String": "文 text", "Int": 7, "BigInt": "7", "Float": 0.5, "Decimal": "0.5", "Boolean": True,
    "DateTime": "2026-01-31T08:00:00.000000Z", "Date": "2026-01-31", "JSON": {"made": ["by", "a", "test"]},
    "IPAddress": "192.0.2.7", "StringList": ["b", "a"], "Vector": [0.5] * DIMENSIONS,
}  # fmt: skip
SPECIAL: Final[Mapping[tuple[str, str], Any]] = {
    ("User", "roles"): ["user"],
    ("User", "permissions"): ["session:read"],
    ("User", "email"): "somebody{}@example.com",
    ("User", "username"): "somebody{}",
    ("UserPreferences", "timezone"): "Asia/Taipei",
    ("Workflow", "nodes"): [{"id": "a", "type": "tool"}],
    ("Workflow", "edges"): [],
    ("Personality", "slug"): "a-slug-{}",
    ("Personality", "icon"): "🌾",
    ("Personality", "is_default"): False,
    ("EmbeddingModel", "name"): "model-{}",
    ("EmbeddingModel", "is_default"): False,
    ("EmbeddingModel", "dimensions"): DIMENSIONS,
    ("Config", "key"): "key-{}",
    ("Config", "is_secret"): False,
    ("Session", "external_id"): "external-{}",
    ("DataSourceSchema", "name"): "schema-{}",
    ("DataSourceTable", "name"): "table-{}",
    ("DocumentChunk", "chunk_index"): 3,
    ("MessageCitation", "position"): 3,
}
"""What the kinds do not say; `{}` is a number of its own."""

DEVELOPER: Final = frozenset({"developer"})
ADMIN: Final = frozenset({"admin"})


@dataclass(frozen=True)
class Case:
    """One mutation."""

    name: str
    writable: Writable
    kind: str

    def __str__(self) -> str:
        return self.name

    @property
    def mirror(self) -> Mirror:
        return self.writable.mirror

    @property
    def input(self) -> str:
        return f"{self.name[0].upper()}{self.name[1:]}Input"

    @property
    def roles(self) -> frozenset[str]:
        """Of somebody who may do it."""
        entity = self.writable.mirror.name
        admin = self.kind in self.writable.administrators or entity in ("EmbeddingModel", "Config")
        return ADMIN if admin or self.writable.reserved else DEVELOPER


def cases(*kinds: str) -> list[Case]:
    """The mutations of these kinds, of every entity."""
    found = [
        Case(name, writable, operation.verb)
        for writable in WRITABLES.values()
        for name, operation in operations_of(writable).items()
    ]
    return [case for case in found if not kinds or case.kind in kinds]


def columns(model: type[Base]) -> Mapping[str, Any]:
    return {each.key: each.columns[0] for each in model.__mapper__.column_attrs}


def sample(model: type[Base], attribute: str) -> Any:
    """A value that an attribute takes, as an input has it."""
    kind = kind_of(columns(model)[attribute])
    if (model.__name__, attribute) in SPECIAL:
        value = SPECIAL[model.__name__, attribute]
    elif kind.values is not None:
        value = next(iter(kind.values)).name
    else:
        value = BY_KIND[kind.name]
        if isinstance(value, str) and rules(model)[attribute].told.startswith("At most 10 "):
            value = "text"
    return value.format(next(NUMBERS)) if isinstance(value, str) else value


def row_of(connection: Connection, model: type[Base], key: UUID) -> dict[str, Any]:
    """A row as it stands, by attribute."""
    entity: Any = model
    wanted = [getattr(entity, name).label(name) for name in columns(model)]
    return dict(connection.execute(select(*wanted).where(entity.id == key)).mappings().one())


def make_room(connection: Connection, model: type[Base], world: World) -> dict[str, str]:
    """The ids that a new row's keys may have; what stands in its way is deleted."""
    row = row_of(connection, model, world[model.__tablename__])
    found = {}
    for attribute, link in links(model).items():
        key = row[attribute] or world[link.target.__tablename__]
        found[attribute] = global_id(MIRRORS[link.target].name, key)
    if model.__tablename__ in ONE_OF_A_KIND:
        entity: Any = model
        connection.execute(delete(entity).where(entity.id == world[model.__tablename__]))
    return found


def given(
    writable: Writable, keys: Mapping[str, str], attributes: tuple[str, ...], *, all_of_them: bool = True
) -> dict[str, Any]:
    """An input's values for attributes; with `all_of_them` off, only what is needed."""
    model = writable.model
    return {
        writable.names[name]: keys[name] if name in keys else sample(model, name)
        for name in attributes
        if all_of_them or not rules(model)[name].optional
    }


def nested(writable: Writable, world: World) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Two rows of each kind of part, with their own parts."""
    for part in writable.parts:
        inner = part.writable
        keys = {
            name: global_id(MIRRORS[link.target].name, world[link.target.__tablename__])
            for name, link in links(part.model).items()
        }
        attributes = nested_attributes(inner, part.attribute)
        rows = []
        for place in range(2):
            row = given(inner, keys, attributes) | dict(nested(inner, world))
            if inner.place is not None and inner.place.attribute in inner.names:
                row[inner.names[inner.place.attribute]] = place
            rows.append(row)
        yield part_name(part), rows[:1] if part.model.__tablename__ in ONE_OF_A_KIND else rows


def selection(mirror: Mirror) -> str:
    """All that a type shows of itself, and the ids of what it leads to."""
    plain = [column.name for column in mirror.columns.values()]
    ways = [f"{each.name} {{ id }}" for each in mirror.relations.values() if not each.many]
    computed = [each.name for each in mirror.computed.values()]
    return " ".join(["id", *plain, *computed, *ways])


ERRORS: Final = "errors { __typename code message path }"


def document(case: Case) -> str:
    """The operation, showing everything."""
    mirror = case.mirror
    shown = f"{mirror.one} {{ {selection(mirror)} }}"
    match case.kind:
        case "delete":
            shown = "deletedId"
        case "bulk":
            shown = f"createdCount results {{ {shown} {ERRORS} }}"
        case "upsert":
            shown = f"created {shown}"
    return f"mutation ($input: {case.input}!) {{ {case.name}(input: $input) {{ {shown} {ERRORS} }} }}"
