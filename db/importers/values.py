"""From the many ways in which sources say a thing to the one in which it is said here."""

import hashlib
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID, uuid5

from db.importers.texts import Digits
from db.models import PasswordScheme, Role

NAMESPACE: Final = UUID("0d5ad2c8-5a53-5c3b-9d2e-9e4d7c6b1f70")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Ten digits are seconds until the year 2286; thirteen are milliseconds.
_MILLISECONDS: Final = 10**11
_LATEST: Final = 253_402_300_799

_BCRYPT: Final = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")
_ARGON2: Final = re.compile(r"\$argon2(?:id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[^$]+\$[^$]+")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_ROLES: Final = frozenset(str(role.value) for role in Role)


def derived(*parts: object) -> UUID:
    """The id of what has none of its own: the same for the same row of the same system, every time."""
    return uuid5(NAMESPACE, "/".join(str(part) for part in parts))


def as_uuid(value: object) -> UUID | None:
    """The UUID that a value is or spells."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(str(value))
    except ValueError:
        return None


def money(value: object) -> Decimal | None:
    """An amount as it was written: a float by the shortest digits that mean it."""
    if value is None:
        return None
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def whole(value: object) -> int | None:
    """A count that JSON may hold as a number or as its digits; None for anything else."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float() | str():
            try:
                number = Decimal(value.text if isinstance(value, Digits) else str(value))
            except InvalidOperation:
                return None
            return int(number) if number.is_finite() and number == number.to_integral_value() else None
    return None


def moment(value: object) -> datetime | None:
    """The time that an epoch in seconds or milliseconds, or an ISO text, means; None for anything else."""
    match value:
        case bool():
            return None
        case int() | float():
            seconds = value / 1000 if abs(value) >= _MILLISECONDS else value
            return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds <= _LATEST else None
        case str():
            try:
                found = datetime.fromisoformat(value)
            except ValueError:
                return None
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found
    return None


def address(value: str | None) -> str | None:
    """An IP address or network in a text; None where there is none."""
    if value is None:
        return None
    try:
        ipaddress.ip_interface(value.strip())
    except ValueError:
        return None
    return value.strip()


def password_scheme(hashed: str) -> str:
    """How a password's hash was made, told by its form."""
    if _BCRYPT.fullmatch(hashed):
        return str(PasswordScheme.BCRYPT.value)
    if _ARGON2.fullmatch(hashed):
        return str(PasswordScheme.ARGON2.value)
    return str(PasswordScheme.UNKNOWN.value)


def is_sha256(text: str) -> bool:
    """Whether a text is a SHA-256 in lower-case hexadecimal digits."""
    return _SHA256.fullmatch(text) is not None


def sha256(text: str) -> str:
    """The SHA-256 of a text in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def flattened(items: Iterable[Any]) -> Iterable[Any]:
    """The elements of an array of any number of dimensions."""
    for item in items:
        if isinstance(item, list | tuple):
            yield from flattened(item)
        else:
            yield item


def roles(names: Sequence[Any]) -> tuple[list[str], list[str]]:
    """The roles that are known here, without regard to case, and the rest."""
    lower = {name.strip().lower() for name in flattened(names) if name is not None}
    return sorted(lower & _ROLES), sorted(lower - _ROLES)


def language(text: str | None) -> str | None:
    """A language by its BCP 47 tag, as `zh-TW`; None for what is none."""
    if text is None or _LANGUAGE.fullmatch(text.strip()) is None:
        return None
    first, *rest = re.split("[-_]", text.strip())
    shaped = [part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part for part in rest]
    return "-".join([first.lower(), *shaped])


def choice(meanings: Mapping[str, str]) -> Callable[[str | None], str | None]:
    """A function from a source's word to ours, without regard to case; None for words it does not know."""

    def chosen(word: str | None) -> str | None:
        return None if word is None else meanings.get(word.strip().lower())

    return chosen


call_status: Final = choice(
    {
        **dict.fromkeys(("success", "succeeded", "ok", "completed", "done"), "succeeded"),
        **dict.fromkeys(("failure", "failed", "error"), "failed"),
        **dict.fromkeys(("timeout", "timed_out"), "timeout"),
        **dict.fromkeys(("cancelled", "canceled"), "cancelled"),
        "running": "running",
        "pending": "pending",
    }
)
