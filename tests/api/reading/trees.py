"""Hypothesis strategies for arguments of operators and for whole `where` trees."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from api.core import kinds
from api.core.declarations import Mirror, MirroredColumn, Relation
from api.core.operators import Operator, operators_of
from tests.api.reading.awkward import Json, pool
from tests.api.reading.facts import Facts
from tests.api.reading.oracle import Identity

Tree = dict[str, Any]

STEPS = ("a", "b", "0", "1", "-1", "2", "", "中", "%")


def arguments(
    facts: Facts, mirror: Mirror, column: MirroredColumn, operator: Operator
) -> st.SearchStrategy[Any]:
    """What an operator can be given, preferably values that stand in the column or lie near them."""
    held = [row[column.attribute] for row in facts[mirror.model].values()]
    if column.kind is kinds.IP:
        held = [str(value) for value in held if value is not None]
    values = st.sampled_from([*(value for value in held if value is not None), *pool(column)])
    if column.kind is kinds.TEXT:
        values = st.builds(_like, values, _SMALL, st.integers(1, 3) | st.none(), st.sampled_from(_CASES))
    if column.kind is kinds.ID:
        values = identities(values, ["User", "Session"])
    return _for(operator, values)


_SMALL = st.integers(0, 2)
_CASES = (str, str.lower, str.upper)


def _like(text: str, start: int, length: int | None, case: Callable[[str], str]) -> str:
    """A part of a text, perhaps in another case."""
    part = case(text)[start : None if length is None else start + length]
    return part or text


def on_columns(facts: Facts, mirror: Mirror, *, nullable: bool = False) -> st.SearchStrategy[Tree]:
    """One condition on one column; with `nullable`, on one that takes NULL if there is any."""
    names = [name for name, column in mirror.columns.items() if operators_of(column.kind)]
    wanted = [name for name in names if mirror.columns[name].nullable] if nullable else names
    return st.sampled_from(sorted(wanted or names)).flatmap(lambda name: _on_column(facts, mirror, name))


def identities(keys: st.SearchStrategy[UUID], names: list[str]) -> st.SearchStrategy[Identity]:
    """Plain and global ids."""
    return st.builds(Identity, keys, st.sampled_from([None, *names]))


def _for(operator: Operator, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    match operator.takes:
        case "boolean":
            return st.booleans()
        case "values":
            return st.lists(values, max_size=3)
        case "text":
            return values.flatmap(lambda value: st.sampled_from(_words(value)))
        case "texts":
            return st.lists(values.flatmap(lambda value: st.sampled_from(_words(value))), max_size=3)
        case "path":
            return st.builds(
                lambda path, rest: {"path": path, **rest},
                st.lists(st.sampled_from(STEPS), max_size=3),
                st.fixed_dictionaries(
                    {}, optional={"eq": values, "ne": values, "contains": values, "exists": st.booleans()}
                ),
            )
    # JSON's null is no argument: null means that a member was forgotten.
    return values.filter(lambda value: value != Json(None))


def _words(value: Any) -> list[str]:
    """Texts that stand in a list or a JSON value, and one that may not."""
    inner = value.value if isinstance(value, Json) else value
    found = inner if isinstance(inner, (list, dict)) else [inner]
    return ["a", *(each for each in found if isinstance(each, str))]


def trees(facts: Facts, mirror: Mirror, depth: int = 3) -> st.SearchStrategy[Tree]:
    """A `where` of any form, at most `depth` levels deep."""
    members = [on_columns(facts, mirror)]
    keys = st.sampled_from(sorted(facts[mirror.model])) if facts[mirror.model] else st.just(UUID(int=9))
    operators = st.sampled_from(operators_of(kinds.ID))
    ids = identities(keys, [mirror.name, "User"])
    members.append(
        operators.flatmap(
            lambda operator: _for(operator, ids).map(lambda value: {"id": {operator.name: value}})
        )
    )
    if depth > 1:
        inner = st.deferred(lambda: trees(facts, mirror, depth - 1))
        members.append(
            st.one_of(
                st.lists(inner, max_size=3).map(lambda parts: {"and": parts}),
                st.lists(inner, max_size=3).map(lambda parts: {"or": parts}),
                inner.map(lambda part: {"not": part}),
            )
        )
        relations = sorted(mirror.relations.values(), key=lambda relation: relation.name)
        members += (
            [st.sampled_from(relations).flatmap(lambda each: _along(facts, each, depth - 1))]
            if relations
            else []
        )
    return st.lists(st.one_of(members), min_size=1, max_size=2).map(_merged)


def _on_column(facts: Facts, mirror: Mirror, name: str) -> st.SearchStrategy[Tree]:
    column = mirror.columns[name]
    one = st.sampled_from(operators_of(column.kind)).flatmap(
        lambda operator: arguments(facts, mirror, column, operator).map(lambda value: {operator.name: value})
    )
    return st.lists(one, min_size=1, max_size=2).map(lambda conditions: {name: _merged(conditions)})


def _along(facts: Facts, relation: Relation, depth: int) -> st.SearchStrategy[Tree]:
    inner = st.deferred(lambda: trees(facts, relation.target, depth))
    if not relation.many:
        return inner.map(lambda tree: {relation.name: tree})
    quantifiers = st.dictionaries(st.sampled_from(("some", "none", "every")), inner, max_size=2)
    return quantifiers.map(lambda each: {relation.name: each})


def _merged(parts: list[Tree]) -> Tree:
    merged: Tree = {}
    for part in parts:
        merged |= part
    return merged
