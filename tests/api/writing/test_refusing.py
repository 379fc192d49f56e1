"""What is wrong with an input is told with its place, and nothing is written: every attribute, every way."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from api.core.declarations import MIRRORS
from api.core.ids import global_id
from api.core.kinds import kind_of
from api.writing.rules import rules
from db.matrix import MATRIX, Reach
from db.models import Role
from db.policy import Viewer
from db.store.links import Link, links
from tests.api.writing.conftest import House
from tests.api.writing.samples import ADMIN, Case, cases, columns, given
from tests.api.writing.test_changing import mine

CREATIONS = cases("create")
SOME = UUID(int=7)


def wrong_values(case: Case, attribute: str) -> Iterator[tuple[str, Any]]:
    """Values that GraphQL takes and the attribute does not."""
    model = case.writable.model
    if attribute in links(model):
        other = "Session" if MIRRORS[links(model)[attribute].target].name != "Session" else "Message"
        yield "no id", "nonsense"
        yield "id of another type", global_id(other, SOME)
        return
    column = columns(model)[attribute]
    kind = kind_of(column)
    match kind.name:
        case "String":
            yield "NUL", "a\x00b"
            yield "half a character", "a\ud800"
            told = rules(model)[attribute].told
            if told.startswith("At most "):
                most = int(told.split()[2].replace(",", ""))
                yield "too long", "x" * (most + 1)
        case "StringList":
            yield "NUL", ["a\x00b"]
            yield "too many", ["x"] * 1_001
            yield "element too long", ["x" * 501]
        case "JSON":
            yield "NUL", {"a": ["b\x00"]}
            yield "NUL in a name", {"a\x00": 1}
            yield "too large a number", {"a": 2**70}
            yield "too long", "x" * 1_000_001
        case "Vector":
            yield "not of its model's length", [0.5] * 3
            yield "beyond 32 bits", [1e300] * 200
        case "Int" | "BigInt" | "Float" | "Decimal":
            text = rules(model)[attribute].told
            if "at least" in text or "from" in text:
                value = -1
                yield "below its range", str(value) if kind.name in ("BigInt", "Decimal") else value
            if kind.name == "Decimal":
                yield "more digits than there is room for", "1" + "0" * 40


@pytest.mark.parametrize("case", cases("create", "bulk", "upsert", "update"), ids=str)
async def test_a_wrong_value_is_told_with_its_place(house: House, case: Case) -> None:
    sent, attributes = await house.full(case) if case.kind != "update" else {}, case.writable.given
    place: list[str] = []
    if case.kind == "update":
        sent, attributes = {"id": mine(house, case)}, case.writable.change
    elif case.kind == "bulk":
        (sent,) = sent[case.mirror.many]
        place = [case.mirror.many, "0"]
    before = await house.state()
    tried = 0
    for attribute in attributes:
        name = case.writable.names[attribute]
        for what, value in wrong_values(case, attribute):
            row = sent | {name: value}
            payload = await house.ask(case, {case.mirror.many: [row]} if place else row)
            (error,) = payload["errors"]
            told = (error["__typename"], error["path"])
            assert told == ("InvalidInputError", ["input", *place, name]), f"{name}: {what}"
            assert name in error["message"] or attribute == "embedding"
            tried += 1
    assert tried > 0 or not attributes
    assert await house.state() == before


@pytest.mark.parametrize(
    "case",
    [case for case in cases("create", "bulk", "upsert", "update") if links(case.writable.model)],
    ids=str,
)
async def test_what_belongs_to_others_is_not_there(house: House, case: Case) -> None:
    attributes = case.writable.change if case.kind == "update" else case.writable.given
    sent = {"id": mine(house, case)} if case.kind == "update" else await house.full(case)
    before = await house.state()
    for attribute, link in links(case.writable.model).items():
        if attribute not in attributes:
            continue
        target, name = MIRRORS[link.target].name, case.writable.names[attribute]
        unknown = [global_id(target, SOME)]
        if target != "EmbeddingModel":
            unknown.append(global_id(target, house.theirs[link.target.__tablename__]))
        for key in unknown:
            if case.kind == "bulk":
                (row,) = sent[case.mirror.many]
                place, asked = [case.mirror.many, "0"], {case.mirror.many: [row | {name: key}]}
            else:
                place, asked = [], sent | {name: key}
            errors = (await house.ask(case, asked))["errors"]
            told = [(error["code"], error["path"]) for error in errors]
            assert told == [("NOT_FOUND", ["input", *place, name])]
    assert await house.state() == before


def owners(case: Case) -> list[Link]:
    """What a created thing belongs to."""
    known = links(case.writable.model).values()
    return [link for link in known if link.owned and link.attribute in case.writable.given]


@pytest.mark.parametrize("case", [case for case in CREATIONS if len(owners(case)) > 1], ids=str)
async def test_administrators_do_not_mix_owners(house: House, case: Case) -> None:
    """They may change both rows, and one may still not belong to the other."""
    sent = await house.full(case)
    before = await house.state()
    for link in owners(case):
        name = case.writable.names[link.attribute]
        key = global_id(MIRRORS[link.target].name, house.theirs[link.target.__tablename__])
        assert (await house.ask(case, sent | {name: key}, house.me(ADMIN)))["errors"], name
    assert await house.state() == before


@pytest.mark.parametrize("case", cases(), ids=str)
async def test_whoever_may_not_is_refused(house: House, case: Case) -> None:
    model = case.writable.model
    needed = Reach.ALL if case.kind in case.writable.administrators else Reach.PUBLIC
    refused = [role.value for role in Role if MATRIX[model].changes[role.value] < needed]
    assert {"viewer", "guest"} <= set(refused)
    strangers = [(Viewer(house.mine["users"], frozenset({role})), "FORBIDDEN") for role in refused]
    strangers.append((Viewer(None), "UNAUTHENTICATED"))
    readers = frozenset({"*:read"})
    strangers.append((Viewer(house.mine["users"], ADMIN, scopes=readers), "FORBIDDEN"))
    if case.kind in ("create", "bulk", "upsert"):
        sent = await house.full(case)
    else:
        sent = {"id": global_id(case.mirror.name, house.mine[model.__tablename__])}
    query = f"mutation ($input: {case.input}!) {{ {case.name}(input: $input) {{ errors {{ message }} }} }}"
    before = await house.state()
    for viewer, code in strangers:
        result = await house.send(query, viewer, input=sent)
        assert [error.extensions["code"] for error in result.errors] == [code], viewer
    assert await house.state() == before


async def test_parts_take_rights_of_their_own(house: House) -> None:
    scoped = Viewer(house.mine["users"], frozenset({"user"}), scopes=frozenset({"session:write"}))
    message = '{role: USER, content: "a"}'
    query = f"mutation {{ createSession(input: {{messages: [{message}]}}) {{ errors {{ message }} }} }}"
    before = await house.state()
    result = await house.send(query, scoped)
    assert [error.extensions["permission"] for error in result.errors] == ["message:write"]
    assert await house.state() == before


@pytest.mark.parametrize("name", ["status", "roles", "permissions", "login", "email"])
async def test_nobody_raises_themselves(house: House, name: str) -> None:
    (case,) = [case for case in cases("update") if case.name == "updateUser"]
    attribute = {shown: each for each, shown in case.writable.names.items()}[name]
    sent = {"id": str(house.mine["users"])} | given(case.writable, {}, (attribute,))
    query = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { errors { message } } }"
    before = await house.state()
    for viewer in (
        Viewer(house.mine["users"], frozenset({"developer"})),
        Viewer(house.mine["users"], frozenset({"user"}), frozenset({"*:*"})),
        Viewer(house.mine["users"], ADMIN, scopes=frozenset({"user:write"})),
    ):
        result = await house.send(query, viewer, input=sent)
        assert [error.extensions["code"] for error in result.errors] == ["FORBIDDEN"]
    assert await house.state() == before


async def test_json_may_not_be_nested_without_end(house: House) -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    (case,) = [case for case in cases("create") if case.name == "createSession"]
    before = await house.state()
    query = "mutation ($input: CreateSessionInput!) { createSession(input: $input) { errors { message } } }"
    result = await house.send(query, house.me(case.roles), input={"preferences": deep})
    assert "nested too deep" in result.errors[0].message
    assert await house.state() == before


async def test_checks_of_the_database_are_told_too(house: House) -> None:
    me = house.me(frozenset({"developer"}))
    memory = str(house.mine["memories"])
    before = await house.state()
    for query, code, path in (
        (f'createMemoryLink(input: {{memoryId: "{memory}", relatedId: "{memory}"}})', "INVALID", "relatedId"),
        ('createSession(input: {externalId: "x"})', "INVALID", "source"),
        (f'createMessageMemory(input: {{messageId: "{house.mine["messages"]}"}})', "INVALID", "memoryId"),
    ):
        result = await house.send(f"mutation {{ made: {query} {{ errors {{ code path }} }} }}", me)
        assert result.errors is None, result.errors
        assert result.data["made"]["errors"] == [{"code": code, "path": ["input", path]}]
    assert await house.state() == before
