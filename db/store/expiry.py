"""What is past its time: keys, tokens and memories; and partitions for the months to come."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Delete, Select, Update, delete, func, select, text, update
from sqlalchemy.orm import InstrumentedAttribute

from db.doctor import PARTITIONS_AHEAD
from db.models import ApiKey, ApiKeyStatus, IdempotencyKey, Memory, RefreshToken, StagedEmbedding
from db.session import WriteSession

_STAGED: Final = timedelta(days=7)
BATCH: Final = 1_000
"""Rows that one call sees to at most."""

# As long as a sign-in that ended may still be of interest to whoever reads the audit.
TOKENS_KEPT: Final = timedelta(days=1)


async def expire_api_keys(session: WriteSession) -> int:
    """Mark keys whose time is over, which open nothing already; how many there were."""
    over = select(ApiKey.id).where(ApiKey.status == ApiKeyStatus.ACTIVE, ApiKey.expires_at <= func.now())
    return await _see_to(session, update(ApiKey).values(status=ApiKeyStatus.EXPIRED), ApiKey.id, over)


async def purge_refresh_tokens(session: WriteSession) -> int:
    """Delete tokens that expired some time ago; how many there were."""
    over = select(RefreshToken.id).where(RefreshToken.expires_at < func.now() - TOKENS_KEPT)
    return await _see_to(session, delete(RefreshToken), RefreshToken.id, over)


async def purge_idempotency_keys(session: WriteSession) -> int:
    """Delete answers that are kept no longer; how many there were."""
    over = select(IdempotencyKey.id).where(IdempotencyKey.expires_at <= func.now())
    return await _see_to(session, delete(IdempotencyKey), IdempotencyKey.id, over)


async def expire_memories(session: WriteSession) -> int:
    """Delete memories whose time is over, softly like people do; how many there were."""
    over = select(Memory.id).where(Memory.expires_at <= func.now(), Memory.deleted_at.is_(None))
    return await _see_to(session, update(Memory).values(deleted_at=func.now()), Memory.id, over)


async def purge_staged_embeddings(session: WriteSession) -> int:
    """Delete vectors that have waited a week for their places; how many there were."""
    over = select(StagedEmbedding.id).where(StagedEmbedding.created_at < func.now() - _STAGED)
    gone = await session.execute(
        delete(StagedEmbedding)
        .where(StagedEmbedding.id.in_(over.limit(BATCH).with_for_update(skip_locked=True)))
        .returning(StagedEmbedding.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


async def make_partitions(session: WriteSession) -> int:
    """Make the partitions of this month and of those to come that are missing; how many were."""
    # Whoever writes to the table waits as long as this waits for whoever reads it.
    await session.execute(text("SET LOCAL lock_timeout = '2s'"))
    made = await session.scalars(text(f"SELECT ensure_partitions({PARTITIONS_AHEAD + 1})"))
    return len(made.all())


async def _see_to(
    session: WriteSession,
    change: Update | Delete,
    key: InstrumentedAttribute[UUID],
    over: Select[UUID],
) -> int:
    """Change one batch of the rows that are `over`, leaving out those that somebody else holds."""
    batch = over.limit(BATCH).with_for_update(skip_locked=True)
    changed = await session.execute(
        change.where(key.in_(batch)).returning(key).execution_options(synchronize_session=False)
    )
    return len(changed.all())
