"""Many at once: a key makes one row, a version lets one win, and places are given once."""

import asyncio
from typing import Any

import pytest

from api.core.ids import global_id
from api.writing.rules import rules
from db.policy import Viewer
from tests.api.writing.conftest import House
from tests.api.writing.samples import DEVELOPER, Case, cases, given
from tests.api.writing.test_changing import mine, own_keys, version_of

KEYED = cases("create", "bulk", "upsert")


@pytest.mark.parametrize("case", KEYED, ids=str)
async def test_twenty_with_one_key_make_one_row(house: House, case: Case) -> None:
    sent = await house.full(case) | {"idempotencyKey": "once"}
    table = case.writable.model.__tablename__
    count = f"SELECT count(*) FROM {table}"
    before = await house.value(count)
    payloads = await asyncio.gather(*(house.ask(case, sent) for _ in range(20)))
    assert payloads[0]["errors"] == []
    assert all(payload == payloads[0] for payload in payloads)
    assert await house.value(count) == before + 1
    assert await house.ask(case, sent) == payloads[0]
    state = await house.state()
    (error,) = (await house.ask(case, spoilt(case, sent)))["errors"]
    told = (error["__typename"], error["path"])
    assert told == ("IdempotencyMismatchError", ["input", "idempotencyKey"])
    assert await house.state() == state


def spoilt(case: Case, sent: dict[str, Any]) -> dict[str, Any]:
    """Another input under the same key, which would do as well."""
    if case.kind == "bulk":
        return sent | {case.mirror.many: sent[case.mirror.many] * 2}
    needed = {case.writable.names.get(name) for name in case.writable.key}
    optional = [
        name
        for attribute, name in case.writable.names.items()
        if rules(case.writable.model)[attribute].optional and name in sent and name not in needed
    ]
    if case.mirror.name == "MemoryLink":
        return sent | {"memoryId": sent["relatedId"], "relatedId": sent["memoryId"]}
    if optional and case.kind != "upsert":
        return {name: value for name, value in sent.items() if name != optional[-1]}
    attribute, make = CHANGED.get(case.mirror.name, ("embedding", lambda number: [float(number)] * 200))
    return sent | {case.writable.names[attribute]: make(3)}


async def test_a_key_is_one_users_and_one_mutations(house: House) -> None:
    me, other = house.me(DEVELOPER), Viewer(house.theirs["users"], DEVELOPER)
    query = """mutation { made: createSession(input: {title: "a", idempotencyKey: "mine"}) {
      session { id } errors { code } } }"""
    first, second = [(await house.send(query, who)).data["made"] for who in (me, other)]
    assert first["errors"] == second["errors"] == []
    assert first["session"] != second["session"]
    elsewhere = (
        """mutation { made: createAgent(input: {name: "a", idempotencyKey: "mine"}) { errors { code } } }"""
    )
    result = await house.send(elsewhere, me)
    assert result.data["made"]["errors"] == [{"code": "IDEMPOTENCY_MISMATCH"}]


async def test_what_failed_may_be_tried_again_with_its_key(house: House) -> None:
    query = """mutation ($title: String) {
      made: createSession(input: {title: $title, idempotencyKey: "two"}) { session { title } errors { code } }
    }"""
    failed = (await house.send(query, house.me(DEVELOPER), title="\x00")).data["made"]
    assert failed["errors"] == [{"code": "INVALID"}]
    made = (await house.send(query, house.me(DEVELOPER), title="good")).data["made"]
    assert made == {"session": {"title": "good"}, "errors": []}


async def test_a_key_is_forgotten_after_its_time(house: House) -> None:
    query = (
        """mutation { made: createSession(input: {title: "a", idempotencyKey: "old"}) { session { id } } }"""
    )
    first = (await house.send(query, house.me(DEVELOPER))).data["made"]
    await house.run(
        "UPDATE idempotency_keys SET expires_at = now() WHERE key = 'old' AND user_id = :id",
        id=house.mine["users"],
    )
    second = (await house.send(query, house.me(DEVELOPER))).data["made"]
    assert first["session"]["id"] != second["session"]["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00"])
async def test_a_key_that_is_none_is_told(house: House, key: str) -> None:
    query = """mutation ($key: String) {
      made: createSession(input: {idempotencyKey: $key}) { errors { code path } }
    }"""
    result = await house.send(query, house.me(DEVELOPER), key=key)
    assert result.data["made"]["errors"] == [{"code": "INVALID", "path": ["input", "idempotencyKey"]}]


def different(case: Case) -> list[dict[str, Any]]:
    """Fifty changes, no two alike."""
    attribute, make = CHANGED[case.mirror.name]
    return [{case.writable.names[attribute]: make(number)} for number in range(50)]


def text(number: int) -> str:
    return f"number {number}"


def small(number: int) -> int:
    return number + 1_000


CHANGED: dict[str, tuple[str, Any]] = {
    "User": ("display_name", text),
    "UserPreferences": ("preferred_model", text),
    "UserProfile": ("interests", lambda number: [text(number)]),
    "ApiKey": ("name", text),
    "Session": ("title", text),
    "Message": ("content", text),
    "Personality": ("name", text),
    "Memory": ("content", text),
    "Agent": ("name", text),
    "AgentPlugin": ("name", text),
    "Workflow": ("name", text),
    "Document": ("title", text),
    "EmbeddingModel": ("provider", text),
    "ToolCall": ("duration_ms", small),
    "LlmCall": ("latency_ms", small),
    "CodeExecution": ("duration_ms", small),
    "DataSource": ("name", text),
    "DataSourceSchema": ("description", text),
    "DataSourceTable": ("description", text),
    "SqlQuery": ("duration_ms", small),
    "Config": ("description", text),
}


@pytest.mark.parametrize("case", cases("update"), ids=str)
async def test_of_fifty_with_one_version_one_wins(house: House, case: Case) -> None:
    version = await version_of(house, case)
    shared = {"id": mine(house, case), "expectedVersion": version}
    payloads = await asyncio.gather(*(house.ask(case, shared | each) for each in different(case)))
    won = [payload for payload in payloads if not payload["errors"]]
    lost = [payload["errors"][0]["code"] for payload in payloads if payload["errors"]]
    assert len(won) == 1
    assert lost == ["VERSION_CONFLICT"] * 49
    assert won[0][case.mirror.one]["version"] == version + 1 == await version_of(house, case)


DELETES = [
    case for case in cases("delete") if any(other.writable is case.writable for other in cases("update"))
]


@pytest.mark.parametrize("case", DELETES, ids=str)
async def test_of_fifty_deletions_with_one_version_one_wins(house: House, case: Case) -> None:
    shared = {"id": mine(house, case), "expectedVersion": await version_of(house, case)}
    stale = await house.ask(case, shared | {"expectedVersion": shared["expectedVersion"] + 1})
    assert [error["code"] for error in stale["errors"]] == ["VERSION_CONFLICT"]
    payloads = await asyncio.gather(*(house.ask(case, shared) for _ in range(50)))
    assert [payload["deletedId"] for payload in payloads if not payload["errors"]] == [shared["id"]]
    lost = [payload["errors"][0]["code"] for payload in payloads if payload["errors"]]
    assert lost == ["NOT_FOUND"] * 49


async def test_the_version_now_is_told(house: House) -> None:
    query = """mutation ($id: ID!) {
      first: updateSession(input: {id: $id, title: "a", expectedVersion: 1}) { session { version } }
      second: updateSession(input: {id: $id, title: "b", expectedVersion: 1}) {
        errors { ... on VersionConflictError { currentVersion } }
      }
      third: updateSession(input: {id: $id, title: "a"}) { session { version } }
    }"""
    result = await house.send(query, house.me(DEVELOPER), id=str(house.mine["sessions"]))
    assert result.data["first"]["session"]["version"] == 2
    assert result.data["second"]["errors"] == [{"currentVersion": 2}]
    assert result.data["third"]["session"]["version"] == 2, "nothing changed"


async def test_messages_that_come_at_once_have_places_of_their_own(house: House) -> None:
    session = global_id("Session", house.mine["sessions"])
    query = """mutation ($id: ID!) {
      createMessage(input: {sessionId: $id, role: USER, content: "x"}) { message { seq } errors { message } }
    }"""
    results = await asyncio.gather(*(house.send(query, house.me(DEVELOPER), id=session) for _ in range(20)))
    places = sorted(result.data["createMessage"]["message"]["seq"] for result in results)
    assert places == list(range(places[0], places[0] + 20))


async def test_racing_upserts_make_one_row(house: House) -> None:
    (case,) = [case for case in cases("upsert") if case.name == "upsertSession"]
    sent = given(case.writable, own_keys(house, case), case.writable.given)
    payloads = await asyncio.gather(*(house.ask(case, sent | {"title": f"t{n}"}) for n in range(20)))
    assert [payload["errors"] for payload in payloads] == [[]] * 20
    assert sorted(payload["created"] for payload in payloads) == [False] * 19 + [True]
    assert len({payload["session"]["id"] for payload in payloads}) == 1
