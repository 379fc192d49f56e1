"""JSON objects and constants in SQL."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, literal_column, select

from db.policy import Entity

# PostgreSQL has to know of what type an object is that there is not.
NO_OBJECT: Final[ColumnElement[Any]] = literal_column("NULL::json")
NO_ROWS: Final[ColumnElement[Any]] = literal_column("'[]'::json")


def constant(text: str) -> ColumnElement[Any]:
    """A text of the schema or the document as it stands."""
    # Names of the schema and response keys, which the grammar limits to letters, digits and underscores.
    return literal_column(f"'{text}'::text")


def row(members: Mapping[str, ColumnElement[Any]], outer: Entity = None) -> ColumnElement[Any]:
    """Values by response key as one JSON object; `outer` is the entity that they are read from."""
    made = select(*(value.label(key) for key, value in members.items()))
    return as_json(made if outer is None else made.correlate(outer))


def as_json(rows: Select[Any]) -> ColumnElement[Any]:
    """The rows of a select as JSON objects; `row_to_json` takes the names of its columns for keys."""
    inner = rows.subquery()
    return select(func.row_to_json(inner.table_valued())).select_from(inner).scalar_subquery()
