"""Signing up, in and out with passwords: who is let in, what refusals tell, and what the audit says."""

import asyncio
from typing import Any

import bcrypt
import pytest
from sqlalchemy import select, text, update

from api.auth.accounts import Accounts
from api.auth.client import Client
from api.auth.passwords import Passwords, Verdict, understood
from api.core.mutations import Refused
from db.models import PasswordScheme, User, UserStatus
from db.session import Database
from tests.api.auth.conftest import ME, PASSWORD, SIGN_IN, Door, Doors, hash_of

SIGN_UP = """mutation ($input: SignUpInput!) {
  signUp(input: $input) {
    tokens { accessToken } viewer { login email roles sessions { totalCount } }
    errors { __typename code path message ... on ConflictError { fields } }
  }
}"""
SIGN_OUT = (
    "mutation ($everywhere: Boolean!) { signOut(input: {everywhere: $everywhere}) { ended errors { path } } }"
)
CHANGE = """mutation ($old: String!, $new: String!) {
  changePassword(input: {currentPassword: $old, newPassword: $new}) { viewer { login } errors { code path } }
}"""
SALT = b"$2b$04$abcdefghijklmnopqrstuu"
WRONG = [
    {
        "__typename": "CredentialsError",
        "code": "BAD_CREDENTIALS",
        "message": "The name or the password is wrong: correct them, or have the password set anew.",
        "path": ["input"],
    }
]


async def test_nobody_is_asked_for_nothing(door: Door) -> None:
    answer = await door.ask(ME)
    assert (answer.status, answer.data) == (200, {"viewer": None})


async def test_signing_up_lets_in_at_once(door: Door) -> None:
    asked = {"login": "lin", "email": "Lin@Example.com", "password": PASSWORD, "displayName": "林"}
    payload = (await door.ask(SIGN_UP, input=asked)).data["signUp"]
    assert payload["errors"] == []
    assert payload["viewer"] == {
        "login": "lin",
        "email": "Lin@Example.com",
        "roles": ["user"],
        "sessions": {"totalCount": 0},
    }
    assert (await door.ask(ME, payload["tokens"]["accessToken"])).data == {"viewer": {"login": "lin"}}
    assert [action for action, _, _ in await door.audit()] == ["user.sign_up"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"login": None}, ["input"]),
        ({"login": ""}, ["input", "login"]),
        ({"login": "l in"}, ["input", "login"]),
        ({"login": "lin@home"}, ["input", "login"]),
        ({"login": "l\u0000"}, ["input", "login"]),
        ({"login": "x" * 101}, ["input", "login"]),
        ({"email": "nowhere"}, ["input", "email"]),
        ({"email": f"{'x' * 250}@a.com"}, ["input", "email"]),
        ({"displayName": "\u0000"}, ["input", "displayName"]),
        ({"displayName": ""}, ["input", "displayName"]),
        ({"password": "short"}, ["input", "password"]),
        ({"password": "x" * 201}, ["input", "password"]),
        ({"password": "nul in the \u0000 middle"}, ["input", "password"]),
        ({"login": "my-own-name", "password": "My-Own-Name"}, ["input", "password"]),
    ],
)
async def test_bad_values_make_no_account(door: Door, wrong: dict[str, Any], path: list[str]) -> None:
    before = await door.state()
    payload = (await door.ask(SIGN_UP, input={"login": "lin", "password": PASSWORD} | wrong)).data["signUp"]
    assert (payload["tokens"], payload["viewer"]) == (None, None)
    assert [(each["code"], each["path"]) for each in payload["errors"]] == [("INVALID", path)]
    assert await door.state() == before


async def test_names_and_addresses_are_taken_in_any_case(door: Door) -> None:
    await door.user("lin", email="lin@example.com")
    before = await door.state()
    for wrong, field in (({"login": "LIN"}, "login"), ({"email": "LIN@example.com"}, "email")):
        payload = (await door.ask(SIGN_UP, input={"password": PASSWORD} | wrong)).data["signUp"]
        (error,) = payload["errors"]
        assert (error["__typename"], error["path"], error["fields"]) == (
            "ConflictError",
            ["input", field],
            [field],
        )
    assert await door.state() == before
    assert await door.audit() == []


async def test_strangers_are_shut_out_where_other_machines_reach_the_server(doors: Doors) -> None:
    for settings in ({"host": "0.0.0.0"}, {"sign_up": False}):  # noqa: S104
        door = await doors.open(**settings)
        before = await door.state()
        answer = await door.ask(SIGN_UP, input={"login": "lin", "password": PASSWORD})
        assert answer.error == ("FORBIDDEN", "Accounts are made by administrators here: ask one.")
        assert await door.state() == before


async def test_signing_in_by_name_or_address(door: Door) -> None:
    user_id = await door.user("lin", email="lin@example.com")
    for login in ("lin", "LIN", "lin@Example.com"):
        answer = await door.ask(SIGN_IN, login=login, password=PASSWORD)
        assert answer.data["signIn"]["viewer"] == {"login": "lin", "roles": ["user"]}
    async with door.database.read() as connection:
        seen = (await connection.execute(select(User.last_login_at, User.last_login_ip))).one()
    assert seen.last_login_at is not None
    assert str(seen.last_login_ip) == "127.0.0.1"
    assert await door.audit() == [("user.sign_in", user_id, {})] * 3


async def test_an_address_goes_before_a_name_that_looks_like_it(door: Door) -> None:
    await door.user("her@example.com", password="somebody else's")  # noqa: S106
    await door.user("her", email="her@example.com")
    assert (await door.ask(ME, (await door.sign_in("her@example.com")).access)).data["viewer"][
        "login"
    ] == "her"


async def test_every_refusal_reads_the_same(door: Door) -> None:
    await door.user("lin")
    await door.user("of-a-provider", password=None)
    await door.user("imported")
    await door.user("suspended")
    await door.user("deleted")
    async with door.database.transaction() as session:
        for name, values in (
            ("imported", {"password_hash": "md5$abc", "password_scheme": PasswordScheme.UNKNOWN}),
            ("suspended", {"status": UserStatus.SUSPENDED}),
            ("deleted", {"deleted_at": text("now()")}),
        ):
            await session.execute(update(User).where(User.username == name).values(**values))
    before = await door.state()
    tried = [
        ("lin", "wrong password", "wrong password"),
        ("nobody", PASSWORD, "unknown account"),
        ("", PASSWORD, "unknown account"),
        ("l\u0000in", PASSWORD, "unknown account"),
        ("lin", "", "wrong password"),
        ("lin", "x" * 100_000, "wrong password"),
        ("of-a-provider", PASSWORD, "account without a password"),
        ("imported", PASSWORD, "password must be set anew"),
        ("suspended", PASSWORD, "account is suspended"),
        ("deleted", PASSWORD, "unknown account"),
    ]
    for login, password, _ in tried:
        payload = (await door.ask(SIGN_IN, login=login, password=password)).data["signIn"]
        assert payload == {"tokens": None, "viewer": None, "errors": WRONG}, login
    assert await door.state() == before
    assert await door.audit() == [("user.sign_in_failed", None, {"reason": reason}) for _, _, reason in tried]


class Counted(Passwords):
    """Counts verifications by the kind of hash."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds: list[str] = []
        verify = self._hash.verify

        def counting(password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002
            self.kinds.append(str(hash).split("$")[1])
            return verify(password, hash)

        self._hash.verify = counting  # type: ignore[method-assign]


async def test_unknown_accounts_take_as_much_work(door: Door, statements: Any) -> None:
    await door.user("lin")
    await door.user("of-a-provider", password=None)
    passwords = Counted()
    object.__setattr__(door.access.accounts, "passwords", passwords)
    work = []
    for login in ("lin", "nobody", "of-a-provider"):
        with statements(door.database) as issued:
            await door.ask(SIGN_IN, login=login, password="wrong password")  # noqa: S106
        work.append((passwords.kinds[:], [sql.split()[0] for sql in issued]))
        passwords.kinds.clear()
    assert work[0] == (["argon2id"], ["SELECT", "INSERT"])
    assert work[1:] == [work[0]] * 2
    passwords.close()


async def test_every_refusal_takes_the_same_time(database: Database, door: Door) -> None:
    """Whatever was verified, and however long that took: here a clock tells that it took a tenth more."""
    await door.user("lin")
    times = iter(number / 10 for number in range(100))
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))

    accounts = Accounts(
        database, Passwords(), door.access.sign_ins, False, 10, clock=lambda: next(times), sleep=sleep
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.auth.accounts.REFUSAL_SECONDS", 0.5)
        for login in ("lin", "nobody"):
            with pytest.raises(Refused):
                await accounts.sign_in(login, "wrong password", Client())
    assert slept == [0.4, 0.4]
    accounts.passwords.close()


async def test_bcrypt_is_accepted_and_hashed_anew(door: Door) -> None:
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, b"2a")).decode()
    await door.user("lin")
    values = {"password_hash": old, "password_scheme": PasswordScheme.BCRYPT}
    async with door.database.transaction() as session:
        await session.execute(update(User).values(**values))
    before = await door.state()
    assert (await door.ask(SIGN_IN, login="lin", password="wrong")).data["signIn"]["errors"] == WRONG  # noqa: S106
    assert await door.state() == before
    await door.sign_in("lin")
    async with door.database.read() as connection:
        kept = (await connection.execute(select(User.password_hash, User.password_scheme))).one()
    assert kept.password_hash.startswith("$argon2id$")
    assert kept.password_scheme is PasswordScheme.ARGON2
    await door.sign_in("lin")


@pytest.mark.parametrize(
    ("password", "kept", "right"),
    [
        ("p" * 100, bcrypt.hashpw(b"p" * 72, SALT).decode(), True),
        ("p" * 71, bcrypt.hashpw(b"p" * 72, SALT).decode(), False),
        ("p\x00q", bcrypt.hashpw(b"p", SALT).decode(), False),
        ("p", "$2y$" + bcrypt.hashpw(b"p", SALT).decode()[4:], True),
        ("p", "$2b$31$" + "." * 53, False),
        ("p", "$2b$04$" + "." * 53, False),
        ("p", "$argon2id$v=19$m=99999999,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo", False),
        ("p", "$argon2id$v=19$m=64,t=3,p=4$!$!", False),
        ("p", "pbkdf2$abc", False),
        ("p", "", False),
        ("\ud800", None, False),
    ],
)
async def test_hashes_from_elsewhere(password: str, kept: str | None, right: bool) -> None:
    passwords = Passwords()
    verdict = await passwords.verify(password, kept)
    assert verdict.right is right
    assert (verdict.replacement is not None) is right
    passwords.close()


async def test_current_hashes_stay() -> None:
    passwords = Passwords()
    assert understood(hash_of(PASSWORD))
    assert await passwords.verify(PASSWORD, hash_of(PASSWORD)) == Verdict(right=True)
    passwords.close()


async def test_repeated_failures_wait_also_for_accounts_that_do_not_exist(door: Door) -> None:
    await door.user("lin")
    for login in ("lin", "nobody"):
        seen = []
        for _ in range(7):
            payload = (await door.ask(SIGN_IN, login=login, password="wrong")).data["signIn"]  # noqa: S106
            seen.append(payload["errors"][0]["code"])
        assert seen == ["BAD_CREDENTIALS"] * 5 + ["THROTTLED"] * 2
    failures = len(await door.audit())
    (error,) = (await door.ask(SIGN_IN, login="LIN", password=PASSWORD)).data["signIn"]["errors"]
    assert (error["__typename"], error["retryAfterSeconds"]) == ("ThrottledError", 1)
    assert len(await door.audit()) == failures
    door.now += 1
    assert (await door.ask(SIGN_IN, login="lin", password="wrong")).data["signIn"]["errors"] == WRONG  # noqa: S106
    (error,) = (await door.ask(SIGN_IN, login="lin", password=PASSWORD)).data["signIn"]["errors"]
    assert error["retryAfterSeconds"] == 2
    door.now += 2
    await door.sign_in("lin")
    # A success begins anew.
    assert (await door.ask(SIGN_IN, login="lin", password="wrong")).data["signIn"]["errors"] == WRONG  # noqa: S106
    await door.sign_in("lin")


async def test_a_hundred_guesses_at_once_are_no_way_around(door: Door) -> None:
    await door.user("lin")
    answers = await asyncio.gather(
        *(door.ask(SIGN_IN, login="lin", password=f"guess {number}") for number in range(20))
    )
    codes = [answer.data["signIn"]["errors"][0]["code"] for answer in answers]
    assert sorted(codes) == ["BAD_CREDENTIALS"] * 5 + ["THROTTLED"] * 15


async def test_signing_out_ends_this_sign_in(door: Door) -> None:
    user_id = await door.user("lin")
    one, other = await door.sign_in("lin"), await door.sign_in("lin")
    payload = (await door.ask(SIGN_OUT, one.access, everywhere=False)).data["signOut"]
    assert payload == {"ended": 1, "errors": []}
    assert (await door.ask(ME, one.access)).status == 401
    assert (await door.ask(ME, other.access)).data["viewer"] == {"login": "lin"}
    assert (await door.audit())[-1] == ("user.sign_out", user_id, {"everywhere": False, "ended": 1})


async def test_signing_out_everywhere(door: Door) -> None:
    await door.user("lin")
    await door.user("other")
    tokens = [await door.sign_in("lin") for _ in range(3)]
    stranger = await door.sign_in("other")
    payload = (await door.ask(SIGN_OUT, tokens[0].access, everywhere=True)).data["signOut"]
    assert payload == {"ended": 3, "errors": []}
    assert [(await door.ask(ME, each.access)).status for each in tokens] == [401] * 3
    assert (await door.ask(ME, stranger.access)).status == 200


async def test_nobody_signs_out_nobody(door: Door) -> None:
    await door.user("lin")
    await door.sign_in("lin")
    before = await door.state()
    code, _ = (await door.ask(SIGN_OUT, everywhere=True)).error
    assert code == "UNAUTHENTICATED"
    assert await door.state() == before


async def test_the_rest_of_an_operation_is_on_behalf_of_whoever_was_let_in(door: Door) -> None:
    await door.user("lin")
    await door.user("wei")
    one = 'signIn(input: {login: "%s", password: "%s"}) { viewer { login } }'
    tried = {"a": ("lin", PASSWORD), "b": ("wei", PASSWORD), "c": ("lin", "wrong password")}
    fields = " ".join(f"{alias}: {one % credentials}" for alias, credentials in tried.items())
    data = (await door.ask(f"mutation {{ {fields} }}")).data
    assert [data[name]["viewer"] for name in "abc"] == [{"login": "lin"}, {"login": "wei"}, None]


async def test_changing_the_password_ends_all_other_sign_ins(door: Door) -> None:
    user_id = await door.user("lin")
    here, there = await door.sign_in("lin"), await door.sign_in("lin")
    payload = (await door.ask(CHANGE, here.access, old=PASSWORD, new="another password")).data[
        "changePassword"
    ]
    assert payload == {"viewer": {"login": "lin"}, "errors": []}
    assert (await door.ask(ME, here.access)).status == 200
    assert (await door.ask(ME, there.access)).status == 401
    assert (await door.ask(SIGN_IN, login="lin", password=PASSWORD)).data["signIn"]["errors"] == WRONG
    await door.sign_in("lin", "another password")
    assert ("user.password_change", user_id, {}) in await door.audit()


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            "wrong password",
            "another password",
            {"code": "BAD_CREDENTIALS", "path": ["input", "currentPassword"]},
        ),
        (PASSWORD, "short", {"code": "INVALID", "path": ["input", "newPassword"]}),
    ],
)
async def test_a_password_is_not_changed(door: Door, old: str, new: str, error: dict[str, Any]) -> None:
    await door.user("lin")
    token = (await door.sign_in("lin")).access
    before = await door.state()
    payload = (await door.ask(CHANGE, token, old=old, new=new)).data["changePassword"]
    assert payload["errors"] == [error]
    assert await door.state() == before


async def test_guessing_the_present_password_waits(door: Door) -> None:
    token = await door.token(await door.user("lin"))
    codes = []
    for _ in range(7):
        payload = (await door.ask(CHANGE, token, old="wrong", new="another password")).data["changePassword"]
        codes.append(payload["errors"][0]["code"])
    assert codes == ["BAD_CREDENTIALS"] * 5 + ["THROTTLED"] * 2
