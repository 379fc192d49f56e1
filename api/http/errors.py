"""Why a request never became a GraphQL operation: an HTTP status, and a GraphQL error beside it."""

from collections.abc import Mapping

from graphql import GraphQLError

from api.core.errors import Code


class HTTPRefusal(Exception):
    """The request ends here with `status`; `message` goes to the client."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: Code = Code.BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.error = GraphQLError(message, extensions={"code": code.value})
