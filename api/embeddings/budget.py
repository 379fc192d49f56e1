"""Embedders that keep to what may be sent to their providers on one day."""

from datetime import UTC, datetime, timedelta

from api.document_settings import DocumentSettings
from api.embeddings.errors import BudgetSpent
from api.embeddings.providers import Embedders
from db.session import Database
from db.store.preparation.budget import spend


def embedders_of(settings: DocumentSettings, database: Database) -> Embedders:
    """The embedders of one process, whose budgets it shares with all others on the database."""

    async def take(provider: str, tokens: int, most: int) -> None:
        async with database.transaction() as session:
            left = await spend(session, provider, tokens, most)
        if not left:
            raise BudgetSpent(
                f"The {most:,} tokens that may be sent to {provider} on one day are spent.", _rest_of_today()
            )

    return Embedders(settings.embedding_providers, take)


def _rest_of_today() -> float:
    """Seconds until tomorrow, in UTC."""
    now = datetime.now(UTC)
    tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (tomorrow - now).total_seconds()
