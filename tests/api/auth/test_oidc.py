"""Signing in with an OpenID Connect provider: a real HTTP server on loopback with real keys."""

import asyncio
import hmac
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from sqlalchemy import func, select, update

from api.auth.jwks import KeySet
from api.auth.oidc import Providers
from api.settings import OidcProvider
from db.errors import Misconfigured
from db.models import User, UserIdentity, UserStatus
from tests.api.auth.conftest import ME, SECRET, Door, Doors

SIGN_IN = """mutation ($provider: String!, $token: String!, $nonce: String) {
  signInWithProvider(input: {provider: $provider, idToken: $token, nonce: $nonce}) {
    tokens { accessToken } viewer { login email displayName emailVerified authProvider externalId }
    errors { __typename code message path }
  }
}"""
REFUSED = [
    {
        "__typename": "CredentialsError",
        "code": "BAD_CREDENTIALS",
        "message": "This provider's token lets nobody in: sign in there again, or ask an administrator.",
        "path": ["input", "idToken"],
    }
]
AUDIENCE = "the-web-client"


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Identities:
    """An OpenID Connect provider: its documents over HTTP, and tokens signed by its keys."""

    def __init__(self) -> None:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                status, body = provider.answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.asked: list[str] = []
        self.keys: dict[str, Any] = {"first": rsa_key()}
        self.broken: dict[str, tuple[int, bytes]] = {}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> tuple[int, bytes]:
        if path in self.broken:
            return self.broken[path]
        documents = {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/keys",
            },
            "/keys": {"keys": [public(name, key) for name, key in self.keys.items()]},
        }
        return (200, json.dumps(documents[path]).encode()) if path in documents else (404, b"")

    def token(self, key: str = "first", **changes: Any) -> str:
        private = self.keys[key]
        algorithm = "RS256" if isinstance(private, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(self.claims(**changes), private, algorithm, headers={"kid": key})

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = datetime.now(UTC)
        made = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "108423",
            "iat": now,
            "exp": now + timedelta(hours=1),
            "email": "lin@example.com",
            "email_verified": True,
            "name": "林 Lin",
        } | changes
        return {name: value for name, value in made.items() if value is not None}


def public(name: str, key: Any) -> dict[str, Any]:
    kind = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    made: dict[str, Any] = kind.to_jwk(key.public_key(), as_dict=True)
    return made | {"kid": name, "use": "sig"}


@pytest.fixture
def identities() -> Iterator[Identities]:
    made = Identities()
    yield made
    made.server.shutdown()
    made.server.server_close()


def provider(identities: Identities, **changes: Any) -> dict[str, Any]:
    return {
        "name": "house",
        "issuer": identities.issuer,
        "audiences": [AUDIENCE],
        "create_users": True,
    } | changes


@pytest.fixture
async def house(doors: Doors, identities: Identities) -> Door:
    """The application, with a provider that may make users."""
    return await doors.open(oidc_providers=[provider(identities)])


def keys_of(door: Door, name: str = "house") -> KeySet:
    providers: Providers = door.access.providers
    return providers._providers[name].keys


async def enter(door: Door, token: str, name: str = "house", nonce: str | None = None) -> dict[str, Any]:
    answer = await door.ask(SIGN_IN, provider=name, token=token, nonce=nonce)
    payload: dict[str, Any] = answer.data["signInWithProvider"]
    return payload


async def count(door: Door, model: Any) -> int:
    async with door.database.read() as connection:
        return (await connection.scalar(select(func.count()).select_from(model))) or 0


async def test_the_first_sign_in_makes_an_account_and_the_next_finds_it(
    house: Door, identities: Identities
) -> None:
    for expected in (1, 1):
        payload = await enter(house, identities.token())
        assert payload["errors"] == []
        assert payload["viewer"] == {
            "login": None,
            "email": "lin@example.com",
            "displayName": "林 Lin",
            "emailVerified": True,
            "authProvider": "house",
            "externalId": "108423",
        }
        assert (await house.ask(ME, payload["tokens"]["accessToken"])).status == 200
        assert (await count(house, User), await count(house, UserIdentity)) == (expected, expected)
    assert [meta for _, _, meta in await house.audit()] == [{"provider": "house"}] * 2
    assert identities.asked == ["/.well-known/openid-configuration", "/keys"]


async def test_elliptic_curves_are_as_good(house: Door, identities: Identities) -> None:
    identities.keys["curve"] = ec.generate_private_key(ec.SECP256R1())
    assert (await enter(house, identities.token("curve")))["errors"] == []


async def test_a_twenty_fold_first_sign_in_makes_one_account(house: Door, identities: Identities) -> None:
    token = identities.token()
    payloads = await asyncio.gather(*(enter(house, token) for _ in range(20)))
    assert [payload["errors"] for payload in payloads] == [[]] * 20
    assert (await count(house, User), await count(house, UserIdentity)) == (1, 1)
    assert len(identities.asked) == 2


def confused(identities: Identities, key: str) -> str:
    """A token signed by the text of a public key, as if that were a shared secret."""
    text = identities.keys[key].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = identities.claims()
    claims |= {name: int(claims[name].timestamp()) for name in ("iat", "exp")}
    parts = [json.dumps(each).encode() for each in ({"alg": "HS256", "kid": key}, claims)]
    signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = urlsafe_b64encode(hmac.digest(text, signed, "sha256")).rstrip(b"=")
    return f"{signed.decode()}.{signature.decode()}"


def bad_tokens(identities: Identities) -> dict[str, str]:
    now, hour = datetime.now(UTC), timedelta(hours=1)
    good = identities.token()
    head, body, signature = good.split(".")
    other, key = rsa_key(), identities.keys["first"]

    def signed(by: Any, algorithm: str | None, kid: str | None = "first") -> str:
        headers = {} if kid is None else {"kid": kid}
        return jwt.encode(identities.claims(), by, algorithm, headers=headers)

    return {
        "alg none": signed(None, None),
        "another key": signed(other, "RS256"),
        "another key without a name": signed(other, "RS256", None),
        "unknown key": signed(key, "RS256", "unheard-of"),
        "the public key as a secret": confused(identities, "first"),
        "our own secret": signed(SECRET, "HS256"),
        "another algorithm of the same key": signed(key, "RS512"),
        "an algorithm of another kind of key": f"{signed(ec.generate_private_key(ec.SECP256R1()), 'ES256')}",
        "no signature": f"{head}.{body}.",
        "another signature": f"{head}.{body}.{signature[::-1]}",
        "another issuer": identities.token(iss="https://elsewhere.example"),
        "no issuer": identities.token(iss=None),
        "another audience": identities.token(aud="another-client"),
        "no audience": identities.token(aud=None),
        "for several, made by another": identities.token(aud=[AUDIENCE, "other"], azp="other"),
        "for several, made by nobody": identities.token(aud=[AUDIENCE, "other"]),
        "made by another": identities.token(azp="other"),
        "past": identities.token(iat=now - 2 * hour, exp=now - hour),
        "from the future": identities.token(iat=now + hour, exp=now + 2 * hour),
        "not yet": identities.token(nbf=now + hour),
        "for ever": identities.token(exp=None),
        "nobody": identities.token(sub=None),
        "nobody at all": identities.token(sub=""),
        "a subject too long": identities.token(sub="x" * 300),
        "a subject with a NUL": identities.token(sub="a\u0000b"),
        "too long": identities.token(filler="x" * 20_000),
        "not a token": "hello",
        "nothing": "",
    }


async def test_bad_tokens_get_one_answer_and_change_nothing(house: Door, identities: Identities) -> None:
    before = await house.state()
    for name, token in bad_tokens(identities).items():
        assert await enter(house, token) == {"tokens": None, "viewer": None, "errors": REFUSED}, name
    assert await house.state() == before
    reasons = {meta["reason"] for _, _, meta in await house.audit()}
    assert reasons == {"token is not good"}
    assert (await enter(house, identities.token(aud=[AUDIENCE, "other"], azp=AUDIENCE)))["errors"] == []


async def test_a_nonce_must_be_repeated(house: Door, identities: Identities) -> None:
    assert (await enter(house, identities.token(nonce="n1"), nonce="n2"))["errors"] == REFUSED
    assert (await enter(house, identities.token(), nonce="n2"))["errors"] == REFUSED
    assert (await enter(house, identities.token(nonce="n2"), nonce="n2"))["errors"] == []


async def test_clocks_may_differ_a_little(doors: Doors, identities: Identities) -> None:
    door = await doors.open(oidc_providers=[provider(identities)], clock_skew_seconds=60)
    now = datetime.now(UTC)
    ahead = identities.token(iat=now + timedelta(seconds=30))
    late = identities.token(exp=now - timedelta(seconds=30))
    too_late = identities.token(exp=now - timedelta(seconds=90))
    assert [bool((await enter(door, token))["errors"]) for token in (ahead, late, too_late)] == [
        False,
        False,
        True,
    ]


async def test_keys_are_rotated_and_invented_ones_do_not_wear_the_provider_out(
    house: Door, identities: Identities
) -> None:
    now = 0.0
    keys = keys_of(house)
    keys._clock = lambda: now
    assert (await enter(house, identities.token()))["errors"] == []
    old = identities.token()
    identities.keys = {"second": rsa_key()}
    # The provider was asked a moment ago.
    assert (await enter(house, identities.token("second")))["errors"] == REFUSED
    assert len(identities.asked) == 2
    now = 61.0
    assert (await enter(house, identities.token("second")))["errors"] == []
    assert len(identities.asked) == 4
    assert (await enter(house, old))["errors"] == REFUSED
    invented = [
        jwt.encode(identities.claims(), SECRET, "HS256", headers={"kid": f"k{each}"}) for each in range(9)
    ]
    for token in invented:
        assert (await enter(house, token))["errors"] == REFUSED
    assert len(identities.asked) == 4
    now = 61.0 + 3_601.0
    assert (await enter(house, identities.token("second")))["errors"] == []
    assert len(identities.asked) == 6


async def test_keys_that_are_known_stay_good_while_the_provider_is_away(
    house: Door, identities: Identities
) -> None:
    now = 0.0
    keys = keys_of(house)
    keys._clock = lambda: now
    assert (await enter(house, identities.token()))["errors"] == []
    identities.broken["/keys"] = (503, b"")
    now = 10_000.0
    assert (await enter(house, identities.token()))["errors"] == []


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/keys", 500, b""),
        ("/keys", 200, b"nonsense"),
        ("/keys", 200, b"[]"),
        ("/keys", 200, b'{"keys": 7}'),
        ("/keys", 200, b" " * 600_000),
        ("/keys", 302, b""),
        ("/.well-known/openid-configuration", 404, b""),
        ("/.well-known/openid-configuration", 200, b'{"issuer": "https://elsewhere.example"}'),
        ("/.well-known/openid-configuration", 200, b"{}"),
        ("/.well-known/openid-configuration", 200, b"\xff"),
    ],
)
async def test_a_provider_that_answers_nonsense_lets_nobody_in(
    house: Door, identities: Identities, path: str, status: int, body: bytes
) -> None:
    identities.broken[path] = (status, body)
    before, audit = await house.state(), await house.audit()
    answer = await house.ask(SIGN_IN, provider="house", token=identities.token(), nonce=None)
    message = "The provider house does not answer at the moment: try again shortly."
    assert answer.error == ("SERVICE_UNAVAILABLE", message)
    # Asked a moment ago, it is left alone, and that is said in the same words.
    asked = len(identities.asked)
    again = await house.ask(SIGN_IN, provider="house", token=identities.token(), nonce=None)
    assert (again.error, len(identities.asked)) == (answer.error, asked)
    assert (await house.state(), await house.audit()) == (before, audit)


async def test_keys_elsewhere_in_the_clear_are_not_fetched(house: Door, identities: Identities) -> None:
    document = {"issuer": identities.issuer, "jwks_uri": "http://keys.example/keys"}
    identities.broken["/.well-known/openid-configuration"] = (200, json.dumps(document).encode())
    answer = await house.ask(SIGN_IN, provider="house", token=identities.token(), nonce=None)
    assert answer.error[0] == "SERVICE_UNAVAILABLE"


async def test_keys_that_are_not_for_signing_are_left_out(house: Door, identities: Identities) -> None:
    good = public("first", identities.keys["first"])
    listed = [
        7,
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        good | {"kid": "crypt", "use": "enc"},
        good | {"kid": "other", "alg": "RS512"},
        {"kty": "RSA", "kid": "broken"},
        public("curve", ec.generate_private_key(ec.SECP384R1())),
        good,
    ]
    identities.broken["/keys"] = (200, json.dumps({"keys": listed}).encode())
    assert (await enter(house, identities.token()))["errors"] == []
    assert list(keys_of(house)._keys) == ["first"]


async def test_nobody_is_made_unless_the_settings_say_so(doors: Doors, identities: Identities) -> None:
    door = await doors.open(oidc_providers=[provider(identities, create_users=False)])
    user_id = await door.user("lin", email="lin@example.com", email_verified=True)
    before = await door.state()
    assert (await enter(door, identities.token()))["errors"] == REFUSED
    assert await door.state() == before
    async with door.database.transaction() as session:
        session.add(UserIdentity(user_id=user_id, provider="house", subject="108423"))
    payload = await enter(door, identities.token())
    assert (payload["errors"], payload["viewer"]["login"]) == ([], "lin")


@pytest.mark.parametrize(
    ("link", "here", "there", "joined"),
    [
        (True, True, True, True),
        (True, False, True, False),
        (True, True, False, False),
        (False, True, True, False),
    ],
)
async def test_accounts_are_joined_where_both_addresses_are_verified(
    doors: Doors,
    identities: Identities,
    link: bool,
    here: bool,
    there: bool,
    joined: bool,
) -> None:
    settings = provider(identities, link_by_email=link, create_users=False)
    door = await doors.open(oidc_providers=[settings])
    await door.user("lin", email="LIN@example.com", email_verified=here)
    payload = await enter(door, identities.token(email_verified=there))
    assert (payload["viewer"] == None) is not joined  # noqa: E711
    assert payload["errors"] == ([] if joined else REFUSED)
    assert await count(door, UserIdentity) == int(joined)


async def test_an_address_that_belongs_to_somebody_else_is_told(house: Door, identities: Identities) -> None:
    await house.user("lin", email="lin@example.com")
    before = await house.state()
    payload = await enter(house, identities.token())
    assert [(each["__typename"], each["code"]) for each in payload["errors"]] == [
        ("ConflictError", "CONFLICT")
    ]
    assert await house.state() == before


async def test_addresses_that_nobody_verified_are_not_taken_over(house: Door, identities: Identities) -> None:
    for changes in (
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "nowhere"},
        {"email": 7},
    ):
        payload = await enter(house, identities.token(sub=str(changes), **changes))
        assert payload["errors"] == []
        assert (payload["viewer"]["email"], payload["viewer"]["emailVerified"]) == (None, False)


@pytest.mark.parametrize("subject", ["", "a" * 1_000, "a\x00", "a\ud800"])
async def test_a_subject_that_cannot_be_kept_lets_nobody_in(
    house: Door, identities: Identities, subject: str
) -> None:
    users = await count(house, User)
    assert (await enter(house, identities.token(sub=subject)))["errors"] == REFUSED
    assert await count(house, User) == users


@pytest.mark.parametrize("values", [{"status": UserStatus.SUSPENDED}, {"deleted_at": func.now()}])
async def test_who_was_shut_out_stays_so(house: Door, identities: Identities, values: dict[str, Any]) -> None:
    await enter(house, identities.token())
    async with house.database.transaction() as session:
        await session.execute(update(User).values(**values))
    users = await count(house, User)
    assert (await enter(house, identities.token()))["errors"] == REFUSED
    assert await count(house, User) == users


async def test_two_providers_are_kept_apart(doors: Doors, identities: Identities) -> None:
    other = Identities()
    try:
        listed = [provider(identities), provider(other, name="other")]
        door = await doors.open(oidc_providers=listed)
        both = {"email": None}
        assert (await enter(door, identities.token(**both)))["errors"] == []
        assert (await enter(door, identities.token(**both), "other"))["errors"] == REFUSED
        assert (await enter(door, other.token(**both), "other"))["errors"] == []
        assert await count(door, User) == 2
        payload = await enter(door, identities.token(), "unknown")
        assert [(each["code"], each["path"]) for each in payload["errors"]] == [
            ("INVALID", ["input", "provider"])
        ]
    finally:
        other.server.shutdown()
        other.server.server_close()


async def test_a_providers_token_is_no_credential_by_itself(house: Door, identities: Identities) -> None:
    assert (await house.ask(ME, identities.token())).status == 401


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        (
            [{"issuer": "http://login.example"}],
            r"^The issuer http://login\.example .* must begin with https://",
        ),
        ([{}, {"issuer": "https://login.example"}], r"^ATRIUM_OIDC_PROVIDERS names two providers alike"),
    ],
)
async def test_settings_that_cannot_be_meant_are_refused(
    doors: Doors, identities: Identities, listed: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(Misconfigured, match=message):
        await doors.open(oidc_providers=[provider(identities, **each) for each in listed])


def test_settings_are_checked() -> None:
    for wrong in ({"name": "Two Words"}, {"issuer": "login.example"}, {"audiences": []}, {"colour": "red"}):
        values = {"name": "house", "issuer": "https://login.example", "audiences": ["a"]} | wrong
        with pytest.raises(ValueError, match=next(iter(wrong))):
            OidcProvider.model_validate(values)
