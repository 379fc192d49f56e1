"""What the parts of an operation weigh: the numbers of the cost formula, which `docs/limits.md` explains.

An object that is looked up costs 1, also as an entry of a list; a list costs 2 beside its entries. A mutation
costs 10, and 1 for each row that its input lists.
"""

from typing import Final

from graphql import GraphQLField, GraphQLNamedType, get_named_type, is_leaf_type

OBJECT: Final = 1
LIST: Final = 2
MUTATION: Final = 10
INPUT_ROW: Final = 1

# PostgreSQL reads the whole list to count it, however small the page is.
TOTAL_COUNT: Final = 10

# By the name of a field's type: these are long to read, to write and to send.
LEAVES: Final = {"Vector": 5, "JSON": 1}

# By the name of a field's type: objects that are worked out rather than looked up.
WORKED_OUT: Final = {
    "RenderedPersonalityInfo": 50,
    "WorkflowGraphInfo": 20,
    "WorkflowDiffInfo": 20,
    "ChunkFacetStats": 10,
    "TagFacetStats": 10,
    "MessageFacetStats": 10,
}

# By the name of a list's type: lists that are searched for rather than read off an index.
SEARCHED: Final = {
    "ChunkSearchConnection": 20,
    "DocumentSearchConnection": 20,
    "MemorySearchConnection": 20,
    "MessageSearchConnection": 20,
}

# The parts of a Relay connection stand between a list and its objects and are no objects themselves.
_PLUMBING: Final = ("Connection", "Edge")


def weight_of(owner: GraphQLNamedType, name: str, definition: GraphQLField) -> int:
    """What selecting one field costs for each object of its owner, without what stands below it."""
    kind = get_named_type(definition.type)
    if name == "totalCount" and owner.name.endswith("Connection"):
        return TOTAL_COUNT
    if is_leaf_type(kind):
        return LEAVES.get(kind.name, 0)
    return 0 if owner.name.endswith(_PLUMBING) else WORKED_OUT.get(kind.name, OBJECT)
