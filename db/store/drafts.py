"""Rows that are to be written, what is wrong with them, and what the database says of a statement."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from db import faults
from db.base import Base
from db.errors import Conflict, DataError, Invalid
from db.ids import new_id
from db.session import WriteSession


class BulkPolicy(Enum):
    """What becomes of many rows when some of them cannot be written."""

    ALL_OR_NOTHING = "all_or_nothing"
    REJECT_FAILED_ROWS = "reject_failed_rows"
    IGNORE_FAILED = "ignore_failed"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a draft, and the attribute to blame; None where it is no single one.

    `inside` leads to the place inside the attribute's value.
    """

    error: DataError
    attribute: str | None = None
    inside: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Draft:
    """One row that is to be written.

    `values` has what is given, by attribute; what is left out gets the column's default. `parts` are rows
    that belong to this one, by the name of the relation. `path` leads to it in the input. `owner` is found
    out from the wholes that it belongs to. `current` is the row as it stands, for a change. `inherited` are
    the attributes that come from the whole that it is a part of, `forgiven` faults for which it is written
    without what is to blame, `placed` whether its place was given by us.
    """

    model: type[Base]
    values: dict[str, Any]
    path: tuple[str, ...] = ()
    parts: dict[str, list["Draft"]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    id: UUID = field(default_factory=new_id)
    owner: UUID | None = None
    whole: "Draft | None" = None
    current: dict[str, Any] = field(default_factory=dict)
    inherited: set[str] = field(default_factory=set)
    forgiven: list[Fault] = field(default_factory=list)
    placed: bool = False

    def blame(self, error: DataError, attribute: str | None = None, inside: tuple[str, ...] = ()) -> None:
        """Note that the row cannot be written like this."""
        self.faults.append(Fault(error, attribute, inside))

    def all(self) -> Iterator["Draft"]:
        """The draft and all of its parts, wholes first."""
        yield self
        for parts in self.parts.values():
            for part in parts:
                yield from part.all()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong with it, nor with any of its parts."""
        return not any(draft.faults for draft in self.all())


@asynccontextmanager
async def attempted(session: WriteSession) -> AsyncIterator[None]:
    """A part of a transaction that is undone when the database refuses a value of it.

    Raises Conflict or Invalid, upon which the transaction can go on.
    """
    try:
        async with session.begin_nested():
            yield
    except DBAPIError as error:
        fault = faults.executing(error, lost=error.connection_invalidated)
        if isinstance(fault, (Conflict, Invalid)):
            raise fault from error
        raise
