"""Filters drawn from the schema, with values that stand in the data."""

from random import Random
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema, get_named_type

from tests.api.differential.material import Material
from tests.api.differential.values import Given, Leaf

_ODD: Final[dict[str, list[Any]]] = {
    "String": ["", "a", "%", "_", "\\", "'", '"', "中", "😀", "\u2028", "ß", "é"],
    "Int": [0, 1, -1, 7, 2**31 - 1, -(2**31)],
    "Float": [0, 0.5, 1, -1e308, 1e-7, 0.3],
    "BigInt": ["0", "1", "-1", str(2**63 - 1), 42],
    "Decimal": ["0", "0.1", "1.5", "-0.00000001", "1e30", 3],
    "DateTime": ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"],
    "Date": ["2026-01-01", "0001-01-01", "9999-12-31"],
    "IPAddress": ["127.0.0.1", "192.0.2.0/24", "10.0.0.0/8", "::1", "::/0"],
    "ID": ["00000000-0000-0000-0000-000000000001"],
    "JSON": [{}, [], 0, "a", True, {"a": 1}, ["a"], {"a": None}, 1e20, "中"],
}
_PARTS: Final = frozenset({"contains", "iContains", "startsWith", "iStartsWith", "endsWith", "iEndsWith"})
_DEEPEST: Final = 3


class Filters:
    """Draws `where` trees; those with few conditions, so that something is found."""

    def __init__(self, schema: GraphQLSchema, material: Material, choice: Random) -> None:
        self._schema = schema
        self._material = material
        self._choice = choice

    def where(self, type_name: str, depth: int = 1, required: str = "") -> Given:
        """A `where` of a type; `required` is `!` where it stands in a list."""
        kind = self._input(f"{type_name}Where")
        names = self._choice.sample(list(kind.fields), self._choice.choice((1, 1, 1, 2, 3)))
        members = {}
        for name in names:
            text = str(kind.fields[name].type)
            if name in ("and", "or"):
                parts = range(self._choice.choice((0, 1, 2, 2, 3)) if depth < _DEEPEST else 0)
                members[name] = Given(text, [self.where(type_name, depth + 1, "!") for _ in parts])
            elif name == "not":
                members[name] = self.where(type_name, depth + 1) if depth < _DEEPEST else Given(text, {})
            elif text.endswith("Filter"):
                members[name] = self._operators(type_name, name, text)
            elif depth >= _DEEPEST:
                members[name] = Given(text, {})
            elif text.endswith("ListWhere"):
                members[name] = self._quantified(text, depth)
            else:
                members[name] = self.where(text.removesuffix("Where"), depth + 1)
        return Given(f"{type_name}Where{required}", members)

    def _quantified(self, text: str, depth: int) -> Given:
        target = text.removesuffix("ListWhere")
        chosen = self._choice.sample(("some", "none", "every"), self._choice.choice((1, 1, 1, 2, 0)))
        return Given(text, {name: self.where(target, depth + 1) for name in chosen})

    def _operators(self, type_name: str, name: str, text: str) -> Given:
        kind = self._input(text)
        chosen = self._choice.sample(list(kind.fields), self._choice.choice((1, 1, 1, 1, 2)))
        return Given(text, {each: self._argument(type_name, name, text, each) for each in chosen})

    def _argument(self, type_name: str, name: str, text: str, operator: str) -> Given:
        place = str(self._input(text).fields[operator].type)
        if place == "JSONPathFilter":
            return self._path(type_name, name)
        kind = get_named_type(self._input(text).fields[operator].type)
        enum = isinstance(kind, GraphQLEnumType)
        many = place.startswith("[")
        listed = text == "StringListFilter"
        pool = self._material.values(type_name, name)

        def one(choice: Random) -> Any:
            if isinstance(kind, GraphQLEnumType):
                return (
                    choice.choice(pool)
                    if pool and choice.random() < 0.7
                    else choice.choice(list(kind.values))
                )
            if kind.name == "Boolean":
                return choice.random() < 0.5
            if kind.name == "ID":
                return self.an_id(type_name, choice)
            odd = _ODD[kind.name]
            value = choice.choice(pool) if pool and choice.random() < 0.8 else choice.choice(odd)
            if operator in _PARTS and isinstance(value, str) and text == "StringFilter":
                return _part_of(value, choice)
            if text == "JSONFilter" and choice.random() < 0.5:
                value = _inside(value, choice)
            if operator == "hasKey" or (listed and isinstance(value, list)):
                keys = [each for each in _members(value) if isinstance(each, str)]
                return choice.choice(keys or ["a"])
            return value

        def several(choice: Random) -> list[Any]:
            if listed and operator == "eq":
                return list(choice.choice(pool)) if pool else []
            return [one(choice) for _ in range(choice.choice((0, 1, 2, 3)))]

        return Given(place, Leaf(several if many else one, enum))

    def _path(self, type_name: str, name: str) -> Given:
        pool = self._material.values(type_name, name)
        start = self._choice.choice(pool) if pool else {"a": 1}
        steps: list[str] = []
        value = start
        while isinstance(value, (dict, list)) and value and self._choice.random() < 0.8:
            step = self._choice.choice(list(value) if isinstance(value, dict) else range(len(value)))
            steps.append(str(step))
            value = value[step]
        if self._choice.random() < 0.1:
            steps.append("nowhere")
        members = {"path": Given("[String!]!", Leaf(lambda _: steps))}
        if self._choice.random() < 0.3:
            members["exists"] = Given("Boolean", Leaf(lambda choice: choice.random() < 0.8))
        else:
            operator = self._choice.choice(("eq", "eq", "ne", "contains"))
            members[operator] = Given("JSON", Leaf(lambda _: value))
        return Given("JSONPathFilter", members)

    def an_id(self, type_name: str, choice: Random) -> str:
        """An id of a type: mostly of an object that there is, and mostly one that the first viewer sees."""
        own, known = self._material.own.get(type_name), self._material.values(type_name, "id")
        if own and choice.random() < 0.6:
            return choice.choice(own)
        if known and choice.random() < 0.8:
            return str(choice.choice(known))
        anything = self._material.values(choice.choice(list(self._material.rows)), "id")
        return str(choice.choice(anything or _ODD["ID"]))

    def _input(self, name: str) -> GraphQLInputObjectType:
        kind = self._schema.type_map[name]
        assert isinstance(kind, GraphQLInputObjectType)
        return kind


def _part_of(value: str, choice: Random) -> str:
    start = choice.randrange(max(1, min(len(value), 20)))
    part = (
        value[start : start + choice.randint(1, 5)]
        if choice.random() < 0.6
        else value[: choice.randint(1, 4)]
    )
    return choice.choice((str, str, str.upper, str.lower))(part)


def _members(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (dict, list)) else []


def _inside(value: Any, choice: Random) -> Any:
    """A smaller value that a JSON value contains."""
    if isinstance(value, dict) and value:
        name = choice.choice(list(value))
        return {name: value[name]}
    if isinstance(value, list) and value:
        return [choice.choice(value)]
    return value
