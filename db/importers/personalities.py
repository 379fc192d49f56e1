"""Personalities by their readable keys: made where a source has them, else placeholders."""

from datetime import datetime
from typing import Any
from uuid import UUID

from db.importers.batch import Batch
from db.importers.records import Known

STUBS = "personality_id"
"""The table of `import_map` under which placeholders are known."""


def named(batch: Batch, table: str, key: str, at: datetime | None) -> UUID:
    """The personality that a source names; a placeholder is made for one that is nowhere."""
    found = batch.find("personalities", table, key) or batch.find("personalities", STUBS, key)
    if found is not None:
        return found.id
    batch.orphan("names a personality that is not there: a placeholder was made", key)
    values = {"slug": free_slug(batch, key), "name": key[:255], "created_at": at}
    made = batch.put("personalities", values, table=STUBS, key=key, is_stub=True)
    batch.remember("personalities", STUBS, key, Known(made, None))
    return made


def free_slug(batch: Batch, slug: str) -> str:
    """A slug as it is, or with the system's name before it where another personality has it."""
    chosen = slug if slug not in batch.facts.slugs else f"{batch.system}:{slug}"
    if chosen != slug:
        batch.remark(
            "its readable key belongs to another personality: the system's name stands before it", slug
        )
    batch.facts.slugs.add(chosen)
    return chosen


def put_personality(batch: Batch, values: dict[str, Any], **identity: Any) -> UUID:
    """Write a personality; of several defaults of one owner, the first one stays the default."""
    owner, deleted = values.get("user_id"), values.get("deleted_at") is not None
    if values.get("is_default") and not deleted:
        if owner in batch.facts.defaults:
            batch.keep("is_default", True, "its owner has another default already")
            values["is_default"] = False
        batch.facts.defaults.add(owner)
    return batch.put("personalities", values, **identity)
