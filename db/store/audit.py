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

    `acting_as` is the user in whose place an administrator did it, `key_id` the API key with which it was
    done, `request_id` the id that the response carries.
    """

    user_id: UUID | None = None
    address: IPAddress | None = None
    user_agent: str | None = None
    acting_as: UUID | None = None
    key_id: UUID | None = None
    request_id: str | None = None

    @property
    def facts(self) -> dict[str, str]:
        """What the audit has no columns for."""
        told = {"acting_as": self.acting_as, "api_key_id": self.key_id, "request_id": self.request_id}
        return {name: str(value) for name, value in told.items() if value is not None}


async def record(
    session: WriteSession,
    actor: Actor,
    action: str,
    resource_type: str,
    resource_id: UUID | None,
    changes: Mapping[str, Any] | None = None,
    *,
    owner: UUID | None = None,
    **meta: Any,
) -> None:
    """Write down that `actor` did `action`, as `api_key.revoke`, to a thing; `meta` are further facts.

    `changes` has the values before and after by column, and never a secret. `owner` is the user whose thing
    it was, by default the one it was done to, or else the one who did it.
    """
    if owner is None:
        owner = resource_id if resource_type == "user" else actor.acting_as or actor.user_id
    await session.execute(
        insert(AuditLog).values(
            actor_user_id=actor.user_id,
            user_id=owner,
            action=action,
            resource_type=resource_type,
            resource_id=None if resource_id is None else str(resource_id),
            changes=dict(changes or {}),
            meta=actor.facts | meta,
            ip_address=actor.address,
            user_agent=actor.user_agent,
        )
    )
