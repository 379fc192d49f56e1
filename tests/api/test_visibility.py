"""Who sees what: every entity on every path, against a list of the rules written down a second time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import Connection, Table, select, update

from api.core.declarations import MIRRORS, Mirror, Relation
from api.core.ids import global_id
from db.base import Base
from db.policy import ADMIN, DEVELOPER, Viewer
from db.session import Database
from tests.api.conftest import Run
from tests.api.crowd import inhabit, populated
from tests.factories import World

# What is hidden with the whole that it is a part of. Written by hand, as a second opinion on the policy.
PARTS: Final = {
    "messages": ["session_id"],
    "message_memories": ["message_id"],
    "message_citations": ["message_id"],
    "personality_validations": ["personality_id"],
    "memory_links": ["memory_id", "related_id"],
    "memory_embeddings": ["memory_id"],
    "agent_plugins": ["agent_id"],
    "workflow_versions": ["workflow_id"],
    "document_chunks": ["document_id"],
    "chunk_embeddings": ["chunk_id"],
    "tool_calls": ["session_id"],
    "llm_calls": ["session_id"],
    "data_source_schemas": ["data_source_id"],
    "data_source_tables": ["schema_id"],
    "behavior_events": ["session_id"],
    "intent_analyses": ["session_id"],
    "ad_recommendations": ["session_id"],
}
OWNER: Final = {"users": "id", "audit_logs": "actor_user_id", "import_runs": "started_by_id"}
FOR_ALL: Final = {"embedding_models"}
FOR_DEVELOPERS: Final = {"configs", "error_logs", "metrics"}
SHARED: Final = {"personalities"}
"""Public ones and those of nobody are everybody's."""
LIKE_THEIR_WHOLE: Final = {"personality_validations": "personality_id", "import_map": "run_id"}

TABLES: Final = Base.metadata.tables
DELETABLE: Final = [table.name for table in Base.metadata.sorted_tables if "deleted_at" in table.c]

Rows = dict[str, dict[UUID, dict[str, Any]]]


@dataclass(frozen=True)
class Town:
    """A database with several people's rows, and all of its rows as they stand there."""

    database: Database
    people: list[World]
    rows: Rows

    def viewers(self) -> dict[str, Viewer]:
        """Everybody there is: owners, somebody without rows, a guest, a developer, an administrator."""
        people = {f"person {index}": Viewer(world["users"]) for index, world in enumerate(self.people)}
        return people | {
            "nobody": Viewer(UUID(int=5)),
            "guest": Viewer(None),
            "developer": Viewer(self.people[0]["users"], frozenset({DEVELOPER})),
            "administrator": Viewer(self.people[1]["users"], frozenset({ADMIN})),
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

    def sees(self, viewer: Viewer, table: str, row: dict[str, Any]) -> bool:
        """Whether a viewer may see a row."""
        if self.deleted(table, row):
            return False
        if viewer.is_admin or table in FOR_ALL:
            return True
        if table in FOR_DEVELOPERS:
            return DEVELOPER in viewer.roles
        if table in SHARED and (row["is_public"] or row["user_id"] is None):
            return True
        if table in LIKE_THEIR_WHOLE:
            column = LIKE_THEIR_WHOLE[table]
            whole = referred(TABLES[table], column)
            return self.sees(viewer, whole, self.rows[whole][row[column]])
        return viewer.user_id is not None and row[OWNER.get(table, "user_id")] == viewer.user_id

    def visible(self, viewer: Viewer, mirror: Mirror) -> set[str]:
        """The global ids of the rows of a type that a viewer may see."""
        table = mirror.model.__tablename__
        return {
            global_id(mirror.name, key)
            for key, row in self.rows[table].items()
            if self.sees(viewer, table, row)
        }

    def all(self, mirror: Mirror) -> list[str]:
        """The global ids of all rows of a type."""
        return [global_id(mirror.name, key) for key in self.rows[mirror.model.__tablename__]]

    def related(self, relation: Relation, viewer: Viewer) -> dict[str, set[str]]:
        """For each visible row of the one end of a relation, the visible rows to which it leads."""
        (source, target) = (MIRRORS[relation.source], relation.target)
        seen = self.visible(viewer, source), self.visible(viewer, target)
        found: dict[str, set[str]] = {one: set() for one in seen[0]}
        ((local, remote),) = relation.property.local_remote_pairs or ()
        by_key: dict[Any, list[str]] = {}
        for key, row in self.rows[target.model.__tablename__].items():
            by_key.setdefault(row[remote.name], []).append(global_id(target.name, key))
        for key, row in self.rows[source.model.__tablename__].items():
            one = global_id(source.name, key)
            if one in found and row[local.name] is not None:
                found[one] |= set(by_key.get(row[local.name], ())) & seen[1]
        return found


def referred(table: Table, column: str) -> str:
    """The table to which a foreign key leads."""
    (name,) = {key.column.table.name for key in table.c[column].foreign_keys if key.column.name == "id"}
    return str(name)


def settle(connection: Connection) -> tuple[list[World], Rows]:
    """Two people with all their rows, and one more for each kind of thing of which one is deleted."""
    people = inhabit(connection, 2 + len(DELETABLE))
    now = datetime(2026, 1, 31, tzinfo=UTC)
    for world, name in zip(people[2:], DELETABLE, strict=True):
        table = TABLES[name]
        connection.execute(update(table).where(table.c.id == world[name]).values(deleted_at=now))
    personalities = TABLES["personalities"]
    for world, values in ((people[0], {"is_public": True}), (people[-1], {"user_id": None})):
        own = personalities.c.id == world["personalities"]
        connection.execute(update(personalities).where(own).values(dict(values)))
    rows = {
        name: {row["id"]: dict(row) for row in connection.execute(select(table)).mappings()}
        for name, table in TABLES.items()
    }
    return people, rows


@pytest.fixture(scope="module")
async def town(postgres_url: Any, template: Any, names: Iterator[str]) -> AsyncIterator[Town]:
    async with populated(postgres_url, next(names), settle) as (database, (people, rows)):
        yield Town(database, people, rows)


async def answer(run: Run, town: Town, viewer: Viewer, document: str, **variables: Any) -> dict[str, Any]:
    result = await run(town.database, viewer, document, **variables)
    assert result.errors is None, (result.errors, document)
    assert result.data is not None
    return result.data


def ids(page: dict[str, Any]) -> list[str]:
    return [node["id"] for node in page["nodes"]]


ENTITIES = pytest.mark.parametrize("mirror", MIRRORS.values(), ids=lambda mirror: mirror.name)
RELATIONS = pytest.mark.parametrize(
    "relation",
    [relation for mirror in MIRRORS.values() for relation in mirror.relations.values()],
    ids=lambda relation: f"{MIRRORS[relation.source].name}.{relation.name}",
)


async def test_the_town_has_something_to_hide(town: Town) -> None:
    viewers = town.viewers()
    for mirror in MIRRORS.values():
        table = mirror.model.__tablename__
        seen = {name: town.visible(viewer, mirror) for name, viewer in viewers.items()}
        assert len(town.rows[table]) <= 100, "they must fit on one page"
        assert seen["administrator"]
        if table not in FOR_ALL | FOR_DEVELOPERS:
            assert seen["person 0"] != seen["person 1"]
        assert (len(seen["administrator"]) < len(town.rows[table])) is (table in PARTS or table in DELETABLE)


@ENTITIES
async def test_lists_and_their_counts(town: Town, run: Run, mirror: Mirror) -> None:
    document = f"{{ page: {mirror.many}(first: 100) {{ nodes {{ id }} totalCount }} }}"
    for name, viewer in town.viewers().items():
        page = (await answer(run, town, viewer, document))["page"]
        assert sorted(ids(page)) == sorted(town.visible(viewer, mirror)), name
        assert page["totalCount"] == len(page["nodes"]), name


@ENTITIES
async def test_objects_by_id(town: Town, run: Run, mirror: Mirror) -> None:
    """Invisible is answered like unknown: with null, and without an error."""
    everything = town.all(mirror)
    one = " ".join(f'a{index}: {mirror.one}(id: "{key}") {{ id }}' for index, key in enumerate(everything))
    node = " ".join(f'b{index}: node(id: "{key}") {{ id }}' for index, key in enumerate(everything))
    document = f"query ($ids: [ID!]!) {{ {one} {node} nodes(ids: $ids) {{ id }} }}"
    viewers = town.viewers()
    for name in ("person 0", "guest", "developer", "administrator"):
        data = await answer(run, town, viewers[name], document, ids=everything)
        seen = town.visible(viewers[name], mirror)
        expected = [{"id": key} if key in seen else None for key in everything]
        assert [data[f"a{index}"] for index in range(len(everything))] == expected, name
        assert [data[f"b{index}"] for index in range(len(everything))] == expected, name
        assert data["nodes"] == expected, name


@RELATIONS
async def test_related_objects_and_their_counts(town: Town, run: Run, relation: Relation) -> None:
    source = MIRRORS[relation.source]
    below = "(first: 100) { nodes { id } totalCount }" if relation.many else "{ id }"
    document = f"{{ page: {source.many}(first: 100) {{ nodes {{ id found: {relation.name} {below} }} }} }}"
    viewers = town.viewers()
    for name in ("person 1", "administrator"):
        data = await answer(run, town, viewers[name], document)
        found: dict[str, list[str]] = {}
        for node in data["page"]["nodes"]:
            other = node["found"]
            found[node["id"]] = ids(other) if relation.many else [other["id"]] if other else []
            assert not relation.many or other["totalCount"] == len(found[node["id"]]), name
        expected = town.related(relation, viewers[name])
        assert {key: sorted(value) for key, value in found.items()} == {
            key: sorted(value) for key, value in expected.items()
        }, name


@RELATIONS
async def test_filters_do_not_tell_of_what_is_invisible(town: Town, run: Run, relation: Relation) -> None:
    """Neither whether it is there, nor what it is like."""
    source = MIRRORS[relation.source]
    inner = {"id": {"in": town.all(relation.target)}}
    has: dict[str, Any] = {relation.name: {"some": inner} if relation.many else inner}
    lacks: dict[str, Any] = {relation.name: {"none": {}}} if relation.many else {"not": {relation.name: {}}}
    document = (
        f"query ($has: {source.name}Where!, $lacks: {source.name}Where!) {{"
        f" has: {source.many}(first: 100, where: $has) {{ nodes {{ id }} totalCount }}"
        f" lacks: {source.many}(first: 100, where: $lacks) {{ nodes {{ id }} totalCount }} }}"
    )
    viewers = town.viewers()
    for name in ("person 1", "administrator"):
        data = await answer(run, town, viewers[name], document, has=has, lacks=lacks)
        expected = town.related(relation, viewers[name])
        for page, wanted in (("has", True), ("lacks", False)):
            keys = sorted(key for key, others in expected.items() if bool(others) is wanted)
            assert sorted(ids(data[page])) == keys, (name, page)
            assert data[page]["totalCount"] == len(keys), (name, page)


async def test_operations_of_several_viewers_at_once_stay_apart(town: Town, run: Run) -> None:
    """The same document, resolved in the same event loop at the same time, for each viewer their own."""
    viewers = list(town.viewers().values()) * 4
    document = """{
        viewer { id sessions(first: 100) { nodes { id messages(first: 100) { nodes { id user { id } } } } } }
        messages(first: 100) { nodes { id } }
        users(first: 100) { nodes { id } }
    }"""
    results = await asyncio.gather(*(answer(run, town, viewer, document) for viewer in viewers))
    models = {mirror.name: mirror for mirror in MIRRORS.values()}
    for viewer, data in zip(viewers, results, strict=True):
        for field, name in (("messages", "Message"), ("users", "User")):
            assert sorted(ids(data[field])) == sorted(town.visible(viewer, models[name]))
        seen = town.visible(viewer, models["User"])
        me = global_id("User", viewer.user_id) if viewer.user_id else None
        assert (data["viewer"] or {}).get("id") == (me if me in seen else None)
        if data["viewer"] and not viewer.is_admin:
            below = [
                key for session in data["viewer"]["sessions"]["nodes"] for key in ids(session["messages"])
            ]
            assert sorted(below) == sorted(ids(data["messages"]))
            owners = {
                message["user"]["id"]
                for session in data["viewer"]["sessions"]["nodes"]
                for message in session["messages"]["nodes"]
            }
            assert owners <= {me}
