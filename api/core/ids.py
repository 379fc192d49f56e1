"""Relay global ids: base64 of `Type:uuid`. Arguments that take an id accept the plain UUID as well."""

from base64 import b64decode, b64encode
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, LargeBinary, Text, cast, func, literal_column
from strawberry.relay.utils import to_base64

from api.core.literals import quoted


def global_id(type_name: str, key: UUID) -> strawberry.ID:
    """The id of a row of one type, unique over all types."""
    return strawberry.ID(to_base64(type_name, str(key)))


def base64_text(text: ColumnElement[str]) -> ColumnElement[str]:
    """SQL for the base64 of a text; PostgreSQL breaks lines after 76 characters, so they are joined."""
    coded = func.encode(func.convert_to(text, quoted("UTF8")), quoted("base64"))
    # `translate` would take longer than all the rest.
    return func.replace(coded, func.chr(literal_column("10")), quoted(""))


def global_id_sql(type_name: str, key: ColumnElement[UUID]) -> ColumnElement[str]:
    """SQL for `global_id`.

    Base64 turns three bytes at a time into four characters, so that of the type's name is a constant, but for
    what does not fill three bytes. What is left is too short for a line break.
    """
    name = f"{type_name}:"
    cut = len(name) - len(name) % 3
    fixed, left = b64encode(name[:cut].encode()).decode(), name[cut:]
    text = cast(key, Text)
    # A cast to bytes is cheaper than `convert_to` and differs from it for backslashes alone.
    coded = func.encode(cast(quoted(left) + text if left else text, LargeBinary), quoted("base64"))
    return quoted(fixed) + coded


def parse_id(value: str, type_name: str | None = None) -> tuple[str | None, UUID] | None:
    """The type and key that an id names, or None for what is no id or is another type's.

    A plain UUID names no type. Nothing is raised: an id that cannot exist and one that does not exist
    get the same answer.
    """
    key = _uuid(value)
    if key is not None:
        return type_name, key
    try:
        named, _, text = b64decode(value).decode().partition(":")
    except ValueError:
        return None
    key = _uuid(text)
    if key is None or (type_name is not None and type_name != named):
        return None
    return named, key


def _uuid(text: str) -> UUID | None:
    if len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
