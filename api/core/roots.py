"""The root fields of the query, made from the declarations: `node`, `nodes`, `thing` and `things`."""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

import strawberry
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.info import Info

from api.core.declarations import Mirror
from api.core.errors import BadUserInput
from api.core.fields import ReadingField, ToManyField, argument, object_result
from api.core.ids import parse_id
from api.core.inputs import InputMember, make_input
from api.core.nodes import Node
from api.core.permission_lines import seen_by
from db.columns import storable


class NodeField(ReadingField):
    """`node(id)`: any object by its global id."""

    def __init__(self, mirrors: dict[str, Mirror]) -> None:
        super().__init__(description="Fetch any object by its global id; null where there is none to see.")
        self.mirrors = mirrors

    def make_type(self) -> Any:
        """Nullable: an unknown id answers null without an error."""
        return Node | None

    def make_arguments(self) -> list[StrawberryArgument]:
        """The global id; a plain UUID names no type and finds nothing here."""
        return [argument("id", strawberry.ID, "The object's global id.")]

    async def resolve(self, source: Any, info: Info[Any, Any], given: dict[str, Any]) -> Any:  # noqa: ARG002
        """Read the object or objects."""
        return await self._node(info, given["id"])

    async def _node(self, info: Info[Any, Any], text: str) -> Any:
        match parse_id(text):
            case (str(name), key) if name in self.mirrors:
                return await object_result(info, self.mirrors[name], key)
        return None


class NodesField(NodeField):
    """`nodes(ids)`: any objects by their global ids, in the order asked."""

    MOST = 100

    def __init__(self, mirrors: dict[str, Mirror]) -> None:
        super().__init__(mirrors)
        self.description = (
            "Fetch objects by their global ids, in this order; null in the place of one that there is not to "
            f"see. At most {self.MOST} at once."
        )

    def make_type(self) -> Any:
        """A list of nullable nodes, so that one unknown id does not null the others."""
        return list[Node | None]

    def make_arguments(self) -> list[StrawberryArgument]:
        """The global ids."""
        return [argument("ids", list[strawberry.ID], "The objects' global ids.")]

    async def resolve(self, source: Any, info: Info[Any, Any], given: dict[str, Any]) -> Any:  # noqa: ARG002
        """Read the object or objects."""
        return list(await asyncio.gather(*(self._node(info, text) for text in self.wanted(given))))

    def wanted(self, given: Mapping[str, Any]) -> list[str]:
        """The ids asked for.

        Raises:
            BadUserInput: when there are too many.
        """
        ids: list[str] = given["ids"]
        if len(ids) > self.MOST:
            raise BadUserInput(f"nodes takes {self.MOST} ids at most, and got {len(ids)}.")
        return ids


class OneField(ReadingField):
    """`thing(id)`: one object by its id or, where it has one, by a natural key."""

    def __init__(self, mirror: Mirror) -> None:
        super().__init__(
            description=f"The {words(mirror.name)} with this id"
            + (" or natural key" if mirror.natural_keys else "")
            + f"; null where there is none to see. {seen_by(mirror.model)}",
            graphql_name=mirror.one,
        )
        self.mirror = mirror

    def make_type(self) -> Any:
        """Nullable: an unknown id answers null without an error."""
        return self.mirror.cls | None

    def make_arguments(self) -> list[StrawberryArgument]:
        """`id`, or `by` for types that have natural keys."""
        mirror = self.mirror
        if not mirror.natural_keys:
            return [argument("id", strawberry.ID, "The global id or the plain UUID.")]
        return [
            argument("id", strawberry.ID | None, "The global id or the plain UUID; give this or `by`."),
            argument("by", by_input(mirror) | None, "A key that identifies one object; give this or `id`."),
        ]

    async def resolve(self, source: Any, info: Info[Any, Any], given: dict[str, Any]) -> Any:  # noqa: ARG002
        """Read the object."""
        by, value = self.chosen(given)
        if by == "id":
            found = parse_id(value, self.mirror.name)
            return await object_result(info, self.mirror, found[1] if found else None)
        return await object_result(info, self.mirror, value, by=by, any_case=True) if usable(value) else None

    def chosen(self, given: Mapping[str, Any]) -> tuple[str, Any]:
        """The attribute that identifies the object, and its value; `id` with the text of an id.

        Raises:
            BadUserInput: unless exactly one of `id` and `by` was given.
        """
        chosen = [(name, value) for name, value in given.items() if value is not None]
        if len(chosen) != 1:
            raise BadUserInput(f"{self.mirror.one}: give either `id` or `by`.")
        ((name, value),) = chosen
        if name == "by":
            name, value = next(iter(value.items()))
        return ("id", value) if name == "id" else (self.mirror.columns[name].attribute, value)


def usable(key: Any) -> bool:
    """Whether a natural key is one that a row can have."""
    return isinstance(key, str) and storable(key)


_BY: dict[type, type] = {}


def by_input(mirror: Mirror) -> type:
    """The keys of a type, one of which is given, as `PersonalityBy`."""
    if mirror.model not in _BY:
        columns = {column.attribute: column for column in mirror.columns.values()}
        members = [InputMember("id", lambda: strawberry.ID, "The global id or the plain UUID.")]
        members += [
            InputMember(
                columns[key].name,
                partial(_annotation, columns[key].kind.annotation),
                columns[key].description,
            )
            for key in mirror.natural_keys
        ]
        _BY[mirror.model] = make_input(
            f"{mirror.name}By",
            f"A key that identifies one object of the type {mirror.name}.",
            members,
            one_of=True,
        )
    return _BY[mirror.model]


def _annotation(annotation: Any) -> Any:
    return annotation


def query_type(mirrors: Iterable[Mirror], base: type) -> type:
    """The query: the fields of `base` and, for every mirror, `thing` and `things`."""
    listed = list(mirrors)
    by_name = {mirror.name: mirror for mirror in listed}
    fields: dict[str, ReadingField] = {"node": NodeField(by_name), "nodes": NodesField(by_name)}
    for mirror in listed:
        fields[f"one_{mirror.one}"] = OneField(mirror)
        fields[f"many_{mirror.many}"] = ToManyField(
            partial(_given, mirror),
            description=f"Every {mirror.name} that the viewer may see, newest first unless ordered. "
            + seen_by(mirror.model),
            graphql_name=mirror.many,
        )
    namespace = {**fields, "__annotations__": dict.fromkeys(fields, object), "__module__": __name__}
    return strawberry.type(type("Query", (base,), namespace), description="Everything that can be read.")


def _given(mirror: Mirror) -> Mirror:
    return mirror


_ACRONYMS: Final = {"api", "llm", "sql"}


def words(name: str) -> str:
    """A type's or field's name as words: `ToolCall` is `tool call`, and `LlmCall` is `LLM call`."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return " ".join(word.upper() if word in _ACRONYMS else word for word in spaced.split())
