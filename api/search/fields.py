"""The root fields that search."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Final
from uuid import UUID

import strawberry
from sqlalchemy import Select
from strawberry.types.arguments import StrawberryArgument

from api.context import Context
from api.core.connections import PageInfo
from api.core.declarations import MIRRORS, Mirror
from api.core.filters import condition, where_input
from api.core.found import Found, FoundField, Hit, Shown, Wants
from api.core.ids import global_id
from api.core.permission_lines import seen_by
from api.search.arguments import PAGE, TEXT, VECTOR, given_as, read_size, weight, whole
from api.search.asking import Asked, Place, cursor_of, digest_of, read_asked, read_place
from api.search.types import (
    ChunkFacetStats,
    DocumentStats,
    HighlightInfo,
    MessageFacetStats,
    SearchInfo,
    SearchStrategy,
    SessionStats,
    TagFacetStats,
    TagStats,
)
from db.base import Base
from db.matrix import Reach
from db.models import Document, Session
from db.search.facets import FACETS
from db.search.ground import (
    DOCUMENTS,
    MEMORIES,
    MESSAGES,
    PASSAGES,
    WINDOWS,
    Condition,
    Ground,
    Question,
    SearchMode,
    window_of,
)
from db.search.indexes import scan_well
from db.search.marking import marks
from db.search.statement import statement
from db.search.wording import Marked, marked

Cursor = Callable[[int], str]
"""The cursor of the hit at a place, from 1."""

MOST_HIGHLIGHTS: Final = 50
MOST_FACETS: Final = 100


class SearchField(FoundField):
    """A search of one ground: by words, vectors or both."""

    def __init__(
        self, ground: Ground, connection: type, edge: type, description: str, **objects: type[Base]
    ) -> None:
        super().__init__(description=f"{description} {seen_by(ground.target)}")
        self.ground = ground
        self._connection = connection
        self._edge = edge
        self._objects = {"node": ground.target, **objects}

    @cached_property
    def _shown(self) -> Shown:
        connection, edge = self._connection, self._edge
        objects = {name: partial(MIRRORS.__getitem__, model) for name, model in self._objects.items()}
        return Shown(connection, connection.__name__, edge, edge.__name__, objects, connection)

    def shown(self) -> Shown:
        """How it is shown."""
        return self._shown

    @property
    def mirror(self) -> Mirror:
        """The type of what is found."""
        return MIRRORS[self.ground.target]

    def make_arguments(self) -> list[StrawberryArgument]:
        """What to look for, where, by what, and which page."""
        by_vector = VECTOR if self.ground.embedding is not None else ()
        return [*TEXT, *by_vector, self.where_argument(), *PAGE]

    def where_argument(self) -> StrawberryArgument:
        """The list's own filter."""
        where: Any = where_input(self.ground.target) | None
        return given_as("where", where, "Only objects that fulfil these conditions; they are filtered first.")

    async def find(self, context: Context, given: Mapping[str, Any], wants: Wants) -> Found:
        """One page of hits.

        Raises:
            BadUserInput: for what cannot be looked for, and for filters that cannot be.
            InvalidCursor: for a cursor of another search.
            ServiceUnavailable: where a vector is needed and cannot be made.
        """
        if self.ground.embedding is None and given.get("text") is not None:
            given = {**given, "mode": SearchMode.TEXT}
        size = read_size(given, context.page_sizes.default, context.page_sizes.largest)
        asked = await read_asked(context, given)
        digest = digest_of(self.name, given, asked.mode)
        place = self.place(given, digest, asked, size)
        question = self.question(context, given, asked, place, size, wants)
        facts = await self.ask(context, question, asked, place, given)
        lexemes = facts.get("lexemes")
        return self._found(
            facts,
            question,
            asked,
            partial(cursor_of, digest, shared=place.shared),
            marked(lexemes) if lexemes else None,
        )

    def place(self, given: Mapping[str, Any], digest: str, asked: Asked, size: int) -> Place:
        """Where the page begins. All pages of a list are made by as many exact comparisons."""
        model = asked.model
        window = window_of(model.dimensions, model.volume, size) if model else WINDOWS[0]
        return read_place(given, digest, window, WINDOWS)

    async def ask(
        self,
        context: Context,
        question: Question,
        asked: Asked,  # noqa: ARG002
        place: Place,  # noqa: ARG002
        given: Mapping[str, Any],  # noqa: ARG002
    ) -> dict[str, Any]:
        """What the database says."""
        made = statement(self.ground, question, FACETS[self.ground])
        facts = await (one_by_index if question.indexed else one)(context, made)
        return {**facts, "exact": facts.get("near", 0) < question.windows * question.window}

    def question(
        self, context: Context, given: Mapping[str, Any], asked: Asked, place: Place, size: int, wants: Wants
    ) -> Question:
        """What the database is asked."""
        model = asked.model
        return Question(
            viewer=context.viewer,
            mode=asked.mode,
            wording=asked.wording,
            vector=asked.vector,
            model_id=model.id if model else None,
            indexed=model is not None and model.indexed and self._only_own(context),
            where=self.condition(context, given),
            window=place.shared,
            offset=place.offset,
            size=size,
            k=whole(given, "k", 60, 1, 10_000),
            vector_weight=weight(given, "vectorWeight", 1.0),
            text_weight=weight(given, "textWeight", 1.0),
            facet_size=whole(given, "facetSize", 10, 1, MOST_FACETS),
            wants=_wanted(wants),
        )

    def _only_own(self, context: Context) -> bool:
        return context.viewer.sight.reaches[self.ground.target] is Reach.OWN

    def condition(self, context: Context, given: Mapping[str, Any]) -> Condition | None:
        """The filter, which is left out where it says nothing."""
        where = given.get("where")
        if not where:
            return None
        return lambda entity: condition(self.mirror, entity, where, context.viewer)

    def _found(
        self, facts: Mapping[str, Any], question: Question, asked: Asked, cursor: Cursor, words: Marked | None
    ) -> Found:
        rows = facts["hits"]
        more = len(rows) > question.size
        rows = rows[: question.size]
        hits = [
            self.hit(row, question.offset + number, cursor, words) for number, row in enumerate(rows, start=1)
        ]
        cursors = [hit.values["cursor"] for hit in hits]
        page_info = PageInfo(
            has_next_page=more,
            has_previous_page=question.offset > 0,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        )
        info = SearchInfo(
            mode=question.mode,
            strategy=_strategy(facts, question),
            exact=facts["exact"],
            underfilled=len(rows) < question.size,
            candidates=facts.get("candidates"),
            model=asked.model.name if asked.model else None,
            degraded=asked.degraded,
        )
        values = {"pageInfo": page_info, "totalCount": facts.get("total", 0), "searchInfo": info}
        if "facets" in question.wants:
            values["facets"] = _FACETS[self.ground](facts)
        return Found(hits, values)

    def hit(self, row: Mapping[str, Any], rank: int, cursor: Cursor, words: Marked | None) -> Hit:
        """One hit of a page, of a row that the statement made."""
        stretches = marks(row["text"], words, most=MOST_HIGHLIGHTS) if words is not None else []
        values = {
            "cursor": cursor(rank),
            "rank": rank,
            "score": float(row["score"]),
            "distance": _number(row["distance"]),
            "textRank": _number(row["weight"]),
            "highlights": [HighlightInfo(start=each.start, end=each.end) for each in stretches],
            **self.further(row),
        }
        named = {name: row["id"] if name == "node" else row["part"] for name in self._objects}
        return Hit({name: key and UUID(key) for name, key in named.items()}, values)

    def further(self, row: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002
        """What a hit has beside what all have."""
        return {}


async def one(context: Context, made: Select[Any]) -> dict[str, Any]:
    """The one row of a statement, by name."""
    async with context.database.read() as session:
        return dict((await session.execute(made)).one()._mapping)  # noqa: SLF001


async def one_by_index(context: Context, made: Select[Any]) -> dict[str, Any]:
    """The one row of a statement that searches an index, by name."""
    async with context.database.transaction() as session:
        await scan_well(session)
        return dict((await session.execute(made)).one()._mapping)  # noqa: SLF001


def _strategy(facts: Mapping[str, Any], question: Question) -> SearchStrategy:
    if question.mode is None:
        return SearchStrategy.FILTER
    if not question.by_vector:
        return SearchStrategy.WORDS
    return SearchStrategy.INDEX if facts.get("by_index") else SearchStrategy.BITS


def _wanted(wants: Wants) -> frozenset[str]:
    asked = {
        "total": "totalCount" in wants.connection,
        "facets": "facets" in wants.connection,
        "candidates": "searchInfo.candidates" in wants.connection,
        "texts": "highlights" in wants.edge,
    }
    return frozenset(name for name, wanted in asked.items() if wanted)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _tag_counts(rows: Sequence[Mapping[str, Any]]) -> list[TagStats]:
    return [TagStats(tag=row["value"], count=row["count"]) for row in rows]


def _of_chunks(facts: Mapping[str, Any]) -> ChunkFacetStats:
    documents = [
        DocumentStats(document_id=_named(Document, row["id"]), title=row["title"], count=row["count"])
        for row in facts["documents"]
    ]
    return ChunkFacetStats(tags=_tag_counts(facts["tags"]), documents=documents)


def _of_tagged(facts: Mapping[str, Any]) -> TagFacetStats:
    return TagFacetStats(tags=_tag_counts(facts["tags"]))


def _of_messages(facts: Mapping[str, Any]) -> MessageFacetStats:
    sessions = [
        SessionStats(session_id=_named(Session, row["id"]), title=row["title"], count=row["count"])
        for row in facts["sessions"]
    ]
    return MessageFacetStats(sessions=sessions)


def _named(model: type[Base], key: str) -> strawberry.ID:
    return global_id(MIRRORS[model].name, UUID(key))


_FACETS: Final[Mapping[Ground, Callable[[Mapping[str, Any]], Any]]] = {
    PASSAGES: _of_chunks,
    DOCUMENTS: _of_tagged,
    MEMORIES: _of_tagged,
    MESSAGES: _of_messages,
}
