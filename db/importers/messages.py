"""Messages on their way into a session: numbered, and each following the one before it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from db.importers.batch import Batch
from db.importers.records import End


def put_message(
    batch: Batch, session_id: UUID, values: Mapping[str, Any], *, place: int | None = None, **identity: Any
) -> UUID:
    """Write a message of a session; its id. One that is here already keeps its number and its place.

    `place` is the number that the source gives it; without one it gets the next. A message of a session that
    has others here is left to the database, which knows what was said last in it.
    """
    told = {**values, "session_id": session_id}
    table, key = identity.get("table") or batch.step.origin, identity.get("key") or batch.key
    if (table, key, "messages") in batch.facts.former:
        return batch.put("messages", told, **identity)
    begins, before = session_id not in batch.facts.last, batch.facts.ends.get(session_id)
    if not begins and before is None:
        return batch.put("messages", {**told, "seq": batch.next_number(session_id)}, **identity)
    seq = batch.number_from(session_id, place)
    branch, parent = (seq, None) if before is None else (before.branch_seq, before.id)
    made = batch.put("messages", {**told, "seq": seq, "branch_seq": branch, "parent_id": parent}, **identity)
    batch.facts.ends[session_id] = End(made, branch)
    return made
