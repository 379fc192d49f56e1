"""Imports that an administrator starts through the API: who may, what is refused, and what comes of them."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
import strawberry
from sqlalchemy import URL, text

from api.auth.principal import loopback
from api.context import Context
from db.importers.background import Imports
from db.importers.vault import Vault
from db.models import Role
from db.policy import Viewer
from db.session import Database
from tests.importers.conftest import KEYS, elsewhere
from tests.importers.data.systems import make

__all__ = ["elsewhere"]

START = """mutation ($input: StartImportInput!) {
  startImport(input: $input) {
    importRun { id source status startedBy { login } }
    errors { code message path }
  }
}"""
AUDIT = "SELECT actor_user_id, metadata -> 'options' AS options FROM audit_logs WHERE action = 'import.start'"
RUNS = "{ importRuns { nodes { source status rowsRead errorMessage report } } }"


async def test_an_administrator_starts_an_import_and_sees_it_through(
    database: Database, schema: strawberry.Schema, elsewhere: URL
) -> None:
    await make("chingtech", [elsewhere], 60)
    admin = await a_user(database)
    imports = Imports(database.engine, Vault.of(KEYS))

    async def run(viewer: Viewer, document: str, **variables: Any) -> Any:
        context = Context(database, loopback(viewer), "test", imports=imports)
        return await schema.execute(document, variable_values=variables, context_value=context)

    wanted = {"system": "CHINGTECH", "sources": [elsewhere.render_as_string(hide_password=False)]}
    stranger = await run(Viewer(admin, frozenset({Role.USER.value})), START, input=wanted)
    assert stranger.errors
    viewer = Viewer(admin, frozenset({Role.ADMIN.value}))
    naive = await run(viewer, START, input=wanted)
    assert naive.errors is None
    assert "--source-tz" in naive.data["startImport"]["errors"][0]["message"]
    begun = await run(viewer, START, input={**wanted, "sourceTimeZone": "Asia/Taipei"})
    assert begun.errors is None
    assert begun.data["startImport"]["errors"] == []
    assert begun.data["startImport"]["importRun"]["source"] == "chingtech"
    assert begun.data["startImport"]["importRun"]["startedBy"] == {"login": "root"}
    await asyncio.gather(*imports._tasks)
    seen = await run(viewer, RUNS)
    (node,) = seen.data["importRuns"]["nodes"]
    assert (node["status"], node["errorMessage"]) == ("COMPLETED", None)
    assert node["report"]["agrees"] is True
    async with database.read() as session:
        entry = (await session.execute(text(AUDIT))).one()
    assert (entry.actor_user_id, entry.options["dry_run"]) == (admin, False)
    assert entry.options["from"] == node["report"]["source"]


async def test_an_import_that_the_audit_cannot_record_reads_nothing(
    database: Database, schema: strawberry.Schema, elsewhere: URL
) -> None:
    await make("chingtech", [elsewhere], 60)
    viewer = Viewer(await a_user(database), frozenset({Role.ADMIN.value}))
    async with database.transaction() as session:
        await session.execute(text("ALTER TABLE audit_logs ADD CHECK (action <> 'import.start') NOT VALID"))
    imports = Imports(database.engine, Vault.of(KEYS))
    context = Context(database, loopback(viewer), "test", imports=imports)
    wanted = {
        "system": "CHINGTECH",
        "sources": [elsewhere.render_as_string(hide_password=False)],
        "sourceTimeZone": "Asia/Taipei",
    }
    reply = await schema.execute(START, variable_values={"input": wanted}, context_value=context)
    assert reply.errors or reply.data["startImport"]["errors"]
    async with database.read() as session:
        runs = (await session.execute(text("SELECT status, rows_read FROM import_runs"))).all()
        assert runs == [("failed", 0)]
        assert await session.scalar(text("SELECT count(*) FROM sessions")) == 0


async def a_user(database: Database) -> UUID:
    async with database.transaction() as session:
        made = await session.scalar(text("INSERT INTO users (username) VALUES ('root') RETURNING id"))
    assert isinstance(made, UUID)
    return made


async def test_a_dry_run_is_recorded_and_writes_nothing_else(
    database: Database, schema: strawberry.Schema, elsewhere: URL
) -> None:
    await make("chingtech", [elsewhere], 60)
    admin = await a_user(database)
    imports = Imports(database.engine, Vault.of(KEYS))
    viewer = Viewer(admin, frozenset({Role.ADMIN.value}))

    async def run(document: str, **variables: Any) -> Any:
        context = Context(database, loopback(viewer), "test", imports=imports)
        return await schema.execute(document, variable_values=variables, context_value=context)

    wanted = {
        "system": "CHINGTECH",
        "sources": [elsewhere.render_as_string(hide_password=False)],
        "sourceTimeZone": "Asia/Taipei",
    }
    dry = await run(START, input={**wanted, "dryRun": True})
    assert dry.data["startImport"]["errors"] == []
    await asyncio.gather(*imports._tasks)
    (node,) = (await run(RUNS)).data["importRuns"]["nodes"]
    assert (node["status"], node["report"]["dry_run"], node["report"]["agrees"]) == ("COMPLETED", True, True)
    assert int(node["rowsRead"]) > 0
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM sessions")) == 0
    wet = await run(START, input=wanted)
    assert wet.data["startImport"]["importRun"]["id"] != dry.data["startImport"]["importRun"]["id"]
    await asyncio.gather(*imports._tasks)
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM sessions")) > 0


@pytest.mark.parametrize(
    ("given", "place", "told"),
    [
        ({"sources": ["mysql://host/db"]}, "sources", "A source is not an address"),
        ({"sources": [" "]}, "sources", "A source is empty"),
        ({"sources": ["postgresql://127.0.0.1:1/a\x00b"]}, "sources", ""),
        ({"sources": ["postgresql://127.0.0.1:1/nothing"]}, "sources", "cannot be reached"),
        ({"sources": []}, "sources", ""),
        ({"sourceTimeZone": "Mars/Base"}, "sourceTimeZone", "There is no time zone Mars/Base"),
        ({"sourceTimeZone": "a\x00b"}, "sourceTimeZone", ""),
        ({"mapping": ["users"]}, "mapping", "must be an object"),
        ({"mapping": {"people": {}}}, "mapping", "a table people"),
        ({"mapping": {"users": {"admin": "a\x00b"}}}, "mapping", ""),
        ({"without": ["a\x00b"]}, "without", ""),
    ],
)
async def test_an_import_that_cannot_begin_is_refused_with_its_place(
    database: Database, schema: strawberry.Schema, given: dict[str, Any], place: str, told: str
) -> None:
    viewer = Viewer(await a_user(database), frozenset({Role.ADMIN.value}))
    imports = Imports(database.engine, Vault.of(KEYS))
    context = Context(database, loopback(viewer), "test", imports=imports)
    wanted = {"system": "CHINGTECH", "sources": ["postgresql://127.0.0.1:1/nothing"], **given}
    reply = await schema.execute(START, variable_values={"input": wanted}, context_value=context)
    if reply.errors is None:
        payload = reply.data["startImport"]
        assert payload["importRun"] is None
        (error,) = payload["errors"]
        assert error["path"][:2] == ["input", place]
        assert told in error["message"]
    else:
        (fault,) = reply.errors
        assert fault.extensions["code"] == "BAD_USER_INPUT"
        assert place in fault.message
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM import_runs")) == 0
