"""One statement for a search: the rankings, made one list, its page, and what is counted over all of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Double, Select, case, cast, func, literal, literal_column, select
from sqlalchemy.orm import aliased

from db.search.ground import DEPTH, Ground, Question, SearchMode
from db.search.legs import Legs, number

Facet = Callable[[CTE, Question], Select[Any]]
"""The rows of one facet over the ids of all that is found."""

_FAR: Final[ColumnElement[Any]] = number(2**30)
_NONE: Final[ColumnElement[Any]] = literal_column("NULL::float8")
_NO_PART: Final[ColumnElement[Any]] = literal_column("NULL::uuid")


def statement(ground: Ground, question: Question, facets: Mapping[str, Facet]) -> Select[Any]:
    """A SELECT of one row: `hits` and whatever else the question wants, each as JSON.

    A hit has `id`, `part`, `score`, `distance`, `weight` and, where texts are wanted, `text`. There is one
    more than the page has, if there are more. `lexemes` is the text of the words that weigh, `near` the
    number of vectors compared exactly, `by_index` whether an index found the first of these.
    """
    legs = Legs(ground, question)
    columns: list[ColumnElement[Any]] = []
    near = legs.near() if question.by_vector else None
    ranked = _ranked(legs, near)
    columns.append(rows_as_json(_with_texts(ground, question, ranked)).label("hits"))
    columns += lexemes(legs)
    if near is not None:
        columns.append(select(func.count()).select_from(near).scalar_subquery().label("near"))
        columns.append(legs.filled.label("by_index"))
    if "total" in question.wants or "facets" in question.wants:
        target: Any = aliased(ground.target, name="found_at_all")
        columns += counts(select(target.id).where(legs.found(target)).cte("found"), question, facets)
    if "candidates" in question.wants and question.by_vector:
        vector: Any = aliased(ground.embedding, name="candidates")
        rows, conditions = legs.vectors(vector)
        counted = select(func.count(getattr(vector, ground.key).distinct() if ground.whole else vector.id))
        columns.append(counted.select_from(rows).where(*conditions).scalar_subquery().label("candidates"))
    return select(*columns)


def lexemes(legs: Legs) -> list[ColumnElement[Any]]:
    """The text of the words that weigh, where hits are to be marked with them."""
    question = legs.question
    if question.wording is None or "texts" not in question.wants:
        return []
    return [func.querytree(legs.of("rank")).label("lexemes")]


def counts(found: CTE, question: Question, facets: Mapping[str, Facet]) -> list[ColumnElement[Any]]:
    """What is wanted of all that is found: how many there are, and the facets."""
    columns: list[ColumnElement[Any]] = []
    if "total" in question.wants:
        columns.append(select(func.count()).select_from(found).scalar_subquery().label("total"))
    if "facets" in question.wants:
        columns += [rows_as_json(make(found, question)).label(name) for name, make in facets.items()]
    return columns


def _ranked(legs: Legs, near: CTE | None) -> CTE:
    """The page, in its order."""
    question = legs.question
    if question.mode is None:
        every = legs.every()
        one: ColumnElement[Any] = literal_column("1::float8")
        found = select(
            every.c.id, _NO_PART.label("part"), one.label("score"), _NONE.label("weight"),
            _NONE.label("distance"), every.c.place,
        )  # fmt: skip
    elif near is None:
        texts = legs.by_text()
        columns = [texts.c.id, texts.c.part, texts.c.weight.label("score"), texts.c.weight]
        found = select(*columns, _NONE.label("distance"), texts.c.place)
    elif question.mode is SearchMode.VECTOR:
        vectors = legs.by_vector(near)
        score: ColumnElement[Any] = literal_column("1::float8") - vectors.c.distance
        found = select(
            vectors.c.id, vectors.c.part, score.label("score"), _NONE.label("weight"), vectors.c.distance,
            vectors.c.place,
        )  # fmt: skip
    else:
        found = _fused(legs.by_vector(near), legs.by_text(), question)
    ranks = found.subquery("ranks")
    page = select(ranks).order_by(ranks.c.place, ranks.c.id)
    page = page.offset(number(question.offset)).limit(number(question.size + 1))
    return page.cte("page")


def _fused(vectors: CTE, texts: CTE, question: Question) -> Select[Any]:
    """Both rankings as one, by their reciprocal ranks.

    Each is read in layers: what is in the first `DEPTH` of either comes before what is not, so that the list
    is the same on whichever page it is read.
    """
    depth = number(DEPTH)
    layers = [func.coalesce(func.div(leg.c.place - 1, depth), _FAR) for leg in (vectors, texts)]
    joined = vectors.join(texts, vectors.c.id == texts.c.id, full=True)
    both = (
        select(
            func.coalesce(vectors.c.id, texts.c.id).label("id"),
            func.coalesce(vectors.c.part, texts.c.part).label("part"),
            vectors.c.distance, texts.c.weight, func.least(*layers).label("layer"),
            vectors.c.place.label("by_vector"), texts.c.place.label("by_text"),
        ).select_from(joined).subquery("both")
    )  # fmt: skip
    ends = (both.c.layer + 1) * depth

    def share(place: ColumnElement[Any], weight: float) -> ColumnElement[Any]:
        reciprocal = literal(weight, Double()) / (
            literal(float(question.k), Double()) + cast(place, Double())
        )
        return case((place <= ends, reciprocal), else_=literal_column("0::float8"))

    # What one ranking says beyond the layer is not always read, and so never shown.
    shown = [
        case((both.c.by_vector <= ends, both.c.distance)).label("distance"),
        case((both.c.by_text <= ends, both.c.weight)).label("weight"),
    ]
    score = share(both.c.by_vector, question.vector_weight) + share(both.c.by_text, question.text_weight)
    scored = select(both.c.id, both.c.part, both.c.layer, *shown, score.label("score")).subquery("scored")
    place = func.row_number().over(order_by=(scored.c.layer, scored.c.score.desc(), scored.c.id))
    return select(
        scored.c.id, scored.c.part, scored.c.score, scored.c.weight, scored.c.distance, place.label("place")
    )


def _with_texts(ground: Ground, question: Question, page: CTE) -> Select[Any]:
    columns = [page.c.id, page.c.part, page.c.score, page.c.distance, page.c.weight]
    if "texts" not in question.wants or question.mode is None:
        return select(*columns).order_by(page.c.place)
    part: Any = aliased(ground.part, name="texts_of_page")
    return (
        select(*columns, part.content.label("text"))
        .select_from(page.join(part, part.id == page.c.part))
        .order_by(page.c.place)
    )


def rows_as_json(listed: Select[Any]) -> ColumnElement[Any]:
    """Rows as a JSON list of objects, in their order."""
    rows = listed.subquery("listed")
    one = func.row_to_json(rows.table_valued())
    return (
        select(func.coalesce(func.json_agg(one), literal_column("'[]'::json")))
        .select_from(rows)
        .scalar_subquery()
    )
