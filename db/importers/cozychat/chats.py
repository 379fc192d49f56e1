"""Personalities, sessions, memories and messages of CozyChat."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from db.importers.batch import Batch
from db.importers.messages import put_message
from db.importers.personalities import STUBS, free_slug, named, put_personality
from db.importers.steps import Ref, Row, Step
from db.importers.texts import parsed, readable
from db.importers.values import as_uuid, whole

DEFAULT_TITLE: Final = "新会话"
USES: Final = "messages.memories_used"
LINKS: Final = "memory_metadata.related_memory_ids"


def personality(row: Row, batch: Batch) -> None:
    """A personality, whose key becomes its slug; deleted ones were deleted when they last changed."""
    deleted = row["status"] == "deleted"
    batch.keep_silently("imported_counters", {"usage_count": row["usage_count"]})
    former = batch.facts.former.get((batch.step.origin, batch.key, "personalities"))
    slug = row["id"] if deleted or former is not None else free_slug(batch, row["id"])
    values: dict[str, Any] = {
        "user_id": None if row["user_id"] is None else batch.owner("user_id", row["created_at"]),
        "name": row["name"],
        "description": row["description"],
        "icon": row["icon"],
        "tags": row["tags"],
        "config": batch.json("config"),
        "is_default": row["is_default"],
        "is_public": row["is_public"],
        "status": "archived" if row["status"] == "archived" else "active",
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "deleted_at": row["updated_at"] if deleted else None,
    }
    if former is None:
        values["slug"] = slug
    put_personality(batch, values)


def session(row: Row, batch: Batch) -> None:
    """A session; a title that was never chosen is none."""
    counters = {name: row[name] for name in ("message_count", "total_tokens_used")}
    last = row["last_message_at"]
    batch.keep_silently(
        "imported_counters", {**counters, "last_message_at": last.isoformat() if last else None}
    )
    batch.put(
        "sessions",
        {
            "user_id": batch.owner("user_id", row["created_at"]),
            "source": batch.system,
            "external_id": str(row["id"]),
            "personality_id": named(batch, "personalities", row["personality_id"], row["created_at"]),
            "title": None if row["title"] == DEFAULT_TITLE else row["title"],
            "metadata": batch.json("metadata"),
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            "deleted_at": row["deleted_at"],
        },
        source_id=row["id"],
    )


def memory(row: Row, batch: Batch) -> None:
    """A memory, whose id is also the key of its vector elsewhere."""
    owner = batch.owner("user_id", row["created_at"])
    if row["lost"]:
        lost = [str(each) for each in row["lost"]]
        batch.keep_silently("source_related_memory_ids", lost)
        batch.orphan(
            "related_memory_ids names what is no other memory of the user: kept in metadata", lost[0]
        )
    batch.put(
        "memories",
        {
            "user_id": owner,
            "session_id": own_session(row, batch, owner),
            "memory_type": row["memory_type"],
            "content": row["content"],
            "importance": row["importance"],
            "quality_score": row["quality_score"],
            "category": row["category"],
            "tags": row["tags"],
            "access_count": row["access_count"],
            "last_accessed_at": row["last_accessed_at"],
            "expires_at": row["expires_at"],
            "external_vector_id": str(row["id"]),
            "metadata": batch.json("metadata"),
            "created_at": row["created_at"],
        },
        source_id=row["id"],
    )


def own_session(row: Row, batch: Batch, owner: UUID) -> UUID | None:
    """The session that a row names, if it is the owner's; another one stays in the metadata."""
    if row["session_id"] is None:
        return None
    found = batch.ref("session_id")
    if found is None:
        batch.keep_silently("source_session_id", str(row["session_id"]))
        batch.orphan("session_id names a session that is not there: it was left empty", row["session_id"])
        return None
    if found.owner != owner:
        batch.keep("session_id", row["session_id"], "a session of another user: it was left empty")
        return None
    return found.id


def memory_links(row: Row, batch: Batch) -> None:
    """Links to related memories, once all memories are here."""
    origin = batch.ref("id")
    if origin is None or origin.owner is None:
        return
    for related in dict.fromkeys(row["related_memory_ids"]):
        found = None if related is None else batch.find("memories", "memory_metadata", str(related))
        if found is not None and found.owner == origin.owner and found.id != origin.id:
            values = {"user_id": origin.owner, "memory_id": origin.id, "related_id": found.id}
            values["created_at"] = row["created_at"]
            batch.put("memory_links", values, table=LINKS, key=f"{batch.key}#{related}")
    batch.settled("memories", origin.id)


def linked(row: Row) -> Iterable[tuple[str, str, str]]:
    """The memories that a memory names."""
    return [("memories", "memory_metadata", str(each)) for each in row["related_memory_ids"] if each]


def message(row: Row, batch: Batch) -> None:
    """A message, numbered within its session by time and key."""
    home = batch.ref("session_id")
    if home is None or home.owner is None:
        batch.orphan("session_id names a session that is not there", row["session_id"])
        batch.skip("its session is not there")
        return
    author = batch.ref("user_id")
    if author is None or author.id != home.owner:
        batch.keep("user_id", row["user_id"], "not the owner of the session: the owner counts")
    prompt, completion, total = tokens(row, batch)
    values: dict[str, Any] = {
        "user_id": home.owner,
        "role": row["role"],
        "content": row["content"],
        "model": row["model"],
        "temperature": row["temperature"],
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": total,
        "tool_calls": batch.json("tool_calls", None),
        "metadata": batch.json("metadata"),
        "created_at": row["created_at"],
    }
    used = _used(batch) if row["memories_used"] is not None else []
    message_id = put_message(batch, home.id, values, source_id=row["id"])
    _uses(row, batch, message_id, home.owner, used)


def tokens(row: Row, batch: Batch) -> tuple[int | None, int | None, int | None]:
    """Tokens of the prompt, of the answer and altogether, from their JSON object."""
    if row["tokens_used"] is None:
        return None, None, None
    said = parsed(batch.json("tokens_used"))
    if not isinstance(said, dict):
        batch.keep("tokens_used", said, "not a JSON object")
        return None, None, whole(said)
    prompt, completion, total = (whole(said.get(name)) for name in ("prompt", "completion", "total"))
    if said.keys() - {"prompt", "completion", "total"}:
        batch.keep("tokens_used", said, "keys that no rule knows")
    elif any(said.get(name) is not None and whole(said[name]) is None for name in said):
        batch.keep("tokens_used", said, "not whole numbers")
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    return prompt, completion, total


def _used(batch: Batch) -> list[dict[str, Any]]:
    """The memories that a message names; a list that says more than ids and similarities is kept besides."""
    used = parsed(batch.json("memories_used", "[]"))
    if not isinstance(used, list):
        batch.keep("memories_used", used, "not a list")
        return []
    entries = [each if isinstance(each, dict) else {"id": each} for each in used]
    named = [each for each in entries if isinstance(each.get("id"), str) and each["id"]]
    if len(named) < len(used):
        batch.keep("memories_used", used, "an entry without an id")
    elif any(each.keys() - {"id", "similarity"} or not _is_number(each.get("similarity")) for each in named):
        batch.keep("memories_used", used, "more than ids and similarities")
    elif len({each["id"] for each in named}) < len(named):
        batch.keep("memories_used", used, "a memory twice: the first counts")
    return list({each["id"]: each for each in reversed(named)}.values())[::-1]


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _uses(row: Row, batch: Batch, message_id: UUID, owner: UUID, used: list[dict[str, Any]]) -> None:
    for each in used:
        reference, similarity = each["id"], each.get("similarity")
        found = batch.find("memories", "memory_metadata", reference)
        found = found if found is not None and found.owner == owner else None
        if found is None:
            batch.orphan("memories_used names a memory that is not here: its name is kept", reference)
        batch.put(
            "message_memories",
            {
                "user_id": owner,
                "message_id": message_id,
                "memory_id": found.id if found else None,
                "external_ref": reference,
                "similarity": similarity if _is_number(similarity) else None,
                "created_at": row["created_at"],
            },
            table=USES,
            key=f"{batch.key}#{reference}",
        )


def used_memories(row: Row) -> Iterable[tuple[str, str, str]]:
    """The memories that a message names by their ids."""
    used = readable(row["memories_used"])
    listed = used if isinstance(used, list) else []
    ids = [each.get("id") if isinstance(each, dict) else each for each in listed]
    return [("memories", "memory_metadata", str(each)) for each in ids if as_uuid(each) is not None]


def personality_names(row: Row) -> Iterable[tuple[str, str, str]]:
    """The personality that a session names, also where it is a placeholder."""
    return [
        ("personalities", "personalities", row["personality_id"]),
        ("personalities", STUBS, row["personality_id"]),
    ]


_USERS: Final = Ref("user_id", "users", "users")
_SESSIONS: Final = Ref("session_id", "sessions", "sessions")

PERSONALITIES: Final = Step(
    "personalities",
    "personalities",
    (
        *("id", "user_id", "name", "description", "icon", "tags", "config", "is_default", "is_public"),
        *("status", "usage_count", "created_at", "updated_at"),
    ),
    personality,
    unique="personalities",
    refs=(_USERS,),
    since="updated_at",
)
CHATS: Final = (
    Step(
        "sessions",
        "sessions",
        (
            *("id", "user_id", "personality_id", "title", "metadata", "message_count", "total_tokens_used"),
            *("created_at", "updated_at", "last_message_at", "deleted_at"),
        ),
        session,
        unique="personalities",
        refs=(_USERS,),
        names=personality_names,
        since="updated_at",
    ),
    Step(
        "memory_metadata",
        "memories",
        (
            *("id", "user_id", "session_id", "memory_type", "content", "importance", "quality_score"),
            *("category", "tags", "related_memory_ids", "metadata", "access_count", "last_accessed_at"),
            *("created_at", "expires_at"),
        ),
        memory,
        refs=(_USERS, _SESSIONS),
        extra={
            "lost": "ARRAY(SELECT each FROM unnest(t.related_memory_ids) each WHERE each IS NOT NULL "
            "AND NOT EXISTS "
            "(SELECT FROM memory_metadata o WHERE o.id = each AND o.user_id = t.user_id AND o.id <> t.id))"
        },
    ),
    Step(
        "memory_metadata",
        "memories",
        ("id", "related_memory_ids", "created_at"),
        memory_links,
        name=LINKS,
        refs=(Ref("id", "memories", "memory_metadata"),),
        names=linked,
        parts=(LINKS,),
        where="cardinality(t.related_memory_ids) > 0",
        partial=True,
    ),
    Step(
        "messages",
        "messages",
        (
            *("id", "session_id", "user_id", "role", "content", "model", "temperature", "tokens_used"),
            *("tool_calls", "memories_used", "metadata", "created_at"),
        ),
        message,
        key=("session_id", "created_at", "id"),
        apart=True,
        refs=(_USERS, _SESSIONS),
        names=used_memories,
        parts=(USES,),
        ordinal=("messages", "session_id"),
    ),
)
