"""Accounts: found by how people sign in, made, and changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, literal, or_, select, update

from db.columns import COLLATION, IPAddress, storable
from db.errors import NotFound
from db.models import PasswordScheme, Role, User, UserStatus
from db.policy import Viewer
from db.session import ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class Account:
    """What signing in asks of a user who is not deleted."""

    id: UUID
    username: str | None
    email: str | None
    status: UserStatus
    roles: frozenset[str]
    permissions: frozenset[str]
    password_hash: str | None
    password_scheme: PasswordScheme | None

    @property
    def is_active(self) -> bool:
        """Whether the user may sign in and use the service."""
        return self.status is UserStatus.ACTIVE

    @property
    def viewer(self) -> Viewer:
        """The user as one who asks."""
        return Viewer(self.id, self.roles, self.permissions)


_COLUMNS = (
    User.id,
    User.username,
    User.email,
    User.status,
    User.roles,
    User.permissions,
    User.password_hash,
    User.password_scheme,
)


def _accounts() -> Any:
    return select(*_COLUMNS).where(User.deleted_at.is_(None))


def _account(row: Any) -> Account | None:
    if row is None:
        return None
    values = {**row._mapping, "roles": frozenset(row.roles), "permissions": frozenset(row.permissions)}  # noqa: SLF001
    return Account(**values)


def _lower(text: str) -> ColumnElement[str]:
    # Both sides by the column's own rules: those of the database may differ.
    return func.lower(literal(text).collate(COLLATION))


async def find_account(session: ReadSession | WriteSession, login: str) -> Account | None:
    """The account whose e-mail address or user name this is, without regard to case; addresses go first."""
    if not storable(login):
        return None
    by_email, by_name = func.lower(User.email) == _lower(login), func.lower(User.username) == _lower(login)
    found = await session.execute(
        _accounts().where(or_(by_email, by_name)).order_by(by_email.is_(True).desc()).limit(1)
    )
    return _account(found.one_or_none())


async def find_verified(session: WriteSession, email: str) -> Account | None:
    """The account to which this e-mail address was shown to belong."""
    wanted = func.lower(User.email) == _lower(email)
    found = await session.execute(_accounts().where(wanted, User.email_verified))
    return _account(found.one_or_none())


async def account_of(session: ReadSession | WriteSession, user_id: UUID) -> Account | None:
    """The account with this id."""
    return _account((await session.execute(_accounts().where(User.id == user_id))).one_or_none())


async def lock_account(session: WriteSession, user_id: UUID) -> Account:
    """The account with this id, which nobody else changes until the transaction ends.

    Everything that gives a user access or takes it away holds this lock, so that nothing slips in between.
    Raises NotFound.
    """
    locking = _accounts().where(User.id == user_id).with_for_update(key_share=True)
    account = _account((await session.execute(locking)).one_or_none())
    if account is None:
        raise NotFound("There is no such user.")
    return account


async def create_account(
    session: WriteSession,
    *,
    username: str | None = None,
    email: str | None = None,
    email_verified: bool = False,
    display_name: str | None = None,
    password_hash: str | None = None,
    auth_provider: str = "local",
    external_id: str | None = None,
    roles: frozenset[Role] = frozenset({Role.USER}),
) -> UUID:
    """Make a user; a password's hash is by Argon2id. A name or address that is taken is a Conflict."""
    made: UUID = (
        await session.execute(
            insert(User)
            .values(
                username=username,
                email=email,
                email_verified=email_verified,
                email_verified_at=func.now() if email_verified else None,
                display_name=display_name,
                password_hash=password_hash,
                password_scheme=PasswordScheme.ARGON2 if password_hash else None,
                auth_provider=auth_provider,
                external_id=external_id,
                roles=sorted(str(role.value) for role in roles),
            )
            .returning(User.id)
        )
    ).scalar_one()
    return made


async def set_password(session: WriteSession, user_id: UUID, password_hash: str) -> None:
    """Give a user a new password, hashed by Argon2id."""
    await _set(session, user_id, password_hash=password_hash, password_scheme=PasswordScheme.ARGON2)


async def set_status(session: WriteSession, user_id: UUID, status: UserStatus) -> None:
    """Suspend a user, or lift the suspension."""
    await _set(session, user_id, status=status)


async def note_sign_in(session: WriteSession, user_id: UUID, address: IPAddress | None) -> None:
    """Remember when and from where a user signed in last."""
    await _set(session, user_id, last_login_at=func.now(), last_login_ip=address)


async def _set(session: WriteSession, user_id: UUID, **values: Any) -> None:
    await session.execute(update(User).where(User.id == user_id).values(**values))


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of users."""

    id: UUID
    name: str
    email: str | None
    status: UserStatus
    roles: tuple[str, ...]
    last_login_at: datetime | None


async def list_accounts(session: ReadSession, limit: int) -> list[Listed]:
    """The users who joined last, newest first."""
    name = func.coalesce(User.username, User.email, User.external_id)
    found = await session.execute(
        select(User.id, name, User.email, User.status, User.roles, User.last_login_at)
        .where(User.deleted_at.is_(None))
        .order_by(User.created_at.desc(), User.id.desc())
        .limit(limit)
    )
    return [
        Listed(key, shown, email, status, tuple(roles), last)
        for key, shown, email, status, roles, last in found
    ]
