"""What every mutation has to stand that no declaration makes: races, null, mistakes, and all or nothing."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import orjson
import pytest

from api.core.ids import global_id, parse_id
from tests.api.auth.test_oidc import Identities
from tests.api.writing.conftest import House
from tests.api.writing.failing import failing
from tests.api.writing.golden import Names
from tests.api.writing.places import Spot, mutations, put, reaches, spots, without
from tests.api.writing.samples import cases
from tests.api.writing.scenes import OUTSIDE, SCENES, Scene, Stage, staged

SOMEBODY = UUID(int=7)
KEYED = [scene for scene in SCENES.values() if "idempotencyKey" in mutations()[scene.name].fields]
VERSIONED = [scene for scene in SCENES.values() if "expectedVersion" in mutations()[scene.name].fields]
NULLABLE = [
    pytest.param(scene, spot, id=f"{scene}-{spot}")
    for scene in SCENES.values()
    for spot in spots(mutations()[scene.name])
    if spot.nullable
]
each_scene = pytest.mark.parametrize("scene", SCENES.values(), ids=str)


@pytest.fixture(scope="module")
def identities() -> Iterator[Identities]:
    made = Identities()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
async def stage(
    house: House, identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    # Refusals take their time, which a test asserts by itself.
    monkeypatch.setattr("api.auth.accounts.REFUSAL_SECONDS", 0.0)
    async with staged(house, identities) as made:
        yield made


def test_no_mutation_is_without_a_scene() -> None:
    declared = {case.name for case in cases()}
    assert mutations().keys() == declared | SCENES.keys() | OUTSIDE
    assert not declared & SCENES.keys()


def test_every_key_and_version_is_raced_for() -> None:
    """Here and in test_racing, which goes by the declarations."""
    raced = {
        "idempotencyKey": {case.name for case in cases("create", "bulk", "upsert")} | {str(s) for s in KEYED},
        "expectedVersion": {case.name for case in cases("update", "delete")} | {str(s) for s in VERSIONED},
    }
    for field, names in raced.items():
        assert {name for name, kind in mutations().items() if field in kind.fields} <= names, field


async def test_what_is_staged_is_made(stage: Stage) -> None:
    """A good input has a value for everything that it may have, and is taken."""
    optional = {
        "startExecution": {"workflowId"},
        "claimExecutions": set(),
    }
    keys = {"idempotencyKey", "expectedVersion"}
    for scene in SCENES.values():
        given = await scene.setting(stage)
        missing = (
            {str(spot) for spot in spots(mutations()[scene.name]) if not reaches(given, spot.place)}
            - keys
            - optional.get(scene.name, set())
        )
        assert missing == set(), scene.name
        assert (await stage.payload(scene, given))["errors"] == [], scene.name


@pytest.mark.parametrize("scene", KEYED, ids=str)
async def test_twenty_with_one_key_make_one_row(stage: Stage, scene: Scene) -> None:
    given = await scene.setting(stage) | {"idempotencyKey": "once"}
    count = f"SELECT count(*) FROM {scene.makes}"
    before = await stage.house.value(count)
    payloads = await asyncio.gather(*(stage.payload(scene, given) for _ in range(20)))
    assert payloads[0]["errors"] == []
    assert all(payload == payloads[0] for payload in payloads)
    assert await stage.house.value(count) == before + 1
    state = await stage.house.state()
    changed = OTHER_INPUT[scene.name]
    (error,) = (await stage.payload(scene, given | changed))["errors"]
    told = (error["__typename"], error["path"])
    assert told == ("IdempotencyMismatchError", ["input", "idempotencyKey"])
    assert await stage.house.state() == state


OTHER_INPUT: dict[str, dict[str, Any]] = {
    "editMessage": {"content": "trois"},
    "summarizeSession": {"content": "They sang."},
    "forkSession": {"title": "Another fork"},
    "publishWorkflow": {"expectedVersion": 1},
    "startExecution": {"maxRetries": 2},
    "retryExecution": {"immediately": False},
}


@pytest.mark.parametrize("scene", VERSIONED, ids=str)
async def test_of_fifty_with_one_version_one_wins(stage: Stage, scene: Scene) -> None:
    given = await scene.setting(stage)
    named = parse_id(given["id"])
    assert named is not None
    current, key = "SELECT version FROM workflows WHERE id = :id", named[1]
    version = await stage.house.value(current, id=key)
    shared = given | {"expectedVersion": version}
    payloads = await asyncio.gather(*(stage.payload(scene, shared) for _ in range(50)))
    lost = [payload["errors"][0]["code"] for payload in payloads if payload["errors"]]
    assert lost == ["VERSION_CONFLICT"] * 49
    assert await stage.house.value(current, id=key) == version + 1


@pytest.mark.parametrize("scene", [each for each in SCENES.values() if each.name != "signOut"], ids=str)
async def test_nothing_is_written_when_the_last_of_it_fails(stage: Stage, scene: Scene) -> None:
    given = await scene.setting(stage)
    before = await stage.house.state()
    async with failing(stage.house, scene.last):
        result = await stage.send(scene.document, scene.viewer(stage), input=given)
    assert result.errors, "the fault was not noticed"
    assert await stage.house.state() == before
    # The same goes well when nothing is in the way: nothing of the attempt was left behind.
    assert (await stage.payload(scene, given))["errors"] == []


@pytest.mark.parametrize(("scene", "spot"), NULLABLE)
async def test_null_is_as_good_as_nothing(stage: Stage, scene: Scene, spot: Spot) -> None:
    """None of these changes anything that was there, so there is nothing that null could clear."""
    answers = []
    for absent in (True, False):
        given = await scene.setting(stage)
        sent = without(given, spot.place) if absent else put(given, spot.place, None)
        answer = orjson.dumps(Names().of(await stage.payload(scene, sent))).decode()
        # Names of people are never given twice.
        answers.append(re.sub(r"(newcomer|guest|somebody)\d+", r"\1", answer))
    assert answers[0] == answers[1]


def bad_values(scene: Scene, spot: Spot) -> Iterator[tuple[str, Any]]:
    """Values that GraphQL takes and the field does not."""
    match spot.type:
        case "String":
            yield "NUL", "a\x00b"
            yield "half a character", "a\ud800"
            yield "too long", "x" * 2_000_000
        case "[String!]":
            yield "NUL", ["session:read", "a\x00"]
        case "ID":
            yield "nonsense", "nonsense"
            yield "empty", ""
            yield "of another type", global_id("Config", SOMEBODY)
            yield "of nobody", str(SOMEBODY)
        case "JSON":
            yield "NUL", {"a": ["b\x00"]}
            yield "NUL in a name", {"a\x00": 1}
            yield "half a character", {"a": "\ud800"}
            yield "too large a number", {"a": 2**70}
        case "Int" | "BigInt" | "Decimal":
            low = -1
            yield "below its range", low if spot.type == "Int" else str(low)
            if spot.type == "Decimal":
                yield "too large", "1" + "0" * 40


@each_scene
async def test_a_wrong_value_is_told_with_its_place(stage: Stage, scene: Scene) -> None:
    kind = mutations()[scene.name]
    given = await scene.setting(stage)
    before = await written(stage, scene)
    for spot in spots(kind):
        for what, value in bad_values(scene, spot):
            if (scene.name, spot.place[-1], what) in ANSWERED_OTHERWISE:
                continue
            sent = put(only(given, spot), spot.place, value)
            result = await stage.send(scene.document, scene.viewer(stage), input=sent)
            aside = f"{spot}: {what}"
            assert told(result, scene, spot), (aside, result)
            assert await written(stage, scene) == before, aside


ANSWERED_OTHERWISE = {
    # Whoever works learns of each execution what became of it, also when that is nothing.
    ("heartbeat", "executionId", "of nobody"),
    ("heartbeat", "token", "below its range"),
    ("heartbeat", "inputsAfter", "below its range"),
}


def only(given: dict[str, Any], spot: Spot) -> dict[str, Any]:
    """The input without what excludes a field."""
    return without(given, ("agentId",)) if spot.place == ("workflowId",) else given


async def written(stage: Stage, scene: Scene) -> dict[str, str | None]:
    """The state of all tables but those to which a refused attempt writes too."""
    state = await stage.house.state()
    return {name: value for name, value in state.items() if name not in scene.unhurt}


def told(result: Any, scene: Scene, spot: Spot) -> bool:
    """Whether a refusal says what is wrong where: with the place of the field, or of what it stands in."""
    if result.errors:
        return all(
            (error.extensions or {}).get("code") == "BAD_USER_INPUT" and spot.place[-1] in error.message
            for error in result.errors
        )
    place = ["input", *spot.place]
    return bool(errors := result.data[scene.name]["errors"]) and all(
        error["message"]
        and (
            # Why somebody is not let in is told to nobody.
            error["code"] in ("BAD_CREDENTIALS", "THROTTLED")
            or (error["code"] in CODES and leads_to(error["path"], place))
        )
        for error in errors
    )


def leads_to(path: list[str], place: list[str]) -> bool:
    """Whether a path leads to a place, into it, or into what it stands in."""
    return len(path) > 1 and place[: len(path)] == path[: len(place)]


CODES = {"INVALID", "NOT_FOUND", "LEASE_LOST", "VERSION_CONFLICT"}

FOREIGN = [
    pytest.param(scene, spot, id=f"{scene}-{spot}")
    for scene in SCENES.values()
    for spot in spots(mutations()[scene.name])
    # An embedding model is nobody's.
    if spot.type == "ID" and scene.name != "adoptEmbeddingModel"
]


@pytest.mark.parametrize(("scene", "spot"), FOREIGN)
async def test_what_belongs_to_others_is_not_there(stage: Stage, scene: Scene, spot: Spot) -> None:
    """The same input as somebody else's, for each id in it."""
    given = await scene.setting(stage)
    if scene.name == "startExecution" and spot.place == ("workflowId",):
        given = without(given, ("agentId",)) | {"workflowId": await stage.drawn()}
    named = parse_id(str(at(given, spot.place)))
    assert named is not None
    table = TABLES[named[0] or TYPES_OF_PLACES[spot.place[-1]]]
    foreign = await stage.house.value(
        f"SELECT id FROM {table} WHERE user_id = :id LIMIT 1", id=stage.house.theirs["users"]
    )
    before = await stage.house.state()
    payload = await stage.payload(scene, put(given, spot.place, str(foreign)))
    if scene.name == "heartbeat":
        assert payload["leases"] == [
            {"executionId": global_id("Execution", foreign), "held": False, "status": None, "inputs": []}
        ]
    else:
        (error,) = payload["errors"]
        assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", *spot.place])
    assert await stage.house.state() == before


TYPES_OF_PLACES = {
    "agentId": "Agent",
    "workflowId": "Workflow",
    "sessionId": "Session",
    "parentId": "Execution",
}
TABLES = {
    "Agent": "agents",
    "ApiKey": "api_keys",
    "Document": "documents",
    "Execution": "executions",
    "Message": "messages",
    "Session": "sessions",
    "Workflow": "workflows",
}


def at(given: Any, place: tuple[str, ...]) -> Any:
    for part in place:
        given = given[int(part)] if isinstance(given, list) else given[part]
    return given
