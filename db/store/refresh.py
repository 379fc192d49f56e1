"""Refresh tokens: families of sign-ins, in which each token is good for one use.

Whoever calls these holds the lock on the user (`lock_account`), so that a family is never revoked while a
successor is being written to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select, update

from db.columns import IPAddress
from db.models import RefreshToken
from db.session import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Found:
    """One refresh token as it stands."""

    id: UUID
    user_id: UUID
    family_id: UUID
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


_COLUMNS: Final = (
    RefreshToken.id,
    RefreshToken.user_id,
    RefreshToken.family_id,
    RefreshToken.expires_at,
    RefreshToken.used_at,
    RefreshToken.revoked_at,
)


async def find_token(session: ReadSession | WriteSession, token_hash: str) -> Found | None:
    """The token with this hash."""
    found = await session.execute(select(*_COLUMNS).where(RefreshToken.token_hash == token_hash))
    row = found.one_or_none()
    return None if row is None else Found(*row)


async def add_token(
    session: WriteSession,
    *,
    user_id: UUID,
    family_id: UUID,
    token_hash: str,
    expires_at: datetime,
    replaces: UUID | None = None,
    address: IPAddress | None = None,
    user_agent: str | None = None,
) -> None:
    """Write a token, in the place of `replaces` if there is one, which then is used up."""
    made = await session.scalar(
        insert(RefreshToken)
        .values(
            user_id=user_id,
            family_id=family_id,
            token_hash=token_hash,
            expires_at=expires_at,
            ip_address=address,
            user_agent=user_agent,
        )
        .returning(RefreshToken.id)
    )
    if replaces is not None:
        await session.execute(
            update(RefreshToken)
            .where(RefreshToken.id == replaces)
            .values(used_at=func.now(), replaced_by_id=made)
        )


async def revoke_families(
    session: WriteSession, user_id: UUID, *, only: UUID | None = None, besides: UUID | None = None
) -> int:
    """End a user's sign-ins: all, `only` one family, or all `besides` one. Returns how many there were.

    Those whose time is over have ended by themselves, and do not count.
    """
    ending = update(RefreshToken).where(
        RefreshToken.user_id == user_id,
        RefreshToken.revoked_at.is_(None),
        RefreshToken.expires_at > func.now(),
    )
    if only is not None:
        ending = ending.where(RefreshToken.family_id == only)
    if besides is not None:
        ending = ending.where(RefreshToken.family_id != besides)
    ended: Sequence[UUID] = (
        await session.scalars(ending.values(revoked_at=func.now()).returning(RefreshToken.family_id))
    ).all()
    return len(set(ended))
