"""Who did what: rows that are written in the transaction of the deed itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from db.columns import IPAddress
from db.models import AuditLog
from db.session import WriteSession


@dataclass(frozen=True, slots=True)
class Actor:
    """Who answers for a deed. `user_id` is None for the service itself and for whoever is not known.

    `acting_as` is the user in whose place an administrator did it.
    """

    user_id: UUID | None = None
    address: IPAddress | None = None
    user_agent: str | None = None
    acting_as: UUID | None = None


async def record(
    session: WriteSession,
    actor: Actor,
    action: str,
    resource_type: str,
    resource_id: UUID | None,
    changes: Mapping[str, Any] | None = None,
    **meta: Any,
) -> None:
    """Write down that `actor` did `action`, as `api_key.revoke`, to a thing; `meta` are further facts.

    `changes` has the values before and after by column, and never a secret.
    """
    if actor.acting_as is not None:
        meta["acting_as"] = str(actor.acting_as)
    await session.execute(
        insert(AuditLog).values(
            actor_user_id=actor.user_id,
            action=action,
            resource_type=resource_type,
            resource_id=None if resource_id is None else str(resource_id),
            changes=dict(changes or {}),
            meta=meta,
            ip_address=actor.address,
            user_agent=actor.user_agent,
        )
    )
