"""Recall: the search of memories, which weighs more than likeness."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from strawberry.types.arguments import StrawberryArgument

from api.context import Context
from api.core.errors import BadUserInput
from api.core.found import Found, Wants
from api.search.arguments import PAGE, TEXT, VECTOR, given_as, weight
from api.search.asking import Asked, Place, read_place
from api.search.fields import SearchField, one
from api.search.types import ScoreInfo
from db.errors import DataError
from db.search.facets import FACETS
from db.search.ground import Question
from db.search.memories import WINDOW, Weights, recall, touch

_log = structlog.get_logger("api.search")
_USUAL: Final = Weights(datetime.min.replace(tzinfo=UTC))
_MOMENTS: Final = range(-62_135_596_800, 253_402_300_800)
_LONGEST: Final = 100_000.0

_WEIGHTS: Final = (
    given_as("similarity_weight", float | None, "How much likeness counts.", _USUAL.similarity),
    given_as("importance_weight", float | None, "How much importance counts.", _USUAL.importance),
    given_as("recency_weight", float | None, "How much it counts to be new.", _USUAL.recency),
    given_as("half_life_days", float | None, "After how many days being new counts half.", _USUAL.half_life),
    given_as("as_of", datetime | None, "From when ages are counted; the current hour if left out."),
    given_as(
        "link_weight", float | None,
        "How much the likeness of a linked memory counts, of several linked ones the greatest.", _USUAL.links,
    ),
    given_as("min_score", float | None, "Leave out what scores less in all, its weights included."),
    given_as("include_expired", bool | None, "Whether to recall what has expired.", False),
    given_as(
        "touch", bool | None,
        "Whether to count a use of each memory of the page that you may change: `accessCount` and "
        "`lastAccessedAt`. It is counted after the reading, which shows them as they were.", False,
    ),
)  # fmt: skip


class MemorySearchField(SearchField):
    """Recall of memories."""

    def make_arguments(self) -> list[StrawberryArgument]:
        """What to look for, what counts how much, and which page."""
        return [*TEXT, *VECTOR, *_WEIGHTS, self.where_argument(), *PAGE]

    async def find(self, context: Context, given: Mapping[str, Any], wants: Wants) -> Found:
        """One page of memories; what `SearchField.find` raises."""
        found = await super().find(context, given, wants)
        keys = [key for hit in found.hits if (key := hit.keys["node"]) is not None]
        if given.get("touch") and keys:
            return replace(found, afterwards=partial(_touch, context, keys))
        return found

    def place(self, given: Mapping[str, Any], digest: str, asked: Asked, size: int) -> Place:  # noqa: ARG002
        """Where the page begins. Ages are counted from one moment for all pages of a list."""
        moment = given.get("asOf") or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        return read_place(given, digest, int(moment.timestamp()), _MOMENTS)

    def question(
        self, context: Context, given: Mapping[str, Any], asked: Asked, place: Place, size: int, wants: Wants
    ) -> Question:
        """What the database is asked."""
        return super().question(context, given, asked, Place(place.offset, WINDOW), size, wants)

    async def ask(
        self, context: Context, question: Question, asked: Asked, place: Place, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the database says."""
        weights = _weights(given, datetime.fromtimestamp(place.shared, UTC))
        dimensions = asked.model.dimensions if asked.model else 1
        facts = await one(context, recall(question, weights, dimensions, FACETS[self.ground]))
        whole = weights.least is not None or not question.by_vector
        return {**facts, "exact": whole or facts["near"] < question.windows * WINDOW}

    def further(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The parts of a memory's score."""
        names = ("similarity", "importance", "recency", "links")
        return {"scoreParts": ScoreInfo(**{name: float(row[name]) for name in names})}


def _weights(given: Mapping[str, Any], moment: datetime) -> Weights:
    half_life = given.get("halfLifeDays")
    half_life = _USUAL.half_life if half_life is None else half_life
    if not 0.001 <= half_life <= _LONGEST:
        raise BadUserInput(f"halfLifeDays is {half_life}: give days from 0.001 to {_LONGEST:,.0f}.")
    return Weights(
        moment,
        similarity=weight(given, "similarityWeight", _USUAL.similarity),
        importance=weight(given, "importanceWeight", _USUAL.importance),
        recency=weight(given, "recencyWeight", _USUAL.recency),
        links=weight(given, "linkWeight", _USUAL.links),
        half_life=float(half_life),
        least=given.get("minScore"),
        expired=given.get("includeExpired") is True,
    )


async def _touch(context: Context, keys: list[UUID]) -> None:
    """Count the uses; a reading does not fail because they cannot be counted."""
    try:
        async with context.database.transaction() as session:
            await touch(session, context.viewer, keys)
    except DataError as error:
        _log.warning("uses of memories were not counted", reason=error.message)
