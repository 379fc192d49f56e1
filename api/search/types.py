"""What searches answer with."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final

import strawberry

from api.core.connections import PageInfo
from api.core.values import described
from db.search.ground import SearchMode

if TYPE_CHECKING:
    from api.documents.types import Document, DocumentChunk
    from api.memories.types import Memory
    from api.sessions.types import Message


class SearchStrategy(Enum):
    """How what is nearest was found."""

    FILTER = "filter"
    WORDS = "words"
    BITS = "bits"
    INDEX = "index"


described(
    SearchMode,
    "By what something is found.",
    {
        "VECTOR": "By its meaning: how near its vector is to that of the question.",
        "TEXT": "By its words.",
        "HYBRID": "By both: two rankings are joined by their reciprocal ranks.",
    },
)
described(
    SearchStrategy,
    "How what is nearest was found.",
    {
        "FILTER": "By the filter alone: nothing was looked for.",
        "WORDS": "By words alone; no vectors were compared.",
        "BITS": "Filtered first; then one bit of each number was compared, and the nearest vectors exactly.",
        "INDEX": "Through the approximate index that the largest owners have; the nearest then exactly.",
    },
)

NODE: Final = "What was found."
EDGES: Final = "The page's hits with their scores."
NODES: Final = "The objects that were found, alone."


@strawberry.type(description="What is to be known of how a search went.")
class SearchInfo:
    """How a search went."""

    mode: SearchMode | None = strawberry.field(
        description="By what was searched; TEXT for HYBRID where there was no vector of the question, null "
        "where neither `text` nor `vector` was given."
    )
    strategy: SearchStrategy = strawberry.field(description="How what is nearest was found.")
    exact: bool = strawberry.field(
        description="Whether every candidate was compared exactly, so that no nearer one can be missing."
    )
    underfilled: bool = strawberry.field(
        description="Whether the page has fewer hits than were asked for. Then there are no more: no filter "
        "takes away what it lets through."
    )
    candidates: int | None = strawberry.field(
        description="How many fulfil the filter and have a vector to compare; null where words alone were "
        "looked for. Counted only when selected."
    )
    model: str | None = strawberry.field(
        description="The embedding model whose vectors were compared; null where none were."
    )
    degraded: str | None = strawberry.field(
        description="Why words alone were looked for though HYBRID was asked; null where all went as asked."
    )


@strawberry.type(
    description="A stretch of a text that the question's words fill, counted in Unicode code points."
)
class HighlightInfo:
    """A stretch of a text."""

    start: int = strawberry.field(description="Place of the first character, from 0.")
    end: int = strawberry.field(description="Place of the first character after it.")


@strawberry.type(description="How much each part adds to a memory's score, its weight included.")
class ScoreInfo:
    """The parts of a memory's score."""

    similarity: float = strawberry.field(description="What its likeness to the question adds.")
    importance: float = strawberry.field(description="What its importance adds.")
    recency: float = strawberry.field(
        description="What its age adds: the whole weight when it is new, half of it after one half-life."
    )
    links: float = strawberry.field(
        description="What the likeness of the memories that it is linked with adds."
    )


@strawberry.type(description="A tag, and how many of all that was found bear it.")
class TagStats:
    """One value of a facet."""

    tag: str = strawberry.field(description="The tag.")
    count: int = strawberry.field(description="How many bear it.")


@strawberry.type(description="A document, and how many of its chunks were found.")
class DocumentStats:
    """One value of a facet."""

    document_id: strawberry.ID = strawberry.field(description="The document's global id.")
    title: str = strawberry.field(description="The document's title.")
    count: int = strawberry.field(description="How many of its chunks were found.")


@strawberry.type(description="A session, and how many of its messages were found.")
class SessionStats:
    """One value of a facet."""

    session_id: strawberry.ID = strawberry.field(description="The session's global id.")
    title: str | None = strawberry.field(description="The session's title.")
    count: int = strawberry.field(description="How many of its messages were found.")


@strawberry.type(description="What all chunks found have in common, over all pages; the most frequent first.")
class ChunkFacetStats:
    """Facets of chunks."""

    tags: list[TagStats] = strawberry.field(description="By tag of the document.")
    documents: list[DocumentStats] = strawberry.field(description="By document.")


@strawberry.type(
    description="What all that was found has in common, over all pages; the most frequent first."
)
class TagFacetStats:
    """Facets of what bears tags."""

    tags: list[TagStats] = strawberry.field(description="By tag.")


@strawberry.type(
    description="What all messages found have in common, over all pages; the most frequent first."
)
class MessageFacetStats:
    """Facets of messages."""

    sessions: list[SessionStats] = strawberry.field(description="By session.")


@strawberry.type
class HitEdge:
    """What every hit has."""

    cursor: str = strawberry.field(description="The hit's place in the list, for `after`.")
    rank: int = strawberry.field(description="Its place in the list, from 1.")
    score: float = strawberry.field(
        description="What it is ranked by; comparable within one search only. By vectors the cosine "
        "similarity, by words their weight, by both the sum of the reciprocal ranks."
    )
    distance: float | None = strawberry.field(
        description="Cosine distance of its vector to the question's, from 0 to 2; null where it was not "
        "compared, or did not count for its rank."
    )
    text_rank: float | None = strawberry.field(
        description="Weight of the question's words in it; null where it has none of them, they were not "
        "looked for, or did not count for its rank."
    )
    highlights: list[HighlightInfo] = strawberry.field(
        description="Where the question's words stand in its `content`: the first fifty stretches."
    )


@strawberry.type
class HitConnection:
    """What every page of hits has."""

    page_info: PageInfo = strawberry.field(description="Where this page stands in the list.")
    total_count: int = strawberry.field(
        description="How many were found, over all pages; counted only when selected."
    )
    search_info: SearchInfo = strawberry.field(description="How the search went.")


@strawberry.type(description="A chunk that was found.")
class ChunkSearchEdge(HitEdge):
    """A chunk that was found."""

    node: Annotated["DocumentChunk", strawberry.lazy("api.documents.types")] = strawberry.field(
        description=NODE
    )


@strawberry.type(description="One page of the chunks that were found.")
class ChunkSearchConnection(HitConnection):
    """One page of chunks."""

    edges: list[ChunkSearchEdge] = strawberry.field(description=EDGES)
    nodes: list[Annotated["DocumentChunk", strawberry.lazy("api.documents.types")]] = strawberry.field(
        description=NODES
    )
    facets: ChunkFacetStats = strawberry.field(description="Counts over all that was found, over all pages.")


@strawberry.type(description="A document that was found by one of its chunks.")
class DocumentSearchEdge(HitEdge):
    """A document that was found."""

    node: Annotated["Document", strawberry.lazy("api.documents.types")] = strawberry.field(description=NODE)
    chunk: Annotated["DocumentChunk", strawberry.lazy("api.documents.types")] | None = strawberry.field(
        description="The chunk that speaks for the document most, null where nothing was looked for; "
        "`highlights` are places in its `content`."
    )


@strawberry.type(description="One page of the documents that were found.")
class DocumentSearchConnection(HitConnection):
    """One page of documents."""

    edges: list[DocumentSearchEdge] = strawberry.field(description=EDGES)
    nodes: list[Annotated["Document", strawberry.lazy("api.documents.types")]] = strawberry.field(
        description=NODES
    )
    facets: TagFacetStats = strawberry.field(description="Counts over all that was found, over all pages.")


@strawberry.type(description="A message that was found.")
class MessageSearchEdge(HitEdge):
    """A message that was found."""

    node: Annotated["Message", strawberry.lazy("api.sessions.types")] = strawberry.field(description=NODE)


@strawberry.type(description="One page of the messages that were found.")
class MessageSearchConnection(HitConnection):
    """One page of messages."""

    edges: list[MessageSearchEdge] = strawberry.field(description=EDGES)
    nodes: list[Annotated["Message", strawberry.lazy("api.sessions.types")]] = strawberry.field(
        description=NODES
    )
    facets: MessageFacetStats = strawberry.field(
        description="Counts over all that was found, over all pages."
    )


@strawberry.type(description="A memory that was recalled.")
class MemorySearchEdge(HitEdge):
    """A memory that was recalled."""

    node: Annotated["Memory", strawberry.lazy("api.memories.types")] = strawberry.field(description=NODE)
    score_parts: ScoreInfo = strawberry.field(description="What the score is the sum of.")


@strawberry.type(description="One page of the memories that were recalled.")
class MemorySearchConnection(HitConnection):
    """One page of memories."""

    edges: list[MemorySearchEdge] = strawberry.field(description=EDGES)
    nodes: list[Annotated["Memory", strawberry.lazy("api.memories.types")]] = strawberry.field(
        description=NODES
    )
    facets: TagFacetStats = strawberry.field(description="Counts over all that was found, over all pages.")
