"""From the arguments of a search to what the database is asked, the question's vector included."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Container, Mapping
from dataclasses import dataclass
from hashlib import blake2s
from math import isfinite
from typing import Any, Final

import orjson

from api.context import Context
from api.core.errors import BadUserInput, InvalidCursor, ServiceUnavailable
from api.core.ids import parse_id
from api.embeddings.errors import EmbeddingFailed, Unreachable
from db.search.ground import SearchMode
from db.search.models import Model, model_of
from db.search.wording import Unsearchable, Wording, read

MOST_DEEP: Final = 10_000
_LARGEST: Final = 3.4e38


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: words, a vector, both or nothing, and why it is less than was asked for."""

    mode: SearchMode | None
    wording: Wording | None
    vector: list[float] | None
    model: Model | None
    degraded: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of hits begins, and a number that all pages of its list have in common."""

    offset: int
    shared: int


async def read_asked(context: Context, given: Mapping[str, Any]) -> Asked:
    """What a search looks for, by its text, its vector or both; nothing without them.

    Raises:
        BadUserInput: for texts that say nothing to look for, vectors that cannot be compared, and modes that
            need what was not given.
        ServiceUnavailable: where the question's vector is needed and there is none to be had.
    """
    text, vector = given.get("text"), given.get("vector")
    if text is None and vector is None:
        return _all(given)
    mode = _mode(given, by_text=text is not None)
    wording = None if text is None else read_wording(text, fold_scripts=given.get("foldScripts") is not False)
    if mode is SearchMode.TEXT:
        return Asked(mode, wording, None, None)
    wanted = given.get("model")
    model = await model_of(context.database, context.viewer, _model_key(wanted))
    if model is None or not model.is_active:
        reason = (
            "There is no default embedding model." if wanted is None
            else f'There is no embedding model "{wanted}" that is in use.'
        )  # fmt: skip
        if wanted is not None or mode is SearchMode.VECTOR:
            raise BadUserInput(f"{reason} Search by TEXT, or name one with `model`.")
        return Asked(SearchMode.TEXT, wording, None, None, reason)
    if vector is not None:
        return Asked(mode, wording, _checked(vector, model), model)
    try:
        made = await _embedded(context, model, wording)
    except EmbeddingFailed as failure:
        if mode is SearchMode.HYBRID and isinstance(failure, Unreachable):
            return Asked(SearchMode.TEXT, wording, None, None, failure.message)
        raise ServiceUnavailable(
            f"The question cannot be embedded: {failure.message} Search by TEXT, or give a vector."
        ) from failure
    return Asked(mode, wording, made, model)


def _all(given: Mapping[str, Any]) -> Asked:
    if given.get("mode") is not None:
        raise BadUserInput(
            "`mode` says by what to search: give `text`, a `vector`, or both. Without all three, whatever "
            "`where` lets through is listed."
        )
    return Asked(None, None, None, None)


async def _embedded(context: Context, model: Model, wording: Wording | None) -> list[float]:
    if context.embedders is None or wording is None:
        raise Unreachable("Nothing here makes vectors.")
    vector = await context.embedders.question(model, wording.meaning)
    return [float(number) for number in vector]


def read_wording(text: str, *, fold_scripts: bool) -> Wording:
    """A question in words. Raises BadUserInput."""
    if "\x00" in text:
        raise BadUserInput("text: text may not contain the NUL character (U+0000).")
    try:
        return read(text.encode(errors="replace").decode(), fold_scripts=fold_scripts)
    except Unsearchable as fault:
        raise BadUserInput(f"text {fault}.") from None


def _mode(given: Mapping[str, Any], *, by_text: bool) -> SearchMode:
    asked = given.get("mode")
    if asked is None:
        return SearchMode.HYBRID if by_text else SearchMode.VECTOR
    mode = SearchMode(getattr(asked, "value", asked))
    if mode is not SearchMode.VECTOR and not by_text:
        raise BadUserInput(f"The mode {mode.name} looks for words: give `text`, or search by VECTOR.")
    return mode


def _model_key(wanted: str | None) -> Any:
    if wanted is None:
        return None
    found = parse_id(wanted, "EmbeddingModel")
    return found[1] if found else wanted.replace("\x00", "")


def _checked(vector: list[float], model: Model) -> list[float]:
    if len(vector) != model.dimensions:
        raise BadUserInput(
            f"vector has {len(vector):,} numbers, and those of {model.name} have {model.dimensions:,}: "
            "embed the question with that model, or name another with `model`."
        )
    if not all(isfinite(number) and abs(number) <= _LARGEST for number in vector):
        raise BadUserInput(
            "vector has a number that no vector can hold: they must be finite and fit 32 bits."
        )
    if not any(vector):
        raise BadUserInput("vector has only zeros, and so no direction to compare.")
    return vector


# Pages.


def digest_of(name: str, given: Mapping[str, Any], mode: SearchMode | None) -> str:
    """A short hash of what a list of hits is: all but which page of it."""
    about = [(key, given[key]) for key in sorted(given) if key not in _OF_PAGES and given[key] is not None]
    return blake2s(repr((name, mode, about)).encode(errors="replace"), digest_size=6).hexdigest()


_OF_PAGES: Final = frozenset({"first", "after", "facetSize", "touch", "mode"})


def cursor_of(digest: str, place: int, shared: int) -> str:
    """The cursor of the hit at a place in its list, from 1."""
    return b64encode(orjson.dumps([digest, place, shared])).decode()


def read_place(given: Mapping[str, Any], digest: str, shared: int, known: Container[int]) -> Place:
    """Where the page begins; the first of a list decides what is `shared`, one of those that are `known`.

    Raises InvalidCursor for what is no cursor of this search.
    """
    cursor = given.get("after")
    if cursor is None:
        return Place(0, shared)
    try:
        named, offset, shared = orjson.loads(b64decode(cursor, validate=True))
    except (ValueError, TypeError, binascii.Error):
        raise InvalidCursor("This is not a cursor: pass an `endCursor` unchanged.") from None
    if named != digest:
        raise InvalidCursor("This cursor belongs to another search: start again without it.")
    if (
        type(offset) is not int
        or type(shared) is not int
        or shared not in known
        or not 0 < offset <= MOST_DEEP
    ):
        raise InvalidCursor(
            f"This cursor leads nowhere: {MOST_DEEP:,} hits are listed at most. Ask more precisely."
        )
    return Place(offset, shared)
