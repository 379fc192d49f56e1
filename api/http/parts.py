"""What of the endpoint the settings decide: which documents are taken, who may ask what, and how often."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, fields, replace
from sys import maxsize
from typing import Any, Self

from graphql import GraphQLSchema

from api.core.beside import beside
from api.core.documents import Documents
from api.core.limits import Limits
from api.http.persisted import PersistedQueries
from api.http.rate_counts import MemoryCounts, RedisCounts
from api.http.rates import Counts, RateLimiter, Rates
from api.http.redis_client import client_of
from api.http.rights import RightsByRole
from api.http.sources import Sources
from api.http.trusted import TrustedDocuments
from api.settings import ApiSettings, TrustedDocumentsMode, WithoutRedis
from db.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one application, for every transport that it has."""

    sources: Sources
    rights: RightsByRole
    limiter: RateLimiter
    redis: Any | None

    @classmethod
    def of(cls, settings: ApiSettings, schema: GraphQLSchema) -> Self:
        """The parts for a schema.

        Raises:
            Misconfigured: when trusted documents cannot be used, or there is no client for Redis.
        """
        redis = client_of(settings)
        return cls(
            sources=_sources(settings, schema, redis),
            rights=RightsByRole(settings),
            limiter=_limiter(settings, redis),
            redis=redis,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the application serves: trusted documents are watched, and at the end Redis is let go."""
        trusted = self.sources.trusted
        try:
            async with nullcontext() if trusted is None else beside(trusted.watch()):
                yield
        finally:
            if self.redis is not None:
                await self.redis.aclose()


def _sources(settings: ApiSettings, schema: GraphQLSchema, redis: Any | None) -> Sources:
    limits = Limits(**{limit.name: getattr(settings, limit.name) for limit in fields(Limits)})

    def documents(limits: Limits, *, introspection: bool) -> Documents:
        return Documents(schema, limits, introspection=introspection, max_errors=settings.max_errors)

    trusted = None
    if settings.trusted_documents is not TrustedDocumentsMode.OFF:
        if settings.trusted_documents_path is None:
            raise Misconfigured(
                "ATRIUM_TRUSTED_DOCUMENTS is set and there is no manifest: set ATRIUM_TRUSTED_DOCUMENTS_PATH "
                "to the file that graphql-codegen writes."
            )
        lenient = documents(replace(limits, max_document_length=maxsize), introspection=True)
        trusted = TrustedDocuments(settings.trusted_documents_path, lenient)
    return Sources(
        introspecting=documents(limits, introspection=True),
        plain=documents(limits, introspection=False),
        persisted=PersistedQueries(redis) if settings.persisted_queries else None,
        trusted=trusted,
        enforced=settings.trusted_documents is TrustedDocumentsMode.ENFORCE,
    )


def _limiter(settings: ApiSettings, redis: Any | None) -> RateLimiter:
    rates = Rates(settings.user_rate_per_minute or None, settings.address_rate_per_minute or None)
    counts: Counts = MemoryCounts()
    if redis is not None:
        counts = RedisCounts(redis, open_when_away=settings.rates_without_redis is WithoutRedis.OPEN)
    return RateLimiter(rates, counts)
