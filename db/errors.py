"""What can go wrong with the data, as types. Each message is plain English for whoever reads it."""

from typing import ClassVar


class DataError(Exception):
    """Any fault that this package names; `code` is stable and fit for programs."""

    code: ClassVar[str] = "DATA_ERROR"

    @property
    def message(self) -> str:
        """The sentence for people."""
        return str(self)


class Misconfigured(DataError):
    """Settings, server or schema do not fit; it stays so until someone changes something."""

    code = "MISCONFIGURED"


class SchemaMismatch(Misconfigured):
    """The database has another schema revision than this program."""

    code = "SCHEMA_MISMATCH"


class Unavailable(DataError):
    """The database cannot be reached now; the same request may succeed later."""

    code = "DATABASE_UNAVAILABLE"


class TimedOut(DataError):
    """A statement took longer than allowed and was ended."""

    code = "DATABASE_TIMEOUT"


class StatementFailed(DataError):
    """PostgreSQL refused a statement that this program made: a bug, never the caller's fault."""

    code = "STATEMENT_FAILED"


class NotFound(DataError):
    """No such row, or none that the viewer may see: both read the same. `field` is what named it."""

    code = "NOT_FOUND"

    def __init__(self, message: str, field: str = "id") -> None:
        super().__init__(message)
        self.field = field


class Forbidden(DataError):
    """The viewer sees the row but may not do this to it."""

    code = "FORBIDDEN"


class Invalid(DataError):
    """A value that the schema does not allow; `field` is the column, where one is to blame."""

    code = "INVALID"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Conflict(DataError):
    """Another row already has what must be unique; `fields` are the columns."""

    code = "CONFLICT"

    def __init__(self, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.fields = fields


class Stale(DataError):
    """The row changed since the caller read it; `current` is its version now."""

    code = "VERSION_CONFLICT"

    def __init__(self, message: str, current: int) -> None:
        super().__init__(message)
        self.current = current


class KeyReused(DataError):
    """An idempotency key was used before, for another mutation or with another input."""

    code = "IDEMPOTENCY_MISMATCH"


class WrongStatus(DataError):
    """What was asked does not go with the status that the row has; `status` is its stored value."""

    code = "WRONG_STATUS"

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


class LeaseLost(DataError):
    """A worker writes to an execution that it no longer holds; `status` is the execution's stored value."""

    code = "LEASE_LOST"

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status
