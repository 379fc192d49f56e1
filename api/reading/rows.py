"""JSON objects in SQL."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Label, Select, func, literal_column, select
from sqlalchemy.sql.selectable import LateralFromClause

from db.policy import Entity

# PostgreSQL has to know of what type an object is that there is not.
NO_OBJECT: Final[ColumnElement[Any]] = literal_column("NULL::json")
EMPTY_OBJECT: Final[ColumnElement[Any]] = literal_column("'{}'::json")
NO_ROWS: Final[ColumnElement[Any]] = literal_column("'[]'::json")

_EMPTY: Final[ColumnElement[Any]] = literal_column("'{}'::json")

# The column of an object of which nothing is asked, as where every fragment is on another type: SQLAlchemy
# writes no SELECT without columns. No response key is like it.
_NOTHING: Final = "{}"


def labelled(members: Mapping[str, ColumnElement[Any]]) -> list[Label[Any]]:
    """Values as columns that bear the response keys."""
    return [value.label(key) for key, value in members.items()] or [literal_column("1").label(_NOTHING)]


def row(members: Mapping[str, ColumnElement[Any]], outer: Entity = None) -> ColumnElement[Any]:
    """Values by response key as one JSON object; `outer` is the entity that they are read from."""
    made = select(*labelled(members))
    return as_json(made if outer is None else made.correlate(outer))


def beside(members: Mapping[str, ColumnElement[Any]], name: str, *outer: Any) -> LateralFromClause:
    """Values by response key as a row of FROM, which is joined to `outer`, that they are read from."""
    return select(*labelled(members)).correlate(*outer).lateral(name)


def as_json(rows: Select[Any]) -> ColumnElement[Any]:
    """The rows of a select as JSON objects; `row_to_json` takes the names of its columns for keys."""
    inner = rows.subquery("object")
    return select(row_json(inner).label("json")).select_from(inner).scalar_subquery()


def row_json(source: Any) -> ColumnElement[Any]:
    """A row of FROM as a JSON object."""
    if _NOTHING in source.c:
        return _EMPTY
    return func.row_to_json(source.table_valued())
