"""The audit: one row for each mutation, in its transaction, without secrets, and never rewritten."""

from typing import Any

import pytest
from sqlalchemy import text

from api.auth.principal import CredentialKind, Principal
from api.context import Context
from api.core.ids import global_id, parse_id
from db.errors import Misconfigured
from db.matrix import entity_of
from db.policy import Viewer
from tests.api.writing.conftest import House
from tests.api.writing.samples import ADMIN, DEVELOPER, Case, cases, given
from tests.api.writing.test_changing import mine, own_keys

LAST = """
SELECT jsonb_build_object('action', action, 'id', resource_id, 'changes', changes, 'actor', actor_user_id,
  'owner', user_id, 'meta', metadata)
FROM audit_logs ORDER BY id DESC LIMIT 1
"""


async def count(house: House) -> int:
    found = await house.value("SELECT count(*) FROM audit_logs")
    assert isinstance(found, int)
    return found


@pytest.mark.parametrize("case", cases(), ids=str)
async def test_every_mutation_leaves_one_row(house: House, case: Case) -> None:
    table = case.writable.model.__tablename__
    if case.kind in ("create", "bulk", "upsert"):
        sent = await house.full(case)
    else:
        sent = {"id": mine(house, case)}
    if case.kind == "restore":
        await house.run(f"UPDATE {table} SET deleted_at = now() WHERE id = :id", id=house.mine[table])
    if case.name == "deleteEmbeddingModel":
        await house.run("DELETE FROM memory_embeddings WHERE model_id = :id", id=house.mine[table])
    if case.kind == "update":
        sent |= given(case.writable, own_keys(house, case), case.writable.change)
    before = await count(house)
    payload = await house.ask(case, sent)
    assert payload["errors"] == []
    assert await count(house) == before + 1
    row = await house.value(LAST)
    verb = "create" if case.kind in ("bulk", "upsert") else case.kind
    assert row["action"] == f"{entity_of(case.writable.model)}.{verb}"
    assert row["actor"] == str(house.mine["users"])
    assert row["meta"]["request_id"] == "request-7"
    if case.kind == "bulk":
        ids = [parse_id(each[case.mirror.one]["id"])[1] for each in payload["results"]]  # type: ignore[index]
        assert row["meta"]["ids"] == [str(key) for key in ids]
    else:
        shown = payload["deletedId"] if case.kind == "delete" else payload[case.mirror.one]["id"]
        assert row["id"] == str(parse_id(shown)[1])  # type: ignore[index]
        assert row["changes"]


async def test_it_says_in_whose_place_by_which_key_and_from_where(house: House) -> None:
    admin, key = house.theirs["users"], house.mine["api_keys"]
    principal = Principal(house.me(DEVELOPER), CredentialKind.API_KEY, key_id=key, acting=admin)
    scope: Any = {"client": ("192.0.2.9", 5), "headers": [(b"user-agent", b"Test/1")]}
    context = Context(house.database, principal, "request-8", scope=scope)
    query = 'mutation { createSession(input: {title: "in their place"}) { errors { message } } }'
    result = await house.schema.execute(query, context_value=context)
    assert result.errors is None
    row = await house.value(LAST)
    assert (row["actor"], row["owner"]) == (str(admin), str(house.mine["users"]))
    assert row["meta"] == {
        "acting_as": str(house.mine["users"]), "api_key_id": str(key), "request_id": "request-8"
    }  # fmt: skip
    origin = "SELECT host(ip_address) || ' ' || user_agent FROM audit_logs ORDER BY id DESC LIMIT 1"
    assert await house.value(origin) == "192.0.2.9 Test/1"


async def test_what_is_refused_leaves_none(house: House) -> None:
    before = await count(house)
    for given_values in ({"title": "\x00"}, {"agentId": str(house.theirs["agents"])}):
        (case,) = [case for case in cases("create") if case.name == "createSession"]
        assert (await house.ask(case, given_values))["errors"]
    assert await count(house) == before


async def test_the_difference_is_told_by_column(house: House) -> None:
    (case,) = [case for case in cases("update") if case.name == "updateSession"]
    await house.ask(case, {"id": mine(house, case), "title": "one", "metadata": {"a": 1}})
    await house.ask(case, {"id": mine(house, case), "title": "two", "metadata": {"a": 1}})
    row = await house.value(LAST)
    assert row["changes"] == {"title": ["one", "two"]}
    await house.ask(case, {"id": mine(house, case), "systemPrompt": "long " * 1_000})
    (before, after) = (await house.value(LAST))["changes"]["system_prompt"]
    assert before is None
    assert len(after) == 1_001


async def test_secrets_are_left_out(house: House) -> None:
    (case,) = [case for case in cases("create") if case.name == "createConfig"]
    sent = {"key": f"secret-{house.mine['users']}", "value": {"password": "swordfish"}, "isSecret": True}
    assert (await house.ask(case, sent))["errors"] == []
    assert (await house.value(LAST))["changes"]["value"] == [None, "(left out)"]
    everything = await house.value("SELECT string_agg(a::text, '') FROM audit_logs a")
    assert "swordfish" not in everything


async def test_what_was_a_secret_is_not_shown(house: House) -> None:
    (case,) = [case for case in cases("create") if case.name == "createConfig"]
    sent = {"key": f"hidden-{house.mine['users']}", "value": "swordfish", "isSecret": True}
    key = (await house.ask(case, sent))["config"]["id"]
    (update,) = [case for case in cases("update") if case.name == "updateConfig"]
    (error,) = (await house.ask(update, {"id": key, "isSecret": False}))["errors"]
    assert error["path"] == ["input", "isSecret"]
    shown = (await house.ask(update, {"id": key, "isSecret": False, "value": "new"}))["config"]
    assert shown["value"] == "new"


async def test_owners_read_what_was_done_to_their_things(house: House) -> None:
    (case,) = [case for case in cases("update") if case.name == "updateSession"]
    theirs = {"id": global_id("Session", house.theirs["sessions"]), "title": "set right"}
    assert (await house.ask(case, theirs, house.me(ADMIN)))["errors"] == []
    row = await house.value(LAST)
    assert (row["actor"], row["owner"]) == (str(house.mine["users"]), str(house.theirs["users"]))
    query = """{
      auditLogs(where: {action: {eq: "session.update"}}, first: 1) { nodes { resourceId actor { id } } }
    }"""
    owner, stranger = Viewer(house.theirs["users"], DEVELOPER), house.me(DEVELOPER)
    mine_now = (await house.send(query, owner)).data["auditLogs"]["nodes"]
    assert mine_now == [{"resourceId": str(house.theirs["sessions"]), "actor": None}]
    assert (await house.send(query, stranger)).data["auditLogs"]["nodes"] == []
    (seen,) = (await house.send(query, house.me(ADMIN))).data["auditLogs"]["nodes"]
    assert seen["actor"] == {"id": global_id("User", house.mine["users"])}


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_logs SET action = 'nothing'",
        "UPDATE audit_logs SET actor_user_id = NULL",
        "UPDATE audit_logs SET user_id = NULL",
        "DELETE FROM audit_logs",
        "TRUNCATE audit_logs",
    ],
)
async def test_nobody_rewrites_it(house: House, sql: str) -> None:
    before = await house.state()
    with pytest.raises(Misconfigured, match="the audit is only ever added to"):
        async with house.database.transaction() as session:
            await session.execute(text(sql))
    assert await house.state() == before


async def test_a_user_who_is_gone_for_good_leaves_it_in_place(house: House) -> None:
    (case,) = [case for case in cases("create") if case.name == "createSession"]
    await house.ask(case, {"title": "left behind"})
    before = await count(house)
    await house.run("DELETE FROM users WHERE id = :id", id=house.mine["users"])
    row = await house.value(LAST)
    assert (row["actor"], row["owner"]) == (None, None)
    assert row["changes"] == {"title": [None, "left behind"]}
    assert await count(house) == before


async def test_it_goes_with_its_deed(house: House) -> None:
    """Where the audit cannot be written, nothing is done."""
    (case,) = [case for case in cases("create") if case.name == "createSession"]
    await house.run(
        "ALTER TABLE audit_logs ADD CONSTRAINT broken CHECK (action <> 'session.create') NOT VALID"
    )
    before = await house.state()
    result = await house.send(
        'mutation { createSession(input: {title: "x"}) { errors { message } } }', house.me(case.roles)
    )
    await house.run("ALTER TABLE audit_logs DROP CONSTRAINT broken")
    assert result.errors
    assert await house.state() == before
