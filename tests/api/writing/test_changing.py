"""Rows changed, deleted and restored: null clears, what is left out stays, and others' rows are not there."""

from typing import Any
from uuid import UUID

import pytest

from api.core.declarations import MIRRORS
from api.core.ids import global_id
from api.writing.rules import rules
from db.policy import Viewer
from db.store.links import links
from tests.api.writing.conftest import House
from tests.api.writing.samples import DEVELOPER, ERRORS, Case, cases, columns, given
from tests.api.writing.test_creating import differing

UPDATES = cases("update")
NULLABLE = [
    (case, name)
    for case in UPDATES
    for name in case.writable.change
    if rules(case.writable.model)[name].nullable
]
NEEDED = [
    (case, name)
    for case in UPDATES
    for name in case.writable.change
    if not rules(case.writable.model)[name].nullable
]
# Without an address a user needs a name, and the other way round.
EITHER = {"username", "email"}


def named(pairs: list[tuple[Case, str]]) -> Any:
    return pytest.mark.parametrize(
        ("case", "attribute"), pairs, ids=[f"{case.name}-{name}" for case, name in pairs]
    )


def mine(house: House, case: Case) -> str:
    return global_id(case.mirror.name, house.mine[case.writable.model.__tablename__])


def theirs(house: House, case: Case) -> str:
    return global_id(case.mirror.name, house.theirs[case.writable.model.__tablename__])


def own_keys(house: House, case: Case) -> dict[str, str]:
    """Ids of one's own for everything that the entity refers to."""
    return {
        name: global_id(MIRRORS[link.target].name, house.mine[link.target.__tablename__])
        for name, link in links(case.writable.model).items()
    }


async def version_of(house: House, case: Case) -> int:
    table = case.writable.model.__tablename__
    found = await house.value(f"SELECT version FROM {table} WHERE id = :id", id=house.mine[table])
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("case", UPDATES, ids=str)
async def test_what_is_given_is_changed_and_counted(house: House, case: Case) -> None:
    sent = given(case.writable, own_keys(house, case), case.writable.change)
    version = await version_of(house, case)
    payload = await house.ask(case, sent | {"id": mine(house, case), "expectedVersion": version})
    assert payload["errors"] == []
    shown = payload[case.mirror.one]
    assert differing(case, sent, shown) == []
    assert shown["version"] == version + 1


@named(NULLABLE)
async def test_null_clears_and_leaving_out_does_not(house: House, case: Case, attribute: str) -> None:
    model, name, key = case.writable.model, case.writable.names[attribute], mine(house, case)
    table, row = model.__tablename__, house.mine[model.__tablename__]
    value = given(case.writable, own_keys(house, case), (attribute,))
    column = columns(model)[attribute].name
    is_null = f"SELECT {column} IS NULL FROM {table} WHERE id = :id"
    if attribute in EITHER:
        both = "UPDATE users SET username = :name, email = :name || '@example.com' WHERE id = :id"
        await house.run(both, name=f"n{row}", id=row)
    for sent, cleared in ((value, False), ({}, False), ({name: None}, True)):
        payload = await house.ask(case, {"id": key, **sent})
        assert payload["errors"] == []
        assert await house.value(is_null, id=row) is cleared


@named(NEEDED)
async def test_what_is_needed_cannot_be_cleared(house: House, case: Case, attribute: str) -> None:
    name = case.writable.names[attribute]
    before = await house.state()
    payload = await house.ask(case, {"id": mine(house, case), name: None})
    (error,) = payload["errors"]
    assert (error["__typename"], error["path"]) == ("InvalidInputError", ["input", name])
    assert await house.state() == before


OWNED = [case for case in cases("update", "delete") if case.mirror.name not in ("EmbeddingModel", "Config")]


@pytest.mark.parametrize("case", [case for case in OWNED if case.name != "deleteUser"], ids=str)
async def test_others_rows_are_not_there(house: House, case: Case) -> None:
    developer = house.me(DEVELOPER)
    before = await house.state()
    for key in (theirs(house, case), str(UUID(int=1))):
        (error,) = (await house.ask(case, {"id": key}, developer, plainly(case)))["errors"]
        assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "id"])
    assert await house.state() == before


def plainly(case: Case) -> str:
    """The operation, showing what is wrong with it and nothing else."""
    return f"mutation ($input: {case.input}!) {{ {case.name}(input: $input) {{ {ERRORS} }} }}"


@pytest.mark.parametrize("case", cases("update", "delete", "restore"), ids=str)
async def test_what_is_no_id_of_it_is_told(house: House, case: Case) -> None:
    before = await house.state()
    other = "Session" if case.mirror.name != "Session" else "Message"
    for key in ("", "nonsense", global_id(other, house.mine["sessions"])):
        (error,) = (await house.ask(case, {"id": key}, query=plainly(case)))["errors"]
        assert (error["code"], error["path"]) == ("INVALID", ["input", "id"])
    assert await house.state() == before


@pytest.mark.parametrize("case", cases("update"), ids=str)
async def test_another_version_is_not_changed(house: House, case: Case) -> None:
    before = await house.state()
    (error,) = (await house.ask(case, {"id": mine(house, case), "expectedVersion": 7}))["errors"]
    assert (error["code"], error["path"]) == ("VERSION_CONFLICT", ["input", "expectedVersion"])
    assert await house.state() == before


@pytest.mark.parametrize("case", cases("delete"), ids=str)
async def test_what_is_deleted_is_gone_and_can_come_back(house: House, case: Case) -> None:
    table = case.writable.model.__tablename__
    key, row = mine(house, case), house.mine[table]
    payload = await house.ask(case, {"id": key})
    assert payload == {"deletedId": key, "errors": []}
    again = await house.ask(case, {"id": key})
    assert [error["code"] for error in again["errors"]] == ["NOT_FOUND"]
    back = [other for other in cases("restore") if other.writable is case.writable]
    if not back:
        assert await house.value(f"SELECT count(*) FROM {table} WHERE id = :id", id=row) == 0
        return
    if table != "users":
        stranger = Viewer(house.theirs["users"], DEVELOPER)
        (error,) = (await house.ask(back[0], {"id": key}, stranger))["errors"]
        assert error["code"] == "NOT_FOUND"
    restored = await house.ask(back[0], {"id": key})
    assert restored["errors"] == []
    assert restored[case.mirror.one]["id"] == key
    assert [e["code"] for e in (await house.ask(back[0], {"id": key}))["errors"]] == ["NOT_FOUND"]


async def test_counters_and_wholes_are_right_in_the_same_answer(house: House) -> None:
    developer = house.me(DEVELOPER)
    session = global_id("Session", house.mine["sessions"])
    await house.run("UPDATE messages SET total_tokens = 5 WHERE id = :id", id=house.mine["messages"])
    query = """mutation ($id: ID!, $session: ID!) {
      made: createMessage(input: {sessionId: $session, role: USER, content: "Hello", totalTokens: 7}) {
        message { seq session { messageCount totalTokens lastMessageAt messages { totalCount } } }
      }
      gone: deleteMessage(input: {id: $id}) { session { messageCount totalTokens } errors { message } }
      changed: updateMessage(input: {id: $id, content: "no"}) { errors { code path } }
      back: restoreMessage(input: {id: $id}) { message { session { messageCount totalTokens } } }
      text: updateMessage(input: {id: $id, content: "Edited", totalTokens: 1}) {
        message { content editedAt session { totalTokens } }
      }
    }"""
    result = await house.send(query, developer, id=str(house.mine["messages"]), session=session)
    assert result.errors is None
    data = result.data
    count = data["made"]["message"]["session"]["messageCount"]
    assert data["made"]["message"]["session"]["messages"]["totalCount"] == count == 3
    assert data["made"]["message"]["session"]["totalTokens"] == "12"
    assert data["made"]["message"]["session"]["lastMessageAt"] is not None
    assert data["gone"]["session"] == {"messageCount": 2, "totalTokens": "7"}
    assert data["changed"]["errors"] == [{"code": "NOT_FOUND", "path": ["input", "id"]}]
    assert data["back"]["message"]["session"] == {"messageCount": 3, "totalTokens": "12"}
    assert data["text"]["message"]["content"] == "Edited"
    assert data["text"]["message"]["editedAt"] is not None
    assert data["text"]["message"]["session"] == {"totalTokens": "8"}


async def test_what_others_need_is_not_deleted(house: House, admin: Viewer) -> None:
    (case,) = [case for case in cases("delete") if case.name == "deleteEmbeddingModel"]
    needed = await house.value(
        "SELECT model_id FROM chunk_embeddings WHERE user_id = :id", id=house.mine["users"]
    )
    before = await house.state()
    (error,) = (await house.ask(case, {"id": str(needed)}, admin))["errors"]
    assert (error["code"], error["message"]) == (
        "CONFLICT",
        "It is still in use by chunk embeddings: delete those first.",
    )
    assert await house.state() == before
