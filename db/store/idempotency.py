"""Keys that make a mutation safe to repeat: whoever comes first works, the others get the same answer."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from db.errors import KeyReused
from db.models import IdempotencyKey
from db.session import WriteSession

LIFETIME: Final = timedelta(days=1)
"""How long an answer is kept."""


async def claim(session: WriteSession, user_id: UUID, key: str, operation: str, request_hash: str) -> Any:
    """The answer that a mutation gave under a key of a user; None where the caller is the first.

    The first has to `settle` before its transaction ends. Others who come meanwhile wait for that end.
    Raises KeyReused when the key stands for another mutation or another input.
    """
    fresh = {
        "operation": operation,
        "request_hash": request_hash,
        "response": None,
        "completed_at": None,
        "expires_at": func.now() + LIFETIME,
    }
    statement = (
        insert(IdempotencyKey)
        .values(user_id=user_id, key=key, **fresh)
        .on_conflict_do_update(
            index_elements=["user_id", "key"], set_=fresh, where=IdempotencyKey.expires_at <= func.now()
        )
        .returning(IdempotencyKey.id)
    )
    if (await session.execute(statement)).first() is not None:
        return None
    found = await session.execute(
        select(IdempotencyKey.operation, IdempotencyKey.request_hash, IdempotencyKey.response).where(
            IdempotencyKey.user_id == user_id, IdempotencyKey.key == key
        )
    )
    known = found.one()
    if (known.operation, known.request_hash) != (operation, request_hash):
        raise KeyReused(
            "This idempotency key was used with another input: take a new key for every deed, "
            "and the same one only to repeat it."
        )
    return known.response


async def settle(session: WriteSession, user_id: UUID, key: str, response: Any) -> None:
    """Keep the answer for whoever asks again."""
    await session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
        .values(response=response, completed_at=func.now())
    )
