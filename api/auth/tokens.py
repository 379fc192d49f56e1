"""Access tokens: signed statements of who somebody is, good for some minutes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import jwt

from api.auth.secret import Secrets

_ALGORITHM: Final = "HS256"
_KIND: Final = "access"
_LONGEST: Final = 2_000
_REQUIRED: Final = ("iss", "aud", "sub", "iat", "nbf", "exp", "jti", "kind", "family")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it goes to its owner, and the moment from which it is refused."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says."""

    user_id: UUID
    family_id: UUID
    expires_at: datetime


class Tokens:
    """Signs and verifies for one issuer and audience; `skew` is by how much clocks may differ."""

    def __init__(
        self, secrets: Secrets, *, issuer: str, audience: str, lifetime: timedelta, skew: timedelta
    ) -> None:
        self._secrets = secrets
        self._issuer = issuer
        self._audience = audience
        self._lifetime = lifetime
        self._skew = skew

    def issue(self, user_id: UUID, family_id: UUID, lifetime: timedelta | None = None) -> AccessToken:
        """A token for a user, which ends with its family if not by itself before."""
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = now + (lifetime or self._lifetime)
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(user_id),
            "iat": now,
            "nbf": now,
            "exp": expires_at,
            "jti": uuid4().hex,
            "kind": _KIND,
            "family": str(family_id),
        }
        return AccessToken(jwt.encode(claims, self._secrets.current, _ALGORITHM), expires_at)

    def read(self, text: str) -> Claims | None:
        """What a token says, or None for one that is not good, for whatever reason."""
        if len(text) > _LONGEST or not text.isascii():
            return None
        for key in self._secrets.all:
            try:
                return _claims(self._decoded(text, key))
            except jwt.InvalidSignatureError:
                continue
            except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
                # The library's own errors, and what texts made to break a parser lead to.
                return None
        return None

    def _decoded(self, text: str, key: bytes) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            text,
            key,
            algorithms=[_ALGORITHM],
            audience=self._audience,
            issuer=self._issuer,
            leeway=self._skew,
            options={"require": list(_REQUIRED)},
        )
        return claims


def _claims(claims: dict[str, Any]) -> Claims | None:
    if claims["kind"] != _KIND:
        return None
    expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
    return Claims(UUID(claims["sub"]), UUID(claims["family"]), expires_at)
