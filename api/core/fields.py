"""The fields that read: relations of mirrored types and the root fields of the query."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import strawberry
from graphql import FieldNode, GraphQLResolveInfo
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.info import Info
from strawberry.utils.str_converters import to_camel_case

from api.core.connections import Connection
from api.core.declarations import Listing, Mirror, Relation
from api.core.deferred import DeferredField
from api.core.filters import where_input
from api.core.inputs import as_tree
from api.core.loaders import Loaders
from api.core.orders import order_input
from api.core.page_query import CURSOR, NEXT, PREVIOUS, ROWS, TOTAL, PageQuery
from api.core.pages import read_page
from api.core.selection import Operation, fields_below


class ReadingField(DeferredField):
    """A field resolved by the loader path: asynchronous, its type and arguments made from declarations."""

    @property
    def is_basic_field(self) -> bool:
        """Never: the value is not an attribute of the parent."""
        return False

    @property
    def is_async(self) -> bool:
        """Always: the value comes from the database."""
        return True

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """The arguments, asked for when the schema is built."""
        return self.make_arguments()

    @arguments.setter
    def arguments(self, value: list[StrawberryArgument]) -> None:
        raise TypeError(f"the arguments of {type(self).__name__} are made from declarations, not {value}")

    def make_arguments(self) -> list[StrawberryArgument]:
        """The field's arguments; none by default."""
        return []

    def get_result(
        self,
        source: Any,
        info: Info[Any, Any] | None,
        args: list[Any],  # noqa: ARG002 - Strawberry's signature; everything comes by name
        kwargs: dict[str, Any],
    ) -> Any:
        """Resolve the field; `kwargs` are the converted arguments by Python name."""
        given = {
            to_camel_case(name): as_tree(value)
            for name, value in kwargs.items()
            if value is not strawberry.UNSET
        }
        return self.resolve(source, cast("Info[Any, Any]", info), given)

    @abstractmethod
    def resolve(self, source: Any, info: Info[Any, Any], given: dict[str, Any]) -> Awaitable[Any]:
        """The field's value; `given` holds the arguments that were given, as plain trees."""


class ToOneField(ReadingField):
    """The object that a foreign key names."""

    def __init__(self, relation: Relation) -> None:
        super().__init__(description=relation.description, graphql_name=relation.name)
        self.relation = relation

    def make_type(self) -> Any:
        """Nullable always: the viewer may see this end and not the other."""
        return self.relation.target.cls | None

    def resolve(self, source: Any, info: Info[Any, Any], given: dict[str, Any]) -> Awaitable[Any]:  # noqa: ARG002
        """The object, or None where there is none or the viewer may not see it."""
        relation = self.relation
        key = source.__dict__[relation.local]
        return object_result(info, relation.target, key, by=relation.remote, source=source)


class ToManyField(ReadingField):
    """A connection: of a relation's rows, or of all rows of a type."""

    def __init__(self, target: Callable[[], Mirror], relation: Listing | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.target = target
        self.relation = relation

    def make_type(self) -> Any:
        """A list below an object is always there; a root field can fail alone."""
        connection: Any = Connection[self.target().cls]  # type: ignore[misc]
        return connection if self.relation else connection | None

    def make_arguments(self) -> list[StrawberryArgument]:
        """Relay's four, and the list's own filter and order."""
        model = self.target().model
        terms: Any = list.__class_getitem__(order_input(model))
        return [
            argument("first", int | None, "How many objects from the start, or after `after`."),
            argument("after", str | None, "Only objects that stand after this cursor."),
            argument("last", int | None, "How many objects from the end, or before `before`."),
            argument("before", str | None, "Only objects that stand before this cursor."),
            argument("where", where_input(model) | None, "Only objects that fulfil these conditions."),
            argument("order_by", terms | None, "The order of the list; the id closes every order."),
        ]

    def resolve(self, source: Any, info: Info[Any, Any], given: dict[str, Any]) -> Awaitable[Any]:
        """One page of the list."""
        loaders: Loaders = info.context.loaders
        insight = loaders.insight(self.target(), source if self.relation else None)
        key = (self, insight, *map(id, field_nodes(info)))
        query = loaders.remember(key, lambda: self._query(info, given, insight=insight))
        return loaders.page(query, source.__dict__[self.relation.local] if self.relation else None)

    def _query(self, info: Info[Any, Any], given: dict[str, Any], *, insight: bool) -> PageQuery:
        target = self.target()
        order = self.relation.order if self.relation else target.order
        page = read_page(target, order, given, info.context.page_sizes)
        operation = operation_of(info)
        asked = fields_below(operation, field_nodes(info), frozenset((f"{target.name}Connection",)))
        edges = fields_below(operation, asked.get("edges", ()), frozenset((f"{target.name}Edge",)))
        about = fields_below(operation, asked.get("pageInfo", ()), frozenset(("PageInfo",)))
        wants = {
            want
            for want, wanted in {
                TOTAL: "totalCount" in asked,
                NEXT: "hasNextPage" in about,
                PREVIOUS: "hasPreviousPage" in about,
                CURSOR: "cursor" in edges or "startCursor" in about or "endCursor" in about,
                ROWS: {"edges", "nodes", "pageInfo"} & asked.keys(),
            }.items()
            if wanted
        }
        columns = needed(operation, target, [*asked.get("nodes", ()), *edges.get("node", ())])
        return PageQuery(target, self.relation, page, columns, frozenset(wants), insight)


def argument(name: str, annotation: Any, description: str) -> StrawberryArgument:
    """An argument, which may be left out exactly if its annotation is optional."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        default=strawberry.UNSET,
    )


def raw_info(info: Info[Any, Any]) -> GraphQLResolveInfo[Any]:
    """graphql-core's own info, which knows the operation's fragments and variables."""
    return info._raw_info  # noqa: SLF001


def field_nodes(info: Info[Any, Any]) -> list[FieldNode]:
    """The nodes of the executing field; several where selections merge."""
    return raw_info(info).field_nodes


def operation_of(info: Info[Any, Any]) -> Operation:
    """The executing operation's fragments and coerced variables."""
    raw = raw_info(info)
    fragments = {name: getattr(fragment, "definition", fragment) for name, fragment in raw.fragments.items()}
    # Strawberry hands on the plain values, graphql-core by itself those with where they came from.
    variables = getattr(raw.variable_values, "coerced", raw.variable_values)
    return Operation(cast(Any, fragments), cast(Any, variables))


def needed(operation: Operation, target: Mirror, nodes: Sequence[FieldNode]) -> tuple[str, ...]:
    """The attributes that the selection below `nodes` needs of a row, sorted."""
    asked = fields_below(operation, nodes, frozenset((target.name, "Node")))
    attributes = set()
    for name in asked:
        if name in target.columns:
            attributes.add(target.columns[name].attribute)
        elif name in target.computed:
            attributes.add(target.computed[name].attribute)
        elif name in target.relations:
            attributes.add(target.relations[name].local)
    return tuple(sorted(attributes - {"id"}))


async def _nothing() -> None:
    return None


def object_result(
    info: Info[Any, Any],
    target: Mirror,
    key: Any,
    *,
    by: str = "id",
    any_case: bool = False,
    source: Any = None,
) -> Awaitable[Any]:
    """The object of a type with this key, or None; `source` is the object that leads there, if any does."""
    if key is None:
        return _nothing()
    loaders: Loaders = info.context.loaders
    return loaders.row(target, columns_of(info, target), key, by=by, any_case=any_case, source=source)


def columns_of(info: Info[Any, Any], target: Mirror) -> tuple[str, ...]:
    """The attributes that the executing field's selection needs of an object of a type."""
    nodes = field_nodes(info)
    columns: tuple[str, ...] = info.context.loaders.remember(
        (target.model, *map(id, nodes)), lambda: needed(operation_of(info), target, nodes)
    )
    return columns
