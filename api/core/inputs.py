"""Input types that are made from declarations, and their values as plain trees."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.types.base import get_object_definition

from api.core.deferred import DeferredField


class MadeField(DeferredField):
    """One field of a made input type."""

    def __init__(self, type_of: Callable[[], Any], **options: Any) -> None:
        super().__init__(**options)
        self.type_of = type_of

    def make_type(self) -> Any:
        """Evaluate the annotation."""
        return self.type_of()


@dataclass(frozen=True, slots=True)
class InputMember:
    """One field of a made input type; `type_of` gives its annotation without optionality."""

    name: str
    type_of: Callable[[], Any]
    description: str
    required: bool = False
    default: Any = UNSET


def make_input(
    name: str, description: str, members: Iterable[InputMember], *, one_of: bool = False, raw: bool = False
) -> type:
    """A Strawberry input type; members that are not required may be left out.

    The values of a `raw` one are dicts under GraphQL names, as they were coerced: objects for ten thousand of
    them would take seconds.
    """
    namespace: dict[str, Any] = {"__annotations__": {}, "__module__": __name__, "__doc__": description}
    for member in members:
        python_name = f"{member.name}_"  # `in`, `not`, `and` and `or` are Python's
        namespace["__annotations__"][python_name] = object
        namespace[python_name] = MadeField(
            member.type_of if member.required else _optional(member.type_of),
            graphql_name=member.name,
            description=member.description,
            **({} if member.required else {"default": member.default}),
        )
    made: type = strawberry.input(
        type(name, (), namespace), name=name, description=description, one_of=one_of
    )
    if raw:
        made.__strawberry_definition__.from_input = _as_coerced  # type: ignore[attr-defined]
    return made


def _as_coerced(kind: type, value: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    return dict(value)


def _optional(type_of: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: type_of() | None


def as_tree(value: Any) -> Any:
    """An input value as plain dicts and lists under GraphQL names, without what was left out."""
    definition = get_object_definition(type(value))
    if definition is not None:
        return {
            field.graphql_name or field.python_name: as_tree(inner)
            for field in definition.fields
            if (inner := getattr(value, field.python_name)) is not UNSET
        }
    if isinstance(value, list):
        return [as_tree(inner) for inner in value]
    return value
