"""The SQL of a value as it stands in a response: what `row_to_json` makes of it is the scalar's own text."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, Text, cast, func

from api.core import kinds
from api.core.kinds import Kind, date_sql, datetime_sql
from db.columns import BigInt

Form = Callable[[ColumnElement[Any]], ColumnElement[Any]]


def _text(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(value, Text)


def _plain(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return value


def _parsed(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(cast(value, Text), JSON)


_FORMS: Final[dict[Kind, Form]] = {
    kinds.BIGINT: _text,
    kinds.DECIMAL: _text,
    kinds.DATETIME: datetime_sql,
    kinds.DATE: date_sql,
    kinds.VECTOR_: _parsed,
}


def form_of(kind: Kind) -> Form:
    """How a column of this kind is selected. Enum members are named by their values in upper case."""
    if kind.values is not None:
        if any(member.name != member.value.upper() for member in kind.values):
            raise TypeError(f"{kind.name} has a member whose name is not its value in upper case")
        return func.upper
    return _FORMS.get(kind, _plain)


def computed_form(annotation: Any) -> Form:
    """How a computed field of this annotation is selected."""
    return _text if annotation is BigInt else _plain
