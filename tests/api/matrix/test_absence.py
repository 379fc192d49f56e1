"""What others have changes nothing of what is answered: asked while it is there, and again when it is gone.

By every way in, with their ids, their keys and their cursors; as everybody who does not see their rows.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import URL

from api.app import served_schema
from api.core.declarations import MIRRORS, Mirror
from api.core.ids import global_id
from db.base import Base
from db.matrix import Reach
from tests.api.differential.apps import Request, both_paths
from tests.api.differential.difference import first_difference
from tests.api.matrix.conftest import LIMITS, Asked, settled
from tests.api.matrix.fields import orders_of
from tests.api.matrix.opinion import INSIGHT, Somebody
from tests.factories import Factory, World

ASKING = ("analyst", "user", "guest")
SIDES = (("after", "first"), ("before", "last"))

Answers = dict[tuple[str, str], Any]


@pytest.fixture(scope="module")
async def leaving(postgres_url: URL, people: list[World], names: Iterator[str]) -> AsyncIterator[Asked]:
    """A town of which somebody is to be taken away."""
    async with (
        settled(postgres_url, next(names), people) as town,
        both_paths(town.database, served_schema(), **LIMITS) as both,
    ):
        yield Asked(town, both)


class Questions:
    """All that is asked about one type, with what is known of another's row."""

    def __init__(
        self, mirror: Mirror, key: str, others: Mapping[str, str], cursors: Mapping[str, str]
    ) -> None:
        self.mirror = mirror
        self.key = key
        self.others = others
        self.cursors = cursors

    def document(self, who: Somebody) -> str:
        """The operation."""
        return "{ " + " ".join(f"{alias}: {text}" for alias, text in self._fields(who)) + " }"

    def _fields(self, who: Somebody) -> Iterator[tuple[str, str]]:
        mirror, key = self.mirror, self.key
        page = (
            "{ totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } }"
        )
        yield "one", f'{mirror.one}(id: "{key}") {{ id }}'
        yield "node", f'node(id: "{key}") {{ id }}'
        yield "nodes", f'nodes(ids: ["{key}"]) {{ id }}'
        yield "these", f'{mirror.many}(where: {{ id: {{ in: ["{key}"] }} }}) {page}'
        if who.sees(str(mirror.model.__tablename__)) is Reach.NOTHING:
            return
        for (name, cursor), (side, size) in zip(self.cursors.items(), SIDES, strict=False):
            order = f"orderBy: [{{ field: {name} }}]"
            yield side, f'{mirror.many}({size}: 3, {side}: "{cursor}", {order}) {page}'
        if who.anonymous(str(mirror.model.__tablename__)):
            return
        below, conditions = [], []
        for name, relation in mirror.relations.items():
            other = f'id: {{ in: ["{self.others[relation.target.name]}"] }}'
            inner = f"some: {{ {other} }}" if relation.many else other
            conditions.append(f"{{ {name}: {{ {inner} }} }}")
            below.append(f"{name} {{ {'totalCount' if relation.many else 'id'} }}")
        # Whichever of them told of another's row would be enough.
        one_of_them = f"{{ or: [{', '.join(conditions)}] }}"
        yield "has", f"{mirror.many}(where: {one_of_them}) {page}"
        yield "lacks", f"{mirror.many}(where: {{ not: {one_of_them} }}) {page}"
        yield "whole", f"{mirror.many}(first: 50) {{ totalCount nodes {{ id {' '.join(below)} }} }}"


async def answers(asked: Asked, questions: list[Questions]) -> Answers:
    found: Answers = {}
    everybody = asked.town.everybody()
    for name in ASKING:
        who = everybody[name]
        for each in questions:
            table = str(each.mirror.model.__tablename__)
            # To whoever reaches as far as a user, a user's answers stand for theirs.
            if name != "user" and who.sees(table) is everybody["user"].sees(table):
                continue
            reply = await asked.both.ask(Request(each.document(who)), who.viewer)
            assert reply.codes == [], reply.body["errors"]
            found[name, each.mirror.name] = reply.body
    return found


async def known_of(asked: Asked, world: dict[str, Any]) -> list[Questions]:
    """What an administrator knows of somebody's rows, and others may have got hold of."""
    admin = asked.town.everybody()["admin"].viewer
    keys = {
        mirror.name: global_id(mirror.name, world[mirror.model.__tablename__]) for mirror in MIRRORS.values()
    }
    made = []
    for mirror in MIRRORS.values():
        orders = list(islice(orders_of(mirror).values(), len(SIDES)))
        lists = " ".join(
            f"{name}: {mirror.many}(first: 100, orderBy: [{{ field: {name} }}])"
            " { edges { cursor node { id } } }"
            for name in orders
        )
        reply = await asked.both.ask(Request(f"{{ {lists} }}"), admin)
        cursors = {
            name: edge["cursor"]
            for name in orders
            for edge in reply.data[name]["edges"]
            if edge["node"]["id"] == keys[mirror.name]
        }
        assert cursors, f"there is none of {mirror.name} to hide"
        made.append(Questions(mirror, keys[mirror.name], keys, cursors))
    return made


async def test_nothing_is_answered_otherwise_when_somebody_is_gone(leaving: Asked) -> None:
    town = leaving.town
    gone = town.people[1]
    questions = await known_of(leaving, gone)
    before = await answers(leaving, questions)
    tables = [table for table in reversed(Base.metadata.sorted_tables) if not is_service(table.name)]
    async with town.database.engine.begin() as connection:
        for table in tables:
            await connection.run_sync(lambda sync, name=table.name: Factory(sync).remove(name, gone[name]))
    after = await answers(leaving, questions)
    kept = {(name, type_name) for name, type_name in before if name != "analyst" or type_name not in TOLD}
    told = {key: first_difference(before[key], after[key]) for key in kept}
    assert {key: difference for key, difference in told.items() if difference is not None} == {}
    for type_name in TOLD:
        assert after["analyst", type_name] != before["analyst", type_name], "it would prove nothing"


def is_service(table: str) -> bool:
    """Whether the rows of a table are of the service itself, which developers see."""
    return table in ("embedding_models", "configs", "error_logs", "metrics")


TOLD = {
    mirror.name
    for mirror in MIRRORS.values()
    if mirror.model.__tablename__ in INSIGHT and not is_service(str(mirror.model.__tablename__))
}
"""The types that an analyst is told of whosever they are."""
