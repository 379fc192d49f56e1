"""Secrets that mean nothing in themselves: refresh tokens and API keys. Only their hashes are kept."""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

# 256 random bits, so that a fast hash without salt is as good as any.
_SECRET_BYTES: Final = 32

_KEY: Final = re.compile(r"atr_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")
# Keys of systems that were moved in from go on working where those kept the same hash of them.
_FOREIGN_KEY: Final = re.compile(r"(?!atrr?_)[A-Za-z]{2,8}_[A-Za-z0-9_-]{16,120}")
_REFRESH_TOKEN: Final = re.compile(r"atrr_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """An API key at the only moment when it is known; `prefix` is what its owner recognises it by."""

    text: str
    prefix: str


def new_key() -> NewKey:
    """An API key as `atr_<prefix>_<secret>`."""
    prefix = f"atr_{secrets.token_hex(4)}"
    return NewKey(f"{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}", prefix)


def new_refresh_token() -> str:
    """A refresh token as `atrr_<secret>`."""
    return f"atrr_{secrets.token_urlsafe(_SECRET_BYTES)}"


def is_key(text: str) -> bool:
    """Whether a text has the form of an API key, made here or imported."""
    return (_KEY.fullmatch(text) or _FOREIGN_KEY.fullmatch(text)) is not None


def is_refresh_token(text: str) -> bool:
    """Whether a text has the form of a refresh token."""
    return _REFRESH_TOKEN.fullmatch(text) is not None


def hashed(text: str) -> str:
    """What the database keeps of a key or token."""
    return sha256(text.encode()).hexdigest()
