"""The arguments of drawn operations: literals and variables, pages, orders, cursors and directives."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from graphql import GraphQLField, GraphQLSchema

from tests.api.differential.filters import Filters
from tests.api.differential.material import Material
from tests.api.differential.values import Given, Leaf

# Rows that one list may have over all its parents, so that no operation is slow.
_MOST_ROWS: Final = 400

Path = tuple[str, ...]


@dataclass(slots=True)
class Variable:
    """A variable of an operation. Without `given` it is left out; `default` is its literal."""

    name: str
    type: str
    given: Given | None
    default: str = ""
    null: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """A list that can be walked on: the variables of its cursors, and where in the response it stands."""

    after: str | None
    before: str | None
    path: Path

    def onward(self, data: Any) -> dict[str, str] | None:
        """The variables of the next page, read from the answer; None where there is none."""
        page = _first(data, self.path)
        if page is None or not page["walked"]:
            return None
        ends = {self.after: page["walked"][-1]["here"], self.before: page["walked"][0]["here"]}
        return {name: cursor for name, cursor in ends.items() if name is not None}


def _first(data: Any, path: Path) -> Any:
    """The first object at a path, where lists branch it."""
    if isinstance(data, list):
        return next((found for each in data if (found := _first(each, path)) is not None), None)
    if not path or data is None:
        return data
    return _first(data.get(path[0]), path[1:])


class Arguments:
    """Writes the arguments of one operation and keeps its variables."""

    def __init__(self, schema: GraphQLSchema, material: Material, choice: Random) -> None:
        self.filters = Filters(schema, material, choice)
        self.variables: list[Variable] = []
        self.walk: Walk | None = None
        self._choice = choice
        self._material = material

    def of_field(
        self, definition: GraphQLField, type_name: str, rows: int
    ) -> tuple[int, list[str], tuple[str | None, str | None] | None]:
        """How many objects a field can have at most, its arguments, and the variables of its cursors."""
        if "orderBy" in definition.args:
            return self._paging(type_name.removesuffix("Connection"), rows)
        if "id" not in definition.args:
            return 1, [], None
        an_id = Leaf(lambda choice: self.filters.an_id(type_name, choice))
        keys = self._material.values(type_name, "slug") + self._material.values(type_name, "key")
        if "by" in definition.args and keys and self._choice.random() < 0.5:
            key = "slug" if self._material.values(type_name, "slug") else "key"
            by = {
                key: Given(
                    "String", Leaf(lambda choice: choice.choice((str, str.upper))(choice.choice(keys)))
                )
            }
            return 1, [f"by: {self.written(Given(f'{type_name}By', by), whole_only=True)}"], None
        return 1, [f"id: {self.written(Given(str(definition.args['id'].type), an_id))}"], None

    def _paging(self, target: str, rows: int) -> tuple[int, list[str], tuple[str | None, str | None] | None]:
        choice = self._choice
        room = max(1, _MOST_ROWS // rows)
        arguments = []
        form = choice.choices(("none", "first", "last", "both", "nulls"), (10, 50, 20, 12, 4))[0]
        if form in ("none", "nulls") and room < 20:
            form = "first"
        most = min(room, choice.choice((1, 2, 3, 5, 10)))
        for name in {"first": ["first"], "last": ["last"], "both": ["first", "last"]}.get(form, []):
            size = Leaf(lambda choice: choice.choice((most, most, most, choice.randint(0, most))))
            arguments.append(f"{name}: {self.written(Given('Int', size))}")
        if form == "nulls":
            arguments.append("first: null, after: null, where: null")
            return 20, arguments, None
        walk, terms = self._place(target, form, arguments)
        if terms or choice.random() < 0.35:
            arguments.append(f"orderBy: {self._order(target, terms)}")
        elif walk is not None or choice.random() < 0.45:
            arguments.append(f"where: {self.written(self.filters.where(target))}")
        choice.shuffle(arguments)
        return 20 if form == "none" else most, arguments, walk

    def _place(
        self, target: str, form: str, arguments: list[str]
    ) -> tuple[tuple[str | None, str | None] | None, Sequence[tuple[str, str]]]:
        """Cursors: of an earlier answer, or none yet, for whoever walks on."""
        choice = self._choice
        share = choice.random()
        if share < 0.25 and self.walk is None:
            names: list[str | None] = [None, None]
            for place, (side, wanted) in enumerate((("after", form != "last"), ("before", form == "last"))):
                if wanted:
                    names[place] = self._variable("String", None, null=choice.random() < 0.7)
                    arguments.append(f"{side}: ${names[place]}")
            return (names[0], names[1]), ()
        if share < 0.37:
            term = choice.choice([each for name, each in self._material.cursors if name == target])
            known = self._material.cursors[target, term]
            for side in choice.choice((["after"], ["before"], ["after", "before"])):
                if known:
                    cursor = Given("String", Leaf(lambda choice: choice.choice(known)))
                    arguments.append(f"{side}: {self.written(cursor)}")
            return None, (term,)
        return None, ()

    def _order(self, target: str, terms: Sequence[tuple[str, str]]) -> str:
        choice = self._choice
        given = list(terms)
        if not given:
            known = sorted({term[0] for name, term in self._material.cursors if name == target})
            some = choice.sample(known, min(len(known), choice.choice((1, 1, 2, 3))))
            given = [(name, choice.choice(("ASC", "DESC", ""))) for name in some]
        listed = [
            Given(
                f"{target}Order!",
                {
                    "field": Given(f"{target}OrderField!", _constant(name)),
                    **({"direction": Given("OrderDirection", _constant(way))} if way else {}),
                },
            )
            for name, way in given
        ]
        if len(listed) == 1 and choice.random() < 0.3:
            return listed[0].literal(choice, lambda _: None)
        return self.written(Given(f"[{target}Order!]", listed))

    def written(self, given: Given, *, whole_only: bool = False) -> str:
        """A value as literals, as a variable, or as a mixture."""
        if self._choice.random() < 0.5:
            return self._as_variable(given)
        share = 0.0 if whole_only else 0.2
        try:
            return given.literal(
                self._choice, lambda part: self._as_variable(part) if self._choice.random() < share else None
            )
        except ValueError:
            return self._as_variable(given)

    def _as_variable(self, given: Given) -> str:
        return f"${self._variable(given.type, given)}"

    def _variable(self, type_name: str, given: Given | None, *, null: bool = False) -> str:
        name = f"v{len(self.variables)}"
        default = ""
        if given is not None and not type_name.endswith("!") and self._choice.random() < 0.1:
            try:
                default = given.literal(self._choice, lambda _: None)
            except ValueError:
                default = ""
            given = given if self._choice.random() < 0.5 or not default else None
        self.variables.append(Variable(name, type_name, given, default, null))
        return name

    def directive(self) -> str:
        name = self._choice.choice(("skip", "include"))
        if self._choice.random() < 0.4:
            return f"@{name}(if: {self._choice.choice(('true', 'false'))})"
        flag = Given("Boolean!", Leaf(lambda choice: choice.random() < (0.8 if name == "include" else 0.2)))
        return f"@{name}(if: {self._as_variable(flag)})"


def _constant(text: str) -> Leaf:
    return Leaf(lambda _: text, enum=True)
