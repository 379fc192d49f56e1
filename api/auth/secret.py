"""The key that signs access tokens: from the settings, or made once and kept beside the embedded database."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from api.settings import ApiSettings
from db.errors import Misconfigured
from db.key_files import kept_key

SECRET_FILE: Final = "secret"  # noqa: S105
LEAST_BYTES: Final = 32
_LEAST_DIFFERENT: Final = 10
_MADE_BYTES: Final = 48


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """The key that signs, and those that signed before it."""

    current: bytes
    previous: tuple[bytes, ...] = ()

    @classmethod
    def configured(cls, settings: ApiSettings) -> Self | None:
        """The keys that the settings name, None without any. Raises Misconfigured for weak ones."""
        previous = tuple(
            _checked(each.get_secret_value(), "ATRIUM_PREVIOUS_SECRETS") for each in settings.previous_secrets
        )
        if settings.secret is None:
            return None
        return cls(_checked(settings.secret.get_secret_value(), "ATRIUM_SECRET"), previous)

    @classmethod
    def required(cls, settings: ApiSettings) -> Self:
        """The keys that the settings name. Raises Misconfigured where there are none, or weak ones."""
        found = cls.configured(settings)
        if found is None:
            raise Misconfigured(
                "ATRIUM_SECRET is not set, and it has to sign the access tokens: set it to at least "
                f"{LEAST_BYTES} random bytes, as openssl rand -base64 48 makes them, the same for every "
                "process."
            )
        return found

    @classmethod
    def kept(cls, settings: ApiSettings, home: Path) -> Self:
        """The keys that the settings name, else the one in the folder `home`, made at the first call.

        Raises Misconfigured for a weak key, and for a file that cannot be used or that others may read.
        """
        found = cls.configured(settings)
        if found is not None:
            return found
        file = home / SECRET_FILE
        try:
            made = kept_key(file, lambda: secrets.token_urlsafe(_MADE_BYTES), "signs the access tokens")
            return cls(_checked(made, str(file)))
        except OSError as error:
            raise Misconfigured(
                f"The secret in {file} cannot be used ({error.strerror}): correct ATRIUM_HOME, or set "
                "ATRIUM_SECRET."
            ) from error

    @classmethod
    def of_this_process(cls) -> Self:
        """A key that nobody else has, for servers that take no tokens."""
        return cls(secrets.token_bytes(LEAST_BYTES))

    @property
    def all(self) -> Sequence[bytes]:
        """Every key that verifies, the one that signs first."""
        return (self.current, *self.previous)


def _checked(text: str, name: str) -> bytes:
    key = text.strip().encode()
    if len(key) < LEAST_BYTES or len(set(key)) < _LEAST_DIFFERENT:
        raise Misconfigured(
            f"{name} is too weak: give at least {LEAST_BYTES} random bytes, as openssl rand -base64 48 makes "
            "them."
        )
    return key
