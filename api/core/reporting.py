"""From errors to what a client may read: codes and request ids added, bugs masked and logged.

Every transport sends its errors through `report`.
"""

from collections.abc import Sequence
from typing import Any, Final

import structlog
from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from api.core.errors import Code
from db.errors import (
    Conflict,
    DataError,
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    Stale,
    TimedOut,
    Unavailable,
)

_log = structlog.get_logger(__name__)

UNAVAILABLE_MESSAGE: Final = "The database does not answer at the moment: try again shortly."
TIMEOUT_MESSAGE: Final = "The operation took too long and was stopped: ask for less, or try again."

# What the data layer says to operators is not for clients: these messages are ours.
_MASKED: Final[dict[type[DataError], tuple[Code, str]]] = {
    Unavailable: (Code.SERVICE_UNAVAILABLE, UNAVAILABLE_MESSAGE),
    Misconfigured: (Code.SERVICE_UNAVAILABLE, UNAVAILABLE_MESSAGE),
    TimedOut: (Code.TIMEOUT, TIMEOUT_MESSAGE),
}
_SAID: Final[dict[type[DataError], Code]] = {
    NotFound: Code.NOT_FOUND,
    Forbidden: Code.FORBIDDEN,
    Invalid: Code.BAD_USER_INPUT,
    Conflict: Code.CONFLICT,
    Stale: Code.VERSION_CONFLICT,
}

# Strawberry and graphql-core raise these about what a client sent, without a code of their own.
_INPUT_ERRORS: Final = ("Argument ", "Variable ", "Value ", "Field ")


def report(errors: Sequence[GraphQLError], request_id: str, *, max_errors: int) -> list[dict[str, Any]]:
    """The first `max_errors` errors as JSON objects, each with `extensions.code` and `extensions.requestId`.

    Every unexpected error is logged with its stack trace, also those beyond `max_errors`.
    """
    reported = [_report(error, request_id) for error in errors]
    return reported[:max_errors]


def _report(error: GraphQLError, request_id: str) -> dict[str, Any]:
    code, message, extensions = _verdict(error)
    formatted: dict[str, Any] = {"message": message}
    if error.locations:
        formatted["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        formatted["path"] = error.path
    formatted["extensions"] = {**extensions, "code": code, "requestId": request_id}
    if code is Code.INTERNAL_SERVER_ERROR:
        cause = error.original_error or error
        formatted["message"] = f"Internal server error. Quote the request id {request_id} when you report it."
        _log.error("unexpected error", path=error.path, exc_info=cause)
    return formatted


def _verdict(error: GraphQLError) -> tuple[str, str, dict[str, Any]]:
    """Code, message and further extensions of an error."""
    cause = _cause(error)
    if isinstance(cause, DataError):
        for kind, (code, message) in _MASKED.items():
            if isinstance(cause, kind):
                _log.warning("data layer failed", code=cause.code, reason=cause.message)
                return code, message, {}
        for known, code in _SAID.items():
            if isinstance(cause, known):
                return code, cause.message, {}
        return Code.INTERNAL_SERVER_ERROR, "", {}
    if isinstance(cause, TimeoutError):
        return Code.TIMEOUT, TIMEOUT_MESSAGE, {}
    extensions = dict(error.extensions or {})
    code = extensions.pop("code", None)
    if code is not None and (cause is None or isinstance(cause, GraphQLError)):
        return str(code), error.message, extensions
    coercion = isinstance(cause, StrawberryInputCoercionError)
    raised_by_graphql = cause is None or isinstance(cause, GraphQLError)
    if coercion or (raised_by_graphql and error.message.startswith(_INPUT_ERRORS)):
        return Code.BAD_USER_INPUT, error.message, extensions
    return Code.INTERNAL_SERVER_ERROR, "", {}


def _cause(error: GraphQLError) -> BaseException | None:
    """What a resolver raised, under any number of GraphQL errors around it."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause
