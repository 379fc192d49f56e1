"""Why a file cannot be read, for people and for programs."""

from enum import Enum
from typing import Final

STATUS: Final = 3
"""How the process that reads a file ends where it cannot."""


class Fault(Enum):
    """What kind of fault it is; the values are codes that clients see."""

    EMPTY = "EMPTY_FILE"
    UNSUPPORTED = "UNSUPPORTED_FILE"
    ENCRYPTED = "ENCRYPTED_FILE"
    TOO_LARGE = "FILE_TOO_LARGE"
    BROKEN = "BROKEN_FILE"


class Unreadable(Exception):
    """A file from which no text can be had, whenever it is tried again."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault

    @property
    def message(self) -> str:
        """The sentence for people."""
        return str(self)
