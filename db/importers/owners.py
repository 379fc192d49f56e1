"""Whose a row is where a source says it twice: the session's owner counts, since a session has one owner."""

from datetime import datetime
from uuid import UUID

from db.importers.batch import Batch
from db.importers.records import Known


def belonging(batch: Batch, session: Known | None, column: str | None, at: datetime | None) -> UUID:
    """The owner of a row that hangs on a session; a user who is named besides is kept if it is another."""
    if session is None or session.owner is None:
        return batch.owner(column, at) if column else batch.stub_user("anonymous", "", at)
    if column is not None and batch.row[column] is not None:
        named = batch.ref(column)
        if named is None or named.id != session.owner:
            batch.keep(column, batch.row[column], "not the owner of the session: the owner counts")
    return session.owner


def session_or_none(batch: Batch, column: str) -> Known | None:
    """The session that a column names; one that is not there leaves the reference empty."""
    value = batch.row[column]
    if value is None or str(value) == "":
        return None
    found = batch.ref(column)
    if found is None:
        batch.keep_silently(f"source_{column}", str(value))
        batch.orphan(f"{column} names a session that is not there: it was left empty", value)
    return found
