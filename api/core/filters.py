"""The filter grammar: `where` input types made from the declarations, and their SQL."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, and_, exists, false, not_, or_, true
from sqlalchemy.orm import aliased

from api.core import kinds
from api.core.declarations import MIRRORS, Mirror, Relation
from api.core.errors import BadUserInput
from api.core.grants import check_shown
from api.core.ids import parse_id
from api.core.inputs import InputMember, make_input
from api.core.kinds import Kind
from api.core.operators import JSONPathFilter, Operator, check_text, operators_of, worded
from api.core.values import graphql_enum
from db.base import Searchable
from db.policy import Entity, Viewer, related

MAX_DEPTH: Final = 6
MAX_CONDITIONS: Final = 100

Tree = dict[str, Any]


@cache
def filter_input(kind: Kind) -> type:
    """The input type with the operators of a kind, as `StringFilter`."""
    return make_input(
        f"{kind.name}Filter",
        f"Conditions on a value of the type {kind.name}; several of them must all hold.",
        [
            InputMember(operator.name, _argument(kind, operator), operator.description)
            for operator in operators_of(kind)
        ],
    )


def _argument(kind: Kind, operator: Operator) -> Callable[[], Any]:
    value: Any = graphql_enum(kind.values) if kind.values else kind.annotation
    if kind == kinds.ID:
        value = kinds.GRAPHQL_ID
    return {
        "value": lambda: value,
        "values": lambda: list[value],
        "boolean": lambda: bool,
        "text": lambda: str,
        "texts": lambda: list[str],
        "path": lambda: JSONPathFilter,
    }[operator.takes]


@cache
def where_input(model: type) -> type:
    """The `where` of a mirrored type, as `SessionWhere`."""
    mirror = MIRRORS[model]
    members = [
        InputMember("and", lambda: list[where_input(model)], "All of these must hold."),  # type: ignore[misc]
        InputMember("or", lambda: list[where_input(model)], "At least one of these must hold."),  # type: ignore[misc]
        InputMember("not", lambda: where_input(model), "This must not hold."),
        InputMember("id", lambda: filter_input(kinds.ID), "Identity; global ids and plain UUIDs."),
    ]
    members += [
        InputMember(column.name, partial(filter_input, column.kind), column.description)
        for column in mirror.columns.values()
        if operators_of(column.kind)
    ]
    members += [
        InputMember(relation.name, _relation_input(relation), relation.description)
        for relation in mirror.relations.values()
    ]
    return make_input(
        f"{mirror.name}Where",
        f"Which objects of the type {mirror.name} to return; all members must hold.",
        members,
    )


def _relation_input(relation: Relation) -> Callable[[], Any]:
    model: Any = relation.property.mapper.class_
    return partial(list_input if relation.many else where_input, model)


@cache
def list_input(model: type) -> type:
    """The conditions on a list of related objects, as `MessageListWhere`."""
    name = MIRRORS[model].name
    return make_input(
        f"{name}ListWhere",
        f"Conditions on a list of related objects of the type {name}; objects that the viewer may not see "
        "do not count.",
        [
            InputMember("some", lambda: where_input(model), "At least one related object is like this."),
            InputMember("none", lambda: where_input(model), "No related object is like this."),
            InputMember("every", lambda: where_input(model), "Every related object is like this."),
        ],
    )


@dataclass(frozen=True, slots=True)
class Leaf:
    """One operator of a `where` tree: where its argument stands in the tree, and what it binds.

    `parameters` are those of the SQL that was made; `values` gives theirs for another tree of the same shape.
    """

    place: tuple[str | int, ...]
    kind: Kind
    operator: Operator
    type_name: str | None
    parameters: tuple[BindParameter[Any], ...] = ()

    def argument(self, value: Any) -> Any:
        """The argument as the operator takes it. Raises BadUserInput for what cannot be one."""
        path = _spelled(self.place)
        check_text(value, path)
        return _keys(value, self.operator, path, self.type_name) if self.kind == kinds.ID else value

    def values(self, where: Tree) -> tuple[Any, ...]:
        """The values to bind for a `where` of the same shape. Raises BadUserInput."""
        value: Any = where
        for step in self.place:
            value = value[step]
        return self.operator.bound(self.argument(value))


def _spelled(place: tuple[str | int, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(("where", *steps))


def condition(
    mirror: Mirror,
    entity: Entity,
    where: Tree | None,
    viewer: Viewer,
    leaves: list[Leaf] | None = None,
    *,
    insight: bool = False,
) -> ColumnElement[bool]:
    """The SQL of a `where` tree over an entity of a mirror; true when there is none.

    `leaves` takes up what the SQL binds, for whoever keeps it for other trees of the same shape; `insight`
    says that the rows may be anybody's.

    Raises:
        Forbidden: for conditions on what the viewer may not be shown.
        BadUserInput: for nulls where only omission means "no condition", texts that PostgreSQL cannot
            hold, and trees that are too deep or too wide.
    """
    if where is None:
        return true()
    compiler = _Compiler(viewer, [] if leaves is None else leaves, insight=insight)
    return compiler.tree(mirror, entity, where, (), 1)


Place = tuple[str | int, ...]


class _Compiler:
    def __init__(self, viewer: Viewer, leaves: list[Leaf], *, insight: bool) -> None:
        self.viewer = viewer
        self.leaves = leaves
        self.insight = insight
        self.conditions = 0

    def tree(
        self, mirror: Mirror, entity: Entity, where: Tree, place: Place, depth: int
    ) -> ColumnElement[bool]:
        if depth > MAX_DEPTH:
            raise BadUserInput(f"{_spelled(place)}: a filter may be nested {MAX_DEPTH} levels deep at most.")
        return and_(
            true(),
            *(
                self.member(mirror, entity, name, value, (*place, name), depth)
                for name, value in where.items()
            ),
        )

    def member(
        self, mirror: Mirror, entity: Entity, name: str, value: Any, place: Place, depth: int
    ) -> ColumnElement[bool]:
        if value is None:
            raise BadUserInput(f"{_spelled(place)} may not be null: leave it out, or ask for isNull.")
        if name in ("and", "or"):
            parts = [
                self.tree(mirror, entity, part, (*place, index), depth + 1)
                for index, part in enumerate(value)
            ]
            return and_(true(), *parts) if name == "and" else or_(false(), *parts)
        if name == "not":
            return self.tree(mirror, entity, value, place, depth + 1).is_not(True)
        if name == "id":
            return self.operators(kinds.ID, entity.id, value, place, mirror.name)
        if name in mirror.relations:
            relation = mirror.relations[name]
            check_shown(mirror, relation.local, self.viewer, insight=self.insight)
            return self.relation(relation, entity, value, place, depth)
        column = mirror.columns[name]
        check_shown(mirror, column.attribute, self.viewer, insight=self.insight)
        words = (
            entity.words if column.attribute == "content" and issubclass(mirror.model, Searchable) else None
        )
        return self.operators(column.kind, getattr(entity, column.attribute), value, place, words=words)

    def operators(
        self,
        kind: Kind,
        column: ColumnElement[Any],
        tree: Tree,
        place: Place,
        type_name: str | None = None,
        *,
        words: ColumnElement[Any] | None = None,
    ) -> ColumnElement[bool]:
        parts = []
        known = {operator.name: operator for operator in operators_of(kind)}
        if words is not None:
            known = {name: worded(operator, words) for name, operator in known.items()}
        for name, value in tree.items():
            self.count()
            if value is None:
                raise BadUserInput(
                    f"{_spelled((*place, name))} may not be null: leave it out, or ask for isNull."
                )
            leaf = Leaf((*place, name), kind, known[name], type_name)
            argument = leaf.argument(value)
            part = leaf.operator.condition(column, argument)
            self.leaves.append(replace(leaf, parameters=_parameters(part, leaf.operator.bound(argument))))
            parts.append(part)
        return and_(true(), *parts)

    def count(self) -> None:
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise BadUserInput(f"where: a filter may have {MAX_CONDITIONS} conditions at most.")

    def relation(
        self, relation: Relation, entity: Entity, tree: Tree, place: Place, depth: int
    ) -> ColumnElement[bool]:
        if not relation.many:
            return self.related(relation, entity, tree, place, depth)
        parts = []
        for name, value in tree.items():
            inner = (*place, name)
            if value is None:
                raise BadUserInput(f"{_spelled(inner)} may not be null: leave it out.")
            if name == "some":
                parts.append(self.related(relation, entity, value, inner, depth))
            elif name == "none":
                parts.append(not_(self.related(relation, entity, value, inner, depth)))
            else:
                parts.append(not_(self.related(relation, entity, value, inner, depth, negated=True)))
        return and_(true(), *parts)

    def related(
        self,
        relation: Relation,
        entity: Entity,
        tree: Tree,
        place: Place,
        depth: int,
        *,
        negated: bool = False,
    ) -> ColumnElement[bool]:
        self.count()
        target = relation.target
        other: Any = aliased(target.model)
        inner = self.tree(target, other, tree, place, depth + 1)
        return exists().where(
            related(other, relation.remote, entity, relation.local, self.viewer, insight=self.insight),
            inner.is_not(True) if negated else inner,
        )


def _parameters(part: ColumnElement[Any], bound: tuple[Any, ...]) -> tuple[BindParameter[Any], ...]:
    """The parameters that hold the bound values, in their order; constants of the operator come after."""
    found = tuple(dict.fromkeys(_inside(part)))[: len(bound)]
    if [each.value for each in found] != list(bound):
        raise TypeError("an operator binds other values than it says")
    return found


def _inside(element: Any) -> Iterator[BindParameter[Any]]:
    """The parameters of an expression from left to right."""
    if isinstance(element, BindParameter):
        yield element
    for child in element.get_children():
        yield from _inside(child)


def _keys(value: Any, operator: Operator, path: str, type_name: str | None) -> Any:
    if operator.takes == "boolean":
        return value
    if operator.takes == "values":
        return [key for text in value if (key := _key(text, path, type_name)) is not None]
    return _key(value, path, type_name)


def _key(text: str, path: str, type_name: str | None) -> Any:
    found = parse_id(text)
    if found is None:
        raise BadUserInput(f"{path}: this is no id; give the `id` of an object or a plain UUID.")
    named, key = found
    # The id of another type names nothing here; the nil UUID is nobody's. A column that names rows of any
    # type takes the ids of all.
    return key if type_name is None or named in (None, type_name) else kinds.NIL
