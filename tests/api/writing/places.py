"""Every mutation of the schema, and every field of its input, read from the schema itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from api.app import served_schema

SCHEMA: Final = served_schema()

Place = tuple[str, ...]


@dataclass(frozen=True)
class Spot:
    """A field of an input: the way to it, its type, and whether it takes null."""

    place: Place
    type: str
    nullable: bool

    def __str__(self) -> str:
        return ".".join(self.place)


def mutations() -> Mapping[str, GraphQLInputObjectType]:
    """All mutations of the schema with the types of their inputs."""
    root = SCHEMA._schema.mutation_type
    assert isinstance(root, GraphQLObjectType)
    found = {}
    for name, each in root.fields.items():
        (argument,) = each.args.values()
        kind = get_named_type(argument.type)
        assert isinstance(kind, GraphQLInputObjectType)
        found[name] = kind
    return found


def spots(kind: GraphQLInputObjectType, place: Place = ()) -> list[Spot]:
    """The fields of an input type, and of the input objects in it; of lists those of the first one.

    Conditions are left out: filters have tests of their own.
    """
    found = []
    for name, each in kind.fields.items():
        inner = get_named_type(each.type)
        bare = each.type.of_type if is_non_null_type(each.type) else each.type
        here = (*place, name)
        if is_leaf_type(inner):
            found.append(Spot(here, str(bare), not is_non_null_type(each.type)))
        elif isinstance(inner, GraphQLInputObjectType) and not inner.name.endswith("Where"):
            found.append(Spot(here, str(bare), not is_non_null_type(each.type)))
            found += spots(inner, (*here, "0") if is_list_type(bare) else here)
    return found


def put(given: Any, place: Place, value: Any) -> Any:
    """An input with another value at a place; what leads there is made where it is missing."""
    if not place:
        return value
    first, rest = place[0], place[1:]
    if first.isdigit():
        items = list(given or [None])
        items[int(first)] = put(items[int(first)], rest, value)
        return items
    return (given or {}) | {first: put((given or {}).get(first), rest, value)}


def without(given: Any, place: Place) -> Any:
    """An input that leaves out what stands at a place."""
    first, *rest = place
    if isinstance(given, list):
        return [without(each, tuple(rest)) if str(at) == first else each for at, each in enumerate(given)]
    if not rest:
        return {name: value for name, value in given.items() if name != first}
    return given | {first: without(given[first], tuple(rest))}


def reaches(given: Any, place: Place) -> bool:
    """Whether an input has something at a place."""
    for part in place:
        if isinstance(given, list):
            given = given[int(part)] if int(part) < len(given) else None
        elif isinstance(given, Mapping):
            given = given.get(part)
        if given is None:
            return False
    return True
