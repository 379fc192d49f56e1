"""The root fields of the mutation, made from the declarations."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryOptional
from strawberry.types.info import Info

from api.context import Context
from api.core.fields import ReadingField, argument
from api.core.ids import global_id
from api.core.mutations import Refused
from api.writing import deeds
from api.writing.declarations import Writable
from api.writing.inputs import (
    bulk_input,
    create_input,
    delete_input,
    restore_input,
    update_input,
    upsert_input,
)
from api.writing.payloads import (
    ID,
    bulk_payload,
    changed_payload,
    deleted_payload,
    row_result,
    upserted_payload,
)
from db.base import Base, SoftDeleted

Act = Callable[[Context, Writable, Mapping[str, Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of mutation. `show` puts what was done into a payload."""

    verb: str
    description: str
    input: Callable[[type[Base]], type]
    payload: Callable[[type[Base]], Any]
    act: Act
    show: Callable[[Writable, Any, Any], None]


class WritingField(ReadingField):
    """A root field that writes."""

    def __init__(self, writable: Writable, operation: Operation, name: str) -> None:
        super().__init__(description=_description(writable, operation), graphql_name=name)
        self.writable = writable
        self.operation = operation

    def make_type(self) -> Any:
        """The payload; it is null where the mutation failed, which takes nothing from those before it."""
        return StrawberryOptional(self.operation.payload(self.writable.model))

    def make_arguments(self) -> list[StrawberryArgument]:
        """The one input."""
        given = argument("input", self.operation.input(self.writable.model), "What to do.")
        given.default = strawberry.UNSET
        return [given]

    def get_result(
        self,
        source: Any,
        info: Info[Any, Any] | None,
        args: list[Any],  # noqa: ARG002 - Strawberry's signature; everything comes by name
        kwargs: dict[str, Any],
    ) -> Any:
        """Write; the input is as it was coerced."""
        return self.resolve(source, info, kwargs)  # type: ignore[arg-type]

    async def resolve(self, source: Any, info: Info[Any, Any], given: dict[str, Any]) -> Any:  # noqa: ARG002
        """The payload, to be read after everything is written."""
        context: Context = info.context
        payload = self.operation.payload(self.writable.model)()
        try:
            done = await self.operation.act(context, self.writable, given["input"])
        except Refused as refused:
            payload.errors = list(refused.errors)
            if isinstance(refused, deeds.RefusedRows):
                self.operation.show(self.writable, payload, refused.rows)
        else:
            self.operation.show(self.writable, payload, done)
        context.renew()
        return payload


def _description(writable: Writable, operation: Operation) -> str:
    return operation.description.format(words=writable.words, article=writable.article)


def _show_one(writable: Writable, payload: Any, done: Any) -> None:  # noqa: ARG001
    payload.__dict__[ID] = done.id


def _show_upserted(writable: Writable, payload: Any, done: Any) -> None:
    _show_one(writable, payload, done)
    payload.created = done.created


def _show_deleted(writable: Writable, payload: Any, done: Any) -> None:
    payload.deleted_id = global_id(writable.mirror.name, done.id)
    payload.__dict__.update(done.wholes)


def _show_many(writable: Writable, payload: Any, done: Any) -> None:
    result = row_result(writable.model)
    for row in done:
        shown = result(errors=list(row.errors))
        shown.__dict__[ID] = row.id
        payload.results.append(shown)
    payload.created_count = sum(row.id is not None for row in done)


_CREATE: Final = Operation(
    "create",
    "Make {article} {words}.",
    create_input,
    lambda model: changed_payload(model, "Create"),
    deeds.create_one,
    _show_one,
)
_BULK: Final = Operation(
    "bulk",
    "Make many at once, each {article} {words}: at most 10,000, and 50,000 with all that belongs to them.",
    bulk_input,
    bulk_payload,
    deeds.create_many,
    _show_many,
)
_UPDATE: Final = Operation(
    "update",
    "Change {article} {words}: what the input leaves out stays, and null takes a value away.",
    update_input,
    lambda model: changed_payload(model, "Update"),
    deeds.update_one,
    _show_one,
)
_UPSERT: Final = Operation(
    "upsert",
    "Make {article} {words}, or change the one with the same key.",
    upsert_input,
    upserted_payload,
    deeds.upsert_one,
    _show_upserted,
)
_DELETE: Final = Operation(
    "delete",
    "Delete {article} {words}, with all that belongs to it. It can be restored.",
    delete_input,
    deleted_payload,
    deeds.delete_one,
    _show_deleted,
)
_DELETE_FOR_GOOD: Final = Operation(
    "delete",
    "Delete {article} {words} for good, with all that belongs to it.",
    delete_input,
    deleted_payload,
    deeds.delete_one,
    _show_deleted,
)
_RESTORE: Final = Operation(
    "restore",
    "Bring a deleted {words} back, with all that belongs to it.",
    restore_input,
    lambda model: changed_payload(model, "Restore"),
    deeds.restore_one,
    _show_one,
)


def operations_of(writable: Writable) -> dict[str, Operation]:
    """The mutations of an entity by their names."""
    name, many = writable.mirror.name, writable.mirror.many
    delete = _DELETE if issubclass(writable.model, SoftDeleted) else _DELETE_FOR_GOOD
    found = {
        "create": (f"create{name}", _CREATE),
        "bulk": (f"create{many[0].upper()}{many[1:]}", _BULK),
        "update": (f"update{name}", _UPDATE),
        "upsert": (f"upsert{name}", _UPSERT),
        "delete": (f"delete{name}", delete),
        "restore": (f"restore{name}", _RESTORE),
    }
    return {field: operation for kind, (field, operation) in found.items() if kind in writable.operations}


def mutation_type(writables: Iterable[Writable], base: type) -> type:
    """The mutation: the fields of `base`, and those of every entity that can be written."""
    fields = {
        f"write_{name}": WritingField(writable, operation, name)
        for writable in writables
        for name, operation in operations_of(writable).items()
    }
    namespace = {**fields, "__annotations__": dict.fromkeys(fields, object), "__module__": __name__}
    return strawberry.type(
        type("Mutation", (base,), namespace), description="Everything that can be changed."
    )
