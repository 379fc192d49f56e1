"""`importedFrom`: where an object came from, by both ways of reading, for whoever may see the object."""

from typing import Any

from sqlalchemy import URL, text

from api.app import served_schema
from db.importers.options import OnConflict
from db.policy import ADMIN, Viewer
from db.session import Database
from tests.api.differential.apps import Request, both_paths
from tests.importers.conftest import bring, elsewhere
from tests.importers.data.systems import make

__all__ = ["elsewhere"]

ADMINISTRATOR = Viewer(user_id=None, roles=frozenset({ADMIN}))
ANALYST = Viewer(user_id=None, roles=frozenset({"analyst"}))

CHATS = """{ sessions(first: 50, where: { kind: { eq: CHAT } }) { nodes {
  externalId importedFrom { table key __typename }
  messages(first: 2) { nodes { from: importedFrom { system key } } }
  user { importedFrom { k: key } }
} } }"""

MANY = """{
  importRuns { nodes { importedFrom { key } } }
  audits: auditLogs(first: 1) { nodes { importedFrom { table } } }
}"""
MADE_HERE = """
    INSERT INTO sessions (user_id, external_id, source) SELECT id, 'made here', 'x' FROM users LIMIT 1
"""
A_CONFIG = "SELECT entity_id FROM import_map WHERE source_table = 'system_config' LIMIT 1"


async def test_every_object_tells_the_rows_that_it_was_made_of(
    database: Database, database_url: URL, elsewhere: URL
) -> None:
    await make("genesis", [elsewhere], 100)
    await bring(database_url, "genesis", [elsewhere], on_conflict=OnConflict.SUFFIX)
    async with database.transaction() as session:
        await session.execute(text(MADE_HERE))
    async with both_paths(database, served_schema()) as both:

        async def ask(query: str, viewer: Viewer = ADMINISTRATOR, **variables: Any) -> Any:
            return await both.ask(Request(query, variables), viewer)

        reply = await ask(CHATS)
        assert reply.path == "statement"
        nodes = {node["externalId"]: node for node in reply.data["sessions"]["nodes"]}
        assert nodes["made here"]["importedFrom"] == []
        origins = [[each["table"] for each in node["importedFrom"]] for node in nodes.values()]
        assert ["chat_sessions", "user_sessions"] in origins, "a chat and a visit that are one session"
        told = nodes[next(key for key in nodes if key != "made here")]
        assert told["importedFrom"][0]["__typename"] == "OriginInfo"
        assert all(each["from"][0]["system"] == "genesis" for each in told["messages"]["nodes"])
        async with database.read() as session:
            key = await session.scalar(text(A_CONFIG))
        node = "query ($id: ID!) { config(id: $id) { importedFrom { key @skip(if: true) } key } }"
        assert (await ask(node, id=str(key))).data["config"]["importedFrom"] == [{}]
        found = (await ask(MANY)).data
        assert found["importRuns"]["nodes"] == [{"importedFrom": []}]
        assert found["audits"]["nodes"][0]["importedFrom"] == [{"table": "audit_logs"}]
        refused = await ask("{ metrics(first: 1) { nodes { name importedFrom { key } } } }", ANALYST)
        assert refused.codes == ["FORBIDDEN"]
        assert "importedFrom" in refused.body["errors"][0]["message"]
