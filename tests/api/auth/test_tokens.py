"""Access tokens: only those that this server signed, for its own use, at the right time."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from api.auth.authenticate import REFUSED
from api.auth.secret import Secrets
from api.core.errors import Unauthenticated
from api.http.endpoint import METHODS
from tests.api.auth.conftest import ME, SECRET, Door, Doors

HUGE = '{"exp": 1e999}'
OTHER = b"another secret: 0123456789abcdefghijklmnopqrstuv"


def claims(user_id: UUID, family_id: UUID, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    made = {
        "iss": "atrium",
        "aud": "atrium",
        "sub": str(user_id),
        "iat": now,
        "nbf": now,
        "exp": now + timedelta(minutes=5),
        "jti": uuid4().hex,
        "kind": "access",
        "family": str(family_id),
    } | changes
    return {name: value for name, value in made.items() if value is not None}


def unsigned(user_id: UUID, family_id: UUID, algorithm: str = "none") -> str:
    body = claims(user_id, family_id)
    body |= {name: int(body[name].timestamp()) for name in ("iat", "nbf", "exp")}
    return f"{coded(json.dumps({'alg': algorithm, 'typ': 'JWT'}))}.{coded(json.dumps(body))}."


def coded(part: str | bytes) -> str:
    """One part of a token."""
    whole = part.encode() if isinstance(part, str) else part
    return base64.urlsafe_b64encode(whole).decode().rstrip("=")


def bad_tokens(user_id: UUID, family_id: UUID) -> dict[str, str]:
    """Tokens that each have one fault; the way to make them is shown by `good`."""

    def signed(key: Any = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
        return jwt.encode(claims(user_id, family_id, **changes), key, algorithm)

    now, hour = datetime.now(UTC), timedelta(hours=1)
    good = signed()
    head, body, signature = good.split(".")
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made = {
        "alg none": unsigned(user_id, family_id),
        "alg None": unsigned(user_id, family_id, "None"),
        "no signature": f"{head}.{body}.",
        "another signature": f"{head}.{body}.{signature[::-1]}",
        "another body": f"{head}.{body[:-4]}AAAA.{signature}",
        "another key": signed(OTHER),
        "another algorithm of the same key": signed(SECRET * 2, "HS512"),
        "a public key": signed(private, "RS256"),
        "another audience": signed(aud="other"),
        "no audience": signed(aud=None),
        "another issuer": signed(iss="other"),
        "no issuer": signed(iss=None),
        "past": signed(iat=now - 2 * hour, nbf=now - 2 * hour, exp=now - hour),
        "future": signed(iat=now + hour, nbf=now + hour, exp=now + 2 * hour),
        "made in the future": signed(iat=now + hour),
        "for ever": signed(exp=None),
        "refresh for access": signed(kind="refresh"),
        "no kind": signed(kind=None),
        "no family": signed(family=None),
        "family that ended": signed(family=str(uuid4())),
        "unknown user": signed(sub=str(uuid4())),
        "user that is none": signed(sub="lin"),
        "no user": signed(sub=None),
        "too long": signed(jti="x" * 3_000),
        "end that is none": signed(exp="soon"),
        "a number too large": f"{head}.{coded(HUGE)}.x",
        "nested deep": f"{coded(b'[' * 1_400)}.{body}.{signature}",
        "not a token": "hello",
        "dots": "...",
        "nothing": "",
        "not ASCII": "ä.ö.ü",
    }
    for name, text in made.items():
        assert text != good, name
    return made


async def sign_in(door: Door) -> tuple[UUID, UUID]:
    """A user who signed in, and the family of that."""
    user_id = await door.user("lin")
    read = jwt.decode((await door.sign_in("lin")).access, SECRET, ["HS256"], audience="atrium")
    return user_id, UUID(read["family"])


async def test_a_token_made_as_the_server_does_is_good(door: Door) -> None:
    made = jwt.encode(claims(*await sign_in(door)), SECRET, "HS256")
    assert (await door.ask(ME, made)).data == {"viewer": {"login": "lin"}}


async def test_bad_tokens_get_one_answer_and_change_nothing(door: Door) -> None:
    made = bad_tokens(*await sign_in(door))
    before, audit = await door.state(), await door.audit()
    for name, token in made.items():
        for query in (ME, "mutation { signOut(input: {everywhere: true}) { ended } }"):
            answer = await door.send(query, {"Authorization": f"Bearer {token}".encode("latin-1")})  # type: ignore[dict-item]
            assert (answer.status, answer.error) == (401, ("UNAUTHENTICATED", REFUSED)), name
            assert answer.headers["www-authenticate"] == "Bearer", name
            assert "data" not in answer.body, name
    assert (await door.state(), await door.audit()) == (before, audit)


@pytest.mark.parametrize(
    "header",
    [
        "Basic bGluOnBhc3N3b3Jk",
        "Bearer",
        "Bearer ",
        "Bearer  {token}",
        "Bearer {token} ",
        "Bearer {token}, Bearer {token}",
        "{token}",
        "",
        "bearer: {token}",
    ],
)
async def test_bad_headers_are_refused_like_bad_tokens(door: Door, header: str) -> None:
    token = await door.token(await door.user("lin"))
    answer = await door.send(ME, {"Authorization": header.format(token=token)})
    assert (answer.status, answer.error) == (401, ("UNAUTHENTICATED", REFUSED))


async def test_the_scheme_has_no_case(door: Door) -> None:
    token = await door.token(await door.user("lin"))
    for scheme in ("bearer", "BEARER"):
        assert (await door.send(ME, {"Authorization": f"{scheme} {token}"})).data["viewer"]


@pytest.mark.parametrize("size", [5_000, 30_000, 1_000_000])
async def test_headers_of_any_size_are_refused_before_any_work(
    door: Door, statements: Any, size: int
) -> None:
    """What is longer than all headers may be together does not come as far as a credential."""
    with statements(door.database) as issued:
        answer = await door.send(ME, {"Authorization": f"Bearer {'x' * size}"})
        with pytest.raises(Unauthenticated, match=REFUSED):
            await door.access.authenticator.authenticate(f"Bearer {'x' * size}", None, {})
    assert issued == []
    assert answer.status == (401 if size < 32_000 else 431)
    assert answer.error[0] == ("UNAUTHENTICATED" if size < 32_000 else "BAD_REQUEST")


async def test_a_refused_credential_is_no_way_to_be_nobody(door: Door) -> None:
    """Also where the operation needs none, so that clients notice."""
    assert (await door.ask("{ __typename }", "nonsense")).status == 401
    for method in METHODS:
        response = await door.client.request(
            method, "/graphql?query={__typename}", headers={"Authorization": "Bearer nonsense"}
        )
        assert response.status_code == (204 if method == "OPTIONS" else 401)


async def test_secrets_are_changed_without_signing_anybody_out(doors: Doors) -> None:
    before = await doors.open()
    token = await before.token(await before.user("lin"))
    after = await doors.open(Secrets(OTHER, (SECRET,)))
    assert (await after.ask(ME, token)).data["viewer"] == {"login": "lin"}
    new = await after.token(await after.user("wei"))
    assert (await before.ask(ME, new)).status == 401
    assert (await after.ask(ME, new)).data["viewer"] == {"login": "wei"}
    later = await doors.open(Secrets(OTHER))
    assert (await later.ask(ME, token)).status == 401


async def test_a_token_is_good_until_its_end_and_no_longer(door: Door) -> None:
    """Also where it is remembered: the authenticator's own clock goes on by five minutes."""
    token = await door.token(await door.user("lin"), minutes=5)
    assert (await door.ask(ME, token)).status == 200
    door.now += 299
    await door.access.authenticator.renew()
    header = f"Bearer {token}"
    assert door.access.authenticator.recall(header, None) is not None
    door.now += 1.5
    assert door.access.authenticator.recall(header, None) is None


async def test_nothing_is_decoded_and_nothing_asked_the_second_time(
    door: Door, statements: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await door.token(await door.user("lin"))
    await door.ask(ME, token)
    monkeypatch.setattr(jwt, "decode", lambda *_, **__: pytest.fail("it was decoded again"))
    with statements(door.database) as issued:
        for _ in range(3):
            assert (await door.ask("{ __typename }", token)).status == 200
    assert issued == []
