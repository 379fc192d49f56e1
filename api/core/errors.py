"""The errors that a resolver raises, and the codes that every error carries in `extensions.code`."""

from enum import StrEnum
from typing import Any, ClassVar

from graphql import GraphQLError


class Code(StrEnum):
    """Every value of `extensions.code`."""

    BAD_REQUEST = "BAD_REQUEST"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    INVALID_CURSOR = "INVALID_CURSOR"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    INTROSPECTION_DISABLED = "INTROSPECTION_DISABLED"
    DOCUMENT_TOO_LONG = "DOCUMENT_TOO_LONG"
    TOKEN_LIMIT = "TOKEN_LIMIT"  # noqa: S105
    FIELD_LIMIT = "FIELD_LIMIT"
    DEPTH_LIMIT = "DEPTH_LIMIT"
    RECURSION_LIMIT = "RECURSION_LIMIT"
    ALIAS_LIMIT = "ALIAS_LIMIT"
    ROOT_FIELD_LIMIT = "ROOT_FIELD_LIMIT"
    DIRECTIVE_LIMIT = "DIRECTIVE_LIMIT"
    NODE_LIMIT = "NODE_LIMIT"
    COST_LIMIT = "COST_LIMIT"
    OPERATION_LIMIT = "OPERATION_LIMIT"
    STREAM_LIMIT = "STREAM_LIMIT"
    EVENTS_OVERFLOW = "EVENTS_OVERFLOW"
    EVENTS_EXPIRED = "EVENTS_EXPIRED"
    EMPTY_FILE = "EMPTY_FILE"
    UNSUPPORTED_FILE = "UNSUPPORTED_FILE"
    ENCRYPTED_FILE = "ENCRYPTED_FILE"
    BROKEN_FILE = "BROKEN_FILE"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class CodedError(GraphQLError):
    """An error whose message is meant for the client, with `extensions.code` and any further members."""

    code: ClassVar[Code]

    def __init__(self, message: str, **extensions: Any) -> None:
        super().__init__(message, extensions={"code": self.code.value, **extensions})


class BadUserInput(CodedError):
    """An argument's value is not acceptable."""

    code = Code.BAD_USER_INPUT


class InvalidCursor(CodedError):
    """A cursor is malformed, or belongs to another order, filter or list."""

    code = Code.INVALID_CURSOR


class Unauthenticated(CodedError):
    """Nobody is known to be asking, or the credential is not good: whatever the reason, it reads the same."""

    code = Code.UNAUTHENTICATED


class Forbidden(CodedError):
    """The viewer may see the object and may not do this to it."""

    code = Code.FORBIDDEN


class NotFound(CodedError):
    """What a mutation is to change does not exist for this viewer; reads answer null instead."""

    code = Code.NOT_FOUND


class LimitExceeded(GraphQLError):
    """An operation asks for more than the server gives; `code` says which limit it is.

    `extensions.limit` and, where it is known, `extensions.actual` are numbers for programs; the latter stops
    at the largest integer that JavaScript holds exactly.
    """

    def __init__(self, code: Code, message: str, limit: int, actual: int | None = None) -> None:
        numbers = {"limit": limit} if actual is None else {"limit": limit, "actual": min(actual, 2**53 - 1)}
        super().__init__(message, extensions={"code": code.value, **numbers})


class ServiceUnavailable(CodedError):
    """Something that the server depends on does not answer; the same request may succeed later."""

    code = Code.SERVICE_UNAVAILABLE
