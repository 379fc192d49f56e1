"""What may be sent to a provider of embeddings on one day, counted for all processes together."""

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from db.models import EmbeddingUsage
from db.session import WriteSession

_TODAY = text("CAST(now() AT TIME ZONE 'UTC' AS date)")


async def spend(session: WriteSession, provider: str, tokens: int, most: int) -> bool:
    """Count tokens of today; whether there were as many left of `most`. If not, none are counted."""
    if tokens > most:
        return False
    adding = insert(EmbeddingUsage).values(provider=provider, day=_TODAY, tokens=tokens)
    counted = adding.on_conflict_do_update(
        index_elements=["provider", "day"],
        set_={"tokens": EmbeddingUsage.tokens + tokens},
        where=EmbeddingUsage.tokens + tokens <= most,
    ).returning(EmbeddingUsage.id)
    return (await session.execute(counted)).first() is not None
