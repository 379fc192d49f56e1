"""What is known of every mirrored type: columns, computed fields, relations, orders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, ClassVar, Final, cast

from sqlalchemy import Column, ColumnElement, FromClause, Table, UnaryExpression, inspect
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.sql.operators import desc_op

from api.core.kinds import Kind
from db.base import Base, there_is
from db.policy import Entity, Viewer

OrderKey = tuple[str, bool]
"""An attribute name and whether it is ordered descending."""


@dataclass(frozen=True, slots=True)
class MirroredColumn:
    """A field that shows a column."""

    name: str
    attribute: str
    kind: Kind
    nullable: bool
    description: str


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that shows an SQL expression over the row."""

    name: str
    attribute: str
    annotation: Any
    sql: Callable[[Entity, Viewer], ColumnElement[Any]]
    description: str


@dataclass(frozen=True)
class Relation:
    """A field that leads along a relationship: one foreign key, seen from one of its ends."""

    name: str
    source: type[Base]
    property: RelationshipProperty[Any]
    many: bool
    description: str

    @cached_property
    def target(self) -> "Mirror":
        """The mirror at the other end."""
        return MIRRORS[self.property.mapper.class_]

    @cached_property
    def local(self) -> str:
        """The attribute on this side of the pair."""
        return self._pair[0]

    @cached_property
    def remote(self) -> str:
        """The attribute on the other side of the pair."""
        return self._pair[1]

    def link(self, other: Entity, key: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a row of the other end belongs to the row of this one whose `local` is `key`."""
        return getattr(other, self.remote) == key  # type: ignore[no-any-return]

    @cached_property
    def order(self) -> tuple[OrderKey, ...]:
        """The order in which a list stands when none is asked for."""
        declared = self.property.order_by
        if not declared:
            return self.target.order
        return tuple(self._order_key(clause) for clause in declared)

    def _order_key(self, clause: ColumnElement[Any]) -> OrderKey:
        descending = isinstance(clause, UnaryExpression) and clause.modifier is desc_op
        column = clause.element if isinstance(clause, UnaryExpression) else clause
        return self.property.mapper.get_property_by_column(cast("Column[Any]", column)).key, descending

    @cached_property
    def _pair(self) -> tuple[str, str]:
        ((local, remote),) = self.property.local_remote_pairs
        mapper = self.property.mapper
        return (
            self.property.parent.get_property_by_column(cast("Column[Any]", local)).key,
            mapper.get_property_by_column(cast("Column[Any]", remote)).key,
        )


@dataclass(frozen=True)
class Walk:
    """A field that lists rows which no single foreign key leads to, but stretches that are found from an id.

    `stretches` are rows of FROM; `within` says whether a row of the model lies in one. No row lies in two.
    """

    local: ClassVar[str] = "id"
    many: ClassVar[bool] = True

    name: str
    model: type[Base]
    stretches: Callable[[ColumnElement[Any]], FromClause]
    within: Callable[[Entity, FromClause], ColumnElement[bool]]
    order: tuple[OrderKey, ...]
    description: str

    @cached_property
    def target(self) -> "Mirror":
        """The mirror of what is listed."""
        return MIRRORS[self.model]

    def link(self, other: Entity, key: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a row lies in one of the stretches of the row whose id is `key`."""
        return there_is(self.within(other, self.stretches(key)))


Listing = Relation | Walk
"""What leads from an object to others."""


@dataclass(eq=False)
class Mirror:
    """All that is known of one mirrored type."""

    name: str
    cls: type
    model: type[Base]
    one: str
    many: str
    natural_keys: tuple[str, ...]
    columns: dict[str, MirroredColumn] = field(default_factory=dict)
    computed: dict[str, Computed] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    walks: dict[str, Walk] = field(default_factory=dict)

    @cached_property
    def orders(self) -> dict[str, MirroredColumn]:
        """The columns that lists can be ordered by: those that an index serves."""
        served = {index.info.get("order") for index in cast(Table, self.model.__table__).indexes}
        by_column = {
            inspect(self.model).attrs[column.attribute].columns[0].name: column
            for column in self.columns.values()
        }
        return {column.attribute: column for name, column in by_column.items() if name in served}

    @cached_property
    def order(self) -> tuple[OrderKey, ...]:
        """The order in which a list stands when none is asked for: newest first."""
        first = "created_at" if "created_at" in self.orders else next(iter(self.orders))
        return ((first, True),)

    def record(self, values: Mapping[str, Any]) -> Any:
        """An object of the GraphQL type that holds one row's selected values, by attribute name."""
        made: Any = object.__new__(self.cls)
        made.__dict__.update(values)
        return made


MIRRORS: Final[dict[type[Base], Mirror]] = {}
"""Every mirrored model's declaration, in the order in which the modules were imported."""


@cache
def mirror_of(cls: type) -> Mirror:
    """The mirror whose GraphQL type is this class."""
    return next(mirror for mirror in MIRRORS.values() if mirror.cls is cls)
