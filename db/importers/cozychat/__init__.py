"""CozyChat: people, personalities, sessions, memories, and the logs around them."""

from typing import Final

from db.importers.cozychat.chats import CHATS, PERSONALITIES
from db.importers.cozychat.logs import LOGS, SUMS
from db.importers.cozychat.people import PEOPLE, PREFERENCES
from db.importers.steps import Counter, System

COZYCHAT: Final = System(
    "cozychat",
    "CozyChat",
    (*PEOPLE, PERSONALITIES, *PREFERENCES, *CHATS, *LOGS),
    SUMS,
    (
        Counter(
            "users", "total_sessions", "SELECT count(*) FROM sessions s WHERE s.user_id = t.id", ("sessions",)
        ),
        Counter(
            "users", "total_messages", "SELECT count(*) FROM messages m WHERE m.user_id = t.id", ("messages",)
        ),
        Counter(
            "sessions",
            "message_count",
            "SELECT count(*) FROM messages m WHERE m.session_id = t.id",
            ("messages",),
        ),
        Counter(
            "personalities",
            "usage_count",
            "SELECT count(*) FROM sessions s WHERE s.personality_id = t.id",
            ("sessions",),
        ),
    ),
    (
        (
            "Vectors of memories are in ChromaDB or Qdrant, not in this database: memories bear their "
            "keys there, "
            "and are embedded anew."
        ),
    ),
)
