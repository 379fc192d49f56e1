"""Relay global ids: base64 of `Type:uuid`. Arguments that take an id accept the plain UUID as well."""

from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Text, cast, func
from strawberry.relay.utils import from_base64, to_base64


def global_id(type_name: str, key: UUID) -> strawberry.ID:
    """The id of a row of one type, unique over all types."""
    return strawberry.ID(to_base64(type_name, str(key)))


def base64_text(text: ColumnElement[str]) -> ColumnElement[str]:
    """SQL for the base64 of a text; PostgreSQL breaks lines after 76 characters, so they are joined."""
    return func.translate(func.encode(func.convert_to(text, "UTF8"), "base64"), "\n", "")


def global_id_sql(type_name: str, key: ColumnElement[UUID]) -> ColumnElement[str]:
    """SQL for `global_id`."""
    return base64_text(func.concat(f"{type_name}:", cast(key, Text)))


def parse_id(value: str, type_name: str | None = None) -> tuple[str | None, UUID] | None:
    """The type and key that an id names, or None for what is no id or is another type's.

    A plain UUID names no type. Nothing is raised: an id that cannot exist and one that does not exist
    get the same answer.
    """
    key = _uuid(value)
    if key is not None:
        return type_name, key
    try:
        named, text = from_base64(value)
    except ValueError:
        return None
    key = _uuid(text)
    if key is None or type_name not in (None, named):
        return None
    return named, key


def _uuid(text: str) -> UUID | None:
    if len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
