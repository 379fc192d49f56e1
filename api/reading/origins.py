"""The origins of an object in SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Label, func, select

from api.core.literals import quoted
from api.reading.rows import NO_ROWS, labelled, row_json
from api.reading.tree import Origins, Typename
from db.base import Base
from db.origins import origin_column, origins_beside
from db.policy import Entity


def origins_json(model: type[Base], entity: Entity, wanted: Origins) -> ColumnElement[Any]:
    """The origins of a row as a JSON list."""

    def asked(origin: Any) -> list[Label[Any]]:
        return labelled(
            {
                key: quoted(each.name) if isinstance(each, Typename) else origin_column(origin, each)
                for key, each in wanted.members.items()
            }
        )

    found = origins_beside(model, entity, asked).subquery("origins")
    rows = func.coalesce(func.json_agg(row_json(found)), NO_ROWS)
    return select(rows).select_from(found).scalar_subquery()
