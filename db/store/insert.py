"""New rows of any model: many by one statement, and what is wrong with any of them told row by row."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final
from typing import cast as cast_type

import orjson
from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Executable,
    Integer,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    insert,
    inspect,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import INET, JSONB, aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from db.base import Base
from db.columns import Closed
from db.errors import Conflict, DataError, Invalid
from db.matrix import MATRIX
from db.policy import bool_of
from db.session import WriteSession
from db.store.drafts import Draft, attempted
from db.store.links import OWNER

_PARAMETER: Final = "given_"
# No column is called so.
_ORDINAL: Final = "given_place"

SLICE: Final = 1_000
"""Rows of one statement: what it holds in memory stays small, however many there are."""


async def insert_drafts(session: WriteSession, drafts: Sequence[Draft]) -> None:
    """Write sound drafts of one model. One that the database refuses is not written, and blamed for it."""
    for start in range(0, len(drafts), SLICE):
        await _insert(session, drafts[start : start + SLICE])


async def _insert(session: WriteSession, drafts: Sequence[Draft]) -> None:
    # To name the row to blame, one statement becomes two halves until one row is left.
    try:
        async with attempted(session):
            await _execute(session, drafts)
    except (Conflict, Invalid) as fault:
        if len(drafts) == 1:
            drafts[0].blame(fault, _blamed(fault))
            return
        half = len(drafts) // 2
        await _insert(session, drafts[:half])
        await _insert(session, drafts[half:])


def _blamed(fault: DataError) -> str | None:
    if isinstance(fault, Invalid):
        return fault.field
    return fault.fields[0] if isinstance(fault, Conflict) and fault.fields else None


async def _execute(session: WriteSession, drafts: Sequence[Draft]) -> None:
    model = drafts[0].model
    rows = [_row(draft) for draft in drafts]
    attributes = tuple(sorted({name for row in rows for name in row}))
    columns = inspect(model).columns
    values = {
        _PARAMETER + name: [
            None if (value := row.get(name)) is None else _sent(columns[name], value) for row in rows
        ]
        for name in attributes
    }
    await session.execute(_statement(model, attributes), values)


def _row(draft: Draft) -> Mapping[str, Any]:
    owner = {OWNER: draft.owner} if MATRIX[draft.model].owner == OWNER else {}
    return {**draft.values, **owner, "id": draft.id}


@cache
def _statement(model: type[Base], attributes: tuple[str, ...]) -> Executable:
    """An INSERT from arrays, one for each attribute; `_PARAMETER` and its name is the parameter's."""
    columns = inspect(model).columns
    arrays = [bindparam(_PARAMETER + name, type_=ARRAY(_form(columns[name]))) for name in attributes]
    given = (
        func.unnest(*arrays)
        .table_valued(
            *(column(name, _form(columns[name])) for name in attributes),
            with_ordinality=_ORDINAL,
            name="given",
        )
        .render_derived()
    )
    values = [_value(columns[name], given.c[name]) for name in attributes]
    # Of the table, since the model's own INSERT takes the parameters for the values of one row.
    return insert(cast_type(Table, model.__table__)).from_select(
        [columns[name] for name in attributes],
        select(*values).select_from(given).order_by(given.c[_ORDINAL]),
        include_defaults=False,
    )


def _form(target: Column[Any]) -> TypeEngine[Any]:
    """The type of what is sent for a column: text for what arrays of the driver do not hold."""
    if isinstance(target.type, (Closed, JSONB, INET, ARRAY, VECTOR)):
        return Text()
    return Uuid() if isinstance(target.type, Uuid) else target.type


def _sent(target: Column[Any], value: Any) -> Any:
    """A value as it is sent."""
    if value is None:
        return None
    match target.type:
        case Closed():
            return value.value
        case JSONB() | ARRAY() | VECTOR():
            return orjson.dumps(value).decode()
        case _:
            return value


def _value(target: Column[Any], given: ColumnElement[Any]) -> ColumnElement[Any]:
    """What stands in the column: what was sent, or else its default."""
    match target.type:
        case ARRAY():
            listed = (
                func.jsonb_array_elements_text(cast(given, JSONB))
                .table_valued(column("element", Text), with_ordinality="place", name="listed")
                .render_derived()
            )
            elements = select(
                func.array_agg(aggregate_order_by(listed.c.element, listed.c.place))
            ).scalar_subquery()
            value: ColumnElement[Any] = cast(elements, target.type)
        case JSONB() | INET() | VECTOR():
            value = cast(given, target.type)
        case _:
            value = given
    default = _default(target)
    return value if default is None else func.coalesce(value, default)


def _default(target: Column[Any]) -> ColumnElement[Any] | None:
    if target.nullable or target.server_default is None:
        return None
    text: Any = getattr(target.server_default, "arg", None)
    if isinstance(text, str):
        text = "'" + text.replace("'", "''") + "'"
    return literal_column(f"({text})")


async def number(
    session: WriteSession,
    drafts: Iterable[Draft],
    attribute: str,
    within: str,
    first: int,
    after: InstrumentedAttribute[Any] | None = None,
) -> None:
    """Give drafts that have no place among the parts of their whole the next one.

    The rows of the wholes must be locked, so that nobody else takes the same. `after` is the attribute of a
    whole that says after which place its parts begin.
    """
    by_whole: dict[Any, list[Draft]] = {}
    for draft in drafts:
        if draft.values.get(within) is not None:
            by_whole.setdefault(draft.values[within], []).append(draft)
    asking = [
        key
        for key, parts in by_whole.items()
        if any(attribute not in part.values for part in parts) and within not in parts[0].inherited
    ]
    last: dict[Any, int] = {}
    if asking:
        model: Any = next(iter(by_whole.values()))[0].model
        place, whole = getattr(model, attribute), getattr(model, within)
        keys = bindparam("wholes", asking, type_=ARRAY(Uuid))
        highest = func.max(place, type_=Integer)
        statement = select(whole, highest).where(bool_of(whole == any_(keys))).group_by(whole)
        last = {row[0]: row[1] for row in await session.execute(statement)}
        if after is not None:
            starts = select(after.class_.id, after).where(after.class_.id == any_(keys), after.is_not(None))
            last = {row[0]: row[1] for row in await session.execute(starts)} | last
    for key, parts in by_whole.items():
        place = max(
            [
                last.get(key, first - 1),
                *(part.values[attribute] for part in parts if attribute in part.values),
            ]
        )
        for part in parts:
            if attribute not in part.values:
                place += 1
                part.values[attribute] = place
                part.placed = True
