"""What a batch knows of rows that are here, and the records that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Known:
    """A row here that something of the source became; `owner` is None for what belongs to nobody."""

    id: UUID
    owner: UUID | None


@dataclass(frozen=True, slots=True)
class Former:
    """What a row of the source became in an earlier import. `edited` says that it was changed here since."""

    id: UUID
    fingerprint: UUID | None
    merged: bool = False
    edited: bool = False
    gone: bool = False


class Way(Enum):
    """How a record gets into its table."""

    NEW = "new"
    CHANGED = "changed"
    FILL = "fill"
    """Only what is still empty is filled in; roles and permissions are added."""
    LINK = "link"
    """Only the columns that are given are set; to whoever looks, the row did not change."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row to be written: values in the order of its table's columns, and the columns that were given.

    `key` is that of the source's row it comes from.
    """

    entity: str
    way: Way
    values: tuple[Any, ...]
    given: frozenset[str]
    key: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row came from, as `import_map` keeps it."""

    table: str
    key: str
    entity: str
    id: UUID
    is_stub: bool
    fingerprint: UUID | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """The last message of a session that this import began, and its branch."""

    id: UUID
    branch_seq: int


@dataclass(slots=True)
class Facts:
    """What was looked up for a batch before it is mapped."""

    former: Mapping[tuple[str, str, str], Former] = field(default_factory=dict)
    """By table and key of the source, and entity."""
    known: dict[tuple[str, str, str], Known] = field(default_factory=dict)
    """By entity, table and key of the source."""
    taken: frozenset[UUID] = frozenset()
    """Ids of the source that rows of others have here."""
    last: dict[UUID, int] = field(default_factory=dict)
    """The last number of each parent."""
    ends: dict[UUID, End] = field(default_factory=dict)
    """Where sessions end whose messages are all of this import."""
    slugs: set[str] = field(default_factory=set)
    """Slugs of personalities that are taken."""
    defaults: set[UUID | None] = field(default_factory=set)
    """Owners who have a default personality."""
    names: Mapping[str, UUID] = field(default_factory=dict)
    """Names that are taken in the table that the step asks about, with the ids of their rows."""
    held: dict[UUID, UUID] = field(default_factory=dict)
    """Rows of the step's entity that are here, by user, where each has one."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a batch tells the next one, which begins before it is written: how its last parent ends."""

    last: Mapping[UUID, int] = field(default_factory=dict)
    ends: Mapping[UUID, End] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Facts, parent: UUID | None) -> Self:
        """What is known of the last parent after a batch was mapped."""
        if parent is None:
            return cls()
        end = facts.ends.get(parent)
        return cls({parent: facts.last[parent]}, {parent: end} if end is not None else {})
