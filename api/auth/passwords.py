"""Passwords: hashed and verified in a few threads of their own, never on the event loop."""

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from api.core.errors import ServiceUnavailable

Result = TypeVar("Result")

LONGEST: Final = 200
"""Characters of a password; hashing more would only cost more."""

# One verification of Argon2id takes 64 MiB.
_THREADS: Final = 2
_WAITING: Final = 50

_BCRYPT: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_ARGON2: Final = re.compile(r"\$argon2(?:id|i|d)\$v=\d+\$m=(\d+),t=(\d+),p=(\d+)\$[^$]+\$[^$]+")
# bcrypt reads no further, and newer libraries refuse what older ones cut.
_BCRYPT_BYTES: Final = 72
# What takes longer or more memory than this was not made by a sensible program.
_BCRYPT_ROUNDS: Final = 14
_ARGON2_KIBIBYTES: Final = 262_144
_ARGON2_PASSES: Final = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right; `replacement` is its hash by today's rules, if the kept one is older."""

    right: bool
    replacement: str | None = None


class Passwords:
    """Hashes new passwords by Argon2id, and verifies those hashed by Argon2 or bcrypt."""

    def __init__(self) -> None:
        self._hash = PasswordHash((Argon2Hasher(), BcryptHasher()))
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The hash to keep. Raises ServiceUnavailable when too many wait already."""
        return await self._run(lambda: self._hash.hash(password))

    async def verify(self, password: str, kept: str | None) -> Verdict:
        """Whether `kept` is the hash of a password.

        Without a hash, or with one that is not understood, a verification is made all the same: an account
        that does not exist takes as long as one that does. Raises ServiceUnavailable when too many wait.
        """
        return await self._run(lambda: self._verify(password, kept))

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def _of_nobody(self) -> str:
        return self._hash.hash("the password of nobody")

    def _verify(self, password: str, kept: str | None) -> Verdict:
        given = password.encode(errors="surrogatepass")
        if kept is None or not understood(kept) or len(password) > LONGEST:
            self._hash.verify(given[:LONGEST], self._of_nobody)
            return Verdict(right=False)
        shortened = given[:_BCRYPT_BYTES] if kept.startswith("$2") else given
        try:
            if not self._hash.verify(shortened, kept):
                return Verdict(right=False)
        except ValueError:
            # A salt that no program makes, or a password with a NUL in it, which bcrypt does not take.
            return Verdict(right=False)
        current = self._hash.current_hasher
        outdated = not current.identify(kept) or current.check_needs_rehash(kept)
        return Verdict(right=True, replacement=self._hash.hash(given) if outdated else None)

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= _WAITING:
            raise ServiceUnavailable("Too many people are signing in at the moment: try again shortly.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def understood(kept: str) -> bool:
    """Whether a hash is of a kind that is verified here, with a cost within reason."""
    bcrypt, argon2 = _BCRYPT.fullmatch(kept), _ARGON2.fullmatch(kept)
    if bcrypt is not None:
        return int(bcrypt[1]) <= _BCRYPT_ROUNDS
    if argon2 is not None:
        return int(argon2[1]) <= _ARGON2_KIBIBYTES and int(argon2[2]) <= _ARGON2_PASSES
    return False


def password_fault(password: str, least: int, *names: str | None) -> str | None:
    """Why a new password is not acceptable, as a sentence; `names` are what it must not be equal to."""
    if len(password) < least:
        return f"The password is too short: take at least {least} characters."
    if len(password) > LONGEST:
        return f"The password is too long: take at most {LONGEST} characters."
    if not password.isprintable():
        return "The password has characters in it that cannot be typed: leave them out."
    if any(name is not None and password.casefold() == name.casefold() for name in names):
        return "The password is the name of the account: take another."
    return None
