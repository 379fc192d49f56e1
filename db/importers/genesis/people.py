"""Users of Genesis, and everybody else whom its other tables name by a string."""

from collections.abc import Iterable
from typing import Any, Final

from db.importers.batch import Batch
from db.importers.people import identity, settle
from db.importers.steps import Ref, Row, Step
from db.importers.values import password_scheme

NAMED: Final = "user_id"
"""The table of `import_map` under which people are known by the strings that name them."""
USERS: Final = Ref("user_id", "users", NAMED)

_TABLES: Final = (
    *("user_sessions", "chat_sessions", "llm_calls", "user_behaviors", "intent_analyses"),
    *("ad_recommendations", "api_logs", "audit_logs"),
)


def user(row: Row, batch: Batch) -> None:
    """A user with a password by bcrypt, as the design says; another kind of hash cannot be verified."""
    scheme = password_scheme(row["password_hash"])
    if scheme == "unknown":
        batch.remark("a password of an unknown scheme: it must be set anew")
    values: dict[str, Any] = {
        "username": row["username"],
        "email": row["email"],
        "password_hash": row["password_hash"],
        "password_scheme": scheme,
        "display_name": row["full_name"],
        "status": "suspended" if row["is_active"] is False else "active",
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
    user_id = settle(batch, values, source_id=row["id"])
    identity(batch, user_id, batch.system, str(row["id"]), values)


def person(row: Row, batch: Batch) -> None:
    """A string that names somebody: a user by id or by name, else somebody of whom nothing else is known."""
    if row["known_id"] is not None:
        known = batch.find("users", "users", str(row["known_id"]))
        if known is not None:
            batch.settled("users", known.id)
            return
    batch.orphan("user_id names nobody in users: a placeholder was made", row["user_id"])
    values: dict[str, Any] = {
        "username": row["username"],
        "email": row["email"],
        "auth_provider": batch.system,
        "external_id": row["user_id"],
        "display_name": row["user_id"][:100],
        "created_at": row["created_at"],
    }
    settle(batch, values)


def _known(row: Row) -> Iterable[tuple[str, str, str]]:
    return [("users", "users", str(row["known_id"]))] if row["known_id"] is not None else []


_IS_UUID: Final = "user_id ~ '^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$'"
_NAMES: Final = " UNION ALL ".join(f"SELECT user_id, created_at FROM {table}" for table in _TABLES)
_QUERY: Final = rf"""
    SELECT user_id, created_at, known_id,
        CASE WHEN known_id IS NULL AND user_id ~ '^[A-Za-z][A-Za-z0-9._-]{{0,99}}$' AND NOT {_IS_UUID}
            THEN user_id END AS username,
        CASE WHEN known_id IS NULL AND user_id ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' THEN user_id END AS email
    FROM (
        SELECT user_id, created_at, coalesce(
            CASE WHEN {_IS_UUID} THEN (SELECT id FROM users WHERE id = user_id::uuid) END,
            (SELECT id FROM users WHERE username = user_id)
        ) AS known_id
        FROM (
            SELECT user_id, min(created_at) AS created_at FROM ({_NAMES}) each
            WHERE btrim(user_id) <> '' GROUP BY user_id
        ) named
    ) found
"""

PEOPLE: Final = (
    Step(
        "users",
        "users",
        (
            *("id", "username", "email", "password_hash", "full_name", "is_active", "created_at"),
            "updated_at",
        ),
        user,
        also=("user_identities",),
        since="updated_at",
        people=True,
    ),
    Step(
        NAMED,
        "users",
        ("user_id", "created_at", "known_id", "username", "email"),
        person,
        key=("user_id",),
        query=_QUERY,
        types={
            "user_id": "character varying",
            "created_at": "timestamp with time zone",
            "known_id": "uuid",
            "username": "character varying",
            "email": "character varying",
        },
        tables=("users", *_TABLES),
        names=_known,
        since=None,
        people=True,
    ),
)
