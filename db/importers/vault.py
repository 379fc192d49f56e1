"""Secrets that have to be used again are kept encrypted: by Fernet, with keys that can be changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from db.errors import Misconfigured
from db.key_files import kept_key

KEY_FILE: Final = "encryption-key"
_ID_LENGTH: Final = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted secret, and which key opens it."""

    token: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Vault:
    """Encrypts with the first of its keys, and opens with any of them."""

    _keys: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, keys: Sequence[str]) -> Self:
        """A vault with these keys, the one that encrypts first. Raises Misconfigured for what is no key."""
        for key in keys:
            try:
                Fernet(key)
            except (ValueError, TypeError) as error:
                raise Misconfigured(
                    "ATRIUM_ENCRYPTION_KEYS holds something that is no key: a key is 32 random bytes "
                    "in URL-safe "
                    "base64, as openssl rand -base64 32 | tr '+/' '-_' makes them."
                ) from error
        return cls(tuple(keys))

    @classmethod
    def kept(cls, keys: Sequence[str], home: Path) -> Self:
        """A vault with these keys, else with one in the folder `home`, made at the first call."""
        if keys:
            return cls.of(keys)
        file = home / KEY_FILE
        try:
            return cls.of([kept_key(file, lambda: Fernet.generate_key().decode(), "encrypts secrets")])
        except OSError as error:
            raise Misconfigured(
                f"The key in {file} cannot be used ({error.strerror}): correct ATRIUM_HOME, or set "
                "ATRIUM_ENCRYPTION_KEYS."
            ) from error

    def seal(self, secret: str) -> Sealed:
        """Encrypt a secret. Raises Misconfigured where there is no key."""
        cipher = self._cipher()
        return Sealed(cipher.encrypt(secret.encode()).decode(), self.key_id)

    def open(self, token: str) -> str:
        """The secret in a token. Raises Misconfigured where none of the keys opens it."""
        try:
            return self._cipher().decrypt(token).decode()
        except InvalidToken as error:
            raise Misconfigured(
                "A secret was encrypted with a key that is not among ATRIUM_ENCRYPTION_KEYS: add the "
                "key there."
            ) from error

    @property
    def key_id(self) -> str:
        """A name of the first key that tells nothing of it. Raises Misconfigured where there is none."""
        self._cipher()
        return _name(self._keys[0])

    def _cipher(self) -> MultiFernet:
        if not self._keys:
            raise Misconfigured(
                "There are secrets to keep, and ATRIUM_ENCRYPTION_KEYS is not set: set it to a key, as "
                "openssl rand -base64 32 | tr '+/' '-_' makes them. Keep the key: without it they are lost."
            )
        return MultiFernet([Fernet(key) for key in self._keys])


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:_ID_LENGTH]
