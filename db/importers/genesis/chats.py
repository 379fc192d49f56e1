"""Chats and visits of Genesis: two tables of sessions that share one key, and the messages of the chats."""

from datetime import datetime
from typing import Any, Final

from db.importers.batch import Batch
from db.importers.genesis.people import USERS
from db.importers.messages import put_message
from db.importers.steps import Ref, Row, Step
from db.importers.values import choice

SESSIONS: Final = Ref("session_id", "sessions", "")
"""Sessions by their key in Genesis."""

_role: Final = choice({name: name for name in ("user", "assistant", "system", "tool")})


def chat(row: Row, batch: Batch) -> None:
    """A chat; the visit with the same key, if there is one, tells its segment and preferences.

    Where the chat names nobody, the visit does.
    """
    column = "user_id" if row["user_id"] is not None else "visitor"
    values: dict[str, Any] = {
        "user_id": batch.owner(column, row["created_at"]),
        "source": batch.system,
        "external_id": row["session_id"],
        "kind": "chat",
        "system_prompt": row["system_prompt"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    if row["visited"]:
        values["user_segment"] = row["segment"]
        values["preferences"] = batch.json("preferences")
        if row["user_id"] is not None and row["visitor"] != row["user_id"]:
            batch.keep(
                "visitor", row["visitor"], "the visit with the same key is somebody else's: the chat counts"
            )
    batch.put("sessions", values)


def visit(row: Row, batch: Batch) -> None:
    """A visit; one with the key of a chat is the same session, which has taken over what the visit tells."""
    if row["is_chat"]:
        chat = batch.ref("session_id")
        if chat is None:
            batch.skip("the chat with the same key is not there")
            return
        batch.keep_silently("created_at", _iso(row["created_at"]))
        batch.keep_silently("updated_at", _iso(row["updated_at"]))
        batch.settled("sessions", chat.id)
        return
    batch.put(
        "sessions",
        {
            "user_id": batch.owner("user_id", row["created_at"]),
            "source": batch.system,
            "external_id": row["session_id"],
            "kind": "visit",
            "user_segment": row["user_segment"],
            "preferences": batch.json("preferences"),
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
    )


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def message(row: Row, batch: Batch) -> None:
    """A message of a chat, numbered by time and key."""
    home = batch.ref("session_id")
    if home is None or home.owner is None:
        nobody = batch.stub_user("anonymous", "", row["created_at"])
        home = batch.stub_session(row["session_id"], nobody, row["created_at"])
    role = _role(row["role"])
    if role is None:
        batch.keep("role", row["role"], "not a role that is known here: system stands for it")
    values: dict[str, Any] = {
        "user_id": home.owner,
        "role": role or "system",
        "content": row["content"],
        "metadata": None,
        "created_at": row["created_at"],
    }
    put_message(batch, home.id, values)


_OF_VISIT: Final = {
    "visited": "true",
    "visitor": "v.user_id",
    "segment": "v.user_segment",
    "preferences": "v.preferences",
}

CHATS: Final = (
    Step(
        "chat_sessions",
        "sessions",
        ("id", "session_id", "system_prompt", "user_id", "created_at", "updated_at"),
        chat,
        refs=(USERS, Ref("visitor", "users", "user_id")),
        extra={
            name: f"(SELECT {value} FROM user_sessions v WHERE v.session_id = t.session_id)"
            for name, value in _OF_VISIT.items()
        },
        json=("preferences",),
        tables=("user_sessions",),
        since="updated_at",
    ),
    Step(
        "user_sessions",
        "sessions",
        ("id", "session_id", "user_id", "user_segment", "preferences", "created_at", "updated_at"),
        visit,
        refs=(USERS, SESSIONS),
        extra={"is_chat": "EXISTS (SELECT FROM chat_sessions c WHERE c.session_id = t.session_id)"},
        tables=("chat_sessions",),
        since="updated_at",
    ),
    Step(
        "chat_messages",
        "messages",
        ("id", "session_id", "role", "content", "created_at"),
        message,
        key=("session_id", "created_at", "id"),
        refs=(SESSIONS,),
        apart=True,
        ordinal=("messages", "session_id"),
    ),
)
