"""A GraphQL request as HTTP carries it: POST with JSON, or GET with a query string."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from api.core.errors import Code
from api.http.body import check_content, parse_json
from api.http.errors import HTTPRefusal
from api.http.incoming import Incoming

_PARAMETERS: Final = ("query", "operationName", "variables", "extensions")

# From another site a GET needs no preflight, so its answer could be timed or its cost caused from there.
_FOREIGN_SITES: Final = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A well-formed request: types are checked, the document is not yet read."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)


async def from_post(request: Incoming, *, max_body_bytes: int) -> GraphQLRequest:
    """The request in a body. Raises HTTPRefusal (400, 413, 415)."""
    check_content(request)
    value = parse_json(await request.body(max_body_bytes), "The body")
    if isinstance(value, list):
        raise HTTPRefusal(400, "Batches are not accepted: send each operation as a request of its own.")
    if not isinstance(value, dict):
        raise HTTPRefusal(400, f"The body must be a JSON object, not {_kind(value)}.")
    return _checked(value)


def from_get(request: Incoming) -> GraphQLRequest:
    """The request in a query string. Raises HTTPRefusal (400, 403)."""
    if request.header(b"sec-fetch-site") in _FOREIGN_SITES:
        raise HTTPRefusal(
            403,
            "GET from another site is refused: use POST with Content-Type: application/json.",
            code=Code.FORBIDDEN,
        )
    given = query_parameters(request)
    value: dict[str, Any] = {
        name: text or None if name == "operationName" else text
        for name, text in given.items()
        if name in _PARAMETERS
    }
    for name in ("variables", "extensions"):
        if name in given:
            value[name] = parse_json(given[name], f"The parameter {name}") if given[name].strip() else None
    return _checked(value)


def query_parameters(request: Incoming) -> dict[str, str]:
    """The query string, strictly UTF-8; of a repeated name the last counts. Raises HTTPRefusal (400)."""
    text = request.scope["query_string"].decode("latin-1")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100))
    except UnicodeDecodeError:
        raise HTTPRefusal(400, "The query string is not percent-encoded UTF-8.") from None
    except ValueError:
        raise HTTPRefusal(400, "The query string has too many parameters.") from None


def _checked(value: Mapping[str, Any]) -> GraphQLRequest:
    extensions = _object(value, "extensions")
    if "persistedQuery" in extensions:
        # The wording is the one that client libraries look for.
        raise HTTPRefusal(400, "PersistedQueryNotSupported", code=Code.PERSISTED_QUERY_NOT_SUPPORTED)
    query = value.get("query")
    if query is None or query == "":
        raise HTTPRefusal(400, 'There is no operation: send its text as "query".')
    if not isinstance(query, str):
        raise HTTPRefusal(400, f'"query" must be a string, not {_kind(query)}.')
    name = value.get("operationName")
    if name is not None and not isinstance(name, str):
        raise HTTPRefusal(400, f'"operationName" must be a string or null, not {_kind(name)}.')
    return GraphQLRequest(query, name or None, _object(value, "variables"), extensions)


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    member = value.get(name)
    if member is None:
        return {}
    if not isinstance(member, dict):
        raise HTTPRefusal(400, f'"{name}" must be an object or null, not {_kind(member)}.')
    return member


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"
