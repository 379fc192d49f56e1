"""The key that signs access tokens: from the settings, or made once and kept beside the embedded database."""

import os
import secrets
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from api.settings import ApiSettings
from db.errors import Misconfigured

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
            if not file.exists():
                _make(file)
            return cls(_read(file))
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


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and linked, so that another process that starts now reads all of it or makes it itself.
    descriptor, name = tempfile.mkstemp(prefix=f".{SECRET_FILE}-", dir=file.parent)
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "w") as out:
            out.write(f"{secrets.token_urlsafe(_MADE_BYTES)}\n")
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(aside, file)
    finally:
        aside.unlink()


def _read(file: Path) -> bytes:
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Misconfigured(f"Others may read {file}, which signs the access tokens: run chmod 600 {file}")
    return _checked(file.read_text(encoding="utf-8"), str(file))
