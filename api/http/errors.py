"""Why a request never became a GraphQL operation: an HTTP status, and a GraphQL error beside it."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from api.core.errors import Code, LimitExceeded


class HTTPRefusal(Exception):
    """The request ends here with `status`; `message` and `extensions` go to the client."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: Code = Code.BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.error = GraphQLError(message, extensions={"code": code.value, **extensions})


class StreamLimit(LimitExceeded):
    """One reader has too many open streams."""

    def __init__(self, message: str, limit: int) -> None:
        super().__init__(Code.STREAM_LIMIT, message, limit)


def refused(error: GraphQLError, status: int) -> HTTPRefusal:
    """The refusal of a request for an error with a code."""
    members = dict(error.extensions or {})
    return HTTPRefusal(status, error.message, code=Code(members.pop("code")), **members)
