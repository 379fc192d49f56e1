"""Accounts as their owners meet them: made, entered with a password, and given a new one."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from api.auth.client import Client
from api.auth.passwords import Passwords, password_fault
from api.auth.principal import Principal
from api.auth.sign_ins import SignedIn, SignIns
from api.auth.throttle import Throttle
from api.core.errors import Forbidden, Unauthenticated
from api.core.mutations import CredentialsError, Refused, ThrottledError, UserError, invalid
from db.columns import IPAddress
from db.matrix import Reach
from db.models import PasswordScheme, User
from db.session import Database
from db.store.accounts import (
    Account,
    account_of,
    create_account,
    find_account,
    lock_account,
    set_password,
)
from db.store.audit import Actor, record

_NAME: Final = re.compile(r"[^\s@]{1,100}")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_LONGEST_EMAIL: Final = 255
_LONGEST_DISPLAY_NAME: Final = 100

# Longer than a verification by any hash that is accepted takes, so that no refusal tells which one it was.
REFUSAL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What somebody says who makes an account: a user name or an e-mail address, or both."""

    username: str | None
    email: str | None
    password: str
    display_name: str | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """Signing up and in with passwords. Refusals say nothing of their reason, which the audit has."""

    database: Database
    passwords: Passwords
    sign_ins: SignIns
    open_to_strangers: bool
    password_min_length: int
    throttle: Throttle = field(default_factory=Throttle)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def sign_up(self, asked: NewAccount, client: Client) -> SignedIn:
        """Make an account and sign in.

        Raises Refused for values that are not acceptable, Conflict for a name or address that is taken, and
        Forbidden where accounts are made by administrators alone.
        """
        if not self.open_to_strangers:
            raise Forbidden("Accounts are made by administrators here: ask one.")
        faults = name_faults(asked.username, asked.email, asked.display_name)
        fault = password_fault(asked.password, self.password_min_length, asked.username, asked.email)
        if fault is not None:
            faults.append(invalid(fault, "password"))
        if faults:
            raise Refused(*faults)
        password_hash = await self.passwords.hash(asked.password)
        async with self.database.transaction() as session:
            user_id = await create_account(
                session,
                username=asked.username,
                email=asked.email,
                display_name=asked.display_name,
                password_hash=password_hash,
            )
            account = await lock_account(session, user_id)
            signed_in = await self.sign_ins.begin(session, account, client)
            await record(session, _actor(client, account), "user.sign_up", "user", user_id)
        return signed_in

    async def sign_in(self, login: str, password: str, client: Client) -> SignedIn:
        """Sign in by user name or e-mail address. Raises Refused."""
        self._begin(login, client.address)
        started = self.clock()
        async with self.database.read() as connection:
            account = await find_account(connection, login)
        verdict = await self.passwords.verify(password, account.password_hash if account else None)
        if account is not None and verdict.right:
            async with self.database.transaction() as session:
                current = await lock_account(session, account.id)
                # What was verified must still be so: the password may have been changed meanwhile.
                if current.is_active and current.password_hash == account.password_hash:
                    if verdict.replacement is not None:
                        await set_password(session, account.id, verdict.replacement)
                    signed_in = await self.sign_ins.begin(session, current, client)
                    await record(session, _actor(client, account), "user.sign_in", "user", account.id)
                    self.throttle.succeeded(login, client.address)
                    return signed_in
        await self._note_failure(account, client, "user.sign_in_failed", right=verdict.right)
        await self.sleep(max(0.0, REFUSAL_SECONDS - (self.clock() - started)))
        message = "The name or the password is wrong: correct them, or have the password set anew."
        raise Refused(CredentialsError(message=message, path=["input"]))

    async def change_password(self, principal: Principal, old: str, new: str, client: Client) -> None:
        """Give the user a new password, and end all their sign-ins but this one. Raises Refused.

        Raises Forbidden for programs, and for administrators who act as the user.
        """
        account = await self._own(principal)
        self._begin(str(account.id), client.address)
        fault = password_fault(new, self.password_min_length, account.username, account.email)
        if fault is not None:
            raise Refused(invalid(fault, "newPassword"))
        if (await self.passwords.verify(old, account.password_hash)).right:
            password_hash = await self.passwords.hash(new)
            async with self.database.transaction() as session:
                current = await lock_account(session, account.id)
                if current.is_active and current.password_hash == account.password_hash:
                    await set_password(session, account.id, password_hash)
                    await self.sign_ins.end(session, account.id, besides=principal.family_id)
                    await record(session, _actor(client, account), "user.password_change", "user", account.id)
                    self.throttle.succeeded(str(account.id), client.address)
                    return
        await self._note_failure(account, client, "user.password_change_failed", right=False)
        message = "The present password is wrong: correct it."
        raise Refused(CredentialsError(message=message, path=["input", "currentPassword"]))

    async def _own(self, principal: Principal) -> Account:
        user_id = require_owner(principal)
        async with self.database.read() as connection:
            account = await account_of(connection, user_id)
        if account is None:
            raise Unauthenticated("Nobody has signed in: send an access token.")
        return account

    def _begin(self, account: str, address: IPAddress | None) -> None:
        seconds = self.throttle.attempt(account, address)
        if seconds:
            message = f"There were too many failed attempts: try again in {seconds} seconds."
            raise Refused(ThrottledError(message=message, path=["input"], retry_after_seconds=seconds))

    async def _note_failure(
        self, account: Account | None, client: Client, action: str, *, right: bool
    ) -> None:
        actor = Actor(None, client.address, client.user_agent)
        resource = account.id if account else None
        async with self.database.transaction() as session:
            await record(session, actor, action, "user", resource, reason=_reason(account, right=right))


def name_faults(username: str | None, email: str | None, display_name: str | None) -> list[UserError]:
    """Why the names of a new account are not acceptable."""
    faults: list[UserError] = []
    if username is None and email is None:
        faults.append(invalid("There is no name to sign in with: give a user name or an e-mail address."))
    if username is not None and not (_NAME.fullmatch(username) and username.isprintable()):
        message = "A user name has 1 to 100 characters, without spaces and without @: correct it."
        faults.append(invalid(message, "login"))
    if email is not None and not is_email(email):
        faults.append(invalid("This is no e-mail address: correct it.", "email"))
    if display_name is not None and not _is_display_name(display_name):
        message = f"A display name has 1 to {_LONGEST_DISPLAY_NAME} characters that can be shown: correct it."
        faults.append(invalid(message, "displayName"))
    return faults


def require_person(principal: Principal, *, acting: bool = False) -> UUID:
    """The user, for what no program may do; with `acting` an administrator may do it in the user's place.

    Raises Forbidden, and Unauthenticated where nobody has signed in.
    """
    if principal.viewer.user_id is None:
        raise Unauthenticated("Nobody has signed in: send an access token.")
    if principal.key_id is not None:
        raise Forbidden("An API key may not do this: sign in with a password or a provider.")
    if principal.acting is not None and not acting:
        raise Forbidden("This is for the users themselves: leave out X-Act-As.")
    return principal.viewer.user_id


def require_owner(principal: Principal) -> UUID:
    """The user, for what would shut out others who sign in with the same account.

    Raises what `require_person` raises, and Forbidden for an account that several people share.
    """
    user_id = require_person(principal)
    if principal.viewer.sight.reaches[User] is Reach.NOTHING:
        raise Forbidden("Several people share this account: ask an administrator to do it.")
    return user_id


def is_email(text: str) -> bool:
    """Whether a text can be an e-mail address; whether it is one only a message to it would show."""
    return bool(_EMAIL.fullmatch(text)) and len(text) <= _LONGEST_EMAIL and text.isprintable()


def _is_display_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_DISPLAY_NAME and text.isprintable()


def _actor(client: Client, account: Account) -> Actor:
    return Actor(account.id, client.address, client.user_agent)


def _reason(account: Account | None, *, right: bool) -> str:
    """Why somebody was not let in, for the audit alone."""
    if account is None:
        return "unknown account"
    if account.password_hash is None:
        return "account without a password"
    if account.password_scheme is PasswordScheme.UNKNOWN:
        return "password must be set anew"
    return "account is suspended" if right else "wrong password"
