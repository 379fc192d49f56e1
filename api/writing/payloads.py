"""The payloads of mutations, made from the declarations; what they show is read when all is written."""

from collections.abc import Awaitable
from functools import cache
from typing import Any

import strawberry
from sqlalchemy import inspect
from sqlalchemy.orm import MANYTOONE
from strawberry.types.info import Info
from strawberry.utils.str_converters import to_camel_case

from api.core.declarations import MIRRORS, Mirror
from api.core.fields import ReadingField, object_result
from api.core.mutations import Payload, UserError
from api.writing.declarations import WRITABLES
from db.base import Base
from db.store.links import links


class WrittenField(ReadingField):
    """An object that a mutation wrote, or that what it wrote belongs to; `key` names where its id lies."""

    def __init__(self, mirror: Mirror, key: str, *, name: str, description: str) -> None:
        super().__init__(description=description, graphql_name=name, default=None)
        self.mirror = mirror
        self.key = key

    def make_type(self) -> Any:
        """Nullable: nothing may have been written, or the viewer may not see it."""
        return self.mirror.cls | None

    def resolve(self, source: Any, info: Info[Any, Any], given: dict[str, Any]) -> Awaitable[Any]:  # noqa: ARG002
        """The object as it is now."""
        return object_result(info, self.mirror, source.__dict__.get(self.key))


ID = "_id"
"""Where a payload has the id of what was written."""


@cache
def changed_payload(model: type[Base], verb: str) -> Any:
    """What `createSession`, `updateSession` and `restoreSession` answer."""
    mirror = MIRRORS[model]
    return _payload(
        f"{verb}{mirror.name}Payload",
        f"What `{verb[0].lower()}{verb[1:]}{mirror.name}` answers.",
        {mirror.one: _written(mirror)},
    )


@cache
def upserted_payload(model: type[Base]) -> Any:
    """What `upsertConfig` answers."""
    mirror = MIRRORS[model]
    fields = {mirror.one: _written(mirror)}
    return _payload(
        f"Upsert{mirror.name}Payload", f"What `upsert{mirror.name}` answers.", fields, **_created()
    )


def _created() -> dict[str, tuple[Any, Any]]:
    text = "Whether it was made, as there was none with this key; null where nothing was done."
    return {"created": (bool | None, strawberry.field(default=None, description=text))}


@cache
def deleted_payload(model: type[Base]) -> Any:
    """What `deleteSession` answers: the id, and the wholes from which the row is gone."""
    mirror = MIRRORS[model]
    fields = {
        relation.key: WrittenField(
            MIRRORS[relation.mapper.class_],
            attribute,
            name=to_camel_case(relation.key),
            description=f"{relation.doc} It is as it was left.",
        )
        for relation in inspect(model).relationships
        if relation.direction is MANYTOONE
        for attribute in [relation.parent.get_property_by_column(relation.local_remote_pairs[0][0]).key]
        if attribute in links(model) and links(model)[attribute].owned
    }
    text = "The global id of what was deleted; null where nothing was."
    deleted = (strawberry.ID | None, strawberry.field(default=None, description=text))
    name = f"Delete{mirror.name}Payload"
    return _payload(name, f"What `delete{mirror.name}` answers.", fields, deleted_id=deleted)


@cache
def row_result(model: type[Base]) -> Any:
    """What became of one of many rows, as `MessageRowResult`."""
    mirror = MIRRORS[model]
    faults = strawberry.field(default_factory=list, description="What is wrong with it.")
    return strawberry.type(
        _class(
            f"{mirror.name}RowResult",
            (),
            {mirror.one: _written(mirror)},
            {"errors": (list.__class_getitem__(UserError), faults)},
        ),
        description=f"What became of one {WRITABLES[model].words} of many.",
    )


@cache
def bulk_payload(model: type[Base]) -> Any:
    """What `createMessages` answers."""
    mirror = MIRRORS[model]
    many = f"{mirror.many[0].upper()}{mirror.many[1:]}"
    results = strawberry.field(
        default_factory=list,
        description="What became of each row, in their order.",
    )
    count = strawberry.field(default=0, description="How many were made.")
    return _payload(
        f"Create{many}Payload",
        f"What `create{many}` answers.",
        {},
        results=(list.__class_getitem__(row_result(model)), results),
        created_count=(int, count),
    )


def _written(mirror: Mirror) -> WrittenField:
    text = "It as it is now, counters and all; null where nothing was done, or where you may not see it."
    return WrittenField(mirror, ID, name=mirror.one, description=text)


def _payload(name: str, description: str, fields: dict[str, Any], **values: tuple[Any, Any]) -> Any:
    return strawberry.type(_class(name, (Payload,), fields, values), description=description)


def _class(
    name: str, bases: tuple[type, ...], fields: dict[str, Any], values: dict[str, tuple[Any, Any]]
) -> type:
    annotations = dict.fromkeys(fields, object) | {key: kind for key, (kind, _) in values.items()}
    members = fields | {key: field for key, (_, field) in values.items()}
    return type(name, bases, {**members, "__annotations__": annotations, "__module__": __name__})
