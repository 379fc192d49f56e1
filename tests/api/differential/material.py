"""What operations are drawn from: ids, values and cursors that stand in the data, read through the API."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

from db.policy import Viewer
from tests.api.differential.apps import BothPaths, Request

# An operation may have this many root fields.
_ROOT_FIELDS: Final = 20

OrderTerm = tuple[str, str]
"""A member of an order enum and its direction."""


@dataclass(slots=True)
class Material:
    """What was found, by type name.

    `rows` are the objects that the most powerful viewer sees, with their own fields; `own` the ids that the
    first viewer sees; `cursors` those of each list with one order term and no filter.
    """

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    own: dict[str, list[str]] = field(default_factory=dict)
    cursors: dict[tuple[str, OrderTerm], list[str]] = field(default_factory=dict)
    _values: dict[tuple[str, str], list[Any]] = field(default_factory=lambda: defaultdict(list))

    def values(self, type_name: str, name: str) -> list[Any]:
        """The values of a field, null left out; empty where there are none."""
        key = (type_name, name)
        if key not in self._values:
            found = [row[name] for row in self.rows.get(type_name, ()) if row.get(name) is not None]
            self._values[key] = found
        return self._values[key]


def lists_of(schema: GraphQLSchema) -> dict[str, str]:
    """By type name the root field that lists the type."""
    assert schema.query_type is not None
    return {
        get_named_type(definition.type).name.removesuffix("Connection"): name
        for name, definition in schema.query_type.fields.items()
        if "orderBy" in definition.args
    }


def leaves_of(schema: GraphQLSchema, type_name: str) -> list[str]:
    """The names of a type's fields that have no fields of their own."""
    kind = schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    return [name for name, each in kind.fields.items() if is_leaf_type(get_named_type(each.type))]


async def read_material(
    both: BothPaths, schema: GraphQLSchema, viewer: Viewer, strongest: Viewer
) -> Material:
    """Everything that there is to draw from; `viewer` is the first viewer, `strongest` sees all."""
    material = Material()
    for type_name, many in lists_of(schema).items():
        leaves = " ".join(leaves_of(schema, type_name))
        document = f"{{ all: {many}(first: 100) {{ nodes {{ {leaves} }} }} }}"
        material.rows[type_name] = (await _data(both, document, strongest))["all"]["nodes"]
        own = (await _data(both, f"{{ all: {many}(first: 100) {{ nodes {{ id }} }} }}", viewer))["all"][
            "nodes"
        ]
        material.own[type_name] = [node["id"] for node in own]
        orders = schema.type_map[f"{type_name}OrderField"]
        assert isinstance(orders, GraphQLEnumType)
        terms = iter(product(orders.values, ("ASC", "DESC")))
        while some := dict(enumerate(islice(terms, _ROOT_FIELDS))):
            fields = " ".join(
                f"_{number}: {many}(first: 7, orderBy: {{ field: {name}, direction: {direction} }})"
                " { edges { cursor } }"
                for number, (name, direction) in some.items()
            )
            data = await _data(both, f"{{ {fields} }}", strongest)
            for number, term in some.items():
                material.cursors[type_name, term] = [edge["cursor"] for edge in data[f"_{number}"]["edges"]]
    return material


async def _data(both: BothPaths, document: str, viewer: Viewer) -> dict[str, Any]:
    reply = await both.by_loaders(Request(document), viewer)
    assert not reply.codes, reply.body["errors"]
    data: dict[str, Any] = reply.data
    return data
