"""What may be written of each entity: one declaration, from which its mutations are made.

    writable(
        models.Message,
        once="session_id parent_id role",
        change="content model temperature meta",
        parts=(models.Message.citations,),
        place=Numbering("seq", "session_id", 1),
        bulk=True,
    )

Names, kinds, limits and descriptions come from the model; who may do it comes from the matrix of permissions.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import inspect
from sqlalchemy.orm import InstrumentedAttribute
from strawberry.utils.str_converters import to_camel_case

from api.core.declarations import MIRRORS, Mirror
from api.core.roots import words
from db.base import Base, SoftDeleted
from db.policy import Viewer
from db.session import WriteSession
from db.store.audit import Actor
from db.store.change import versioned
from db.store.create import Before, Numbering, Plan
from db.store.drafts import Draft

Values = Mapping[str, Any]
"""Values by attribute."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a check found: a sentence, the attribute to blame, and the way to the place inside its value."""

    message: str
    attribute: str | None = None
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """What was just done, before its transaction ends.

    `drafts` are the rows written, with their values; for a change or a deletion it is one, whose `current` is
    the row as it was.
    """

    operation: str
    drafts: Sequence[Draft]
    viewer: Viewer
    actor: Actor


Check = Callable[[Values, Values], Iterable[Wrong]]
"""Judges the values given against the row as it is, which is empty for a new one. It touches no database."""
Derive = Callable[[Values, Values], Values]
"""Further values that follow from those given and the row as it is."""
After = Callable[[WriteSession, Deed], Awaitable[None]]
"""Does what goes along with a deed, in the same transaction. It may raise Invalid, Conflict or NotFound."""


def _nothing_wrong(values: Values, current: Values) -> Iterable[Wrong]:  # noqa: ARG001
    return ()


def _nothing_more(values: Values, current: Values) -> Values:  # noqa: ARG001
    return {}


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that are made together with the one that they belong to; `attribute` names that one."""

    name: str
    model: type[Base]
    attribute: str
    description: str

    @property
    def writable(self) -> "Writable":
        """What may be written of the part."""
        return WRITABLES[self.model]


@dataclass(eq=False)
class Writable:
    """All that is known of writing one model; attributes as `writable` takes them."""

    model: type[Base]
    once: tuple[str, ...]
    change: tuple[str, ...]
    key: tuple[str, ...]
    parts: tuple[Part, ...]
    bulk: bool
    place: Numbering | None
    operations: frozenset[str]
    administrators: frozenset[str]
    reserved: frozenset[str]
    secret: frozenset[str]
    check: Check
    derive: Derive
    before: Before | None
    after: After | None

    @cached_property
    def mirror(self) -> Mirror:
        """The type that shows it."""
        return MIRRORS[self.model]

    @cached_property
    def given(self) -> tuple[str, ...]:
        """The attributes that a new row may be given."""
        return self.once + self.change

    @cached_property
    def names(self) -> Mapping[str, str]:
        """How inputs call the attributes: as the type does."""
        shown = {column.attribute: column.name for column in self.mirror.columns.values()}
        return {name: shown.get(name) or to_camel_case(name) for name in self.given}

    @property
    def versioned(self) -> bool:
        """Whether one can demand the version that is changed."""
        return versioned(self.model)

    @property
    def words(self) -> str:
        """What people call it."""
        return words(self.mirror.name)

    @property
    def article(self) -> str:
        """What stands before the words: a user, an agent, an LLM call; the user preferences."""
        if self.mirror.many.startswith("all"):
            return "the"
        spelled = self.words[1].isupper()
        vowel = self.words[0] in "AEFHILMNORSX" if spelled else self.words[0] in "aeiou"
        return "an" if vowel and not self.words.startswith("us") else "a"


WRITABLES: Final[dict[type[Base], Writable]] = {}
"""What may be written of every model, in the order in which the modules were imported."""


def creation_plan() -> Plan:
    """What making rows of any model takes beyond their values."""
    return Plan(
        {model: each.place for model, each in WRITABLES.items() if each.place is not None},
        {model: each.before for model, each in WRITABLES.items() if each.before is not None},
    )


def writable(
    model: type[Base],
    *,
    once: str = "",
    change: str = "",
    key: str = "",
    parts: Iterable[InstrumentedAttribute[Any]] = (),
    bulk: bool = False,
    place: Numbering | None = None,
    leave_out: str = "",
    administrators: str = "",
    reserved: str = "",
    secret: str = "",
    check: Check = _nothing_wrong,
    derive: Derive = _nothing_more,
    before: Before | None = None,
    after: After | None = None,
) -> None:
    """Declare what may be written of a model. Lists are texts with blanks between.

    Args:
        model: the mapped class, which has a mirror.
        once: attributes that are given when a row is made, and stay.
        change: attributes that are given then or later.
        key: attributes that identify a row beside its id, by which `upsert` finds it.
        parts: relations to rows that can be made together with this one.
        bulk: whether many can be made by one mutation.
        place: the attribute that says where a row stands among others, which is found out where it is not
            given.
        leave_out: operations that there are not to be: `create`, `update`, `delete`.
        administrators: operations that only administrators do.
        reserved: attributes that only administrators set.
        secret: attributes whose values the audit leaves out.
        check: judges values.
        derive: adds values that follow from others.
        before: judges rows by what the database has, in the transaction and before they are written.
        after: what goes along with a deed, in its transaction.
    """
    mapper = inspect(model)
    names = [*once.split(), *change.split(), *key.split(), *reserved.split(), *secret.split()]
    unknown = [name for name in names if name not in mapper.column_attrs]
    if unknown:
        raise TypeError(f"{model.__name__} has no {' or '.join(unknown)}")
    if model in WRITABLES:
        raise TypeError(f"{model.__name__} is declared writable twice")
    operations = {"create", "delete"}
    if change and versioned(model):
        operations.add("update")
    if issubclass(model, SoftDeleted):
        operations.add("restore")
    if key:
        operations.add("upsert")
    if bulk:
        operations.add("bulk")
    left_out = set(leave_out.split())
    left_out |= {"restore"} if "delete" in left_out else set()
    WRITABLES[model] = Writable(
        model=model,
        once=tuple(once.split()),
        change=tuple(change.split()),
        key=tuple(key.split()),
        parts=tuple(_part(relation) for relation in parts),
        bulk=bulk,
        place=place,
        operations=frozenset(operations - left_out),
        administrators=frozenset(administrators.split()),
        reserved=frozenset(reserved.split()),
        secret=frozenset(secret.split()),
        check=check,
        derive=derive,
        before=before,
        after=after,
    )


def _part(relation: InstrumentedAttribute[Any]) -> Part:
    way: Any = relation.property
    ((_, remote),) = way.local_remote_pairs
    attribute = way.mapper.get_property_by_column(remote).key
    return Part(way.key, way.mapper.class_, attribute, way.doc or "")
