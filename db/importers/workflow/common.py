"""What the services of the AI Workflow Platform share."""

from typing import Final
from uuid import UUID

from db.importers.batch import Batch
from db.importers.records import Known
from db.importers.steps import Ref, Row

USERS: Final = Ref("user_id", "users", "users")

_UNENDED: Final = frozenset({"pending", "running"})


def owned(batch: Batch, column: str, owner: UUID, what: str) -> UUID | None:
    """What a column names, if it is the owner's: services never checked that across their databases."""
    if batch.row[column] is None:
        return None
    found = batch.ref(column)
    if found is None:
        batch.keep_silently(f"source_{column}", str(batch.row[column]))
        batch.orphan(f"{column} names {what} that is not there: it was left empty", batch.row[column])
        return None
    if found.owner != owner:
        batch.keep(column, batch.row[column], f"{what} of another user: it was left empty")
        return None
    return found.id


def parents_owner(batch: Batch, parent: Known) -> UUID:
    """The owner of a part is that of the whole; another one that is named besides is kept."""
    if parent.owner is None:
        return batch.owner("user_id", batch.row["created_at"])
    named = batch.ref("user_id")
    if named is None or named.id != parent.owner:
        batch.keep("user_id", batch.row["user_id"], "not the owner of the whole: the owner counts")
    return parent.owner


def standing(row: Row, batch: Batch) -> str:
    """The status of a run: one that had not ended is paused, since workers here take up what is pending."""
    status: str = row["status"]
    if status not in _UNENDED:
        return status
    batch.keep("status", status, "not ended in the source: paused here until somebody resumes or ends it")
    return "paused"
