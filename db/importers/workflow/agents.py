"""Users, personas, agents and their plugins."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from db.importers.batch import Batch
from db.importers.people import identity, settle
from db.importers.personalities import STUBS
from db.importers.records import Known
from db.importers.sealing import sealed
from db.importers.steps import Ref, Row, Step
from db.importers.texts import dumped, parsed
from db.importers.values import password_scheme, roles
from db.importers.workflow.common import USERS as OWNER


def user(row: Row, batch: Batch) -> None:
    """A user, who signs in with an e-mail address; how passwords are hashed is not said."""
    scheme = password_scheme(row["password_hash"])
    if scheme == "unknown":
        batch.remark("a password of an unknown scheme: it must be set anew")
    held, unknown = roles(row["roles"])
    if unknown:
        batch.keep("roles", list(row["roles"]), "roles that are not known here")
    values: dict[str, Any] = {
        "email": row["email"],
        "password_hash": row["password_hash"],
        "password_scheme": scheme,
        "display_name": row["name"],
        "roles": held or ["user"],
        "permissions": row["permissions"],
        "status": "active" if row["is_active"] else "suspended",
        "email_verified": row["email_verified"],
        "last_login_at": row["last_login_at"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "deleted_at": row["deleted_at"],
    }
    user_id = settle(batch, values, source_id=row["id"])
    identity(batch, user_id, batch.system, str(row["id"]), values)


def persona(row: Row, batch: Batch) -> None:
    """A persona: a Scriban template and the JSON Schema of its variables."""
    batch.keep_silently("imported_counters", {"usage_count": row["usage_count"]})
    batch.put(
        "personalities",
        {
            "user_id": batch.owner("user_id", row["created_at"]),
            "name": row["name"],
            "description": row["description"],
            "template": row["template"],
            "template_engine": "scriban",
            "variables": batch.json("variables"),
            "is_public": row["is_public"],
            "rating": row["rating"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            "deleted_at": row["deleted_at"],
        },
        source_id=row["id"],
    )


def validation(row: Row, batch: Batch) -> None:
    """The verdict of a validator on a persona."""
    persona = batch.ref("persona_id")
    if persona is None:
        batch.orphan("persona_id names a persona that is not there", row["persona_id"])
        batch.skip("its persona is not there")
        return
    batch.put(
        "personality_validations",
        {
            "user_id": persona.owner,
            "personality_id": persona.id,
            "validator": row["validator"],
            "result": batch.json("validation_result"),
            "is_valid": row["is_valid"],
            "issues": row["issues"],
            "validated_at": row["validated_at"],
            "created_at": row["validated_at"],
        },
        source_id=row["id"],
    )


def agent(row: Row, batch: Batch) -> None:
    """An agent; its persona is in another database, where it may be missing."""
    batch.put(
        "agents",
        {
            "user_id": batch.owner("user_id", row["created_at"]),
            "personality_id": _persona(row, batch),
            "name": row["name"],
            "description": row["description"],
            "status": row["status"],
            "settings": batch.json("settings"),
            "metadata": batch.json("metadata"),
            "version": row["version"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            "deleted_at": row["deleted_at"],
        },
        source_id=row["id"],
    )


def _persona(row: Row, batch: Batch) -> UUID:
    key = str(row["persona_id"])
    found = batch.ref("persona_id") or batch.find("personalities", STUBS, key)
    if found is not None:
        return found.id
    batch.orphan("persona_id names a persona that is not there: a placeholder was made", key)
    values = {"name": f"Missing persona {key}", "created_at": row["created_at"]}
    made = batch.put("personalities", values, table=STUBS, key=key, is_stub=True)
    batch.remember("personalities", STUBS, key, Known(made, None))
    return made


def _placeholders(row: Row) -> Iterable[tuple[str, str, str]]:
    return [("personalities", STUBS, str(row["persona_id"]))]


def plugin(row: Row, batch: Batch) -> None:
    """A plugin of an agent; secrets in its configuration are encrypted."""
    agent = batch.ref("agent_id")
    if agent is None:
        batch.orphan("agent_id names an agent that is not there", row["agent_id"])
        batch.skip("its agent is not there")
        return
    said = parsed(batch.json("config"))
    clean = sealed(said, batch.tools["vault"])
    if clean != said:
        batch.remark("secrets in its configuration: kept encrypted")
    batch.put(
        "agent_plugins",
        {
            "user_id": agent.owner,
            "agent_id": agent.id,
            "name": row["name"],
            "plugin_type": row["plugin_type"],
            "config": batch.row["config"] if clean == said else dumped(clean),
            "is_enabled": row["is_enabled"],
            "order_index": row["order_index"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
        source_id=row["id"],
    )


USERS: Final = (
    Step(
        "users",
        "users",
        (
            *("id", "email", "password_hash", "name", "roles", "permissions", "is_active"),
            *("email_verified", "last_login_at", "created_at", "updated_at", "deleted_at"),
        ),
        user,
        also=("user_identities",),
        since="updated_at",
        people=True,
    ),
)
PERSONAS: Final = (
    Step(
        "personas",
        "personalities",
        (
            *("id", "user_id", "name", "description", "template", "variables", "is_public", "usage_count"),
            *("rating", "created_at", "updated_at", "deleted_at"),
        ),
        persona,
        refs=(OWNER,),
        since="updated_at",
    ),
    Step(
        "persona_validations",
        "personality_validations",
        ("id", "persona_id", "validator", "validation_result", "is_valid", "issues", "validated_at"),
        validation,
        refs=(Ref("persona_id", "personalities", "personas"),),
        since="validated_at",
    ),
)
AGENTS: Final = (
    Step(
        "agents",
        "agents",
        (
            *("id", "user_id", "persona_id", "name", "description", "status", "settings", "metadata"),
            *("version", "created_at", "updated_at", "deleted_at"),
        ),
        agent,
        refs=(OWNER, Ref("persona_id", "personalities", "personas")),
        names=_placeholders,
        since="updated_at",
    ),
    Step(
        "agent_plugins",
        "agent_plugins",
        (
            *("id", "agent_id", "name", "plugin_type", "config", "is_enabled", "order_index", "created_at"),
            "updated_at",
        ),
        plugin,
        refs=(Ref("agent_id", "agents", "agents"),),
        since="updated_at",
    ),
)
