"""Users of CozyChat, what it knows of them, and their API keys."""

from typing import Any, Final

from db.importers.batch import Batch
from db.importers.people import identity, settle
from db.importers.personalities import STUBS, named
from db.importers.scopes import translated
from db.importers.steps import Ref, Row, Step
from db.importers.texts import parsed, readable
from db.importers.values import is_sha256, language, password_scheme, roles

_COUNTERS: Final = ("total_sessions", "total_messages", "total_tokens_used")
_THEMES: Final = frozenset({"light", "dark", "system"})


def user(row: Row, batch: Batch) -> None:
    """A user; a status `deleted` and a time of deletion mean the same here."""
    deleted_at = row["deleted_at"]
    if row["status"] == "deleted" and deleted_at is None:
        batch.keep(
            "status", row["status"], "deleted without a time: the time of the last change stands for it"
        )
        deleted_at = row["updated_at"]
    elif row["status"] == "active" and deleted_at is not None:
        batch.keep("status", row["status"], "active with a time of deletion: the time counts")
    held, unknown = roles([row["role"]])
    if unknown:
        batch.keep("role", row["role"], "not a role that is known here")
    scheme = password_scheme(row["password_hash"])
    if scheme == "unknown":
        batch.remark("a password of an unknown scheme: it must be set anew")
    batch.keep_silently("imported_counters", {name: row[name] for name in _COUNTERS})
    values: dict[str, Any] = {
        "username": row["username"],
        "email": row["email"],
        "password_hash": row["password_hash"],
        "password_scheme": scheme,
        "display_name": row["display_name"],
        "avatar_url": row["avatar_url"],
        "bio": row["bio"],
        "status": "suspended" if row["status"] == "suspended" else "active",
        "roles": held or ["user"],
        "email_verified": row["email_verified"],
        "email_verified_at": row["email_verified_at"],
        "last_login_at": row["last_login_at"],
        "last_login_ip": row["last_login_ip"],
        "metadata": None,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "deleted_at": deleted_at,
    }
    user_id = settle(batch, values, source_id=row["id"])
    identity(batch, user_id, batch.system, str(row["id"]), values)


def profile(row: Row, batch: Batch) -> None:
    """What use tells of a user."""
    batch.put_one(
        "user_profiles",
        batch.owner("user_id", row["generated_at"]),
        {
            "interests": row["interests"],
            "habits": batch.json("habits"),
            "personality_insights": batch.json("personality_insights"),
            "statistics": batch.json("statistics"),
            "generated_at": row["generated_at"],
            "created_at": row["generated_at"],
            "updated_at": row["updated_at"],
        },
    )


def preferences(row: Row, batch: Batch) -> None:
    """How a user likes things, which CozyChat keeps as JSON in the user's row."""
    said = parsed(batch.json("preferences"))
    if not isinstance(said, dict):
        batch.keep("preferences", said, "not a JSON object")
        said = {}
    rest = dict(said)
    slug = rest.pop("default_personality", None)
    tongue = language(rest["language"]) if isinstance(rest.get("language"), str) else None
    theme = rest.get("theme") if rest.get("theme") in _THEMES else None
    for name, value in (("language", tongue), ("theme", theme)):
        if value is not None:
            rest.pop(name)
    flags = {
        name: rest.pop(name) for name in ("auto_tts", "show_reasoning") if isinstance(rest.get(name), bool)
    }
    personality = None
    if isinstance(slug, str) and slug:
        personality = named(batch, "personalities", slug, row["created_at"])
    batch.put_one(
        "user_preferences",
        batch.owner("id", row["created_at"]),
        {
            "default_personality_id": personality,
            "language": tongue,
            "theme": theme,
            "extra": rest,
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            **flags,
        },
    )


def preferred(row: Row) -> list[tuple[str, str, str]]:
    """The personality that a user's preferences name."""
    said = readable(row["preferences"])
    slug = said.get("default_personality") if isinstance(said, dict) else None
    if not isinstance(slug, str) or not slug:
        return []
    return [("personalities", "personalities", slug), ("personalities", STUBS, slug)]


def api_key(row: Row, batch: Batch) -> None:
    """An API key; one whose hash cannot be verified here opens nothing any more."""
    status, revoked_at = row["status"], row["revoked_at"]
    latest = row["last_used_at"] or row["created_at"]
    if not is_sha256(row["key_hash"]):
        batch.remark("a key whose hash is no SHA-256 cannot work here: it was revoked", row["key_prefix"])
        batch.keep_silently("source_status", status)
        status, revoked_at = "revoked", revoked_at or latest
    elif revoked_at is not None and status != "revoked":
        batch.keep("status", status, "with a time of revocation: the time counts")
        status = "revoked"
    elif status == "revoked" and revoked_at is None:
        batch.remark("revoked without a time: that of its last use stands for it")
        revoked_at = latest
    elif status == "active" and row["expires_at"] is not None and row["expires_at"] <= batch.tools["now"]:
        batch.keep("status", status, "active, but past its time")
        status = "expired"
    scopes, unknown = translated(row["scopes"], batch.options.decisions.scopes)
    for scope in unknown:
        batch.keep("scopes", list(row["scopes"]), f"the scope {scope} means nothing here")
    batch.put(
        "api_keys",
        {
            "user_id": batch.owner("user_id", row["created_at"]),
            "name": row["name"],
            "description": row["description"],
            "key_prefix": row["key_prefix"],
            "key_hash": row["key_hash"],
            "scopes": scopes,
            "rate_limit_per_minute": row["rate_limit"],
            "status": status,
            "last_used_at": row["last_used_at"],
            "expires_at": row["expires_at"],
            "revoked_at": revoked_at,
            "created_at": row["created_at"],
        },
        source_id=row["id"],
    )


_USERS: Final = Ref("user_id", "users", "users")

PEOPLE: Final = (
    Step(
        "users",
        "users",
        (
            *(
                "id",
                "username",
                "email",
                "password_hash",
                "role",
                "status",
                "display_name",
                "avatar_url",
                "bio",
            ),
            *("preferences", "email_verified", "email_verified_at", "last_login_at", "last_login_ip"),
            *(*_COUNTERS, "created_at", "updated_at", "deleted_at"),
        ),
        user,
        also=("user_identities",),
        since="updated_at",
        people=True,
    ),
    Step(
        "user_profiles",
        "user_profiles",
        (
            *("user_id", "interests", "habits", "personality_insights", "statistics", "generated_at"),
            "updated_at",
        ),
        profile,
        key=("user_id",),
        refs=(_USERS,),
        since="updated_at",
        one_each=True,
    ),
    Step(
        "user_api_keys",
        "api_keys",
        (
            *("id", "user_id", "key_hash", "key_prefix", "name", "description", "scopes", "rate_limit"),
            *("status", "last_used_at", "created_at", "expires_at", "revoked_at"),
        ),
        api_key,
        refs=(_USERS,),
        since=None,
    ),
)

PREFERENCES: Final = (
    Step(
        "users",
        "user_preferences",
        ("id", "preferences", "created_at", "updated_at"),
        preferences,
        name="users.preferences",
        refs=(Ref("id", "users", "users"),),
        names=preferred,
        unique="personalities",
        since="updated_at",
        one_each=True,
        partial=True,
    ),
)
