"""A read operation as a tree over the declarations: what is asked of which type, before any SQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
)

from api.core.declarations import Computed, Listing, Mirror, MirroredColumn, Relation
from api.core.fields import ToManyField
from api.core.found import FoundField, Wants, wants_of
from api.core.origins import FIELD, OriginInfo
from api.core.roots import NodeField, NodesField, OneField
from api.core.selection import Operation, selected
from api.core.shape import INTROSPECTION_FIELDS
from api.reading.introspection import Constants, Introspected, Slot
from db.origins import COLUMNS
from db.rights import Sight

# PostgreSQL cuts identifiers after 63 bytes, and a response key becomes one.
_KEY_BYTES: Final = 63


class Unsupported(Exception):
    """The operation asks for something that only the loader path can answer."""


@dataclass(frozen=True, slots=True)
class Typename:
    """`__typename`: a constant."""

    name: str


@dataclass(frozen=True, slots=True)
class Identity:
    """`id`: the global id of a row of a type."""

    type_name: str


@dataclass(frozen=True, slots=True)
class Origins:
    """`importedFrom`: the fields of each origin by response key."""

    members: "Mapping[str, str | Typename]"


@dataclass(frozen=True, slots=True)
class ToOne:
    """The object at the other end of a to-one relation."""

    relation: Relation
    object: "Object"


Member = Typename | Identity | Origins | MirroredColumn | Computed | ToOne


@dataclass(frozen=True, slots=True)
class Object:
    """What is asked of an object of one type, by response key; with `insight` it may be anybody's."""

    mirror: Mirror
    members: "Mapping[str, Member | Connection]"
    insight: bool


@dataclass(frozen=True, slots=True)
class PageFacts:
    """`pageInfo`: its fields by response key."""

    members: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Edges:
    """`edges`: per response key the cursor, the node or the type's name."""

    members: "Mapping[str, str | Object | Typename]"


@dataclass(frozen=True, slots=True)
class Total:
    """`totalCount`."""


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """A list: which, with what arguments, and what of its page is asked; with `insight` of anybody's rows."""

    target: Mirror
    relation: Listing | None
    definition: GraphQLField
    node: FieldNode
    members: "Mapping[str, Object | Edges | PageFacts | Total | Typename]"
    insight: bool


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """One object by a key that an argument gives; `objects` has one entry a type that it may be of."""

    field: OneField | NodeField | None
    definition: GraphQLField
    node: FieldNode
    objects: Mapping[str, Object]

    @property
    def many(self) -> bool:
        """Whether it fetches a list of objects."""
        return isinstance(self.field, NodesField)


@dataclass(frozen=True, slots=True, eq=False)
class FoundEdges:
    """`edges` of what is found: per response key an object of the edge, or the nodes that ask for a value."""

    members: "Mapping[str, tuple[str, Object] | list[FieldNode]]"


@dataclass(frozen=True, slots=True, eq=False)
class FoundList:
    """What something else than this statement finds, and what is asked of it.

    Per response key: the found objects alone, the edges, or the nodes that ask for another value.
    """

    field: FoundField
    definition: GraphQLField
    node: FieldNode
    wants: Wants
    operation: Operation
    members: "Mapping[str, Object | FoundEdges | list[FieldNode]]"


Root = Typename | Introspected | Connection | Lookup | FoundList


@dataclass(slots=True)
class Tree:
    """A whole operation, by response key; its lists, lookups and finds in the order in which they were met.

    `constants` is there if anything is answered without the statement.
    """

    members: dict[str, Root] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    finds: list[FoundList] = field(default_factory=list)
    constants: Constants | None = None

    @property
    def runs(self) -> "list[dict[str, Typename | Connection | Lookup | FoundList]]":
        """What the statement reads; between two runs stands an answer that it does not have."""
        grouped = groupby(self.members.items(), key=lambda member: isinstance(member[1], Introspected))
        return [
            {key: member for key, member in run if not isinstance(member, Introspected)}
            for introspected, run in grouped
            if not introspected
        ]


class Planter:
    """Grows the tree of one operation under one set of variables, for everybody with one sight.

    Raises Unsupported where a field is not a mirrored one.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
        mirrors: Mapping[str, Mirror],
        sight: Sight,
    ) -> None:
        self.schema = schema
        self.sight = sight
        self.operation = Operation(fragments, variables)
        self.mirrors = mirrors
        self.tree = Tree()

    def grow(self, node: OperationDefinitionNode) -> Tree:
        """The tree of an operation."""
        query = self.schema.query_type
        if query is None:
            raise Unsupported
        for key, nodes in self._selected([node], frozenset((query.name,))).items():
            self.tree.members[key] = self._root(query, nodes)
        self.tree.constants = self._constants()
        return self.tree

    def below(self, mirror: Mirror, nodes: Iterable[FieldNode]) -> tuple[Object, Tree]:
        """What field nodes ask of an object of one type, and the lists in it."""
        return self._object(mirror, nodes, insight=False), self.tree

    def _constants(self) -> Constants | None:
        tree, members = self.tree, self.tree.members.values()
        reads = bool(tree.connections or tree.lookups or tree.finds)
        if reads and not any(isinstance(member, Introspected) for member in members):
            return None
        slots = {key: _slot(member, reads=reads) for key, member in tree.members.items()}
        return Constants(self.schema, self.operation.fragments, slots)

    def _root(self, query: GraphQLObjectType, nodes: list[FieldNode]) -> Root:
        name = nodes[0].name.value
        if name == "__typename":
            return Typename(query.name)
        if name in INTROSPECTION_FIELDS:
            return Introspected(tuple(nodes))
        definition = query.fields.get(name)
        if definition is None:
            raise Unsupported
        declared = _declared(definition)
        if isinstance(declared, ToManyField):
            target = declared.target()
            return self._connection(
                target, None, definition, nodes, insight=self.sight.anonymous(target.model)
            )
        if isinstance(declared, FoundField):
            return self._found(declared, definition, nodes)
        objects: dict[str, Object]
        if isinstance(declared, NodeField):
            objects = {each.name: self._at_root(each, nodes) for each in self.mirrors.values()}
        elif isinstance(declared, OneField):
            objects = {declared.mirror.name: self._at_root(declared.mirror, nodes)}
        elif name == "viewer":
            objects = {"User": self._at_root(self.mirrors["User"], nodes)}
            declared = None
        else:
            raise Unsupported
        lookup = Lookup(declared, definition, nodes[0], objects)
        self.tree.lookups.append(lookup)
        return lookup

    def _found(self, declared: FoundField, definition: GraphQLField, nodes: list[FieldNode]) -> FoundList:
        shown = declared.shown()
        members: dict[str, Object | FoundEdges | list[FieldNode]] = {}
        for key, below in self._selected(nodes, frozenset((shown.connection_name,))).items():
            match below[0].name.value:
                case "nodes":
                    members[key] = self._object(shown.objects["node"](), below, insight=False)
                case "edges":
                    edges: dict[str, tuple[str, Object] | list[FieldNode]] = {}
                    for inner, asked in self._selected(below, frozenset((shown.edge_name,))).items():
                        name = asked[0].name.value
                        mirror = shown.objects.get(name)
                        edges[inner] = (
                            asked if mirror is None else (name, self._object(mirror(), asked, insight=False))
                        )
                    members[key] = FoundEdges(edges)
                case _:
                    members[key] = below
        wants = wants_of(self.operation, nodes, shown)
        found = FoundList(declared, definition, nodes[0], wants, self.operation, members)
        self.tree.finds.append(found)
        return found

    def _at_root(self, mirror: Mirror, nodes: Iterable[FieldNode]) -> Object:
        return self._object(mirror, nodes, insight=self.sight.anonymous(mirror.model))

    def _object(self, mirror: Mirror, nodes: Iterable[FieldNode], *, insight: bool) -> Object:
        kind = cast(GraphQLObjectType, self.schema.type_map[mirror.name])
        members: dict[str, Member | Connection] = {}
        for key, below in self._selected(nodes, frozenset((mirror.name, "Node"))).items():
            members[key] = self._member(mirror, kind, below, insight=insight)
        return Object(mirror, members, insight)

    def _member(
        self, mirror: Mirror, kind: GraphQLObjectType, nodes: list[FieldNode], *, insight: bool
    ) -> Member | Connection:
        name = nodes[0].name.value
        if name == "__typename":
            return Typename(mirror.name)
        if name == "id":
            return Identity(mirror.name)
        if name == FIELD:
            return self._origins(nodes)
        if name in mirror.columns:
            return mirror.columns[name]
        if name in mirror.computed:
            return mirror.computed[name]
        definition = kind.fields[name]
        if name in mirror.walks:
            walk = mirror.walks[name]
            return self._connection(walk.target, walk, definition, nodes, insight=insight)
        if name not in mirror.relations:
            raise Unsupported
        relation = mirror.relations[name]
        if relation.many:
            return self._connection(relation.target, relation, definition, nodes, insight=insight)
        return ToOne(relation, self._object(relation.target, nodes, insight=insight))

    def _origins(self, nodes: list[FieldNode]) -> Origins:
        name = OriginInfo.__name__
        asked = self._selected(nodes, frozenset((name,)))
        return Origins(
            {
                key: below[0].name.value if below[0].name.value in COLUMNS else Typename(name)
                for key, below in asked.items()
            }
        )

    def _connection(
        self,
        target: Mirror,
        relation: Listing | None,
        definition: GraphQLField,
        nodes: list[FieldNode],
        *,
        insight: bool,
    ) -> Connection:
        kind = get_named_type(definition.type)
        members: dict[str, Object | Edges | PageFacts | Total | Typename] = {}
        connection = Connection(target, relation, definition, nodes[0], members, insight)
        self.tree.connections.append(connection)
        for key, below in self._selected(nodes, frozenset((kind.name,))).items():
            name = below[0].name.value
            if name == "nodes":
                members[key] = self._object(target, below, insight=insight)
            elif name == "edges":
                members[key] = self._edges(target, below, insight=insight)
            elif name == "pageInfo":
                asked = self._selected(below, frozenset(("PageInfo",)))
                members[key] = PageFacts({each: found[0].name.value for each, found in asked.items()})
            else:
                members[key] = Total() if name == "totalCount" else Typename(kind.name)
        return connection

    def _edges(self, target: Mirror, nodes: list[FieldNode], *, insight: bool) -> Edges:
        name = f"{target.name}Edge"
        members: dict[str, str | Object | Typename] = {}
        for key, below in self._selected(nodes, frozenset((name,))).items():
            match below[0].name.value:
                case "node":
                    members[key] = self._object(target, below, insight=insight)
                case "cursor":
                    members[key] = "cursor"
                case _:
                    members[key] = Typename(name)
        return Edges(members)

    def _selected(self, nodes: Iterable[Any], type_names: frozenset[str]) -> dict[str, list[FieldNode]]:
        found = selected(self.operation, nodes, type_names)
        if any(len(key.encode()) > _KEY_BYTES for key in found):
            raise Unsupported
        return found


def _slot(member: Root, *, reads: bool) -> Slot:
    if isinstance(member, Introspected):
        return member
    # Beside data the statement names the type as well, which keeps its text in one piece.
    return member.name if isinstance(member, Typename) and not reads else None


def _declared(definition: GraphQLField) -> Any:
    return definition.extensions.get("strawberry-definition")
