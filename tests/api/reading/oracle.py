"""The filter grammar in plain Python, over rows in memory.

A condition on NULL does not hold, and neither does its counterpart; only `not` turns "does not hold" round.
So two values are enough here, where SQL has three.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any, Final
from uuid import UUID

from api.core.declarations import Mirror
from api.core.ids import global_id
from tests.api.reading.awkward import Json
from tests.api.reading.facts import Facts, Row, related


@dataclass(frozen=True, slots=True)
class Identity:
    """An id as an argument; without a type it is a plain UUID."""

    key: UUID
    type_name: str | None = None

    def names(self, type_name: str | None) -> bool:
        """Whether it can be the id of an object of the type; None stands for objects of any type."""
        return self.type_name is None or type_name in (None, self.type_name)


def holds(facts: Facts, mirror: Mirror, row: Row, tree: dict[str, Any]) -> bool:
    """Whether a row fulfils a `where`, whose values are Python's."""
    return all(_member(facts, mirror, row, name, value) for name, value in tree.items())


def _member(facts: Facts, mirror: Mirror, row: Row, name: str, value: Any) -> bool:
    if name == "and":
        return all(holds(facts, mirror, row, part) for part in value)
    if name == "or":
        return any(holds(facts, mirror, row, part) for part in value)
    if name == "not":
        return not holds(facts, mirror, row, value)
    if name in mirror.relations:
        relation = mirror.relations[name]
        others = related(facts, relation, row)
        if not relation.many:
            return any(holds(facts, relation.target, other, value) for other in others)
        return all(_quantified(facts, relation.target, others, *each) for each in value.items())
    if name == "id":
        return all(compare(row["id"], *each, type_name=mirror.name) for each in value.items())
    return all(compare(row[mirror.columns[name].attribute], *each) for each in value.items())


def _quantified(facts: Facts, target: Mirror, others: list[Row], name: str, tree: dict[str, Any]) -> bool:
    matching = [holds(facts, target, other, tree) for other in others]
    return {"some": any(matching), "none": not any(matching), "every": all(matching)}[name]


def compare(value: Any, operator: str, argument: Any, *, type_name: str | None = None) -> bool:
    """Whether one operator holds of one value; `type_name` is that of the objects whose id the value is."""
    if operator == "isNull":
        return (value is None) is argument
    if value is None:
        # Nothing stands at any path of nothing.
        return operator == "path" and argument.keys() == {"path", "exists"} and not argument["exists"]
    if isinstance(value, UUID):
        return _identical(value, operator, argument, type_name)
    for kind, operators in _SPECIAL:
        if isinstance(value, kind) and operator in operators:
            return operators[operator](value, argument)
    return _COMMON[operator](value, argument)


def _identical(value: UUID, operator: str, argument: Any, type_name: str | None) -> bool:
    wanted = [
        each.key for each in (argument if isinstance(argument, list) else [argument]) if each.names(type_name)
    ]
    return (value in wanted) is (operator in ("eq", "in"))


def lower(text: str) -> str:
    """Simple lower case: letter by letter, without regard to the letters around."""
    return "".join({"İ": "i"}.get(letter, letter.lower()) for letter in text)


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are equal: numbers by value, and no boolean is a number."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)


def covers(left: Any, right: Any, *, outermost: bool = True) -> bool:
    """Whether one JSON value contains another, as PostgreSQL's `@>`."""
    if isinstance(left, dict) and isinstance(right, dict):
        return all(key in left and covers(left[key], right[key], outermost=False) for key in right)
    if isinstance(left, list) and isinstance(right, list):
        return all(any(covers(one, other, outermost=False) for one in left) for other in right)
    if isinstance(left, list) and not isinstance(right, (list, dict)):
        # A list contains its elements, but only where it is the whole value.
        return outermost and any(same(one, right) for one in left)
    return same(left, right)


def has_key(value: Any, key: str) -> bool:
    """PostgreSQL's `?`: a key of an object, a text in a list, or this very text."""
    if isinstance(value, (dict, list)):
        return any(isinstance(each, str) and each == key for each in value)
    return isinstance(value, str) and value == key


class Missing:
    """What stands at a path that leads nowhere."""


def at(value: Any, path: list[str]) -> Any:
    """What stands at a path inside a JSON value, or Missing."""
    for step in path:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif (
            isinstance(value, list) and step.lstrip("-").isdecimal() and -len(value) <= int(step) < len(value)
        ):
            value = value[int(step)]
        else:
            return Missing
    return value


def _path(value: Json, tree: dict[str, Any]) -> bool:
    found = at(value.value, tree["path"])
    conditions = {name: each for name, each in tree.items() if name != "path"} or {"exists": True}
    return all(_at_path(found, *each) for each in conditions.items())


def _at_path(found: Any, name: str, argument: Any) -> bool:
    if name == "exists":
        return (found is not Missing) is argument
    if found is Missing:
        return False
    return {"eq": same, "ne": lambda *pair: not same(*pair), "contains": covers}[name](found, argument.value)


def _within(value: IPv4Interface | IPv6Interface, text: str) -> bool:
    network = ip_interface(text).network
    if network.version != value.version:
        return False
    return value.network.prefixlen >= network.prefixlen and value.ip in network


Compare = Callable[[Any, Any], bool]

_COMMON: Final[dict[str, Compare]] = {
    "eq": lambda value, argument: value == argument,
    "ne": lambda value, argument: value != argument,
    "in": lambda value, arguments: value in arguments,
    "notIn": lambda value, arguments: value not in arguments,
    "gt": lambda value, argument: value > argument,
    "gte": lambda value, argument: value >= argument,
    "lt": lambda value, argument: value < argument,
    "lte": lambda value, argument: value <= argument,
    "contains": lambda value, text: text in value,
    "iContains": lambda value, text: lower(text) in lower(value),
    "startsWith": lambda value, text: value.startswith(text),
    "iStartsWith": lambda value, text: lower(value).startswith(lower(text)),
    "endsWith": lambda value, text: value.endswith(text),
    "iEndsWith": lambda value, text: lower(value).endswith(lower(text)),
}
_SPECIAL: Final[tuple[tuple[Any, dict[str, Compare]], ...]] = (
    (
        Json,
        {
            "eq": lambda value, argument: same(value.value, argument.value),
            "contains": lambda value, argument: covers(value.value, argument.value),
            "hasKey": lambda value, key: has_key(value.value, key),
            "path": _path,
        },
    ),
    (
        list,
        {
            "has": lambda values, element: element in values,
            "hasAny": lambda values, elements: bool(set(values) & set(elements)),
            "hasAll": lambda values, elements: set(elements) <= set(values),
            "isEmpty": lambda values, wanted: (not values) is wanted,
        },
    ),
    (
        (IPv4Interface, IPv6Interface),
        {
            "eq": lambda value, text: value == ip_interface(text),
            "ne": lambda value, text: value != ip_interface(text),
            "in": lambda value, texts: value in map(ip_interface, texts),
            "notIn": lambda value, texts: value not in map(ip_interface, texts),
            "within": _within,
        },
    ),
)


def as_variable(value: Any) -> Any:
    """A tree with Python's values as the JSON that a client sends."""
    match value:
        case dict():
            return {name: as_variable(each) for name, each in value.items()}
        case list():
            return [as_variable(each) for each in value]
        case Json():
            return value.value
        case Identity():
            return global_id(value.type_name, value.key) if value.type_name else str(value.key)
        case Enum():
            return value.name
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
    return value
