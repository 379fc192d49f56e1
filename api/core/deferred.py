"""Strawberry fields whose type is made from declarations, once all of them are known."""

from abc import abstractmethod
from typing import Any

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField


class DeferredField(StrawberryField):
    """A field that is asked for its type only when the schema is built."""

    @abstractmethod
    def make_type(self) -> Any:
        """The field's type or annotation."""

    @property
    def type(self) -> Any:
        """What the class body's machinery sees: some type, since the real one is not known yet."""
        return object

    @type.setter  # noqa: A003
    def type(self, type_: Any) -> None:
        pass

    def resolve_type(self, *, type_definition: Any = None) -> Any:  # noqa: ARG002
        """The real type, asked for by the schema."""
        return StrawberryAnnotation(self.make_type()).resolve()
