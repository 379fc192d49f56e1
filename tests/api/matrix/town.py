"""A database with several people's rows, all of its rows as they stand there, and who may see which."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, select, update

from api.core.declarations import MIRRORS, Mirror, Relation
from api.core.ids import global_id
from db.base import Base
from db.matrix import Reach
from db.policy import Viewer
from db.session import Database
from tests.api.crowd import inhabit, one_for_each_user
from tests.api.matrix.opinion import LIKE_THEIR_WHOLE, NOBODYS, OWNER, PARTS, SHARED, Somebody
from tests.factories import Factory, World

TABLES: Final = Base.metadata.tables
DELETABLE: Final = [table.name for table in Base.metadata.sorted_tables if "deleted_at" in table.c]

SCOPES: Final = ("session:read", "message:*", "config:read")
"""Of the key of an administrator."""

Rows = dict[str, dict[UUID, dict[str, Any]]]


@dataclass(frozen=True)
class Town:
    """Two people with all their rows, and one more for each kind of thing of which one is deleted."""

    database: Database
    people: list[World]
    rows: Rows

    def everybody(self) -> dict[str, Somebody]:
        """Everybody that the tests are."""
        me, other = self.people[0]["users"], self.people[1]["users"]
        return {
            "admin": Somebody.of(other, "admin"),
            "developer": Somebody.of(me, "developer"),
            "analyst": Somebody.of(me, "analyst"),
            "user": Somebody.of(me, "user"),
            "viewer": Somebody.of(me, "viewer"),
            "guest": Somebody(Viewer(None), ("guest",)),
            "guest with an account": Somebody.of(me, "guest"),
            "without a role": Somebody(Viewer(me), ("viewer",)),
            "user without rows": Somebody.of(UUID(int=5), "user"),
            "developing analyst": Somebody.of(me, "developer", "analyst"),
            "auditor": Somebody(
                Viewer(me, frozenset({"viewer"}), frozenset({"session:read_all", "intent_analysis:insight"})),
                ("viewer",),
                {"sessions": Reach.ALL, "intent_analyses": Reach.INSIGHT},
            ),
            "key of an admin": Somebody(
                Viewer(
                    other,
                    frozenset({"admin"}),
                    scopes=frozenset(SCOPES),
                ),
                ("admin",),
                named={"sessions": Reach.OWN, "messages": Reach.ALL, "configs": Reach.ALL},
            ),
        }

    def deleted(self, table: str, row: dict[str, Any]) -> bool:
        """Whether a row, or a whole that it is a part of, is deleted."""
        if row.get("deleted_at") is not None:
            return True
        return any(
            self.deleted(whole, self.rows[whole][row[column]])
            for column in PARTS.get(table, ())
            if row[column] is not None
            for whole in [referred(TABLES[table], column)]
        )

    def sees(
        self, who: Somebody, table: str, row: dict[str, Any], *, insight: bool, at_most: Reach = Reach.ALL
    ) -> bool:
        """Whether somebody may see a row, in a place that may show anybody's with `insight`."""
        if self.deleted(table, row):
            return False
        reach = min(who.sees(table), at_most)
        if reach is Reach.ALL or (insight and reach is Reach.INSIGHT):
            return True
        if reach is Reach.NOTHING:
            return False
        if table in LIKE_THEIR_WHOLE:
            column = LIKE_THEIR_WHOLE[table]
            whole = referred(TABLES[table], column)
            return self.sees(who, whole, self.rows[whole][row[column]], insight=False, at_most=reach)
        if table in SHARED and (row["is_public"] or row["user_id"] is None):
            return True
        return reach >= Reach.OWN and self.owns(who.viewer, table, row)

    def owns(self, viewer: Viewer, table: str, row: dict[str, Any]) -> bool:
        """Whether a row is a viewer's own."""
        if table in NOBODYS or table in LIKE_THEIR_WHOLE or viewer.user_id is None:
            return False
        return bool(row[OWNER.get(table, "user_id")] == viewer.user_id)

    def visible(self, who: Somebody, mirror: Mirror, *, insight: bool = False) -> set[str]:
        """The global ids of the rows of a type that somebody may see."""
        table = mirror.model.__tablename__
        return {
            global_id(mirror.name, key)
            for key, row in self.rows[table].items()
            if self.sees(who, table, row, insight=insight)
        }

    def listed(self, who: Somebody, mirror: Mirror) -> set[str]:
        """The same of the lists of the root."""
        return self.visible(who, mirror, insight=who.anonymous(mirror.model.__tablename__))

    def all(self, mirror: Mirror) -> list[str]:
        """The global ids of all rows of a type."""
        return [global_id(mirror.name, key) for key in self.rows[mirror.model.__tablename__]]

    def related(self, relation: Relation, who: Somebody) -> dict[str, set[str]]:
        """For each row of a root list of the one end of a relation, the rows to which it leads."""
        source, target = MIRRORS[relation.source], relation.target
        insight = who.anonymous(source.model.__tablename__)
        seen = self.visible(who, target, insight=insight)
        found: dict[str, set[str]] = {one: set() for one in self.listed(who, source)}
        ((local, remote),) = relation.property.local_remote_pairs or ()
        by_key: dict[Any, list[str]] = {}
        for key, row in self.rows[target.model.__tablename__].items():
            by_key.setdefault(row[remote.name], []).append(global_id(target.name, key))
        for key, row in self.rows[source.model.__tablename__].items():
            one = global_id(source.name, key)
            if one in found and row[local.name] is not None:
                found[one] |= set(by_key.get(row[local.name], ())) & seen
        return found


def referred(table: Table, column: str) -> str:
    """The table to which a foreign key leads."""
    (name,) = {key.column.table.name for key in table.c[column].foreign_keys if key.column.name == "id"}
    return str(name)


def settle(connection: Connection) -> list[World]:
    """Make the people and their rows."""
    people = inhabit(connection, 2 + len(DELETABLE))
    now = datetime(2026, 1, 31, tzinfo=UTC)
    for world, name in zip(people[2:], DELETABLE, strict=True):
        table = TABLES[name]
        connection.execute(update(table).where(table.c.id == world[name]).values(deleted_at=now))
    personalities = TABLES["personalities"]
    # Of somebody who is there, and must not be told whose it is.
    generous = people[2 + DELETABLE.index("documents")]
    for world, values in (
        (generous, {"is_public": True}),
        (people[-1], {"user_id": None}),
    ):
        own = personalities.c.id == world["personalities"]
        connection.execute(update(personalities).where(own).values(dict(values)))
    # Not the other way round: how often a personality is used is told to whoever sees it.
    for other in (people[1], generous):
        refer(connection, people[0], other)
    return people


def refer(connection: Connection, one: World, other: World) -> None:
    """Let rows of one lead to what another has, wherever the database lets them."""
    factory = Factory(connection)
    for table in Base.metadata.sorted_tables:
        for column in open_to_others(table):
            wanted = {column: other[referred(table, column)]}
            if one_for_each_user(table):
                own = table.c.id == one[table.name]
                connection.execute(update(table).where(own).values(**wanted))
            else:
                factory.create(table.name, one, **wanted)


def open_to_others(table: Table) -> list[str]:
    """The foreign keys of what has an owner that nothing holds to rows of the same one."""
    if "user_id" not in table.c or table.name in LIKE_THEIR_WHOLE:
        return []
    held = {
        name
        for each in table.foreign_key_constraints
        if "user_id" in each.column_keys
        for name in each.column_keys
    }
    return [
        key.parent.name
        for key in table.foreign_keys
        if key.column.name == "id" and key.parent.name not in held
    ]


def read_rows(connection: Connection) -> Rows:
    """All rows of all tables."""
    return {
        name: {row["id"]: dict(row) for row in connection.execute(select(table)).mappings()}
        for name, table in TABLES.items()
    }
