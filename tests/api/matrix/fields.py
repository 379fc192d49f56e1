"""What can be asked of a type's fields, from its declaration."""

from strawberry.types.base import get_object_definition

from api.core.declarations import Mirror
from api.core.filters import where_input


def attributes_of(mirror: Mirror) -> list[str]:
    """The fields of a type beside the id."""
    return [*mirror.columns, *mirror.computed, *mirror.relations]


def leaf(mirror: Mirror, name: str) -> str:
    """A selection of a field."""
    relation = mirror.relations.get(name)
    if relation is None:
        return name
    return f"{name} {{ totalCount }}" if relation.many else f"{name} {{ id }}"


def filterable(mirror: Mirror, name: str) -> str | None:
    """A condition on a field; None where there is none to put."""
    relation = mirror.relations.get(name)
    if relation is not None:
        return f"{name}: {{ some: {{}} }}" if relation.many else f"{name}: {{}}"
    definition = get_object_definition(where_input(mirror.model), strict=True)
    known = {field.graphql_name for field in definition.fields}
    return f"{name}: {{ isNull: false }}" if name in known else None


def orders_of(mirror: Mirror) -> dict[str, str]:
    """The fields by which a type can be ordered, and their members of the enum."""
    return {column.name: attribute.upper() for attribute, column in mirror.orders.items()}
