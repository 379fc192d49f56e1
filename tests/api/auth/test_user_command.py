"""`atrium user` as an operator uses it: accounts made, let in and shut out, each deed in the audit."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text

from api.auth.passwords import Passwords
from api.auth.secret import Secrets
from api.cli.exits import ExitCode
from db.session import Database
from tests.api.auth.conftest import ME, PASSWORD, Door, Doors
from tests.api.test_cli import SECRET, address, environment, fault
from tests.db.fingerprints import fingerprints

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Any]


@pytest.fixture
def user(tmp_path: Path, database_url: URL) -> Run:
    """Runs `atrium user …` beside the test's event loop, with what standard input holds."""

    def work(*arguments: str, typed: str = "") -> Done:
        return subprocess.run(  # noqa: S603
            [sys.executable, "-m", "api.cli", "user", *arguments],
            check=False,
            cwd=tmp_path,
            env=environment(database_url=address(database_url), secret=SECRET),
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
        )

    async def run(*arguments: str, typed: str = "") -> Done:
        return await asyncio.to_thread(work, *arguments, typed=typed)

    return run


async def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(text(sql))]


async def test_an_account_is_made_and_its_password_is_right(user: Run, database: Database) -> None:
    options = ("--email", "lin@example.com", "--display-name", "林", "--role", "developer", "--role", "user")
    done = await user("create", "lin", *options, "--password-stdin", typed=f"{PASSWORD}\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "The account lin is made.\n")
    columns = "username, email, email_verified, display_name, roles, password_scheme, password_hash"
    ((*values, kept),) = await rows(database, f"SELECT {columns} FROM users")
    assert values == ["lin", "lin@example.com", True, "林", ["developer", "user"], "argon2"]
    passwords = Passwords()
    assert (await passwords.verify(PASSWORD, kept)).right
    passwords.close()
    assert await rows(database, "SELECT action, actor_user_id FROM audit_logs") == [("user.create", None)]


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "sentence"),
    [
        (("create", "l@n", "--no-password"), "", ExitCode.USAGE, "A user name has 1 to 100 characters"),
        (("create", "lin", "--no-password", "--email", "x"), "", ExitCode.USAGE, "This is no e-mail address"),
        (
            ("create", "lin", "--no-password", "--role", "king"),
            "",
            ExitCode.USAGE,
            "There is no role king: take ",
        ),
        (("create", "lin"), "", ExitCode.USAGE, "Nobody is there to be asked: add --password-stdin"),
        (("create", "lin", "--password-stdin"), "short\n", ExitCode.USAGE, "The password is too short"),
        (("create", "TAKEN", "--no-password"), "", ExitCode.FAILED, "This user name is taken"),
        (("password", "taken", "--password-stdin"), "", ExitCode.USAGE, "The password is too short"),
        (
            ("password", "ghost", "--password-stdin"),
            f"{PASSWORD}\n",
            ExitCode.MISCONFIGURED,
            "There is no user ghost",
        ),
        (("token", "ghost"), "", ExitCode.MISCONFIGURED, "There is no user ghost"),
        (("deactivate", "ghost"), "", ExitCode.MISCONFIGURED, "There is no user ghost"),
        (("activate", "ghost"), "", ExitCode.MISCONFIGURED, "There is no user ghost"),
    ],
)
async def test_what_is_refused_changes_nothing(
    user: Run, door: Door, arguments: tuple[str, ...], typed: str, code: ExitCode, sentence: str
) -> None:
    await door.user("taken")
    before = await fingerprints(door.database)
    done = await user(*arguments, typed=typed)
    assert done.returncode == code
    assert fault(done).startswith(sentence)
    assert await fingerprints(door.database) == before


async def test_tokens_let_in_until_the_user_is_shut_out(user: Run, doors: Doors) -> None:
    door = await doors.open(Secrets(SECRET.encode()))
    user_id = await door.user("lin", email="lin@example.com")
    signed_in = await door.sign_in("lin")
    done = await user("token", "lin@example.com", "--minutes", "5")
    assert (done.returncode, done.stderr) == (0, "")
    token = done.stdout.strip()
    assert (await door.ask(ME, token)).data["viewer"] == {"login": "lin"}

    shut = await user("deactivate", "LIN")
    assert (shut.returncode, shut.stderr) == (0, "LIN is shut out.\n")
    await door.access.authenticator.renew()
    for each in (token, signed_in.access):
        assert (await door.ask(ME, each)).status == 401
    refused = await user("token", "lin")
    assert refused.returncode == ExitCode.MISCONFIGURED
    assert fault(refused) == "lin is deactivated: run atrium user activate lin first."

    assert (await user("activate", "lin")).returncode == 0
    assert (await door.ask(ME, token)).status == 401
    assert (await door.ask(ME, (await door.sign_in("lin")).access)).status == 200
    done_so_far = await rows(door.database, "SELECT action, resource_id, changes FROM audit_logs ORDER BY id")
    assert [each for each in done_so_far if each[0] != "user.sign_in"] == [
        ("user.token", str(user_id), {}),
        ("user.suspend", str(user_id), {"status": ["active", "suspended"]}),
        ("user.activate", str(user_id), {"status": ["suspended", "active"]}),
    ]


async def test_a_new_password_ends_all_sign_ins(user: Run, door: Door) -> None:
    await door.user("lin", password=None)
    token = await door.token(await door.user("wei"))
    for name in ("lin", "wei"):
        done = await user("password", name, "--password-stdin", typed="quite another one\n")
        assert (done.returncode, done.stderr) == (0, f"{name} has the new password.\n")
        await door.sign_in(name, "quite another one")
    await door.access.authenticator.renew()
    assert (await door.ask(ME, token)).status == 401


async def test_the_list_shows_the_newest_first(user: Run, door: Door) -> None:
    for name in ("lin", "wei", "mei"):
        await door.user(name, email=f"{name}@example.com")
    await door.sign_in("wei")
    done = await user("list", "--limit", "2")
    assert done.returncode == 0
    names = [line.split()[1] for line in done.stdout.splitlines() if "@example.com" in line]
    assert names == ["mei", "wei"]
    assert "argon2" not in done.stdout
