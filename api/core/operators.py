"""The operators of the filter grammar: one table a kind, each operator said once."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import strawberry
from sqlalchemy import ARRAY, ColumnElement, Text, all_, and_, any_, cast, func, literal, or_
from sqlalchemy.dialects.postgresql import INET, JSONB, TSQUERY

from api.core import kinds
from api.core.errors import BadUserInput
from api.core.kinds import Kind, argument, arguments
from db.columns import COLLATION, Json
from db.search.within import words_within

Build = Callable[..., ColumnElement[bool]]


def _itself(value: Any) -> tuple[Any, ...]:
    return (value,)


def _nothing(value: Any) -> tuple[Any, ...]:  # noqa: ARG001
    return ()


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: its GraphQL name, the type of its argument, what it means, and its SQL.

    `takes` is `"value"`, `"values"` (a list), `"boolean"`, `"text"`, `"texts"` or `"path"`. `build` makes
    the condition of a column and the values that `bound` makes of the argument: each becomes one bound
    parameter, in this order, so that a later request only has to bind its own. An argument that is part of
    the SQL (`flag`) comes to `build` itself.
    """

    name: str
    takes: str
    description: str
    build: Build
    bound: Callable[[Any], tuple[Any, ...]] = _itself
    flag: bool = False

    def condition(self, column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
        """The condition that the operator with this argument puts on a column."""
        return (
            self.build(column, value, *self.bound(value))
            if self.flag
            else self.build(column, *self.bound(value))
        )


def _not_in(column: ColumnElement[Any], values: list[Any]) -> ColumnElement[bool]:
    # `NULL <> ALL('{}')` is true, and notIn never returns NULLs.
    return and_(column.is_not(None), column != all_(arguments(column, values)))


def _is_null(column: ColumnElement[Any], wanted: bool) -> ColumnElement[bool]:
    return column.is_(None) if wanted else column.is_not(None)


EQ: Final = Operator("eq", "value", "Equal to this value.", lambda c, v: c == argument(c, v))
NE: Final = Operator(
    "ne", "value", "Different from this value; NULL is not returned.", lambda c, v: c != argument(c, v)
)
IN: Final = Operator("in", "values", "Equal to one of these values.", lambda c, v: c == any_(arguments(c, v)))
NOT_IN: Final = Operator(
    "notIn", "values", "Different from all of these values; NULL is not returned.", _not_in
)
IS_NULL: Final = Operator(
    "isNull", "boolean", "Whether there is no value.", _is_null, bound=_nothing, flag=True
)

_EQUALITY: Final = (EQ, NE, IN, NOT_IN, IS_NULL)
_ORDERING: Final = (
    Operator("gt", "value", "Greater than this value.", lambda c, v: c > argument(c, v)),
    Operator("gte", "value", "Greater than or equal to this value.", lambda c, v: c >= argument(c, v)),
    Operator("lt", "value", "Less than this value.", lambda c, v: c < argument(c, v)),
    Operator("lte", "value", "Less than or equal to this value.", lambda c, v: c <= argument(c, v)),
)


_ESCAPE: Final = "/"
_WILDCARDS: Final = str.maketrans({each: f"{_ESCAPE}{each}" for each in f"{_ESCAPE}%_"})


def _escaped(text: str) -> tuple[str]:
    return (text.translate(_WILDCARDS),)


def _matching(name: str, description: str, method: str) -> Operator:
    def build(column: ColumnElement[Any], escaped: str) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = getattr(column, method)(escaped, escape=_ESCAPE)
        return condition

    return Operator(name, "value", description, build, bound=_escaped)


_TEXT: Final = (
    _matching("contains", "Contains this text, case by case.", "contains"),
    _matching("iContains", "Contains this text, without regard to case.", "icontains"),
    _matching("startsWith", "Starts with this text, case by case.", "startswith"),
    _matching("iStartsWith", "Starts with this text, without regard to case.", "istartswith"),
    _matching("endsWith", "Ends with this text, case by case.", "endswith"),
    _matching("iEndsWith", "Ends with this text, without regard to case.", "iendswith"),
)


def worded(operator: Operator, words: ColumnElement[Any]) -> Operator:
    """The operator for a text whose words have an index; others than those that look inside are as they were.

    Where nothing is sure to be among the words the condition on them says nothing. A plan for all values
    cannot know that, and therefore does not use the index.
    """
    if operator.name not in ("contains", "iContains"):
        return operator

    def build(column: ColumnElement[Any], query: str | None, escaped: str) -> ColumnElement[bool]:
        wanted = cast(literal(query, Text), TSQUERY)
        return and_(or_(wanted.is_(None), words.bool_op("@@")(wanted)), operator.build(column, escaped))

    return replace(operator, build=build, bound=lambda text: (words_within(text), *operator.bound(text)))


_TEXTS: Final = (
    EQ,
    Operator(
        "has",
        "text",
        "Has this element.",
        lambda c, v: c.op("@>", is_comparison=True)(_array_of_text(v)),
        bound=lambda v: ([v],),
    ),
    Operator(
        "hasAny",
        "texts",
        "Has at least one of these elements.",
        lambda c, v: c.op("&&", is_comparison=True)(_array_of_text(v)),
    ),
    Operator(
        "hasAll",
        "texts",
        "Has all of these elements.",
        lambda c, v: c.op("@>", is_comparison=True)(_array_of_text(v)),
    ),
    Operator(
        "isEmpty",
        "boolean",
        "Whether the list has no element.",
        lambda c, v: func.cardinality(c) == 0 if v else func.cardinality(c) > 0,
        bound=_nothing,
        flag=True,
    ),
    IS_NULL,
)


def _array_of_text(values: list[str]) -> ColumnElement[Any]:
    return literal(values, ARRAY(Text(collation=COLLATION)))


def _json_text(value: Any) -> tuple[str]:
    # Bound as text and cast: a JSON null must stay `'null'`, not become SQL's NULL; and PostgreSQL knows
    # greater integers than the driver's encoder.
    return (json.dumps(value, ensure_ascii=False),)


def _jsonb(text: str) -> ColumnElement[Any]:
    return cast(literal(text, Text), JSONB)


def _compared(tree: dict[str, Any]) -> list[str]:
    return [name for name in tree if name not in ("path", "exists")]


def _path_bound(tree: dict[str, Any]) -> tuple[Any, ...]:
    return (tree["path"], *(text for name in _compared(tree) for text in _json_text(tree[name])))


def _json_path(
    column: ColumnElement[Any], tree: dict[str, Any], path: list[str], *texts: str
) -> ColumnElement[bool]:
    found = column.op("#>")(_array_of_text(path))
    conditions: list[ColumnElement[bool]] = []
    for name, text in zip(_compared(tree), texts, strict=True):
        if name == "eq":
            conditions.append(found == _jsonb(text))
        elif name == "ne":
            conditions.append(found != _jsonb(text))
        else:
            conditions.append(found.op("@>", is_comparison=True)(_jsonb(text)))
    if "exists" in tree:
        if tree["exists"] is None:
            raise BadUserInput("path.exists may not be null: leave it out.")
        conditions.append(_is_null(found, not tree["exists"]))
    return and_(*conditions) if conditions else found.is_not(None)


_JSON: Final = (
    Operator(
        "eq",
        "value",
        "Equal to this JSON value; the order of keys does not matter.",
        lambda c, v: c == _jsonb(v),
        bound=_json_text,
    ),
    Operator(
        "contains",
        "value",
        "Contains this JSON value, as PostgreSQL's `@>`.",
        lambda c, v: c.op("@>", is_comparison=True)(_jsonb(v)),
        bound=_json_text,
    ),
    Operator(
        "hasKey",
        "text",
        "Is an object with this key, or a list with this text as an element.",
        lambda c, v: c.op("?", is_comparison=True)(literal(v, Text)),
    ),
    Operator(
        "path", "path", "What the value at this path must be.", _json_path, bound=_path_bound, flag=True
    ),
    IS_NULL,
)

_IP: Final = (
    *_EQUALITY,
    Operator(
        "within",
        "value",
        "Lies within this network, as `192.0.2.0/24`.",
        lambda c, v: c.op("<<=", is_comparison=True)(cast(literal(v, Text), INET)),
    ),
)


@cache
def operators_of(kind: Kind) -> tuple[Operator, ...]:
    """The operators that a column of this kind can be filtered with; none for vectors."""
    if kind in (kinds.INT, kinds.BIGINT, kinds.FLOAT, kinds.DECIMAL, kinds.DATETIME, kinds.DATE):
        return (*_EQUALITY[:4], *_ORDERING, IS_NULL)
    return {
        kinds.TEXT: (*_EQUALITY[:4], *_ORDERING, *_TEXT, IS_NULL),
        kinds.BOOLEAN: (EQ, NE, IS_NULL),
        kinds.JSON: _JSON,
        kinds.TEXTS: _TEXTS,
        kinds.IP: _IP,
        kinds.VECTOR_: (),
    }.get(kind, _EQUALITY)


@strawberry.input(
    name="JSONPathFilter", description="A condition on what stands at a path inside a JSON value."
)
class JSONPathFilter:
    """The argument of the operator `path`."""

    path: list[str] = strawberry.field(
        description='Keys and list positions from the outside in, as `["tags", "0"]`.'
    )
    eq: Json | None = strawberry.field(
        description="Equal to this JSON value; null is JSON's null.", default=strawberry.UNSET
    )
    ne: Json | None = strawberry.field(
        description="Different from this JSON value; what is missing is not returned.",
        default=strawberry.UNSET,
    )
    contains: Json | None = strawberry.field(
        description="Contains this JSON value, as PostgreSQL's `@>`.", default=strawberry.UNSET
    )
    exists: bool | None = strawberry.field(
        description="Whether anything stands at the path; a JSON null counts.", default=strawberry.UNSET
    )


def check_text(value: Any, where: str) -> None:
    """Refuse what PostgreSQL cannot store: NUL characters and unpaired surrogates, in any nested text.

    Raises:
        BadUserInput: naming the place of the value.
    """
    if isinstance(value, str):
        if "\x00" in value:
            raise BadUserInput(f"{where}: text may not contain the NUL character (U+0000).")
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise BadUserInput(f"{where}: text may not contain unpaired surrogates.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_text(key, where)
            check_text(inner, where)
    elif isinstance(value, list):
        for inner in value:
            check_text(inner, where)
