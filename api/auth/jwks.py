"""The public keys of one OpenID Connect provider: discovered, kept, and fetched anew when it changes them."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
import jwt
import structlog

from api.core.addresses import is_loopback
from api.core.errors import ServiceUnavailable
from db.errors import Misconfigured

_log = structlog.get_logger("api.auth")

_KEPT_SECONDS: Final = 3_600.0
# Tokens with invented key ids must not make us ask the provider all the time.
_COOL_DOWN_SECONDS: Final = 60.0
_TIMEOUT_SECONDS: Final = 5.0
_MOST_BYTES: Final = 500_000
_KEY_KINDS: Final = {"RSA": "RS256", "EC": "ES256"}


class KeySet:
    """The signing keys behind an issuer's discovery document, by key id."""

    def __init__(self, name: str, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises Misconfigured for an issuer whose keys anybody on the way could replace."""
        url = httpx.URL(issuer)
        if url.scheme != "https" and not is_loopback(url.host):
            raise Misconfigured(f"The issuer {issuer} in ATRIUM_OIDC_PROVIDERS must begin with https://.")
        self.issuer = issuer
        self._name = name
        self._clock = clock
        self._keys: Mapping[str | None, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()

    async def key(self, key_id: str | None) -> jwt.PyJWK | None:
        """The key with this id; without an id, the only key. None where there is no such key.

        Raises ServiceUnavailable when no keys are known and the provider does not give them.
        """
        if self._wanting(key_id):
            async with self._fetching:
                # Whoever waited finds what the first has fetched.
                if self._wanting(key_id):
                    await self._fetch()
        if not self._keys:
            raise ServiceUnavailable(
                f"The provider {self._name} does not answer at the moment: try again shortly."
            )
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _wanting(self, key_id: str | None) -> bool:
        now = self._clock()
        if now - self._tried < _COOL_DOWN_SECONDS:
            return False
        return now - self._fetched > _KEPT_SECONDS or (key_id is not None and key_id not in self._keys)

    async def _fetch(self) -> None:
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, follow_redirects=False) as client:
                base = self.issuer.rstrip("/")
                about = await _document(client, f"{base}/.well-known/openid-configuration")
                if about.get("issuer") != self.issuer:
                    raise ValueError(f"the discovery document is that of {about.get('issuer')!r}")
                self._keys = _usable(await _document(client, str(about.get("jwks_uri"))))
                self._fetched = self._clock()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # Keys that are known stay good: the provider may only be away for a moment.
            _log.warning("keys could not be fetched", provider=self._name, reason=str(error))
        finally:
            self._tried = self._clock()


async def _document(client: httpx.AsyncClient, url: str) -> Mapping[str, Any]:
    if httpx.URL(url).scheme != "https" and not is_loopback(httpx.URL(url).host):
        raise ValueError(f"{url} does not begin with https://")
    async with client.stream("GET", url, headers={"Accept": "application/json"}) as response:
        response.raise_for_status()
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise ValueError(f"{url} answers with more than {_MOST_BYTES} bytes")
    value = httpx.Response(200, content=body).json()
    if not isinstance(value, dict):
        raise ValueError(f"{url} does not answer with a JSON object")  # noqa: TRY004
    return value


def _usable(document: Mapping[str, Any]) -> Mapping[str | None, jwt.PyJWK]:
    """The keys that sign by an algorithm that is accepted; others of the set are none of our business."""
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise ValueError("the key set has no list of keys")  # noqa: TRY004
    found: dict[str | None, jwt.PyJWK] = {}
    for each in listed:
        algorithm = _KEY_KINDS.get(str(each.get("kty"))) if isinstance(each, dict) else None
        if algorithm is None or each.get("use", "sig") != "sig" or each.get("alg", algorithm) != algorithm:
            continue
        if algorithm == "ES256" and each.get("crv") != "P-256":
            continue
        try:
            found[each.get("kid")] = jwt.PyJWK(each, algorithm)
        except jwt.PyJWTError:
            continue
    return found
