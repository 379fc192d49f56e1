"""How users are known to sign-in providers."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, update

from db.models import UserIdentity
from db.session import WriteSession


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider vouches for; `subject` is how it names them."""

    provider: str
    subject: str
    email: str | None
    email_verified: bool


async def use_identity(session: WriteSession, identity: Identity) -> UUID | None:
    """The user who has this identity, if there is one; that they came, and their address, is remembered."""
    values: dict[str, Any] = {"last_used_at": func.now(), "email_verified": identity.email_verified}
    if identity.email is not None:
        values["email"] = identity.email
    user_id: UUID | None = await session.scalar(
        update(UserIdentity)
        .where(UserIdentity.provider == identity.provider, UserIdentity.subject == identity.subject)
        .values(**values)
        .returning(UserIdentity.user_id)
    )
    return user_id


async def add_identity(session: WriteSession, user_id: UUID, identity: Identity) -> None:
    """Write down that a provider knows a user. Raises Conflict where that is somebody else's identity."""
    await session.execute(
        insert(UserIdentity).values(
            user_id=user_id,
            provider=identity.provider,
            subject=identity.subject,
            email=identity.email,
            email_verified=identity.email_verified,
            last_used_at=func.now(),
        )
    )
