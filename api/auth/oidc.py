"""Signing in with an OpenID Connect provider: its ID token is verified and exchanged for a sign-in here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self
from uuid import UUID

import jwt

from api.auth.accounts import is_email
from api.auth.client import Client
from api.auth.jwks import KeySet
from api.auth.sign_ins import SignedIn, SignIns
from api.core.mutations import CredentialsError, Refused, invalid
from api.settings import OidcProvider
from db.columns import storable
from db.errors import Conflict, Misconfigured, NotFound
from db.session import Database, WriteSession
from db.store.accounts import create_account, find_verified, lock_account
from db.store.audit import Actor, record
from db.store.identities import Identity, add_identity, use_identity

_ALGORITHMS: Final = ("RS256", "ES256")
_LONGEST_TOKEN: Final = 16_000
_LONGEST_SUBJECT: Final = 255


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a good ID token says of somebody."""

    identity: Identity
    display_name: str | None


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider and its keys."""

    settings: OidcProvider
    keys: KeySet
    skew: timedelta

    async def read(self, token: str, nonce: str | None) -> Vouched | None:
        """Whom an ID token vouches for; None for one that is not good, for whatever reason.

        Raises ServiceUnavailable when the provider's keys cannot be had.
        """
        if len(token) > _LONGEST_TOKEN or not token.isascii():
            return None
        try:
            header = jwt.get_unverified_header(token)
            key = await self.keys.key(header.get("kid"))
            if key is None:
                return None
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                audience=self.settings.audiences,
                issuer=self.settings.issuer,
                leeway=self.skew,
                options={"require": ["iss", "aud", "sub", "iat", "exp"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            return None
        return self._vouched(claims, nonce)

    def _vouched(self, claims: Mapping[str, Any], nonce: str | None) -> Vouched | None:
        party = claims.get("azp")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or party is not None) and party not in self.settings.audiences:
            # Made for another program, which may have handed it on.
            return None
        if nonce is not None and claims.get("nonce") != nonce:
            return None
        subject, email, name = claims["sub"], claims.get("email"), claims.get("name")
        if not subject or len(subject) > _LONGEST_SUBJECT or not storable(subject):
            return None
        email = email if isinstance(email, str) and is_email(email) else None
        shown = name[:100] if isinstance(name, str) and name.isprintable() and name else None
        verified = email is not None and claims.get("email_verified") is True
        return Vouched(Identity(self.settings.name, subject, email, verified), shown)


class Providers:
    """All providers of one server."""

    def __init__(self, database: Database, sign_ins: SignIns, providers: Sequence[Provider]) -> None:
        self._database = database
        self._sign_ins = sign_ins
        self._providers = {each.settings.name: each for each in providers}

    @classmethod
    def of(
        cls, database: Database, sign_ins: SignIns, listed: Sequence[OidcProvider], skew: timedelta
    ) -> Self:
        """The providers that the settings name. Raises Misconfigured."""
        if len({each.name for each in listed}) < len(listed):
            raise Misconfigured(
                "ATRIUM_OIDC_PROVIDERS names two providers alike: give each a name of its own."
            )
        made = [Provider(each, KeySet(each.name, each.issuer), skew) for each in listed]
        return cls(database, sign_ins, made)

    async def sign_in(self, name: str, token: str, nonce: str | None, client: Client) -> SignedIn:
        """Sign in whom a provider's ID token vouches for; the first time that may make the account.

        Raises Refused, Conflict for a first sign-in whose address belongs to somebody else, and
        ServiceUnavailable.
        """
        provider = self._providers.get(name)
        if provider is None:
            raise Refused(invalid("There is no such provider: correct its name.", "provider"))
        vouched = await provider.read(token, nonce)
        signed_in = None if vouched is None else await self._enter_once(provider.settings, vouched, client)
        if signed_in is None:
            reason = "token is not good" if vouched is None else "nobody may enter with this identity"
            actor = Actor(None, client.address, client.user_agent)
            async with self._database.transaction() as session:
                await record(
                    session, actor, "user.sign_in_failed", "user", None, provider=name, reason=reason
                )
            message = "This provider's token lets nobody in: sign in there again, or ask an administrator."
            raise Refused(CredentialsError(message=message, path=["input", "idToken"]))
        return signed_in

    async def _enter_once(self, settings: OidcProvider, vouched: Vouched, client: Client) -> SignedIn | None:
        try:
            return await self._enter(settings, vouched, client)
        except Conflict:
            # As a rule another request has just entered with the same identity for the first time.
            return await self._enter(settings, vouched, client)

    async def _enter(self, settings: OidcProvider, vouched: Vouched, client: Client) -> SignedIn | None:
        async with self._database.transaction() as session:
            user_id = await use_identity(session, vouched.identity)
            if user_id is None:
                user_id = await _first_time(session, settings, vouched)
            if user_id is None:
                return None
            try:
                account = await lock_account(session, user_id)
            except NotFound:
                return None
            if not account.is_active:
                return None
            signed_in = await self._sign_ins.begin(session, account, client)
            actor = Actor(user_id, client.address, client.user_agent)
            await record(session, actor, "user.sign_in", "user", user_id, provider=settings.name)
            return signed_in


async def _first_time(session: WriteSession, settings: OidcProvider, vouched: Vouched) -> UUID | None:
    """The user to whom an identity belongs from now on: one with the same verified address, or a new one."""
    identity = vouched.identity
    verified = identity.email if identity.email_verified else None
    user_id = None
    if settings.link_by_email and verified is not None:
        account = await find_verified(session, verified)
        user_id = account.id if account else None
    if user_id is None and settings.create_users:
        user_id = await create_account(
            session,
            email=verified,
            email_verified=verified is not None,
            display_name=vouched.display_name,
            auth_provider=settings.name,
            external_id=identity.subject,
        )
    if user_id is not None:
        await add_identity(session, user_id, identity)
    return user_id
