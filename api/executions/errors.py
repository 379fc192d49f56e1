"""What people and workers get wrong with executions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import strawberry

from api.core.mutations import NotFoundError, Refused, UserError, UserErrorCode
from api.core.values import graphql_enum
from db.errors import LeaseLost, NotFound, WrongStatus
from db.models import ExecutionStatus


@strawberry.type(description="What was asked does not go with the status of the execution.")
class WrongStatusError(UserError):
    CODE = UserErrorCode.WRONG_STATUS

    status: graphql_enum(ExecutionStatus) = strawberry.field(  # type: ignore[valid-type]
        description="The status that it has."
    )


@strawberry.type(
    description="The worker no longer holds the execution: it was ended or halted, or another holds it. "
    "Nothing was written; the worker leaves it."
)
class LeaseLostError(UserError):
    CODE = UserErrorCode.LEASE_LOST

    status: graphql_enum(ExecutionStatus) = strawberry.field(  # type: ignore[valid-type]
        description="The status that the execution has."
    )


LEASE: Final = "lease"
"""The field of an input that says which execution a worker holds."""

EXECUTION_ERRORS: Final = (WrongStatusError, LeaseLostError)


@contextmanager
def told(*path: str) -> Iterator[None]:
    """Let faults of the store reach the user as typed errors; `path` leads to what names the execution."""
    place = ["input", *path]
    try:
        yield
    except WrongStatus as fault:
        status = _status(fault.status)
        raise Refused(WrongStatusError(message=fault.message, path=place, status=status)) from fault
    except LeaseLost as fault:
        status = _status(fault.status)
        raise Refused(LeaseLostError(message=fault.message, path=place, status=status)) from fault
    except NotFound as fault:
        named = [*place, "executionId"] if path == (LEASE,) else place
        raise Refused(NotFoundError(message=fault.message, path=named)) from fault


def _status(value: str) -> ExecutionStatus:
    return next(status for status in ExecutionStatus if status.value == value)
