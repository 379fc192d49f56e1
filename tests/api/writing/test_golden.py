"""Every mutation of every entity, as it is sent and as it answers; names stand for ids and times.

`tests/golden_writing/ENTITY.graphql` has the operations, the `.json` beside it their variables and answers in
the order in which they are sent. `make golden` writes both anew.
"""

import itertools
import json
from typing import Any

import pytest
import strawberry

from api.core.ids import parse_id
from api.writing.declarations import WRITABLES, Writable
from db.session import Database
from tests import factories
from tests.api.auth.test_oidc import Identities
from tests.api.crowd import inhabit
from tests.api.writing import samples, scenes
from tests.api.writing.conftest import House
from tests.api.writing.golden import FOLDER, Names, compare
from tests.api.writing.places import mutations
from tests.api.writing.samples import Case, cases, document, given, row_of
from tests.api.writing.scenes import OUTSIDE, SCENES, staged
from tests.api.writing.test_changing import own_keys

ORDER = ("create", "bulk", "upsert", "update", "delete", "restore")


def operation(case: Case) -> str:
    """The operation with a name of its own."""
    name = f"{case.name[0].upper()}{case.name[1:]}"
    return document(case).replace("mutation (", f"mutation {name}(", 1)


async def steps(house: House, writable: Writable) -> list[tuple[Case, dict[str, Any]]]:
    """What is sent, in order; a row that is made first is what is changed, deleted and restored then."""
    known = {case.kind: case for case in cases() if case.writable is writable}
    found: list[tuple[Case, dict[str, Any]]] = []
    for kind in ORDER:
        case = known.get(kind)
        if case is None:
            continue
        if kind in ("create", "bulk", "upsert"):
            values = await house.full(case) if not found else one_more(case, found)
        elif kind == "update":
            values = given(writable, own_keys(house, case), writable.change)
            values |= {"id": "<it>", "expectedVersion": 1}
        else:
            values = {"id": "<it>"}
        found.append((case, values))
    return found


def one_more(case: Case, found: list[tuple[Case, dict[str, Any]]]) -> dict[str, Any]:
    """The row of the first step again, made by another mutation."""
    row = {
        name: value
        for name, value in found[0][1].items()
        if not isinstance(value, list) or name == "embedding"
    }
    if case.kind == "bulk":
        return {case.mirror.many: [row, row], "policy": "REJECT_FAILED_ROWS"}
    return row


@pytest.mark.parametrize("writable", WRITABLES.values(), ids=lambda writable: writable.mirror.name)
async def test_golden_mutations(
    database: Database,
    schema: strawberry.Schema,
    monkeypatch: pytest.MonkeyPatch,
    rewrite_golden: bool,
    writable: Writable,
) -> None:
    # What other tests made must not show.
    monkeypatch.setattr(samples, "NUMBERS", itertools.count(1))
    monkeypatch.setattr(factories, "_NUMBERS", itertools.count(1_000))
    async with database.engine.begin() as connection:
        mine, theirs = await connection.run_sync(inhabit, 2)
    house, names = House(database, schema, mine, theirs), Names()
    documents, answers, it = [], [], None
    planned = await steps(house, writable)
    if planned[0][0].kind not in ("create", "upsert"):
        it = str(house.mine[writable.model.__tablename__])
    for case, values in planned:
        sent = values | ({"id": it} if "id" in values else {})
        payload = await house.ask(case, sent)
        it = it or payload[case.mirror.one]["id"]
        documents.append(operation(case))
        answers.append({"operation": case.name, "input": names.of(sent), "payload": names.of(payload)})
    compare(writable.model.__tablename__, documents, answers, rewrite=rewrite_golden)


@pytest.mark.parametrize("group", sorted({scene.group for scene in SCENES.values()}))
async def test_golden_scenes(
    database: Database,
    schema: strawberry.Schema,
    monkeypatch: pytest.MonkeyPatch,
    rewrite_golden: bool,
    group: str,
) -> None:
    """Those that no declaration makes, each with what has to be there before it."""
    for module in (scenes, samples):
        monkeypatch.setattr(module, "NUMBERS", itertools.count(1))
    monkeypatch.setattr(factories, "_NUMBERS", itertools.count(1_000))
    async with database.engine.begin() as connection:
        mine, theirs = await connection.run_sync(inhabit, 2)
    identities = Identities()
    documents, answers = [], []
    try:
        async with staged(House(database, schema, mine, theirs), identities) as stage:
            for scene in [each for each in SCENES.values() if each.group == group]:
                given, names = await scene.setting(stage), Names()
                payload = await stage.payload(scene, given)
                documents.append(scene.document)
                answers.append(
                    {"operation": scene.name, "input": names.of(given), "payload": names.of(payload)}
                )
    finally:
        identities.server.shutdown()
        identities.server.server_close()
    compare(group, documents, answers, rewrite=rewrite_golden)


def test_every_mutation_has_a_golden_operation() -> None:
    """Read from the schema, so that one that is new has to be shown."""
    shown = {
        answer["operation"]: answer["payload"]
        for path in FOLDER.glob("*.json")
        for answer in json.loads(path.read_text(encoding="utf-8"))
    }
    assert shown.keys() == mutations().keys() - OUTSIDE
    assert [name for name, payload in shown.items() if payload["errors"]] == []


def test_none_is_left_over() -> None:
    stems = {model.__tablename__ for model in WRITABLES} | {scene.group for scene in SCENES.values()}
    assert {path.stem for path in FOLDER.iterdir()} == stems


async def test_what_is_made_stands_in_the_database(house: House) -> None:
    """The answers above come from reading; this one looks at the row itself."""
    (case,) = [case for case in cases("create") if case.name == "createMemory"]
    payload = await house.ask(case, await house.full(case))
    named = parse_id(payload["memory"]["id"])
    assert named is not None
    async with house.database.engine.begin() as connection:
        row = await connection.run_sync(row_of, case.writable.model, named[1])
    assert (row["user_id"], row["tags"], row["content"]) == (house.mine["users"], ["b", "a"], "文 text")
