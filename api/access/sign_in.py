"""Signing up, in and out: the mutations that make and end tokens."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from api.auth.accounts import NewAccount, require_owner, require_person
from api.auth.principal import ANONYMOUS
from api.auth.sign_ins import SignedIn
from api.context import Info, access_of
from api.core.declarations import MIRRORS
from api.core.fields import object_result
from api.core.mutations import Payload, Refused, argument, invalid, mutation
from db import models
from db.store.audit import Actor, record

if TYPE_CHECKING:
    from api.users.types import User


@strawberry.type(name="TokenInfo", description="What somebody who signed in shows from then on.")
class Tokens:
    access_token: str = strawberry.field(
        description="Goes into the header `Authorization: Bearer …` of every request."
    )
    access_token_expires_at: datetime = strawberry.field(description="From then on it is refused.")
    refresh_token: str = strawberry.field(
        description="Good for one `refresh`; a second use ends the sign-in, since one of the two was stolen."
    )
    refresh_token_expires_at: datetime = strawberry.field(description="From then on it takes a new sign-in.")


@strawberry.type
class SignedInPayload(Payload):
    """What all mutations answer that let somebody in."""

    tokens: Tokens | None = strawberry.field(
        default=None, description="What to show from now on; null when nobody was let in."
    )

    @strawberry.field(description="The user who was let in; the rest of the operation is on their behalf.")
    async def viewer(self, info: Info) -> Annotated["User", strawberry.lazy("api.users.types")] | None:
        key = info.context.viewer.user_id if self.tokens else None
        user: Any = await object_result(info, MIRRORS[models.User], key)
        return user  # type: ignore[no-any-return]


@strawberry.type(description="What `signUp` answers.")
class SignUpPayload(SignedInPayload):
    pass


@strawberry.type(description="What `signIn` answers.")
class SignInPayload(SignedInPayload):
    pass


@strawberry.type(description="What `signInWithProvider` answers.")
class SignInWithProviderPayload(SignedInPayload):
    pass


@strawberry.type(description="What `refresh` answers.")
class RefreshPayload(SignedInPayload):
    pass


@strawberry.type(description="What `signOut` answers.")
class SignOutPayload(Payload):
    ended: int | None = strawberry.field(default=None, description="How many sign-ins were ended.")


@strawberry.type(description="What `changePassword` answers.")
class ChangePasswordPayload(Payload):
    @strawberry.field(description="The user whose password it is.")
    async def viewer(self, info: Info) -> Annotated["User", strawberry.lazy("api.users.types")] | None:
        user: Any = await object_result(info, MIRRORS[models.User], info.context.viewer.user_id)
        return user  # type: ignore[no-any-return]


@strawberry.input(description="An account of one's own: with a user name, an e-mail address, or both.")
class SignUpInput:
    password: str = strawberry.field(description="The password to sign in with.")
    username: str | None = strawberry.field(
        name="login",
        default=None,
        description="Name to sign in with, without spaces and without @; unique without regard to case.",
    )
    email: str | None = strawberry.field(default=None, description="E-mail address; one can sign in with it.")
    display_name: str | None = strawberry.field(default=None, description="Name shown to people.")


@strawberry.input(description="Who somebody is, and the password that shows it.")
class SignInInput:
    login: str = strawberry.field(description="User name or e-mail address.")
    password: str = strawberry.field(description="The password.")


@strawberry.input(description="A token by which a provider vouches for somebody.")
class SignInWithProviderInput:
    provider: str = strawberry.field(description="Name of the provider, as the server's settings have it.")
    id_token: str = strawberry.field(description="The provider's OpenID Connect ID token.")
    nonce: str | None = strawberry.field(
        default=None, description="The nonce sent to the provider, which its token must repeat."
    )


@strawberry.input(description="A sign-in to go on with.")
class RefreshInput:
    refresh_token: str = strawberry.field(description="The refresh token that was given last.")


@strawberry.input(description="Which sign-ins to end.")
class SignOutInput:
    everywhere: bool = strawberry.field(
        default=False, description="Whether to end all sign-ins of the user, or this one alone."
    )


@strawberry.input(description="A new password, and the present one to show whose account it is.")
class ChangePasswordInput:
    current_password: str = strawberry.field(description="The present password.")
    new_password: str = strawberry.field(description="The password from now on.")


@strawberry.type
class SignInMutation:
    """Ways in and out."""

    @mutation("Make an account of one's own and sign in, where the server is open to strangers.")
    async def sign_up(
        self, info: Info, given: Annotated[SignUpInput, argument("The account to make.")]
    ) -> SignUpPayload:
        asked = NewAccount(given.username, given.email, given.password, given.display_name)
        signed_in = await access_of(info).accounts.sign_up(asked, info.context.client)
        return SignUpPayload(tokens=_entered(info, signed_in))

    @mutation("Sign in with a password. Repeated failures make the next attempt wait.")
    async def sign_in(
        self, info: Info, given: Annotated[SignInInput, argument("Who signs in.")]
    ) -> SignInPayload:
        accounts = access_of(info).accounts
        signed_in = await accounts.sign_in(given.login, given.password, info.context.client)
        return SignInPayload(tokens=_entered(info, signed_in))

    @mutation("Sign in with the ID token of an OpenID Connect provider that the server trusts.")
    async def sign_in_with_provider(
        self, info: Info, given: Annotated[SignInWithProviderInput, argument("Who vouches for whom.")]
    ) -> SignInWithProviderPayload:
        signed_in = await access_of(info).providers.sign_in(
            given.provider, given.id_token, given.nonce, info.context.client
        )
        return SignInWithProviderPayload(tokens=_entered(info, signed_in))

    @mutation("New tokens for a refresh token, which is good for this one use. Send no access token along.")
    async def refresh(
        self, info: Info, given: Annotated[RefreshInput, argument("The sign-in to go on with.")]
    ) -> RefreshPayload:
        signed_in = await access_of(info).sign_ins.renew(given.refresh_token, info.context.client)
        return RefreshPayload(tokens=_entered(info, signed_in))

    @mutation("End this sign-in, or all of the user's: their tokens are refused within seconds.")
    async def sign_out(
        self, info: Info, given: Annotated[SignOutInput, argument("Which sign-ins to end.")]
    ) -> SignOutPayload:
        access, principal, client = access_of(info), info.context.principal, info.context.client
        user_id = require_owner(principal) if given.everywhere else require_person(principal)
        family_id = principal.family_id
        if family_id is None and not given.everywhere:
            raise Refused(invalid("This request belongs to no sign-in: end them everywhere.", "everywhere"))
        only = None if given.everywhere else family_id
        async with info.context.database.transaction() as session:
            ended = await access.sign_ins.end(session, user_id, only=only)
            actor = Actor(user_id, client.address, client.user_agent)
            await record(
                session, actor, "user.sign_out", "user", user_id, everywhere=given.everywhere, ended=ended
            )
        access.authenticator.forget(user_id)
        info.context.renew(ANONYMOUS)
        return SignOutPayload(ended=ended)

    @mutation("Change one's password. All other sign-ins of the user end, API keys stay.")
    async def change_password(
        self, info: Info, given: Annotated[ChangePasswordInput, argument("The present and the new password.")]
    ) -> ChangePasswordPayload:
        access, principal = access_of(info), info.context.principal
        user_id = require_owner(principal)
        await access.accounts.change_password(
            principal, given.current_password, given.new_password, info.context.client
        )
        access.authenticator.forget(user_id)
        return ChangePasswordPayload()


def _entered(info: Info, signed_in: SignedIn) -> Tokens:
    """The tokens to show from now on; the operation goes on as whoever was let in."""
    info.context.renew(signed_in.principal)
    return Tokens(
        access_token=signed_in.access.text,
        access_token_expires_at=signed_in.access.expires_at,
        refresh_token=signed_in.refresh_token,
        refresh_token_expires_at=signed_in.refresh_expires_at,
    )
