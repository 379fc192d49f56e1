"""What inputs about executions may say, checked before anything is written."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from api.core.ids import parse_id
from api.core.mutations import NotFoundError, Refused, UserError, invalid
from api.writing.rules import json_value, text_value

_LONGEST_TEXT: Final = 10_000
_LONGEST_NAME: Final = 100


class Checks:
    """Gathers what is wrong with an input, so that all of it is told at once."""

    def __init__(self) -> None:
        self.errors: list[UserError] = []

    def settle(self) -> None:
        """Raise Refused if anything was wrong."""
        if self.errors:
            raise Refused(*self.errors)

    def refuse(self, message: str, *path: str) -> None:
        """Note that something is wrong."""
        self.errors.append(invalid(message, *path))

    def number(self, value: int | None, low: int, high: int, *path: str) -> None:
        """A number from `low` to `high`, if there is one."""
        if value is not None and not low <= value <= high:
            self.refuse(f"This is a number from {low:,} to {high:,}.", *path)

    def name(self, value: str | None, *path: str) -> None:
        """A short text that can be shown, if there is one."""
        if value is not None and not (0 < len(value) <= _LONGEST_NAME and value.isprintable()):
            self.refuse(f"This has 1 to {_LONGEST_NAME} characters that can be shown.", *path)

    def text(self, value: str | None, *path: str) -> None:
        """A text for people, if there is one."""
        if value is not None:
            self._read(lambda: text_value(value, _LONGEST_TEXT), path)

    def json(self, value: Any, *path: str) -> None:
        """A JSON value that PostgreSQL can hold."""
        if value is not None:
            self._read(lambda: json_value(value), path)

    def future(self, value: datetime | None, *path: str) -> None:
        """A time that is still to come, if there is one."""
        if value is not None and value <= datetime.now(UTC):
            self.refuse("This is a time in the future.", *path)

    def _read(self, read: Callable[[], Any], path: tuple[str, ...]) -> None:
        try:
            read()
        except ValueError as fault:
            self.refuse(f"{path[-1]} {fault}.", *path)


def key_of(value: str, type_name: str, *path: str) -> UUID:
    """The key that the id at `path` names. Raises Refused for what cannot exist, as for what does not."""
    found = parse_id(value, type_name)
    if found is None:
        message = f"There is no such {type_name.lower()}."
        raise Refused(NotFoundError(message=message, path=["input", *path]))
    return found[1]
