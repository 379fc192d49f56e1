"""API keys: made, found by their hash, revoked, and noted as used."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, or_, select, text, update

from db.errors import NotFound
from db.models import ApiKey, ApiKeyStatus
from db.policy import Viewer, changeable
from db.session import ReadSession, WriteSession

_USE_INTERVAL: Final = text("interval '60 seconds'")


async def create_key(
    session: WriteSession,
    *,
    user_id: UUID,
    name: str,
    description: str | None,
    key_prefix: str,
    key_hash: str,
    scopes: Collection[str],
    rate_limit_per_minute: int | None,
    expires_at: datetime | None,
) -> UUID:
    """Write a key down by its hash; its id. Raises Invalid for a value that the schema does not allow."""
    made: UUID = (
        await session.execute(
            insert(ApiKey)
            .values(
                user_id=user_id,
                name=name,
                description=description,
                key_prefix=key_prefix,
                key_hash=key_hash,
                scopes=sorted(scopes),
                rate_limit_per_minute=rate_limit_per_minute,
                expires_at=expires_at,
            )
            .returning(ApiKey.id)
        )
    ).scalar_one()
    return made


async def find_key(session: ReadSession, key_hash: str) -> tuple[UUID, UUID] | None:
    """Id and owner of the key with this hash, whether or not it opens anything."""
    found = await session.execute(select(ApiKey.id, ApiKey.user_id).where(ApiKey.key_hash == key_hash))
    row = found.one_or_none()
    return None if row is None else (row.id, row.user_id)


async def revoke_key(session: WriteSession, key_id: UUID, viewer: Viewer) -> UUID:
    """Withdraw a key that the viewer may change; whose it was.

    Doing it again changes nothing. Raises NotFound.
    """
    wanted = select(ApiKey.user_id, ApiKey.status).where(ApiKey.id == key_id, changeable(ApiKey, viewer))
    row = (await session.execute(wanted.with_for_update())).one_or_none()
    if row is None:
        raise NotFound("There is no such API key.")
    if row.status is not ApiKeyStatus.REVOKED:
        await session.execute(
            update(ApiKey)
            .where(ApiKey.id == key_id)
            .values(status=ApiKeyStatus.REVOKED, revoked_at=func.now())
        )
    owner: UUID = row.user_id
    return owner


async def note_uses(session: WriteSession, keys: Collection[UUID]) -> None:
    """Remember that keys were used just now, for each at most once a minute, whoever else notes it."""
    long_ago = ApiKey.last_used_at < func.now() - _USE_INTERVAL
    await session.execute(
        update(ApiKey)
        .where(ApiKey.id.in_(keys), or_(ApiKey.last_used_at.is_(None), long_ago))
        .values(last_used_at=func.now())
    )
