"""Sign-ins: a family of refresh tokens each, renewed by one use after the other, and ended."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from api.auth.client import Client
from api.auth.opaque import hashed, is_refresh_token, new_refresh_token
from api.auth.principal import CredentialKind, Principal
from api.auth.tokens import AccessToken, Tokens
from api.core.mutations import CredentialsError, Refused
from db.errors import NotFound
from db.session import Database, WriteSession
from db.store.accounts import Account, lock_account, note_sign_in
from db.store.audit import Actor, record
from db.store.refresh import add_token, find_token, revoke_families


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What somebody who was let in gets."""

    principal: Principal
    access: AccessToken
    refresh_token: str
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignIns:
    """Begins, renews and ends sign-ins; one that is not renewed for `lifetime` ends by itself."""

    database: Database
    tokens: Tokens
    lifetime: timedelta

    async def begin(self, session: WriteSession, account: Account, client: Client) -> SignedIn:
        """A new family, for an account that the transaction holds the lock on."""
        await note_sign_in(session, account.id, client.address)
        return await self._add(session, account, uuid4(), client)

    async def renew(self, token: str, client: Client) -> SignedIn:
        """New tokens for a refresh token, which then is used up. One that was used before ends its family.

        Raises Refused, the same for every reason.
        """
        renewed = None
        if is_refresh_token(token):
            async with self.database.transaction() as session:
                renewed = await self._renew(session, hashed(token), client)
        if renewed is None:
            message = "The refresh token is not good: sign in again."
            raise Refused(CredentialsError(message=message, path=["input", "refreshToken"]))
        return renewed

    async def end(
        self, session: WriteSession, user_id: UUID, *, only: UUID | None = None, besides: UUID | None = None
    ) -> int:
        """End a user's sign-ins: all, `only` one family, or all `besides` one. Returns how many."""
        await lock_account(session, user_id)
        return await revoke_families(session, user_id, only=only, besides=besides)

    async def token_without_renewal(
        self, session: WriteSession, user_id: UUID, lifetime: timedelta
    ) -> AccessToken:
        """An access token in a family of its own, which ends as others do; nobody can renew it."""
        await lock_account(session, user_id)
        family_id = uuid4()
        access = self.tokens.issue(user_id, family_id, lifetime)
        await add_token(
            session,
            user_id=user_id,
            family_id=family_id,
            token_hash=hashed(new_refresh_token()),
            expires_at=access.expires_at,
        )
        return access

    async def _renew(self, session: WriteSession, token_hash: str, client: Client) -> SignedIn | None:
        owner = await find_token(session, token_hash)
        if owner is None:
            return None
        try:
            account = await lock_account(session, owner.user_id)
        except NotFound:
            return None
        # As it stands now that nobody else can be using it.
        found = await find_token(session, token_hash)
        if found is None or found.revoked_at is not None or not account.is_active:
            return None
        if found.used_at is not None:
            await revoke_families(session, found.user_id, only=found.family_id)
            actor = Actor(None, client.address, client.user_agent)
            family = str(found.family_id)
            await record(session, actor, "refresh_token.reuse", "user", found.user_id, family=family)
            return None
        if found.expires_at <= datetime.now(UTC):
            return None
        return await self._add(session, account, found.family_id, client, replaces=found.id)

    async def _add(
        self,
        session: WriteSession,
        account: Account,
        family_id: UUID,
        client: Client,
        replaces: UUID | None = None,
    ) -> SignedIn:
        token, expires_at = new_refresh_token(), datetime.now(UTC).replace(microsecond=0) + self.lifetime
        await add_token(
            session,
            user_id=account.id,
            family_id=family_id,
            token_hash=hashed(token),
            expires_at=expires_at,
            replaces=replaces,
            address=client.address,
            user_agent=client.user_agent,
        )
        principal = Principal(account.viewer, CredentialKind.TOKEN, family_id=family_id)
        return SignedIn(principal, self.tokens.issue(account.id, family_id), token, expires_at)
