"""Closed value sets as GraphQL enums: one declaration serves the CHECK, the enum and its descriptions."""

from enum import Enum
from functools import cache

import strawberry

from db.columns import ValueSet


@cache
def graphql_enum(values: type[ValueSet]) -> type[ValueSet]:
    """The GraphQL enum of a value set; its names are the members' own."""
    described(values, (values.__doc__ or "").strip(), {member.name: member.description for member in values})
    return values


def described(enum: type[Enum], description: str, members: dict[str, str]) -> None:
    """Make a Python enum a GraphQL enum with a description for itself and for each member."""
    strawberry.enum(enum, description=description)
    definition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = members[value.name]
