"""`atrium seed demo`: ten people and everything around them, in Chinese and English."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from sqlalchemy import text

from db.base import Base
from db.models import ChunkEmbedding, DocumentChunk, Memory
from db.seeds.conversations import add_conversations, count_uses
from db.seeds.insert import Absent, insert_missing
from db.seeds.library import VectorOf, add_documents, add_memory_vectors
from db.seeds.progress import Progress, silent
from db.seeds.rows import Scenario
from db.seeds.runs import add_runs
from db.seeds.traffic import add_hashes, add_metrics, add_requests, add_usage
from db.seeds.vectors import vector_of
from db.session import Database

# Owners stand before what they own, so that a row can take its owner from its parent.
_BEFORE_SESSIONS: Final = ("people", "personalities", "agents", "workflows")
_AFTER_RUNS: Final = ("memories", "data_sources", "insights", "operations")


@dataclass(frozen=True, slots=True)
class Seeded:
    """Rows written, rows in place already, and rows left out because others have what must be unique."""

    written: int
    present: int
    left_out: int


@cache
def demo_scenario() -> Scenario:
    """Every row of the demo. The same object each time: read it, and change nothing."""
    return _scenario(vector_of)


def demo_texts() -> list[str]:
    """All texts of the demo that have a vector, each once."""
    scenario = _scenario(lambda _: "")
    embedded = {row["chunk_id"] for row in scenario.all(ChunkEmbedding)}
    chunks = [row["content"] for row in scenario.all(DocumentChunk) if row["id"] in embedded]
    return list(dict.fromkeys([*chunks, *(row["content"] for row in scenario.all(Memory))]))


def _scenario(vector_of: VectorOf) -> Scenario:
    content = files("db.seeds") / "content"
    scenario = Scenario()
    for name in _BEFORE_SESSIONS:
        scenario.load(content / f"{name}.toml")
    add_documents(scenario, content, vector_of)
    add_conversations(scenario, content / "sessions")
    add_runs(scenario, content / "executions.toml")
    for name in _AFTER_RUNS:
        scenario.load(content / f"{name}.toml")
    add_memory_vectors(scenario, vector_of)
    count_uses(scenario)
    add_hashes(scenario)
    add_requests(scenario)
    add_usage(scenario)
    add_metrics(scenario)
    return scenario


async def seed_demo(database: Database, progress: Progress = silent) -> Seeded:
    """Write the rows of the demo that are missing, all or none.

    Rows that are there stay as they are, also those that a person changed or put in the bin; what was deleted
    for good comes back. Rows whose unique values belong to others (a user name that is taken) are left out
    with all that hangs on them. Raises what `Database.transaction` raises.
    """
    rows = demo_scenario().rows
    total = sum(len(of_table) for of_table in rows.values())
    done = written = 0
    absent: Absent = {}
    async with database.transaction() as session:
        # The events of its sessions are among the rows.
        await session.execute(text("SET LOCAL atrium.events = 'off'"))
        for table in Base.metadata.sorted_tables:
            written += await insert_missing(session, table, rows[table.name].values(), absent)
            done += len(rows[table.name])
            progress("demo data", done, total)
    left_out = sum(len(ids) for ids in absent.values())
    return Seeded(written, total - written - left_out, left_out)
