"""The declarative base of every model: naming convention, type map, shared columns, relations, orders."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Final, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    exists,
    text,
)
from sqlalchemy.dialects.postgresql import INET, JSONB, TSVECTOR
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedColumn,
    Relationship,
    aliased,
    mapped_column,
    relationship,
)

from db.columns import COLLATION, BigInt, IPAddress, Json, presentable

# PostgreSQL's own suffixes, so that a violated constraint names its table and columns.
NAMING_CONVENTION: Final = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


class Base(DeclarativeBase):
    """Every table of Atrium."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(collation=COLLATION),
        list[str]: ARRAY(Text(collation=COLLATION)),
        int: Integer(),
        BigInt: BigInteger(),
        float: Double(),
        Decimal: Numeric(18, 8),
        datetime: DateTime(timezone=True),
        date: Date(),
        UUID: Uuid(),
        Json: JSONB(none_as_null=True),
        IPAddress: INET(),
    }

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        table = cast(Table, cls.__table__)
        bounded = {constraint.info.get("bounds") for constraint in table.constraints}
        for column in table.columns:
            check = presentable(column, bounded=column.name in bounded)
            if check is not None:
                table.append_constraint(check)


class Identified:
    """A time-ordered primary key, so that inserts stay at the right edge of the index."""

    id: Mapped[UUID] = mapped_column(
        primary_key=True, server_default=text("uuidv7()"), sort_order=-10, doc="Identity within its table."
    )


class Created:
    """When a row was first written."""

    created_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), sort_order=90, doc="When it was created."
    )


class Timestamped(Created):
    """For rows that change: a trigger keeps `updated_at`."""

    updated_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), sort_order=91, doc="When it last changed."
    )


class Versioned(Timestamped):
    """For rows that people change: a trigger counts the changes, of which the times of use are none."""

    version: Mapped[int] = mapped_column(
        server_default=text("1"),
        sort_order=93,
        doc="Counts its changes; an update may demand the version that it saw.",
    )


class Logged:
    """For log-like tables, partitioned by month: the time is part of the primary key."""

    created_at: Mapped[datetime] = mapped_column(
        primary_key=True, server_default=text("now()"), sort_order=90, doc="When it was written."
    )


class SoftDeleted:
    """For what people delete and want back: a deleted row is invisible on every path."""

    deleted_at: Mapped[datetime | None] = mapped_column(
        sort_order=92, doc="When it was deleted; it can be restored until it is purged."
    )


class Searchable:
    """For rows whose `content` is searched; its words are left out unless a statement asks for them."""

    words: Mapped[Any] = mapped_column(
        TSVECTOR(),
        Computed("search_vector(content)", persisted=True),
        nullable=True,
        deferred=True,
        deferred_raiseload=True,
        sort_order=95,
        doc="The words by which the text is found.",
    )


class Owned:
    """What one user owns carries the owner itself, so that ownership is one predicate."""

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), sort_order=-9, doc="The user who owns it."
    )


@cache
def named_alias(model: "type[Base]", role: str) -> Any:
    """The alias of a model for one role in statements, as `messages_listed`.

    Making an alias costs as much as running a short statement, so each is made once. A role may occur once in
    any chain of nested selects.
    """
    return aliased(model, name=f"{model.__tablename__}_{role}")


def there_is(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether anything fulfils a condition that mentions what is not in the statement around it."""
    return exists().where(condition)


def reference(target: str, *, doc: str, ondelete: str) -> MappedColumn[Any]:
    """A foreign key column to `target` (`"table.column"`); the annotation says whether it takes NULL."""
    return mapped_column(ForeignKey(target, ondelete=ondelete), doc=doc)


def owned_with(column: str, parent: str, *, ondelete: str) -> ForeignKeyConstraint:
    """A foreign key that holds `user_id` equal to the parent's: a child never changes hands alone.

    The parent table needs a unique constraint over `(id, user_id)`. A nullable `column` takes
    `ondelete="SET NULL (column)"`, which leaves the owner in place. The check can be put off to the end of
    a transaction (`SET CONSTRAINTS ALL DEFERRED`), which is how all of one user's rows go to another.
    """
    return ForeignKeyConstraint(
        [column, "user_id"],
        [f"{parent}.id", f"{parent}.user_id"],
        ondelete=ondelete,
        onupdate="CASCADE",
        deferrable=True,
    )


def relation(
    local: str,
    remote: str,
    *,
    back_populates: str,
    doc: str,
    order_by: str | None = None,
    uselist: bool | None = None,
) -> Relationship[Any]:
    """A relationship over one pair of attributes, as `"Message.session_id", "Session.id"`.

    The attribute that is not `id` is the foreign key. Nothing is ever loaded behind the reader's back:
    both reading paths of the API fetch relations themselves.
    """
    foreign = local if remote.endswith(".id") else remote
    return relationship(
        primaryjoin=f"{local} == {remote}",
        foreign_keys=foreign,
        remote_side=remote,
        back_populates=back_populates,
        order_by=order_by if order_by is not None else False,
        uselist=uselist,
        lazy="raise",
        passive_deletes="all" if foreign == remote else False,
        doc=doc,
    )


def orders(table: str, owner: str | None, *columns: str, nullable: Sequence[str] = ()) -> list[Index]:
    """The indexes that serve a table's orders: `(owner, column DESC, id DESC)`.

    A list can be ordered by a column exactly if such an index is declared: the API offers no other. A
    NOT NULL column needs one index, read in both directions, and its ORDER BY says nothing of NULLs (NULLS
    LAST would not match); a nullable one needs two, since NULLs come last whichever way it is ordered.
    `owner` is left out for lists that span owners.
    """
    lead = [owner] if owner else []
    stem = "_".join([table, *lead])
    served = [
        Index(
            f"{stem}_{column}_id_idx",
            *lead,
            text(f"{column} DESC"),
            text("id DESC"),
            info={"order": column},
        )
        for column in columns
    ]
    for column in nullable:
        info = {"order": column}
        served.append(
            Index(
                f"{stem}_{column}_desc_id_idx",
                *lead,
                text(f"{column} DESC NULLS LAST"),
                text("id DESC"),
                info=info,
            )
        )
        served.append(Index(f"{stem}_{column}_asc_id_idx", *lead, text(column), text("id"), info=info))
    return served


def searched(table: str) -> Index:
    """The index of the words by which a table's texts are found."""
    return Index(f"{table}_words_idx", "words", postgresql_using="gin")


def within(table: str, column: str, order: str = "created_at", *, descending: bool = True) -> Index:
    """The index of a foreign key: the children of one parent, in the order in which they are listed."""
    direction = " DESC" if descending else ""
    return Index(
        f"{table}_{column}_{order}_id_idx", column, text(f"{order}{direction}"), text(f"id{direction}")
    )
