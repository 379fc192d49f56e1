"""The inputs of mutations, made from the declarations."""

from collections.abc import Iterable
from functools import cache, partial
from typing import Any, Final

import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.core.inputs import InputMember, make_input
from api.core.kinds import kind_of
from api.core.values import described, graphql_enum
from api.writing.declarations import WRITABLES, Part, Writable
from api.writing.rules import rules
from db.base import Base
from db.store.drafts import BulkPolicy
from db.store.links import links

ID: Final = "id"
VERSION: Final = "expectedVersion"
KEY: Final = "idempotencyKey"
POLICY: Final = "policy"

LONGEST_KEY: Final = 255

described(
    BulkPolicy,
    "What becomes of many rows when some of them cannot be written.",
    {
        "ALL_OR_NOTHING": "Nothing is written unless everything can be.",
        "REJECT_FAILED_ROWS": "Rows without a fault are written, each with all that belongs to it.",
        "IGNORE_FAILED": "Rows are written without what is wrong with them, where they can do without it.",
    },
)

KEY_TEXT: Final = (
    "A key of your choice for this deed: to repeat the mutation with the same key and input, for a day, "
    "does nothing twice and gets the same answer."
)
_KEY: Final = InputMember(KEY, lambda: str, KEY_TEXT)
_VERSION: Final = InputMember(
    VERSION, lambda: int, "The version that you have read; if it is another by now, nothing is changed."
)


@cache
def create_input(model: type[Base]) -> type:
    """One row to make, as `CreateSessionInput`."""
    writable = WRITABLES[model]
    name = writable.mirror.name
    members = [*_members(writable, writable.given), *_parts(writable), _KEY]
    return make_input(f"Create{name}Input", f"{_one(writable)} to make.", members, raw=True)


@cache
def row_input(model: type[Base]) -> type:
    """One of many rows to make, as `MessageRowInput`."""
    writable = WRITABLES[model]
    members = [*_members(writable, writable.given), *_parts(writable)]
    name = f"{writable.mirror.name}RowInput"
    return make_input(name, f"{_one(writable)} to make, one of many.", members, raw=True)


@cache
def nested_input(model: type[Base], attribute: str) -> type:
    """A row to make together with the one that `attribute` names, as `NestedMessageInput`."""
    writable = WRITABLES[model]
    members = [*_members(writable, nested_attributes(writable, attribute)), *_parts(writable)]
    name = f"Nested{writable.mirror.name}Input"
    return make_input(name, f"{_one(writable)} to make with what it belongs to.", members, raw=True)


def nested_attributes(writable: Writable, attribute: str) -> tuple[str, ...]:
    """What a part may be given that takes the rest from its whole, to which nothing belongs yet."""
    known = links(writable.model)
    beside = {name for name, link in known.items() if attribute in link.follows}
    inherited = {attribute, *known[attribute].follows, *beside}
    return tuple(name for name in writable.given if name not in inherited)


@cache
def bulk_input(model: type[Base]) -> type:
    """Many rows to make, as `CreateMessagesInput`."""
    writable = WRITABLES[model]
    many = writable.mirror.many
    policy = InputMember(
        POLICY, lambda: BulkPolicy, "What to do when some cannot be made; left out, it is all or nothing."
    )
    rows = InputMember(many, lambda: _listed(row_input(model)), "What to make, in this order.", required=True)
    name = f"Create{many[0].upper()}{many[1:]}Input"
    return make_input(
        name, f"Several at once: {writable.words} rows to make.", [rows, policy, _KEY], raw=True
    )


@cache
def update_input(model: type[Base]) -> type:
    """What to change, as `UpdateSessionInput`."""
    writable = WRITABLES[model]
    members = [_id(writable), *_members(writable, writable.change, optional=True), _VERSION]
    return make_input(
        f"Update{writable.mirror.name}Input",
        f"What to change of {writable.article} {writable.words}: what is left out stays, and null takes the "
        "value away.",
        members,
        raw=True,
    )


@cache
def upsert_input(model: type[Base]) -> type:
    """A row to make or to change, as `UpsertConfigInput`."""
    writable = WRITABLES[model]
    members = [
        InputMember(each.name, each.type_of, each.description, required=each.required or name in writable.key)
        for name, each in zip(writable.given, _members(writable, writable.given), strict=True)
    ]
    return make_input(
        f"Upsert{writable.mirror.name}Input",
        f"{_one(writable)} to make, or to change if there is one with this key: what is left out stays then.",
        [*members, _KEY],
        raw=True,
    )


@cache
def delete_input(model: type[Base]) -> type:
    """What to delete, as `DeleteSessionInput`."""
    writable = WRITABLES[model]
    members = [_id(writable), *([_VERSION] if writable.versioned else [])]
    name = f"Delete{writable.mirror.name}Input"
    return make_input(name, f"{_one(writable)} to delete.", members, raw=True)


@cache
def restore_input(model: type[Base]) -> type:
    """What to bring back, as `RestoreSessionInput`."""
    writable = WRITABLES[model]
    name = f"Restore{writable.mirror.name}Input"
    return make_input(name, f"{_one(writable)} to bring back.", [_id(writable)], raw=True)


def _members(writable: Writable, attributes: Iterable[str], *, optional: bool = False) -> list[InputMember]:
    members = []
    for name in attributes:
        rule, column = rules(writable.model)[name], getattr(writable.model, name).property.columns[0]
        link = links(writable.model).get(name)
        kind: Any = strawberry.ID if link else kind_of(column).annotation
        values = None if link else kind_of(column).values
        said = [column.doc or "", rule.told]
        said.append("A global id or a plain UUID." if link else "")
        said.append("Only administrators set it." if name in writable.reserved else "")
        placed = writable.place is not None and writable.place.attribute == name
        said.append("Left out, it is the next one." if placed else "")
        members.append(
            InputMember(
                writable.names[name],
                partial(graphql_enum, values) if values else partial(_same, kind),
                " ".join(part for part in said if part),
                required=not (optional or rule.optional or placed),
            )
        )
    return members


def _parts(writable: Writable) -> list[InputMember]:
    return [
        InputMember(
            part_name(part), partial(_nested, part), f"{part.description} They are made together with it."
        )
        for part in writable.parts
    ]


def part_name(part: Part) -> str:
    """How inputs call the parts: as the type calls the relation."""
    return to_camel_case(part.name)


def _same(kind: Any) -> Any:
    return kind


def _nested(part: Part) -> Any:
    return _listed(nested_input(part.model, part.attribute))


def _listed(kind: type) -> Any:
    return list.__class_getitem__(kind)


def _id(writable: Writable) -> InputMember:
    return InputMember(
        ID, lambda: strawberry.ID, f"Which {writable.words}: its global id or plain UUID.", required=True
    )


def _one(writable: Writable) -> str:
    return f"{writable.article.capitalize()} {writable.words}"
