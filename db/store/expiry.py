"""What is past its time: keys, tokens and memories; and partitions for the months to come."""

from typing import Final

from sqlalchemy import delete, func, select, text, update

from db.doctor import PARTITIONS_AHEAD
from db.models import ApiKey, ApiKeyStatus, IdempotencyKey, Memory, RefreshToken
from db.session import WriteSession
from db.store.refresh import KEPT

BATCH: Final = 1_000
"""Rows that one call sees to at most."""


async def expire_api_keys(session: WriteSession) -> int:
    """Mark keys whose time is over, which open nothing already; how many there were."""
    over = select(ApiKey.id).where(ApiKey.status == ApiKeyStatus.ACTIVE, ApiKey.expires_at <= func.now())
    marked = await session.execute(
        update(ApiKey)
        .where(ApiKey.id.in_(over.limit(BATCH).with_for_update(skip_locked=True)))
        .values(status=ApiKeyStatus.EXPIRED)
        .returning(ApiKey.id)
        .execution_options(synchronize_session=False)
    )
    return len(marked.all())


async def purge_refresh_tokens(session: WriteSession) -> int:
    """Delete tokens that expired some time ago; how many there were."""
    over = select(RefreshToken.id).where(RefreshToken.expires_at < func.now() - KEPT)
    gone = await session.execute(
        delete(RefreshToken)
        .where(RefreshToken.id.in_(over.limit(BATCH).with_for_update(skip_locked=True)))
        .returning(RefreshToken.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


async def purge_idempotency_keys(session: WriteSession) -> int:
    """Delete answers that are kept no longer; how many there were."""
    over = select(IdempotencyKey.id).where(IdempotencyKey.expires_at <= func.now())
    gone = await session.execute(
        delete(IdempotencyKey)
        .where(IdempotencyKey.id.in_(over.limit(BATCH).with_for_update(skip_locked=True)))
        .returning(IdempotencyKey.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


async def expire_memories(session: WriteSession) -> int:
    """Delete memories whose time is over, softly like people do; how many there were."""
    over = select(Memory.id).where(Memory.expires_at <= func.now(), Memory.deleted_at.is_(None))
    gone = await session.execute(
        update(Memory)
        .where(Memory.id.in_(over.limit(BATCH).with_for_update(skip_locked=True)))
        .values(deleted_at=func.now())
        .returning(Memory.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


async def make_partitions(session: WriteSession) -> int:
    """Make the partitions of this month and of those to come that are missing; how many were."""
    # Whoever writes to the table waits as long as this waits for whoever reads it.
    await session.execute(text("SET LOCAL lock_timeout = '2s'"))
    made = await session.scalars(text(f"SELECT ensure_partitions({PARTITIONS_AHEAD + 1})"))
    return len(made.all())
