"""Recall: memories by their likeness to a question, how much they matter, and how old they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import pi
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Double,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import aliased, join
from sqlalchemy.types import Uuid

from db.models import Memory, MemoryEmbedding, MemoryLink
from db.policy import Entity, Viewer, changeable, visible
from db.search.ground import MEMORIES, Question
from db.search.legs import Legs, number
from db.search.statement import Facet, counts, lexemes, rows_as_json
from db.session import WriteSession

WINDOW: Final = 1_600

_DAY: Final[ColumnElement[Any]] = literal_column("86400::float8")
_NOTHING: Final[ColumnElement[Any]] = literal_column("0::float8")
_NONE: Final[ColumnElement[Any]] = literal_column("NULL::float8")
# Beyond as many half-lives a number would be too small to hold.
_MOST_HALVINGS: Final[ColumnElement[Any]] = literal_column("1000::float8")


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part counts. `half_life` is in days; less than `least` in all is not recalled.

    Ages are counted from `moment`, so that the pages of a list agree about them.
    """

    moment: datetime
    similarity: float = 1.0
    importance: float = 0.2
    recency: float = 0.2
    links: float = 0.0
    half_life: float = 30.0
    least: float | None = None
    expired: bool = False


def recall(question: Question, weights: Weights, dimensions: int, facets: Mapping[str, Facet]) -> Select[Any]:
    """A SELECT of one row as `statement` makes it; its hits have `similarity`, `importance` and so on too.

    What is likely to score best by the bits of its vector comes first, in windows of which each is scored
    exactly; where a least score is asked for, all of it is.
    """
    legs = Legs(MEMORIES, question)
    likely = _likely(legs, weights, dimensions)
    scored = _scored(legs, weights, likely)
    place = func.row_number().over(order_by=(scored.c.window, scored.c.score.desc(), scored.c.id))
    ranks = select(scored, place.label("place")).subquery("ranks")
    paged = select(ranks).order_by(ranks.c.place)
    page = paged.offset(number(question.offset)).limit(number(question.size + 1)).cte("page")
    memory: Any = aliased(Memory, name="texts_of_page")
    shown = [column for column in page.c if column.name not in ("window", "place")]
    listed = select(*shown, page.c.id.label("part"))
    if "texts" in question.wants:
        listed = listed.add_columns(memory.content.label("text"))
        listed = listed.select_from(page.join(memory, memory.id == page.c.id))
    columns: list[ColumnElement[Any]] = [rows_as_json(listed.order_by(page.c.place)).label("hits")]
    columns += lexemes(legs)
    columns.append(select(func.count()).select_from(likely).scalar_subquery().label("near"))
    if question.wants & {"total", "facets"}:
        columns += counts(_found(legs, weights, scored), question, facets)
    if "candidates" in question.wants and question.by_vector:
        rows, vector, conditions = _rows(legs, weights, aliased(Memory, name="candidates"))
        counted = select(func.count(vector.id)).select_from(rows).where(*conditions)
        columns.append(counted.scalar_subquery().label("candidates"))
    return select(*columns)


async def touch(session: WriteSession, viewer: Viewer, keys: Sequence[UUID]) -> None:
    """Count a use of memories that the viewer may change, as of now."""
    await session.execute(
        update(Memory)
        .where(Memory.id.in_(keys), changeable(Memory, viewer))
        .values(access_count=Memory.access_count + 1, last_accessed_at=func.now())
        .execution_options(synchronize_session=False)
    )


def _rows(legs: Legs, weights: Weights, memory: Entity) -> tuple[Any, Any, list[ColumnElement[bool]]]:
    """The memories that are recalled at all, each with its vector, as rows of FROM with their conditions."""
    question = legs.question
    conditions = legs.targets(memory)
    if not weights.expired:
        conditions.append(or_(memory.expires_at.is_(None), memory.expires_at > func.now()))
    if not question.by_vector:
        return memory, None, [*conditions, *([legs.has_words(memory)] if question.by_text else [])]
    vector: Any = aliased(MemoryEmbedding, name=f"vector_of_{memory.__mapper__.local_table.name}")
    same = and_(vector.memory_id == memory.id, vector.model_id == literal(question.model_id, Uuid()))
    rows = join(memory, vector, same, isouter=question.by_text)
    near = [vector.id.is_not(None), *([legs.fulfils(memory)] if question.must else [])]
    ways = [and_(*near), *([legs.has_words(memory)] if question.by_text else [])]
    return rows, vector, [*conditions, or_(*ways)]


def _likely(legs: Legs, weights: Weights, dimensions: int) -> CTE:
    """What is to be scored, the likeliest first."""
    question = legs.question
    memory: Any = aliased(Memory, name="memories_found")
    rows, vector, conditions = _rows(legs, weights, memory)
    weight: ColumnElement[Any] = _NONE
    if question.by_text:
        rank: ColumnElement[Any] = cast(func.ts_rank(memory.words, legs.of("rank")), Double())
        weight = case((legs.has_words(memory), rank))
    age = (
        cast(
            func.extract("epoch", literal(weights.moment, DateTime(timezone=True)) - memory.created_at),
            Double(),
        )
        / _DAY
    )
    halvings = func.least(func.greatest(age / literal(weights.half_life, Double()), _NOTHING), _MOST_HALVINGS)
    far: ColumnElement[Any] = _NONE
    if vector is not None:
        far = cast(vector.bits.op("<~>")(legs.of("bits")), Double())
    found = (
        select(
            memory.id.label("id"),
            (vector.id if vector is not None else literal_column("NULL::uuid")).label("vector_id"),
            far.label("far"),
            weight.label("weight"),
            (memory.importance * literal(weights.importance, Double())).label("importance"),
            (func.power(literal_column("0.5::float8"), halvings) * literal(weights.recency, Double())).label(
                "recency"
            ),
        )
        .select_from(rows)
        .where(*conditions)
        .subquery("recalled")
    )
    # The share of bits that differ is the angle between two vectors, as a share of half a turn.
    angle = func.coalesce(found.c.far / literal(float(dimensions), Double()), _NONE) * literal(pi, Double())
    best: ColumnElement[Any] = func.nullif(func.max(found.c.weight).over(), _NOTHING, type_=Double())
    relative = (found.c.weight / best).label("relative")
    guessed = _similarity(question, func.cos(angle), relative) * literal(weights.similarity, Double())
    guess = guessed + found.c.importance + found.c.recency
    likely = select(found, relative, guess.label("guess")).subquery("guessed")
    place = func.row_number().over(order_by=(likely.c.guess.desc(), likely.c.id)).label("place")
    ordered = select(likely, place).order_by(likely.c.guess.desc(), likely.c.id)
    if weights.least is None:
        ordered = ordered.limit(number(-(-question.reach // WINDOW) * WINDOW))
    return ordered.cte("likely").prefix_with("MATERIALIZED", dialect="postgresql")


def _similarity(question: Question, cosine: ColumnElement[Any], relative: Any) -> ColumnElement[Any]:
    """Likeness from 0 to 1: of vectors, of words relative to the best, or both by their weights; or 0."""
    if question.mode is None:
        return _NOTHING
    by_vector = func.greatest(func.coalesce(cosine, _NOTHING), _NOTHING)
    by_text = func.coalesce(relative, _NOTHING)
    if not question.by_text:
        return by_vector
    if not question.by_vector:
        return by_text
    total = question.vector_weight + question.text_weight
    shares = (question.vector_weight / total, question.text_weight / total) if total else (0.0, 0.0)
    return by_vector * literal(shares[0], Double()) + by_text * literal(shares[1], Double())


def _scored(legs: Legs, weights: Weights, likely: CTE) -> CTE:
    """Each memory with its score and what that is the sum of."""
    question = legs.question
    distance: ColumnElement[Any] = _NONE
    rows: Any = likely
    if question.by_vector:
        vector: Any = aliased(MemoryEmbedding, name="compared")
        rows = join(likely, vector, vector.id == likely.c.vector_id, isouter=True)
        distance = case((vector.id.is_not(None), legs.distance(vector.embedding)))
    window = func.div(likely.c.place - 1, number(WINDOW)) if weights.least is None else number(0)
    columns = [likely.c.id, likely.c.weight, likely.c.relative, likely.c.importance, likely.c.recency]
    compared = select(*columns, window.label("window"), distance.label("distance")).select_from(rows)
    exact = compared.cte("exact").prefix_with("MATERIALIZED", dialect="postgresql")
    like = _similarity(question, literal_column("1::float8") - exact.c.distance, exact.c.relative)
    weighed = (like * literal(weights.similarity, Double())).label("similarity")
    parts = select(exact, weighed).cte("weighed")
    links: ColumnElement[Any] = _NOTHING
    if weights.links:
        links = func.coalesce(_linked(question, parts), _NOTHING) * literal(weights.links, Double())
    summed = select(parts, links.label("links")).subquery("parts")
    score = summed.c.similarity + summed.c.importance + summed.c.recency + summed.c.links
    columns = [column for column in summed.c if column.name != "relative"]
    whole = select(*columns, score.label("score")).subquery("whole")
    kept = select(whole)
    if weights.least is not None:
        kept = kept.where(whole.c.score >= literal(weights.least, Double()))
    return kept.cte("scored")


def _linked(question: Question, parts: CTE) -> Any:
    """The greatest likeness among the memories that one is linked with, in either direction."""
    link: Any = aliased(MemoryLink, name="links")
    other = parts.alias("others")
    joined = or_(
        and_(link.memory_id == parts.c.id, other.c.id == link.related_id),
        and_(link.related_id == parts.c.id, other.c.id == link.memory_id),
    )
    found = select(func.max(other.c.similarity)).select_from(join(link, other, true()))
    return found.where(joined, visible(link, question.viewer)).correlate(parts).scalar_subquery()


def _found(legs: Legs, weights: Weights, scored: CTE) -> CTE:
    """The ids of all that is recalled, on whatever page."""
    if weights.least is not None:
        return select(scored.c.id).cte("found")
    memory: Any = aliased(Memory, name="found_at_all")
    rows, _, conditions = _rows(legs, weights, memory)
    return select(memory.id).select_from(rows).where(*conditions).cte("found")
