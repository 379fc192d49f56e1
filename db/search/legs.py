"""The rankings of a search: by the vectors' distances and by the words, each limited to what one may see."""

from typing import Any, Final
from uuid import UUID

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    ARRAY,
    CTE,
    REAL,
    Boolean,
    ColumnElement,
    Double,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import BIT, REGCONFIG, TSQUERY, distinct_on
from sqlalchemy.orm import aliased, join
from sqlalchemy.types import Uuid

from db.policy import Entity, bool_of, visible
from db.search.ground import DEPTH, Ground, Question, SearchMode

_ENGLISH: Final = literal_column("'pg_catalog.english'", REGCONFIG())
_ZERO: Final[ColumnElement[Any]] = literal_column("0")

_FAR: Final[ColumnElement[float]] = literal_column("1::float8")


def number(value: int) -> ColumnElement[int]:
    """A number that stands in the statement itself, so that it is planned for."""
    return literal_column(str(value))


def _named(key: UUID | None) -> ColumnElement[UUID]:
    return literal_column(f"'{key}'::uuid", Uuid())


BEST_PARTS: Final = 4
"""Of how many parts of a whole the vectors are compared exactly."""


class Legs:
    """The rankings of one question over one ground, as common table expressions of one statement."""

    def __init__(self, ground: Ground, question: Question) -> None:
        self.ground = ground
        self.question = question
        self.asked = self._asked()
        self.first = self.by_index()

    def _asked(self) -> CTE:
        """The question's vector, its bits and its words, each worked out once."""
        question, columns = self.question, []
        if question.by_vector:
            vector = cast(cast(literal(list(question.vector or ()), ARRAY(REAL())), ARRAY(REAL())), VECTOR())
            columns += [
                vector.label("vector"),
                cast(func.binary_quantize(vector), BIT(varying=True)).label("bits"),
            ]
        wording = question.wording
        if wording is not None:
            for name in ("match", "rank", "must"):
                text = getattr(wording, name)
                if text is not None:
                    query = func.to_tsquery(_ENGLISH, literal(text, Text()))
                    columns.append(cast(query, TSQUERY()).label(name))
        made = select(*columns or [literal_column("1").label("nothing")]).cte("asked")
        return made.prefix_with("MATERIALIZED", dialect="postgresql")

    def of(self, name: str) -> ColumnElement[Any]:
        """A part of the question, the same for all rows."""
        return select(self.asked.c[name]).scalar_subquery()

    # Whose rows are searched.

    def targets(self, entity: Entity) -> list[ColumnElement[bool]]:
        """The conditions on what may be found."""
        where = self.question.where
        return [visible(entity, self.question.viewer), *([where(entity)] if where else [])]

    def vectors(self, vector: Entity) -> tuple[Any, list[ColumnElement[bool]]]:
        """The vectors to compare as rows of FROM, and the conditions on them."""
        ground, question = self.ground, self.question
        conditions = [self._of_model(vector)]
        reaches = question.viewer.sight.reaches
        # Chunks are as visible as their document, of which there are fewer.
        short = question.where is None and reaches[ground.target] is reaches[ground.holder]
        model, key = (ground.holder, ground.held) if short else (ground.target, ground.key)
        holder: Any = aliased(model, name="holder_of_vector")
        # Said of both, so that the vectors of one owner are found by an index.
        same = and_(holder.id == getattr(vector, key), holder.user_id == vector.user_id)
        rows: Any = join(vector, holder, same)
        conditions += [visible(holder, question.viewer)] if short else self.targets(holder)
        if question.must:
            part = holder
            if model is not ground.part:
                part = aliased(ground.part, name="part_of_vector")
                rows = join(rows, part, part.id == getattr(vector, ground.embedded))
            conditions.append(self.fulfils(part))
        return rows, conditions

    def _of_model(self, vector: Entity) -> ColumnElement[bool]:
        return bool_of(vector.model_id == literal(self.question.model_id, Uuid()))

    def fulfils(self, part: Entity) -> ColumnElement[bool]:
        """Whether a text has the phrases that must stand in it, and none of the words that must not."""
        must = self.of("must")
        # Nothing is left of phrases of the most common words alone.
        return bool_of(or_(func.numnode(must) == 0, part.words.bool_op("@@")(must)))

    def has_words(self, part: Entity) -> ColumnElement[bool]:
        """Whether a text has words that are looked for."""
        return bool_of(part.words.bool_op("@@")(self.of("match")))

    # The rankings.

    def near(self) -> CTE:
        """What is nearest by bits, by windows of which each is compared exactly.

        Its columns are `id`, `vector_id` (not of a whole) and `place`.
        """
        question = self.question
        vector: Any = aliased(self.ground.embedding, name="vectors")
        rows, conditions = self.vectors(vector)
        far = vector.bits.op("<~>")(self.of("bits"))
        limit = number(question.windows * question.window)
        key = getattr(vector, self.ground.key)
        if self.ground.whole is None:
            if self.first is not None:
                conditions.append(self._beyond(self.first, vector))
            found = select(key.label("id"), vector.id.label("vector_id"), far.label("far"))
            found = found.select_from(rows).where(*conditions).order_by(far, key).limit(limit)
        else:
            least = func.min(far)
            found = select(key.label("id"), least.label("far")).select_from(rows).where(*conditions)
            found = found.group_by(key).order_by(least, key).limit(limit)
        nearest = found.subquery("nearest")
        columns = [column for column in nearest.c if column.name != "far"]
        if self.first is None:
            place = func.row_number().over(order_by=(nearest.c.far, nearest.c.id)).label("place")
            made = select(*columns, place)
        else:
            made = self._after(self.first, select(nearest, literal_column("1").label("turn"))).limit(limit)
        return made.cte("near").prefix_with("MATERIALIZED", dialect="postgresql")

    def by_index(self) -> CTE | None:
        """The first window as the owner's index has it: `id`, `vector_id` and `far`; None without one.

        The statement has to name the owner and the model, since the index is of theirs alone.
        """
        question = self.question
        if not question.indexed or question.vector is None or self.ground.whole is not None:
            return None
        vector: Any = aliased(self.ground.embedding, name="indexed")
        rows, conditions = self.vectors(vector)
        owner, model = (_named(key) for key in (question.viewer.user_id, question.model_id))
        size = BIT(len(question.vector))
        far = cast(vector.bits, size).op("<~>")(cast(self.of("bits"), size))
        key = getattr(vector, self.ground.key)
        found = select(key.label("id"), vector.id.label("vector_id"), far.label("far")).select_from(rows)
        found = found.where(vector.user_id == owner, vector.model_id == model, *conditions)
        made = found.order_by(far).limit(number(question.window)).cte("by_index")
        return made.prefix_with("MATERIALIZED", dialect="postgresql")

    @property
    def filled(self) -> ColumnElement[bool]:
        """Whether the index has filled the first window; false where there is none."""
        if self.first is None:
            return literal_column("false", Boolean())
        count = select(func.count()).select_from(self.first).scalar_subquery()
        return bool_of(count >= number(self.question.window))

    def _beyond(self, first: CTE, vector: Entity) -> ColumnElement[bool]:
        """Which vectors are compared by their bits: all, unless the index has filled the first window."""
        if self.question.windows == 1:
            return not_(self.filled)
        return or_(not_(self.filled), vector.id.not_in(select(first.c.vector_id)))

    def _after(self, first: CTE, others: Select[Any]) -> Select[Any]:
        """The first window of the index, if it is full, and then the others."""
        turn = _ZERO.label("turn")
        both = union_all(select(*first.c, turn).where(self.filled), others).subquery("windows")
        place = func.row_number().over(order_by=(both.c.turn, both.c.far, both.c.id)).label("place")
        return select(both.c.id, both.c.vector_id, place).order_by(place)

    def by_vector(self, near: CTE) -> CTE:
        """The ranking by vectors: `id`, `part`, `distance` and `place`, from 1."""
        question, ground = self.question, self.ground
        if ground.whole is None:
            vector: Any = aliased(ground.embedding, name="compared")
            distance = self.distance(vector.embedding)
            exact = select(near.c.id, near.c.id.label("part"), distance.label("distance"), near.c.place)
            exact = exact.select_from(near.join(vector, vector.id == near.c.vector_id))
        else:
            best = self._best_part(near)
            exact = select(near.c.id, best.c.part, best.c.distance, near.c.place)
            exact = exact.select_from(near.join(best, true()))
        compared = exact.subquery("exact")
        window = func.div(compared.c.place - 1, number(question.window))
        place = func.row_number().over(order_by=(window, compared.c.distance, compared.c.id)).label("place")
        ranked = select(compared.c.id, compared.c.part, compared.c.distance, place)
        return ranked.order_by(place).limit(number(question.reach)).cte("by_vector")

    def distance(self, vector: Any) -> ColumnElement[float]:
        """The cosine distance of a vector to that of the question, from 0 to 2."""
        distance = vector.op("<=>", return_type=Double())(self.of("vector"))
        # To a vector of zeros there is none: it is as far as one that has nothing to do with the question.
        return func.coalesce(func.nullif(distance, literal_column("'NaN'::float8")), _FAR)

    def _best_part(self, near: CTE) -> Any:
        """The nearest part of a whole, of those that are nearest by their bits."""
        vector: Any = aliased(self.ground.embedding, name="parts")
        conditions = [
            getattr(vector, self.ground.key) == near.c.id,
            self._of_model(vector),
        ]
        rows: Any = vector
        if self.question.must:
            part = aliased(self.ground.part, name="texts_of_parts")
            rows = join(rows, part, part.id == getattr(vector, self.ground.embedded))
            conditions.append(self.fulfils(part))
        far = vector.bits.op("<~>")(self.of("bits"))
        few = (
            select(getattr(vector, self.ground.embedded).label("part"), vector.embedding)
            .select_from(rows)
            .where(*conditions)
            .order_by(far, vector.id)
            .limit(number(BEST_PARTS))
            .correlate(near)
            .subquery("few")
        )
        distance = self.distance(few.c.embedding)
        nearest = select(few.c.part, distance.label("distance")).order_by(distance, few.c.part)
        return nearest.limit(literal_column("1")).lateral("best")

    def by_text(self) -> CTE:
        """The ranking by words: `id`, `part`, `weight` and `place`, from 1."""
        ground, question = self.ground, self.question
        part: Any = aliased(ground.part, name="texts")
        weight: ColumnElement[Any] = cast(func.ts_rank(part.words, self.of("rank")), Double())
        rows: Any = part
        if ground.whole is None:
            conditions = [self.has_words(part), *self.targets(part)]
        else:
            target: Any = aliased(ground.target, name="text_of")
            rows = join(part, target, target.id == getattr(part, ground.whole))
            conditions = [self.has_words(part), visible(part, question.viewer), *self.targets(target)]
        key = part.id if ground.whole is None else getattr(part, ground.whole)
        found: Select[Any] = select(key.label("id"), part.id.label("part"), weight.label("weight"))
        found = found.select_from(rows).where(*conditions)
        if ground.whole is not None:
            found = found.ext(distinct_on(key)).order_by(key, weight.desc(), part.id)
        every = found.subquery("every")
        heaviest = select(every).order_by(every.c.weight.desc(), every.c.id).limit(number(question.reach))
        weighed = heaviest.subquery("weighed")
        place: ColumnElement[Any] = func.row_number().over(order_by=(weighed.c.weight.desc(), weighed.c.id))
        if question.mode is SearchMode.HYBRID:
            # A text with hardly any of the words says little about what vectors have found.
            weak = weighed.c.weight < func.max(weighed.c.weight).over() * literal_column("0.5::float8")
            place = place + case((weak, number(DEPTH)), else_=_ZERO)
        return select(weighed.c.id, weighed.c.part, weighed.c.weight, place.label("place")).cte("by_text")

    def every(self) -> CTE:
        """What may be found where nothing is looked for, by its id: `id` and `place`, from 1."""
        target: Any = aliased(self.ground.target, name="every_one")
        found = select(target.id).where(*self.targets(target)).order_by(target.id)
        ids = found.limit(number(self.question.reach)).subquery("ids")
        place = func.row_number().over(order_by=ids.c.id).label("place")
        return select(ids.c.id, place).cte("every")

    # All that is found.

    def found(self, target: Entity) -> ColumnElement[bool]:
        """Whether something is found at all, on whatever page; all of it where nothing is looked for."""
        ways: list[ColumnElement[bool]] = []
        if self.question.by_text:
            ways.append(self._by_words(target))
        if self.question.by_vector:
            ways.append(self._by_vectors(target))
        return and_(*self.targets(target), *([or_(*ways)] if ways else []))

    def _by_words(self, target: Entity) -> ColumnElement[bool]:
        if self.ground.whole is None:
            return self.has_words(target)
        part: Any = aliased(self.ground.part, name="texts_found")
        same = getattr(part, self.ground.whole) == target.id
        return select(part.id).where(same, self.has_words(part), visible(part, self.question.viewer)).exists()

    def _by_vectors(self, target: Entity) -> ColumnElement[bool]:
        vector: Any = aliased(self.ground.embedding, name="vectors_found")
        conditions = [
            getattr(vector, self.ground.key) == target.id,
            self._of_model(vector),
        ]
        rows: Any = vector
        if self.question.must:
            part = target if self.ground.whole is None else aliased(self.ground.part, name="texts_of_vectors")
            if self.ground.whole is not None:
                rows = join(rows, part, part.id == getattr(vector, self.ground.embedded))
            conditions.append(self.fulfils(part))
        return select(vector.id).select_from(rows).where(*conditions).correlate(target).exists()
