"""All that signing in takes, made once for an application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from api.auth.accounts import Accounts
from api.auth.authenticate import Authenticator
from api.auth.oidc import Providers
from api.auth.passwords import Passwords
from api.auth.secret import Secrets
from api.auth.sign_ins import SignIns
from api.auth.tokens import Tokens
from api.core.addresses import is_loopback
from api.settings import ApiSettings
from db.session import Database


@dataclass(frozen=True, slots=True)
class Access:
    """The ways in, and who looks after those that came."""

    authenticator: Authenticator
    accounts: Accounts
    sign_ins: SignIns
    providers: Providers

    @classmethod
    def of(cls, settings: ApiSettings, database: Database, secrets: Secrets) -> Self:
        """What the settings say. Raises Misconfigured for providers that cannot be used."""
        skew = timedelta(seconds=settings.clock_skew_seconds)
        tokens = make_tokens(settings, secrets)
        sign_ins = SignIns(database, tokens, timedelta(days=settings.refresh_token_days))
        open_to_strangers = is_loopback(settings.host) if settings.sign_up is None else settings.sign_up
        accounts = Accounts(database, Passwords(), sign_ins, open_to_strangers, settings.password_min_length)
        providers = Providers.of(database, sign_ins, settings.oidc_providers, skew)
        return cls(Authenticator(database, tokens), accounts, sign_ins, providers)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """While the application serves: credentials in use are renewed."""
        try:
            async with self.authenticator.at_work():
                yield
        finally:
            self.accounts.passwords.close()


def make_tokens(settings: ApiSettings, secrets: Secrets) -> Tokens:
    """Tokens as the settings want them."""
    return Tokens(
        secrets,
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        lifetime=timedelta(minutes=settings.access_token_minutes),
        skew=timedelta(seconds=settings.clock_skew_seconds),
    )
