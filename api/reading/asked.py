"""What one request asks of a tree: its pages and keys, read from the arguments and checked."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from graphql import get_argument_values
from graphql.execution.values import VariableValues

from api.core.found import Found
from api.core.ids import parse_id
from api.core.pages import Page, PageSizes, read_page
from api.core.roots import NodesField, OneField, usable
from api.reading.tree import Connection, FoundList, Lookup, Tree
from db.policy import Viewer

NOTHING_FOUND: Final[Mapping[FoundList, Found]] = {}


@dataclass(slots=True)
class Keys:
    """What a lookup looks up: per object its type, the attribute that identifies it, and the key.

    An object that cannot exist has no type.
    """

    wanted: tuple[tuple[str | None, str, Any], ...]

    @property
    def types(self) -> tuple[tuple[str | None, str], ...]:
        """The part that decides the statement."""
        return tuple((name, by) for name, by, _ in self.wanted)


@dataclass(slots=True)
class Asked:
    """The pages and keys of one request; `filters` has what each operator of its filters binds."""

    pages: Mapping[Connection, Page]
    keys: Mapping[Lookup, Keys]
    filters: Mapping[Connection, list[tuple[Any, ...]]] = field(default_factory=dict)
    found: Mapping[FoundList, Found] = field(default_factory=dict)

    def structure(self) -> Hashable:
        """What two requests with one tree have in common if one statement serves both.

        Sizes of pages stand in the statement itself: not knowing them the server would take each page for a
        tenth of its list, and plan every execution anew because of it.
        Filters, orders and directions are not in it: the document and the shape of its variables, by which
        the tree is kept, have decided them.
        """
        pages = tuple(
            (page.size, page.last, _nulls(page.after), _nulls(page.before)) for page in self.pages.values()
        )
        kinds = tuple(
            frozenset(name or "" for name, _ in keys.types) if lookup.many else keys.types
            for lookup, keys in self.keys.items()
        )
        return pages, kinds


def read_arguments(
    tree: Tree,
    variables: VariableValues,
    viewer: Viewer,
    sizes: PageSizes,
    found: Mapping[FoundList, Found] = NOTHING_FOUND,
) -> Asked:
    """Read the arguments of every list and lookup.

    Raises:
        CodedError: for arguments that the loader path refuses too, with its own place in the response.
    """
    pages = {}
    for connection in tree.connections:
        arguments = get_argument_values(connection.definition, connection.node, variables)
        order = connection.relation.order if connection.relation else connection.target.order
        pages[connection] = read_page(connection.target, order, arguments, sizes)
    keys = {lookup: _keys(lookup, variables, viewer) for lookup in tree.lookups}
    return Asked(pages, keys, found=found)


def _keys(lookup: Lookup, variables: VariableValues, viewer: Viewer) -> Keys:
    field = lookup.field
    if field is None:
        return Keys((("User" if viewer.user_id else None, "id", viewer.user_id),))
    arguments = get_argument_values(lookup.definition, lookup.node, variables)
    if isinstance(field, OneField):
        by, value = field.chosen(arguments)
        if by == "id":
            return Keys((_identity(value, lookup, field.mirror.name),))
        return Keys(((field.mirror.name if usable(value) else None, by, value),))
    ids = field.wanted(arguments) if isinstance(field, NodesField) else [arguments["id"]]
    return Keys(tuple(_identity(text, lookup, None) for text in ids))


def _identity(text: str, lookup: Lookup, type_name: str | None) -> tuple[str | None, str, UUID | None]:
    found = parse_id(text, type_name)
    if found is None or found[0] not in lookup.objects:
        return None, "id", None
    return found[0], "id", found[1]


def _nulls(position: Any) -> tuple[bool, ...] | None:
    return None if position is None else tuple(value is None for value in position.values)
