"""Every role × type × way in, on both reading paths: what is answered is what was written down by hand."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from api.core.declarations import MIRRORS, Mirror, Relation
from api.core.ids import global_id
from db import models, rights
from db.base import Base
from db.matrix import Reach
from db.policy import Viewer
from tests.api.differential.apps import Reply, Request
from tests.api.matrix.conftest import Asked
from tests.api.matrix.fields import attributes_of, filterable, leaf, orders_of
from tests.api.matrix.opinion import FOR_ALL, FOR_DEVELOPERS, GUARDED, INSIGHT, PARTS, Somebody
from tests.api.matrix.town import DELETABLE

PROBING = ("admin", "analyst", "user", "auditor", "key of an admin")
"""Of those who do not see all, some for each way to see less."""
LOOKING = (*PROBING, "guest")
REFUSED = ("developer", *PROBING)

ENTITIES = pytest.mark.parametrize("mirror", MIRRORS.values(), ids=lambda mirror: mirror.name)


GUARDING = pytest.mark.parametrize(
    "mirror",
    [
        mirror
        for mirror in MIRRORS.values()
        if mirror.model.__tablename__ in INSIGHT or mirror.name in {name for name, _ in GUARDED}
    ],
    ids=lambda mirror: mirror.name,
)


def some_of(asked: Asked, names: tuple[str, ...]) -> dict[str, Somebody]:
    """Viewers by name."""
    return {name: who for name, who in asked.town.everybody().items() if name in names}


async def ask(asked: Asked, who: Somebody, document: str, **variables: Any) -> Reply:
    return await asked.both.ask(Request(document, variables), who.viewer)


async def answer(asked: Asked, who: Somebody, document: str, **variables: Any) -> dict[str, Any]:
    """The data of what must not be refused, nor left to the loaders."""
    reply = await ask(asked, who, document, **variables)
    assert reply.codes == [], (reply.body["errors"][:3], document)
    assert reply.path == "statement", document
    data: dict[str, Any] = reply.data
    return data


def ids(page: dict[str, Any]) -> list[str]:
    return [node["id"] for node in page["nodes"]]


def table_of(mirror: Mirror) -> str:
    return str(mirror.model.__tablename__)


def is_shown(who: Somebody, mirror: Mirror, name: str) -> bool:
    """Whether a root list of a type shows somebody a field, by what was written down by hand."""
    if who.anonymous(table_of(mirror)):
        return name == "id" or name in INSIGHT[table_of(mirror)].split()
    return who.shown(mirror.name, name)


def relations(who: Somebody, mirror: Mirror, *, shown: bool) -> dict[str, Relation]:
    """The relations of a type that somebody is shown, or those that they are refused."""
    return {
        name: relation for name, relation in mirror.relations.items() if is_shown(who, mirror, name) is shown
    }


def told_otherwise(asked: Asked, who: Somebody, mirror: Mirror) -> dict[str, Relation]:
    """The relations that somebody is shown and is told of otherwise than a user is, or all of a user.

    That is where they reach farther or less far at one of the ends, and see some of the near one.
    """
    user, table = asked.town.everybody()["user"], table_of(mirror)
    shown = relations(who, mirror, shown=True)
    if who == user:
        return shown
    return {
        name: relation
        for name, relation in shown.items()
        if who.sees(table) is not Reach.NOTHING
        and any(who.sees(end) is not user.sees(end) for end in (table, table_of(relation.target)))
    }


async def test_the_town_has_something_to_hide(asked: Asked) -> None:
    everybody = asked.town.everybody()
    for mirror in MIRRORS.values():
        table = table_of(mirror)
        seen = {name: asked.town.listed(who, mirror) for name, who in everybody.items()}
        assert len(asked.town.rows[table]) <= 100, "they must fit on one page"
        assert seen["admin"]
        if table not in FOR_ALL | FOR_DEVELOPERS:
            assert seen["user"] < seen["admin"]
            assert seen["user"] - seen["user without rows"]
        assert (len(seen["admin"]) < len(asked.town.rows[table])) is (table in PARTS or table in DELETABLE)


@ENTITIES
async def test_lists_and_objects_by_id(asked: Asked, mirror: Mirror) -> None:
    """Invisible is answered like unknown: with null, and without an error."""
    everything = asked.town.all(mirror)
    some = [global_id(mirror.name, world[table_of(mirror)]) for world in asked.town.people[:3]]
    one = " ".join(f'a{index}: {mirror.one}(id: "{key}") {{ id }}' for index, key in enumerate(some))
    node = " ".join(f'b{index}: node(id: "{key}") {{ id }}' for index, key in enumerate(some))
    document = (
        "query ($all: [ID!]!) {"
        f" page: {mirror.many}(first: 100) {{ nodes {{ id }} totalCount }}"
        f" these: {mirror.many}(first: 100, where: {{ id: {{ in: $all }} }}) {{ nodes {{ id }} totalCount }}"
        f" {one} {node} nodes(ids: $all) {{ id }} }}"
    )
    for name, who in asked.town.everybody().items():
        data = await answer(asked, who, document, all=everything)
        seen = asked.town.listed(who, mirror)
        for page in (data["page"], data["these"]):
            assert sorted(ids(page)) == sorted(seen), name
            assert page["totalCount"] == len(seen), name
        expected = [{"id": key} if key in seen else None for key in some]
        assert [data[f"a{index}"] for index in range(len(some))] == expected, name
        assert [data[f"b{index}"] for index in range(len(some))] == expected, name
        assert data["nodes"] == [{"id": key} if key in seen else None for key in everything], name


@ENTITIES
async def test_related_objects_and_their_counts(asked: Asked, mirror: Mirror) -> None:
    for name, who in some_of(asked, LOOKING).items():
        shown = told_otherwise(asked, who, mirror)
        if not shown:
            continue
        below = " ".join(
            f"r_{each}: {each}" + ("(first: 100) { nodes { id } totalCount }" if one.many else " { id }")
            for each, one in shown.items()
        )
        data = await answer(asked, who, f"{{ page: {mirror.many}(first: 100) {{ nodes {{ id {below} }} }} }}")
        for each, relation in shown.items():
            found: dict[str, list[str]] = {}
            for node in data["page"]["nodes"]:
                other = node[f"r_{each}"]
                found[node["id"]] = ids(other) if relation.many else [other["id"]] if other else []
                assert not relation.many or other["totalCount"] == len(found[node["id"]]), (name, each)
            expected = asked.town.related(relation, who)
            assert {key: sorted(value) for key, value in found.items()} == {
                key: sorted(value) for key, value in expected.items()
            }, (name, each)


def probes(asked: Asked, shown: dict[str, Relation]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Per relation a filter for what has a related object, and one for what has none."""
    has: dict[str, Any] = {}
    lacks: dict[str, Any] = {}
    for name, relation in shown.items():
        inner = {"id": {"in": asked.town.all(relation.target)}}
        has[name] = {name: {"some": inner} if relation.many else inner}
        lacks[name] = {name: {"none": {}}} if relation.many else {"not": {name: {}}}
    return has, lacks


@ENTITIES
async def test_filters_do_not_tell_of_what_is_invisible(asked: Asked, mirror: Mirror) -> None:
    """Neither whether it is there, nor what it is like."""
    for name, who in some_of(asked, PROBING).items():
        shown = told_otherwise(asked, who, mirror)
        has, lacks = probes(asked, shown)
        if not shown:
            continue
        fields = " ".join(
            f"{sort}_{each}: {mirror.many}(first: 100, where: ${sort}_{each}) {{ {page} }}"
            for sort, page in (("has", "nodes { id } totalCount"), ("lacks", "nodes { id }"))
            for each in shown
        )
        declared = ", ".join(
            f"${sort}_{each}: {mirror.name}Where!" for sort in ("has", "lacks") for each in shown
        )
        given = {f"has_{each}": where for each, where in has.items()}
        given |= {f"lacks_{each}": where for each, where in lacks.items()}
        data = await answer(asked, who, f"query ({declared}) {{ {fields} }}", **given)
        for each, relation in shown.items():
            expected = asked.town.related(relation, who)
            for sort, wanted in (("has", True), ("lacks", False)):
                keys = sorted(key for key, others in expected.items() if bool(others) is wanted)
                assert sorted(ids(data[f"{sort}_{each}"])) == keys, (name, each, sort)
                assert data[f"{sort}_{each}"].get("totalCount", len(keys)) == len(keys), (name, each, sort)


def refusals(reply: Reply) -> dict[str, str]:
    """The root fields that were refused, and why; nothing else may have gone wrong."""
    assert set(reply.codes) <= {"FORBIDDEN"}, reply.body
    for error in reply.body.get("errors", ()):
        assert len(error["path"]) == 1
        assert error["extensions"]["permission"]
        assert reply.data[error["path"][0]] is None
    return {error["path"][0]: error["message"] for error in reply.body.get("errors", ())}


def is_hidden(mirror: Mirror, name: str) -> bool:
    """Whether somebody is not shown a field of a type."""
    shown = INSIGHT.get(table_of(mirror), name).split()
    return (mirror.name, name) in GUARDED or name not in shown


def uses(mirror: Mirror) -> Iterable[tuple[str, str, str]]:
    """Every field of a type, and a root field that shows it, filters by it, or orders by it."""
    many = mirror.many
    for name in attributes_of(mirror):
        yield name, f"shown_{name}", f"{many}(first: 1) {{ nodes {{ {leaf(mirror, name)} }} }}"
        yield name, f"edge_{name}", f"{many}(first: 1) {{ edges {{ node {{ {leaf(mirror, name)} }} }} }}"
        condition = filterable(mirror, name)
        if condition is not None:
            yield name, f"filter_{name}", f"{many}(where: {{ {condition} }}) {{ totalCount }}"
            yield (
                name,
                f"deep_{name}",
                (f"{many}(where: {{ or: [{{ not: {{ {condition} }} }}] }}) {{ nodes {{ id }} }}"),
            )
    for name, member in orders_of(mirror).items():
        yield name, f"order_{name}", f"{many}(orderBy: [{{ field: {member} }}]) {{ nodes {{ id }} }}"


@GUARDING
async def test_what_is_not_shown_is_refused_wherever_it_is_named(asked: Asked, mirror: Mirror) -> None:
    named = list(uses(mirror))
    document = "{ " + " ".join(f"{alias}: {text}" for _, alias, text in named) + " }"
    # Of those who are refused the same, one.
    refused: dict[frozenset[str], tuple[str, Somebody]] = {}
    for name, who in some_of(asked, REFUSED).items():
        aliases = frozenset(alias for field, alias, _ in named if not is_shown(who, mirror, field))
        refused.setdefault(aliases, (name, who))
    for expected, (name, who) in refused.items():
        reply = await ask(asked, who, document)
        found = refusals(reply)
        assert found.keys() == expected, name
        why = "could tell whose it is" if who.anonymous(table_of(mirror)) else "takes the permission `"
        for field, alias, _ in named:
            assert alias not in found or found[alias].startswith(f"{mirror.name}.{field} {why}"), name
        assert reply.path == ("loaders" if expected else "statement"), name


@pytest.mark.parametrize("table", INSIGHT)
async def test_objects_of_insight_are_as_silent_as_lists(asked: Asked, table: str) -> None:
    (mirror,) = [each for each in MIRRORS.values() if table_of(each) == table]
    who = asked.town.everybody()["analyst"]
    key = next(
        key
        for key in asked.town.all(mirror)
        if key in asked.town.listed(who, mirror) - asked.town.visible(who, mirror)
    )
    hidden = [name for name in attributes_of(mirror) if not is_shown(who, mirror, name)]
    assert hidden
    for name in hidden:
        shown = leaf(mirror, name)
        document = (
            f'{{ a: {mirror.one}(id: "{key}") {{ {shown} }}'
            f' b: node(id: "{key}") {{ ... on {mirror.name} {{ {shown} }} }}'
            f' c: nodes(ids: ["{key}"]) {{ ... on {mirror.name} {{ {shown} }} }} }}'
        )
        reply = await ask(asked, who, document)
        assert reply.codes == ["FORBIDDEN"] * len(reply.codes), name
        assert {error["path"][0] for error in reply.body["errors"]} == {"a", "b", "c"}, name


async def test_insight_below_what_is_ones_own_is_ones_own_and_whole(asked: Asked) -> None:
    who = asked.town.everybody()["analyst"]
    document = """{ viewer {
        behaviorEvents(first: 100) { nodes { id data metadata user { id } session {
            id behaviorEvents(first: 100) { nodes { id data } }
        } } }
        adRecommendations(first: 100) {
            nodes { id reason intentAnalysis { id secondaryIntents user { id } } }
        }
        usageDays(first: 100, where: { user: { id: { isNull: false } } }) { totalCount nodes { id } }
    } sessions(where: { behaviorEvents: { some: { data: { isNull: false } } } }) { nodes { id } } }"""
    data = await answer(asked, who, document)
    mirrors = {mirror.name: mirror for mirror in MIRRORS.values()}
    for field, name in (
        ("behaviorEvents", "BehaviorEvent"), ("usageDays", "UsageDaily"),
        ("adRecommendations", "AdRecommendation"),
    ):  # fmt: skip
        own = asked.town.visible(who, mirrors[name])
        assert own
        assert own < asked.town.listed(who, mirrors[name])
        assert sorted(ids(data["viewer"][field])) == sorted(own), field


async def test_operations_of_several_viewers_at_once_stay_apart(asked: Asked) -> None:
    """The same document at the same time, for each viewer their own."""
    document = """{
        viewer { id sessions(first: 100) { nodes { id messages(first: 100) { nodes { id user { id } } } } } }
        messages(first: 100) { nodes { id } }
        users(first: 100) { nodes { id } }
    }"""
    mirrors = {mirror.name: mirror for mirror in MIRRORS.values()}
    everybody = list(asked.town.everybody().values()) * 2
    found = await asyncio.gather(*(answer(asked, who, document) for who in everybody))
    for who, data in zip(everybody, found, strict=True):
        for field, name in (("messages", "Message"), ("users", "User")):
            assert sorted(ids(data[field])) == sorted(asked.town.visible(who, mirrors[name]))
        known = asked.town.visible(who, mirrors["User"])
        me = global_id("User", who.viewer.user_id) if who.viewer.user_id else None
        assert (data["viewer"] or {}).get("id") == (me if me in known else None)
        if data["viewer"] and who.sees("sessions") is who.sees("messages") is Reach.OWN:
            below = [each for one in data["viewer"]["sessions"]["nodes"] for each in one["messages"]["nodes"]]
            assert sorted(each["id"] for each in below) == sorted(ids(data["messages"]))
            assert {each["user"]["id"] for each in below} <= {me}


@pytest.mark.parametrize(
    ("model", "attribute", "selection"),
    [
        (models.Session, "message_count", "sessions(orderBy: {field: MESSAGE_COUNT}) { nodes { id } }"),
        (models.Session, "created_at", "sessions { nodes { id } }"),
        (models.Session, "created_at", "viewer { sessions { nodes { id } } }"),
        (models.User, "username", 'user(by: {login: "nobody"}) { id }'),
    ],
)
async def test_what_takes_a_permission_neither_orders_nor_finds(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, model: type[Base], attribute: str, selection: str
) -> None:
    """Nothing that lists are ordered by, or objects found by, takes one so far; so it is given one here."""
    who = asked.town.everybody()["user"]
    before = await ask(asked, who, f"{{ before: {selection} }}")
    assert before.codes == []
    monkeypatch.setitem(rights._GRANTED_TO, (model, attribute), "some:permission")
    # Under another name, since who may ask what is settled once for a plan.
    reply = await ask(asked, who, f"{{ after: {selection} }}")
    assert reply.codes == ["FORBIDDEN"]


async def test_conversations_are_told_to_whoever_may_read_messages(asked: Asked) -> None:
    """A key without that scope sees the session, and neither what was said in it nor how much."""
    owner = asked.town.people[0]["users"]
    lists = "branch(first: 9) { nodes { id } totalCount } context(first: 9) { nodes { id } totalCount }"
    told = []
    for name, scopes in (("whole", None), ("part", frozenset({"session:read"}))):
        viewer = Viewer(owner, frozenset({"user"}), scopes=scopes)
        document = f"{{ {name}: sessions(first: 100) {{ nodes {{ id {lists} }} }} }}"
        reply = await asked.both.ask(Request(document, {}), viewer)
        assert (reply.codes, reply.path) == ([], "statement")
        told.append(reply.data[name]["nodes"])
    whole, part = told
    assert {node["id"] for node in part} == {node["id"] for node in whole}
    for way in ("branch", "context"):
        assert sum(node[way]["totalCount"] for node in whole) > 0
        assert [node[way] for node in part] == [{"nodes": [], "totalCount": 0}] * len(part)
