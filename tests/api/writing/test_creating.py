"""Rows made by every mutation that makes some: what was given is what is shown, in the same answer."""

from decimal import Decimal
from typing import Any

import pytest

from api.core.ids import parse_id
from api.core.kinds import kind_of
from api.writing.inputs import part_name
from api.writing.rules import rules
from db.store.links import links
from tests.api.writing.conftest import House
from tests.api.writing.samples import Case, cases, columns, given

TOGETHER = {"username", "email", "memory_id", "external_ref"}
"""Attributes of which one at least is needed."""

each_creation = pytest.mark.parametrize("case", cases("create", "upsert"), ids=str)


def same(case: Case, attribute: str, sent: Any, shown: Any) -> bool:
    kind = kind_of(columns(case.writable.model)[attribute])
    return Decimal(sent) == Decimal(shown) if kind.name == "Decimal" else bool(sent == shown)


def differing(case: Case, sent: dict[str, Any], shown: dict[str, Any]) -> list[str]:
    """The names of what is not shown as it was sent."""
    by_name = {name: attribute for attribute, name in case.writable.names.items()}
    ways = {each.local: each.name for each in case.mirror.relations.values() if not each.many}
    found = []
    for name, value in sent.items():
        attribute = by_name.get(name)
        if attribute in ways:
            if (shown[ways[attribute]] or {}).get("id") != value:
                found.append(name)
        elif attribute is not None and name in shown and not same(case, attribute, value, shown[name]):
            found.append(name)
    return found


@each_creation
async def test_what_is_given_is_shown(house: House, case: Case) -> None:
    sent = await house.full(case)
    payload = await house.ask(case, sent)
    assert payload["errors"] == []
    shown = payload[case.mirror.one]
    assert differing(case, sent, shown) == []
    assert case.kind != "upsert" or payload["created"] is True
    assert "version" not in shown or shown["version"] == 1


@each_creation
async def test_what_is_left_out_gets_its_default(house: House, case: Case) -> None:
    writable = case.writable
    keys = await house.room(writable)
    sent = given(writable, keys, writable.given, all_of_them=False)
    sent |= {writable.names[name]: value for name, value in keys.items() if name in writable.key}
    if case.kind == "upsert":
        sent |= given(writable, keys, tuple(name for name in writable.key if name in writable.names))
    if case.name == "createUser":
        sent["login"] = "somebody-new"
    if case.name == "createMessageMemory":
        sent["externalRef"] = "a name"
    payload = await house.ask(case, sent)
    assert payload["errors"] == []
    assert differing(case, sent, payload[case.mirror.one]) == []


@pytest.mark.parametrize("case", [case for case in cases("create") if case.writable.parts], ids=str)
async def test_parts_are_made_with_their_whole(house: House, case: Case) -> None:
    sent = await house.full(case)
    payload = await house.ask(case, sent)
    assert payload["errors"] == []
    _, key = parse_id(payload[case.mirror.one]["id"]) or (None, None)
    for part in case.writable.parts:
        table = part.model.__tablename__
        made = await house.value(f"SELECT count(*) FROM {table} WHERE {part.attribute} = :key", key=key)
        assert made == len(sent[part_name(part)]) > 0


@pytest.mark.parametrize("case", cases("bulk"), ids=str)
async def test_many_are_made_by_one_mutation(house: House, case: Case) -> None:
    sent = await house.full(case)
    payload = await house.ask(case, sent)
    assert payload["errors"] == []
    (result,) = payload["results"]
    assert result["errors"] == []
    assert differing(case, sent[case.mirror.many][0], result[case.mirror.one]) == []
    assert payload["createdCount"] == 1


@pytest.mark.parametrize("case", cases("upsert"), ids=str)
async def test_the_same_key_changes_what_has_it(house: House, case: Case) -> None:
    sent = await house.full(case)
    first = (await house.ask(case, sent))[case.mirror.one]
    kept = {
        case.writable.names[name]
        for name in (*case.writable.key, *case.writable.once)
        if name in case.writable.names
    }
    needed = given(case.writable, {}, case.writable.change, all_of_them=False) if case.writable.change else {}
    again = {name: value for name, value in sent.items() if name in kept or name in needed}
    payload = await house.ask(case, again)
    assert payload["errors"] == []
    assert payload["created"] is False
    second = payload[case.mirror.one]
    assert second["id"] == first["id"]
    assert {name: value for name, value in second.items() if name not in ("version", "updatedAt")} == {
        name: value for name, value in first.items() if name not in ("version", "updatedAt")
    }


@each_creation
async def test_null_is_written_where_nothing_may_be(house: House, case: Case) -> None:
    """Each attribute that may be left out; where no null may be, it is a typed error with its place."""
    writable = case.writable
    sent = await house.full(case)
    for attribute in [each for each in writable.given if each not in (*writable.key, *TOGETHER)]:
        name, rule = writable.names[attribute], rules(writable.model)[attribute]
        if not rule.optional:
            continue
        payload = await house.ask(case, sent | {name: None})
        if not rule.nullable:
            (error,) = payload["errors"]
            assert (error["__typename"], error["path"]) == ("InvalidInputError", ["input", name])
            continue
        assert payload["errors"] == [], name
        shown = payload[case.mirror.one]
        # What a row belongs to may follow from what else it belongs to.
        assert attribute in links(writable.model) or shown.get(name) is None, name
        _, key = parse_id(shown["id"]) or (None, None)
        await house.run(f"DELETE FROM {writable.model.__tablename__} WHERE id = :id", id=key)
