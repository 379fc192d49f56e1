"""What the audit says of a deed: the difference that it made, without secrets and without what is long."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final
from uuid import UUID

import orjson
from pgvector.sqlalchemy import VECTOR

from api.writing.declarations import Writable
from db.matrix import entity_of
from db.session import WriteSession
from db.store.audit import Actor, record
from db.store.drafts import Draft

LEFT_OUT: Final = "(left out)"
_LONGEST_TEXT: Final = 1_000
_LONGEST_JSON: Final = 4_000

Difference = dict[str, list[Any]]
"""The values before and after, by column."""


def difference(writable: Writable, before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """What differs among the attributes of `after`."""
    found: Difference = {}
    for attribute, value in after.items():
        column = getattr(writable.model, attribute).property.columns[0]
        if isinstance(column.type, VECTOR) or before.get(attribute) == value:
            continue
        pair = [before.get(attribute), value]
        if attribute in writable.secret:
            pair = [None if each is None else LEFT_OUT for each in pair]
        found[str(column.name)] = [_shown(each) for each in pair]
    return found


def _shown(value: Any) -> Any:
    match value:
        case str() if len(value) > _LONGEST_TEXT:
            return f"{value[:_LONGEST_TEXT]}…"
        case Enum():
            return value.value
        case dict() | list():
            size = len(orjson.dumps(value))
            return f"(JSON of {size:,} bytes)" if size > _LONGEST_JSON else value
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


async def record_one(
    session: WriteSession, actor: Actor, writable: Writable, operation: str, draft: Draft, changes: Difference
) -> None:
    """Write down a deed to one row, and how many parts were made with it."""
    parts = {name: len(parts) for name, parts in draft.parts.items() if parts}
    entity = entity_of(writable.model)
    facts: dict[str, Any] = {"parts": parts} if parts else {}
    action = f"{entity}.{operation}"
    await record(session, actor, action, entity, draft.id, changes, owner=draft.owner, **facts)


async def record_many(
    session: WriteSession, actor: Actor, writable: Writable, drafts: Sequence[Draft]
) -> None:
    """Write down that many rows were made: which, instead of what is in them."""
    owner = _only({draft.owner for draft in drafts})
    entity = entity_of(writable.model)
    ids = [str(draft.id) for draft in drafts]
    await record(session, actor, f"{entity}.create", entity, None, owner=owner, count=len(ids), ids=ids)


def _only(owners: Iterable[UUID | None]) -> UUID | None:
    found = list(owners)
    return found[0] if len(found) == 1 else None
