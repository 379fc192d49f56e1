"""The scalars of the API: one textual form each, the same on every reading path."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address, ip_interface
from math import isfinite
from typing import Any, Final, NewType
from uuid import UUID

import strawberry
from strawberry.types.scalar import ScalarDefinition

from api.core.errors import BadUserInput
from db.columns import BigInt, IPAddress, Json

Vector = NewType("Vector", list[float])

INT64: Final = range(-(2**63), 2**63)

# RFC 3339, section 5.6: an offset is required, a fraction is not.
_DATE_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
# Beyond this PostgreSQL's numeric would refuse or a short text would grow into megabytes.
_DECIMAL_DIGITS: Final = 1_000
_JSON_LEVELS: Final = 100


def format_datetime(value: datetime) -> str:
    """RFC 3339 in UTC with six fractional digits, as `2026-11-20T09:00:00.000000Z`.

    The driver gives infinity and its negative as the ends of the calendar, without a time zone.
    """
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_datetime(value: object) -> datetime:
    """An RFC 3339 time; digits beyond microseconds are cut.

    Raises:
        BadUserInput: for anything else, and for times without an offset.
    """
    match = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadUserInput(
            f"{_shown(value)} is not a DateTime: write RFC 3339 with an offset, as 2026-11-20T09:00:00Z."
        )
    day, time, fraction, offset = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time}{(fraction or '.0')[:7].ljust(7, '0')}{offset.upper()}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadUserInput(f"{_shown(value)} is not a DateTime: there is no such time.") from None


def parse_date(value: object) -> date:
    """A calendar day as `2026-11-20`."""
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        raise BadUserInput(f"{_shown(value)} is not a Date: there is no such day.") from None
    raise BadUserInput(f"{_shown(value)} is not a Date: write it as 2026-11-20.")


def parse_decimal(value: object) -> Decimal:
    """An exact decimal number, from text or from a JSON number."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadUserInput(f'{_shown(value)} is not a Decimal: write it as text, as "0.0125".')
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise BadUserInput(f'{_shown(value)} is not a Decimal: write it as text, as "0.0125".') from None
    if not number.is_finite():
        raise BadUserInput(f"{_shown(value)} is not a Decimal: it must be finite.")
    if len(number.as_tuple().digits) + abs(int(number.as_tuple().exponent)) > _DECIMAL_DIGITS:
        raise BadUserInput(f"This Decimal is too long: at most {_DECIMAL_DIGITS} digits.")
    return number


def parse_bigint(value: object) -> int:
    """A 64-bit integer, from text or from a JSON integer."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"-?\d{1,19}", text, re.ASCII):
        raise BadUserInput(f'{_shown(value)} is not a BigInt: write a 64-bit integer as text, as "1024".')
    number = int(text)
    if number not in INT64:
        raise BadUserInput(f"{_shown(value)} is not a BigInt: it does not fit 64 bits.")
    return number


def parse_vector(value: object) -> list[float]:
    """A list of finite numbers."""
    if not isinstance(value, list) or not value:
        raise BadUserInput("A Vector is a list of numbers with at least one element.")
    # Bulk mutations bring millions of numbers: nothing of Python's own runs for each.
    kinds = set(map(type, value))
    if not kinds <= {int, float}:
        raise BadUserInput("A Vector holds numbers only.")
    try:
        return list(map(float, value)) if int in kinds else value
    except OverflowError:
        raise BadUserInput("A Vector holds numbers that fit a 64-bit float.") from None


def parse_ip(value: object) -> str:
    """An address, or a network in CIDR notation."""
    try:
        if isinstance(value, str):
            return str(ip_interface(value)) if "/" in value else str(ip_address(value))
    except ValueError:
        pass
    raise BadUserInput(f"{_shown(value)} is not an IPAddress: write it as 192.0.2.7 or 2001:db8::7.")


def parse_uuid(value: object) -> UUID:
    """A UUID in its usual form of 36 characters."""
    try:
        if isinstance(value, str) and len(value) == 36:
            return UUID(value)
    except ValueError:
        pass
    raise BadUserInput(f"{_shown(value)} is not a UUID.")


def parse_json(value: object) -> object:
    """Any JSON value whose numbers are finite and that is not nested so deep that reading it could fail.

    Raises:
        BadUserInput: for anything else.
    """
    level, inner = 0, [value]
    while inner:
        if any(isinstance(each, float) and not isfinite(each) for each in inner):
            raise BadUserInput("This JSON has a number that is too large: it must fit a 64-bit float.")
        if level > _JSON_LEVELS:
            raise BadUserInput(f"This JSON is nested too deep: {_JSON_LEVELS} levels at most.")
        level += 1
        inner = [part for each in inner for part in _parts(each)]
    return value


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    # An answer with unpaired surrogates could not be sent.
    return shown.encode(errors="replace").decode()


def _scalar(
    name: str,
    description: str,
    *,
    parse: Callable[[Any], object],
    serialize: Callable[[Any], object] = str,
    specified_by: str | None = None,
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=specified_by,
        serialize=serialize,
        parse_value=parse,
    )


SCALARS: Final[dict[object, ScalarDefinition]] = {
    datetime: _scalar(
        "DateTime",
        "A moment as RFC 3339 text. Answers are in UTC with six fractional digits, as "
        "`2026-11-20T09:00:00.000000Z`; inputs may have any offset, but need one.",
        parse=parse_datetime,
        serialize=format_datetime,
        specified_by="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    date: _scalar(
        "Date",
        "A calendar day as `2026-11-20`.",
        parse=parse_date,
        serialize=date.isoformat,
        specified_by="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    Decimal: _scalar(
        "Decimal",
        "An exact decimal number as text, as `0.01250000`; amounts of money are US dollars.",
        parse=parse_decimal,
        # `str` would write 0E-8.
        serialize=lambda value: format(value, "f"),
    ),
    UUID: _scalar(
        "UUID",
        "A universally unique identifier as text.",
        parse=parse_uuid,
        specified_by="https://www.rfc-editor.org/rfc/rfc9562",
    ),
    BigInt: _scalar(
        "BigInt",
        "A 64-bit integer as text, since JavaScript's numbers are exact to 53 bits only.",
        parse=parse_bigint,
    ),
    Json: _scalar(
        "JSON",
        "Any JSON value: object, list, text, number, boolean or null.",
        parse=parse_json,
        serialize=lambda value: value,
        specified_by="https://www.rfc-editor.org/rfc/rfc8259",
    ),
    IPAddress: _scalar(
        "IPAddress",
        "An IPv4 or IPv6 address as text, as `192.0.2.7` or `2001:db8::7`.",
        parse=parse_ip,
    ),
    Vector: _scalar(
        "Vector",
        "An embedding: a list of numbers, as many as its model has dimensions.",
        parse=parse_vector,
        serialize=lambda value: value,
    ),
}
