"""`atrium user`: accounts, for whoever runs the server."""

import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Final

import typer
from rich.table import Table
from sqlalchemy import URL

from api.auth.access import make_tokens
from api.auth.accounts import name_faults
from api.auth.passwords import Passwords, password_fault
from api.auth.sign_ins import SignIns
from api.auth.tokens import AccessToken
from api.cli.exits import ExitCode
from api.cli.support import database, load, run, secrets_of, target
from api.cli.terminal import complain, note, say, show
from api.settings import ApiSettings
from db.errors import Misconfigured
from db.models import Role, UserStatus
from db.session import Database, WriteSession
from db.store.accounts import (
    Account,
    create_account,
    find_account,
    list_accounts,
    lock_account,
    set_password,
    set_status,
)
from db.store.audit import Actor, record
from db.store.refresh import revoke_families

app = typer.Typer(
    no_args_is_help=True,
    help="Make and list accounts, let people in, and shut them out.",
    epilog="**Examples**\n\n"
    "atrium user create lin --email lin@example.com --role developer\n\n"
    "atrium user token lin --minutes 600 — for the header Authorization: Bearer …\n\n"
    "atrium user deactivate lin — refused everywhere within five seconds",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="User name or e-mail address.")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
]

# The audit knows no user behind the command line: whoever has the machine has the database.
OPERATOR: Final = Actor()


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="User name; without spaces and without @.")],
    email: Annotated[str | None, typer.Option(help="E-mail address, taken to be the user's own.")] = None,
    display_name: Annotated[str | None, typer.Option(help="Name shown to people.")] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Role; may be repeated: {', '.join(each.value for each in Role)}. [default: user]"
        ),
    ] = None,
    password_stdin: FromInput = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Let nobody in by password, only by token or provider.")
    ] = False,
) -> None:
    """Make an account."""
    settings = load(ApiSettings)
    known = {str(each.value): each for each in Role}
    unknown = [each for each in role or () if each not in known]
    if unknown:
        complain(f"There is no role {unknown[0]}: take one of {', '.join(known)}.")
        raise typer.Exit(ExitCode.USAGE)
    for fault in name_faults(name, email, display_name):
        complain(fault.message)
        raise typer.Exit(ExitCode.USAGE)
    password = None if no_password else _password(settings, name, email, from_input=password_stdin)

    async def make(opened: Database) -> None:
        password_hash = None if password is None else await _hash(password)
        async with opened.transaction() as session:
            user_id = await create_account(
                session,
                username=name,
                email=email,
                email_verified=email is not None,
                display_name=display_name,
                password_hash=password_hash,
                roles=frozenset(known[each] for each in role or ["user"]),
            )
            await record(session, OPERATOR, "user.create", "user", user_id)

    _work(make)
    note(f"The account {name} is made.")


@app.command()
def password(name: Name, password_stdin: FromInput = False) -> None:
    """Give a user a new password. All their sign-ins end."""
    chosen = _password(load(ApiSettings), name, None, from_input=password_stdin)

    async def change(opened: Database) -> None:
        password_hash = await _hash(chosen)

        async def set_anew(session: WriteSession, account: Account) -> None:
            await set_password(session, account.id, password_hash)
            await revoke_families(session, account.id)
            await record(session, OPERATOR, "user.password_change", "user", account.id)

        await _change(opened, name, set_anew)

    _work(change)
    note(f"{name} has the new password.")


@app.command()
def token(
    name: Name,
    minutes: Annotated[int, typer.Option(min=1, max=525_600, help="Minutes for which it is good.")] = 60,
) -> None:
    """Print an access token. It ends before its time when the user signs out everywhere or is deactivated."""
    settings = load(ApiSettings)
    with target() as where:
        secrets = secrets_of(where, settings)

        async def issue() -> AccessToken:
            async with database(where.url) as opened:
                account = await existing(opened, name)
                if not account.is_active:
                    raise Misconfigured(f"{name} is deactivated: run atrium user activate {name} first.")
                sign_ins = SignIns(opened, make_tokens(settings, secrets), timedelta())
                return await issue_token(opened, sign_ins, account, timedelta(minutes=minutes))

        say(run(issue()).text)


@app.command()
def deactivate(name: Name) -> None:
    """Shut a user out: tokens and keys are refused within five seconds, and nobody signs in."""
    _work(lambda opened: _set_status(opened, name, UserStatus.SUSPENDED, "user.suspend"))
    note(f"{name} is shut out.")


@app.command()
def activate(name: Name) -> None:
    """Let a user in again who was deactivated."""
    _work(lambda opened: _set_status(opened, name, UserStatus.ACTIVE, "user.activate"))
    note(f"{name} may sign in.")


@app.command("list")
def show_list(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the newest.")] = 50,
) -> None:
    """Show the accounts, the newest first."""
    table = Table("Name", "E-mail", "Roles", "Status", "Last sign-in")

    async def read(opened: Database) -> None:
        async with opened.read() as connection:
            for each in await list_accounts(connection, limit):
                last = f"{each.last_login_at:%Y-%m-%d %H:%M}" if each.last_login_at else "never"
                roles = ", ".join(each.roles)
                table.add_row(each.name, each.email or "", roles, str(each.status.value), last)

    _work(read)
    show(table)


async def existing(opened: Database, name: str) -> Account:
    """The account of this name. Raises Misconfigured when there is none."""
    async with opened.read() as connection:
        account = await find_account(connection, name)
    if account is None:
        raise Misconfigured(
            f"There is no user {name}: run atrium user list to see who there is, or atrium seed demo for the "
            "demo users."
        )
    return account


async def issue_token(
    opened: Database, sign_ins: SignIns, account: Account, lifetime: timedelta
) -> AccessToken:
    """An access token for a user, written to the audit."""
    async with opened.transaction() as session:
        made = await sign_ins.token_without_renewal(session, account.id, lifetime)
        expires_at = made.expires_at.isoformat()
        await record(session, OPERATOR, "user.token", "user", account.id, expires_at=expires_at)
    return made


def _work(task: Callable[[Database], Awaitable[None]]) -> None:
    async def work(url: URL) -> None:
        async with database(url) as opened:
            await task(opened)

    with target() as where:
        run(work(where.url))


async def _change(
    opened: Database, name: str, task: Callable[[WriteSession, Account], Awaitable[None]]
) -> None:
    account = await existing(opened, name)
    async with opened.transaction() as session:
        await task(session, await lock_account(session, account.id))


async def _set_status(opened: Database, name: str, status: UserStatus, action: str) -> None:
    async def change(session: WriteSession, account: Account) -> None:
        await set_status(session, account.id, status)
        if status is not UserStatus.ACTIVE:
            await revoke_families(session, account.id)
        changes = {"status": [account.status.value, status.value]}
        await record(session, OPERATOR, action, "user", account.id, changes)

    await _change(opened, name, change)


async def _hash(chosen: str) -> str:
    passwords = Passwords()
    try:
        return await passwords.hash(chosen)
    finally:
        passwords.close()


def _password(settings: ApiSettings, name: str, email: str | None, *, from_input: bool) -> str:
    """The password that somebody types, or that standard input holds."""
    if from_input:
        chosen = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        chosen = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        complain("Nobody is there to be asked: add --password-stdin and send the password.")
        raise typer.Exit(ExitCode.USAGE)
    fault = password_fault(chosen, settings.password_min_length, name, email)
    if fault is not None:
        complain(fault)
        raise typer.Exit(ExitCode.USAGE)
    return chosen
