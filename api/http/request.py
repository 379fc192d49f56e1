"""A GraphQL request as HTTP carries it: POST with JSON, or GET with a query string."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from api.core.errors import Code
from api.http.body import check_content, parse_json
from api.http.errors import HTTPRefusal
from api.http.incoming import Incoming

_PARAMETERS: Final = ("query", "documentId", "operationName", "variables", "extensions")

_SHA256: Final = re.compile(r"[0-9a-f]{64}")

# From another site a GET needs no preflight, so its answer could be timed or its cost caused from there.
_FOREIGN_SITES: Final = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A well-formed request: types are checked, the document is not yet read.

    There is a `query`, a `document_id` or a `query_hash`; the hash may stand beside the query that it is to
    be kept for.
    """

    query: str | None
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    document_id: str | None = None
    query_hash: str | None = None


async def from_post(request: Incoming, *, max_body_bytes: int) -> GraphQLRequest:
    """The request in a body. Raises HTTPRefusal (400, 413, 415)."""
    check_content(request)
    value = parse_json(await request.body(max_body_bytes), "The body")
    if isinstance(value, list):
        raise HTTPRefusal(400, "Batches are not accepted: send each operation as a request of its own.")
    if not isinstance(value, dict):
        raise HTTPRefusal(400, f"The body must be a JSON object, not {kind_of(value)}.")
    return checked(value)


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
    return checked(value)


def query_parameters(request: Incoming) -> dict[str, str]:
    """The query string, strictly UTF-8; of a repeated name the last counts. Raises HTTPRefusal (400)."""
    text = request.scope["query_string"].decode("latin-1")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100))
    except UnicodeDecodeError:
        raise HTTPRefusal(400, "The query string is not percent-encoded UTF-8.") from None
    except ValueError:
        raise HTTPRefusal(400, "The query string has too many parameters.") from None


def checked(value: Mapping[str, Any]) -> GraphQLRequest:
    """The request that the members of a JSON object make, over any transport. Raises HTTPRefusal (400)."""
    extensions = _object(value, "extensions")
    query, document_id = _text(value, "query"), _text(value, "documentId")
    query_hash = _query_hash(extensions["persistedQuery"]) if "persistedQuery" in extensions else None
    if document_id is not None and (query is not None or query_hash is not None):
        raise HTTPRefusal(400, 'Send either "documentId" or "query", not both.')
    if query is None and document_id is None and query_hash is None:
        raise HTTPRefusal(400, 'There is no operation: send its text as "query".')
    name = value.get("operationName")
    if name is not None and not isinstance(name, str):
        raise HTTPRefusal(400, f'"operationName" must be a string or null, not {kind_of(name)}.')
    return GraphQLRequest(
        query, name or None, _object(value, "variables"), extensions, document_id, query_hash
    )


def _text(value: Mapping[str, Any], name: str) -> str | None:
    text = value.get(name)
    if text is not None and not isinstance(text, str):
        raise HTTPRefusal(400, f'"{name}" must be a string, not {kind_of(text)}.')
    return text or None


def _query_hash(persisted: object) -> str:
    """The hash of an automatic persisted query; the wording is the one that client libraries know."""
    if not isinstance(persisted, dict):
        raise HTTPRefusal(400, f'"persistedQuery" must be an object, not {kind_of(persisted)}.')
    if persisted.get("version") != 1:
        raise HTTPRefusal(400, "Unsupported persisted query version")
    query_hash = persisted.get("sha256Hash")
    if not isinstance(query_hash, str) or not _SHA256.fullmatch(query_hash):
        raise HTTPRefusal(400, '"sha256Hash" must be a SHA-256 hash: 64 hexadecimal digits in lower case.')
    return query_hash


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    member = value.get(name)
    if member is None:
        return {}
    if not isinstance(member, dict):
        raise HTTPRefusal(400, f'"{name}" must be an object or null, not {kind_of(member)}.')
    return member


def kind_of(value: object) -> str:
    """What a JSON value is, for messages."""
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
