"""Operations drawn by a walk through the schema: the same seed over the same data draws the same."""

import re
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from tests.api.differential.arguments import Arguments, Path, Variable, Walk
from tests.api.differential.material import Material, leaves_of, lists_of
from tests.api.differential.mistakes import MISTAKES
from tests.api.differential.scopes import Scope
from tests.api.differential.values import Given, Leaf

# Names that mean something in SQL, to PostgreSQL, or to who writes the statements.
_ALIASES: Final = (
    "select", "user", "order", "null", "table", "_n", "_all", "_row", "_cursor", "_0", "_id", "Id", "ID",
    "position", "wanted", "key", "name", "found", "parents", "viewer_id", "count", "json", "text", "a", "A",
    "row_to_json", "listed", "title", "createdAt", "x" * 63, "y" * 63,
)  # fmt: skip
_TOO_LONG: Final = "z" * 64
_DEEPEST: Final = 3


@dataclass(slots=True)
class Drawn:
    """An operation with its variables."""

    document: str
    variables: list[Variable]
    walk: Walk | None
    mistaken: bool
    declined: bool
    """Whether the statement path may leave it to the loaders."""

    def values(self, choice: Random) -> dict[str, Any]:
        """Values for the variables: each time others of the same form."""
        found: dict[str, Any] = {}
        for variable in self.variables:
            if variable.null:
                found[variable.name] = None
            elif variable.given is not None:
                found[variable.name] = variable.given.drawn(choice)
        return found


@dataclass(slots=True)
class Fragment:
    """A named fragment: its type, what it uses and its text."""

    name: str
    on: str
    scope: Scope
    text: str = ""


class Writer:
    """Writes one operation."""

    def __init__(self, schema: GraphQLSchema, material: Material, seed: int) -> None:
        self.choice = Random(seed)  # noqa: S311
        self._schema = schema
        self._material = material
        self._arguments = Arguments(schema, material, self.choice)
        self._lists = lists_of(schema)
        self._fragments: list[Fragment] = []
        self._aliases = 0

    def operation(self) -> Drawn:
        """The operation."""
        choice = self.choice
        scope = Scope()
        query = self._schema.query_type
        assert query is not None
        parts = [self._root(query, scope) for _ in range(choice.choice((1, 1, 1, 1, 2)))]
        mistaken = choice.random() < 0.06
        if mistaken:
            parts.append(choice.choice(MISTAKES))
        elif choice.random() < 0.05:
            parts.insert(choice.randrange(len(parts) + 1), "__typename")
        body = "\n".join(parts)
        fragments = "".join(
            f"\nfragment {each.name} on {each.on} {each.text}\n" for each in self._spread_from(body)
        )
        used = set(re.findall(r"\$(\w+)", body + fragments))
        variables = [variable for variable in self._arguments.variables if variable.name in used]
        listed = ", ".join(
            f"${each.name}: {each.type}{f' = {each.default}' if each.default else ''}" for each in variables
        )
        document = f"query Drawn{f'({listed})' if listed else ''} {{\n{body}\n}}\n{fragments}"
        walk = self._arguments.walk
        if walk is not None and not {walk.after, walk.before} & used:
            walk = None
        return Drawn(document, variables, walk, mistaken, _TOO_LONG in document)

    def _spread_from(self, text: str) -> list[Fragment]:
        """The fragments that a text spreads, and those that these spread; others would be refused."""
        named = {each.name: each for each in self._fragments}
        found: dict[str, Fragment] = {}
        pending = [text]
        while pending:
            for name in re.findall(r"\.\.\.(F\d+)", pending.pop()):
                if name not in found:
                    found[name] = named[name]
                    pending.append(named[name].text)
        return list(found.values())

    # Root fields.

    def _root(self, query: GraphQLObjectType, scope: Scope) -> str:
        choice = self.choice
        kind = choice.choices(("list", "one", "node", "nodes", "viewer"), (60, 12, 6, 10, 12))[0]
        if kind == "viewer":
            name = "viewer"
        elif kind in ("node", "nodes"):
            return self._by_node(kind, scope)
        elif kind == "one":
            ones = [
                name
                for name, each in query.fields.items()
                if {"id"} <= each.args.keys() <= {"id", "by"} and name != "node"
            ]
            name = choice.choice(ones)
        else:
            name = self._lists[choice.choice(list(self._lists))]
        return self._field(query.fields[name], name, scope, 0, (), 1)

    def _by_node(self, name: str, scope: Scope) -> str:
        choice = self.choice
        types = choice.sample(list(self._material.rows), choice.choice((1, 1, 2, 3)))

        def an_id(choice: Random) -> str:
            if choice.random() < 0.1:
                return choice.choice(("", "garbage", "U2Vzc2lvbjo=", "00000000-0000-0000-0000-000000000001"))
            return self._arguments.filters.an_id(choice.choice(types), choice)

        if name == "node":
            argument = f"id: {self._arguments.written(Given('ID!', Leaf(an_id)))}"
        else:
            several = Leaf(lambda choice: [an_id(choice) for _ in range(choice.choice((0, 1, 3, 6)))])
            argument = f"ids: {self._arguments.written(Given('[ID!]!', several))}"
        key, below = self._key(name, f"{name}({argument})", scope)
        members = []
        if choice.random() < 0.7:
            members.append(choice.choice(("id", "__typename", "... on Node { id }", "__typename id")))
        for type_name in types:
            # The same key may not stand for values of different types, so none is shared.
            apart = Scope()
            inner = self._fields(type_name, apart, _DEEPEST - 1, (), 8)
            if below.absorb(_tagged(apart, type_name)):
                members.append(f"... on {type_name} {{ {inner} }}")
        return f"{_alias(key, name)}({argument}) {{ {' '.join(members or ['id'])} }}"

    # Selections.

    def _fields(self, type_name: str, scope: Scope, depth: int, path: Path, rows: int) -> str:
        """Some fields of an object; `rows` is how many such objects there may be."""
        choice = self.choice
        kind = self._schema.type_map[type_name]
        assert isinstance(kind, GraphQLObjectType)
        leaves = leaves_of(self._schema, type_name)
        others = [name for name in kind.fields if name not in leaves]
        parts = []
        for _ in range(choice.choice((1, 2, 2, 3, 4)) if depth < _DEEPEST else 2):
            if depth < _DEEPEST and others and choice.random() < (0.5, 0.4, 0.25)[depth]:
                name = choice.choice(others)
            else:
                name = choice.choice([*leaves, *(("id",) if kind.interfaces else ()), "__typename"])
            if name == "__typename":
                key, _ = self._key("__typename", "__typename", scope)
                parts.append(_alias(key, "__typename"))
            else:
                parts.append(self._wrapped(type_name, kind.fields[name], name, scope, depth, path, rows))
        if choice.random() < 0.1:
            parts.append(self._spread(type_name, scope))
        return " ".join(parts)

    def _wrapped(
        self,
        type_name: str,
        definition: GraphQLField,
        name: str,
        scope: Scope,
        depth: int,
        path: Path,
        rows: int,
    ) -> str:
        text = self._field(definition, name, scope, depth, path, rows)
        match self.choice.random():
            case share if share < 0.05:
                return f"... on {type_name} {{ {text} }}"
            case share if share < 0.08:
                return f"... {self._arguments.directive()} {{ {text} }}"
            case share if share < 0.10 and type_name in self._material.rows:
                return f"... on Node {{ id }} {text}" if scope.claim("id", "id") is not None else text
        return text

    def _field(
        self, definition: GraphQLField, name: str, scope: Scope, depth: int, path: Path, rows: int
    ) -> str:
        kind = get_named_type(definition.type)
        connection = kind.name.endswith("Connection")
        size, arguments, walk = self._arguments.of_field(definition, kind.name, rows)
        head = f"{name}({', '.join(arguments)})" if arguments else name
        key, below = self._key(name, head, scope)
        directive = f" {self._arguments.directive()}" if self.choice.random() < 0.05 else ""
        text = f"{_alias(key, head)}{directive}"
        if is_leaf_type(kind):
            return text
        here = (*path, key)
        if connection:
            inner = self._page(kind.name, below, depth, here, rows * size, walk=walk is not None)
            if walk is not None:
                self._arguments.walk = Walk(*walk, here)
        else:
            inner = self._fields(kind.name, below, depth + 1, here, rows)
        whole = f"{text} {{ {inner} }}"
        if self.choice.random() < 0.05 and not connection:
            # The same field again: the two selections merge.
            again = self._fields(kind.name, below, depth + 1, here, rows)
            whole += f" {_alias(key, head)} {{ {again} }}"
        return whole

    def _page(self, name: str, scope: Scope, depth: int, path: Path, rows: int, *, walk: bool) -> str:
        choice = self.choice
        target = name.removesuffix("Connection")
        parts = []
        if walk:
            scope.claim("walked", "edges")
            parts.append("walked: edges { here: cursor }")
        if choice.random() < 0.7:
            key, below = self._key("nodes", "nodes", scope)
            inner = self._fields(target, below, depth + 1, (*path, key), rows)
            parts.append(f"{_alias(key, 'nodes')} {{ {inner} }}")
        if choice.random() < 0.35:
            key, below = self._key("edges", "edges", scope)
            members = ["cursor"] if choice.random() < 0.7 else []
            if choice.random() < 0.1:
                members.append("__typename")
            if not members or choice.random() < 0.5:
                node, inmost = self._key("node", "node", below)
                inner = self._fields(target, inmost, depth + 1, (*path, key, node), rows)
                members.append(f"{_alias(node, 'node')} {{ {inner} }}")
            choice.shuffle(members)
            parts.append(f"{_alias(key, 'edges')} {{ {' '.join(members)} }}")
        if choice.random() < 0.5:
            key, below = self._key("pageInfo", "pageInfo", scope)
            facts = ["hasNextPage", "hasPreviousPage", "startCursor", "endCursor"]
            asked = choice.sample(facts, choice.randint(1, 4))
            if choice.random() < 0.1:
                asked.append("__typename")
            named = [_alias(self._key(fact, fact, below)[0], fact) for fact in asked]
            parts.append(f"{_alias(key, 'pageInfo')} {{ {' '.join(named)} }}")
        if not parts or choice.random() < 0.35:
            key, _ = self._key("totalCount", "totalCount", scope)
            parts.append(_alias(key, "totalCount"))
        if choice.random() < 0.05:
            parts.append("__typename")
        choice.shuffle(parts)
        return " ".join(parts)

    def _spread(self, type_name: str, scope: Scope) -> str:
        known = [each for each in self._fragments if each.on == type_name and each.text]
        if known and self.choice.random() < 0.6:
            fragment = self.choice.choice(known)
            return f"...{fragment.name}" if scope.absorb(fragment.scope) else "__typename"
        fragment = Fragment(f"F{len(self._fragments)}", type_name, Scope())
        # It stands in the list before it has a text, so that what it spreads has another name.
        self._fragments.append(fragment)
        text = f"{{ {self._fields(type_name, fragment.scope, _DEEPEST, (), 1)} }}"
        if not scope.absorb(fragment.scope):
            return "__typename"
        fragment.text = text
        return f"...{fragment.name}"

    def _key(self, name: str, head: str, scope: Scope) -> tuple[str, Scope]:
        """A response key that is free or means the same, and the scope below it."""
        choice = self.choice
        if choice.random() < 0.08 and self._aliases < 20:
            self._aliases += 1
            wanted = choice.choice(_ALIASES)
            if choice.random() < 0.02:
                wanted = _TOO_LONG
            below = scope.claim(wanted, head)
            if below is not None:
                return wanted, below
        below = scope.claim(name, head)
        while below is None:
            self._aliases += 1
            name = f"{name}{self._aliases}"
            below = scope.claim(name, head)
        return name, below


def _alias(key: str, head: str) -> str:
    return head if head == key or head.startswith(f"{key}(") else f"{key}: {head}"


def _tagged(scope: Scope, type_name: str) -> Scope:
    """The scope with the type's name in what its keys stand for; `id` is every type's."""
    return Scope(
        {
            key: (head if head in ("id", "__typename") else f"{type_name}.{head}", below)
            for key, (head, below) in scope.keys.items()
        }
    )
