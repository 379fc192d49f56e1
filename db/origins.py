"""Where rows came from: the rows of older systems that `import_map` has for them.

They are read for rows that somebody was shown, and tell no more than those; nothing here asks the policy.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Label, Select, Uuid, any_, literal, literal_column, select
from sqlalchemy.orm import aliased

from db.base import Base
from db.models import ImportMapping

COLUMNS: Final = {"system": "source", "table": "source_table", "key": "source_key"}
"""The attributes of an origin, by what they are called."""


def origin_column(origin: Any, name: str) -> ColumnElement[Any]:
    """An attribute of an origin."""
    column: ColumnElement[Any] = getattr(origin, COLUMNS[name])
    return column


def origins_of(model: type[Base], keys: Sequence[UUID]) -> Select[Any]:
    """The origins of rows of a model: the id of the row as `entity_id`, and what `COLUMNS` names."""
    return (
        select(ImportMapping.entity_id, *(origin_column(ImportMapping, each).label(each) for each in COLUMNS))
        .where(_is(ImportMapping, model), ImportMapping.entity_id == any_(literal(keys, ARRAY(Uuid()))))
        .order_by(ImportMapping.entity_id, *(origin_column(ImportMapping, each) for each in COLUMNS))
    )


def origins_beside(
    model: type[Base], entity: Any, asked: Callable[[Any], Sequence[Label[Any]]]
) -> Select[Any]:
    """The origins of the row that an outer statement reads; `asked` selects of each what is wanted."""
    origin = aliased(ImportMapping)
    return (
        select(*asked(origin))
        .where(_is(origin, model), origin.entity_id == entity.id)
        .order_by(*(origin_column(origin, each) for each in COLUMNS))
        .correlate(entity)
    )


def _is(origin: Any, model: type[Base]) -> ColumnElement[bool]:
    # A literal, so that one plan knows how many there are. Names of tables need no quotes.
    same: ColumnElement[bool] = origin.entity == literal_column(f"'{model.__tablename__}'")
    return same
