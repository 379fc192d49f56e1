"""What a batch has to know of the rows that are here: asked for all of its rows at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]

from db.importers.limits import shape
from db.importers.records import Carried, Facts, Former, Known
from db.importers.source import Chunk
from db.importers.steps import Step
from db.importers.values import as_uuid

_FORMER: Final = """
    SELECT m.source_key, m.entity, m.entity_id, m.fingerprint, m.details ? 'merged' AS merged, m.imported_at
    FROM import_map m
    WHERE m.source = $1 AND m.source_table = $2 AND m.source_key = ANY($3) AND m.entity = ANY($4)
"""
_PARTS: Final = """
    SELECT m.source_table, m.source_key, m.entity, m.entity_id
    FROM import_map m
    WHERE m.source = $1 AND m.source_table = ANY($2) AND split_part(m.source_key, '#', 1) = ANY($3)
"""
_KNOWN: Final = """
    SELECT m.source_key, e.id, {owner} AS owner FROM import_map m JOIN {entity} e ON e.id = m.entity_id
    WHERE m.source = $1 AND m.source_table = $2 AND m.entity = '{entity}' AND m.source_key = ANY($3)
"""
_SESSIONS: Final = """
    SELECT external_id AS source_key, id, user_id AS owner FROM sessions
    WHERE source = $1 AND external_id = ANY($2)
"""
_MOST_CACHED: Final = 50_000


class Lookups:
    """Answers over one connection to the target; `system` is the source's name."""

    def __init__(self, connection: "asyncpg.Connection", system: str) -> None:
        self.connection = connection
        self.system = system
        self._cache: dict[tuple[str, str, str], Known] = {}

    async def is_fresh(self, table: str) -> bool:
        """Whether no row of a source table was ever imported."""
        query = "SELECT NOT EXISTS (SELECT FROM import_map WHERE source = $1 AND source_table = $2)"
        return bool(await self.connection.fetchval(query, self.system, table))

    async def facts(self, step: Step, chunk: Chunk, *, fresh: bool, carried: Carried) -> Facts:
        """All that a batch of a step needs. `carried` is what the batch before tells, still on its way."""
        former = {} if fresh else await self._former(step, chunk)
        if former and step.parts:
            former |= await self.parts(step.parts, chunk.keys)
        known = await self._known(step, chunk)
        last = dict(carried.last)
        if step.ordinal is not None:
            last |= await self._last(*step.ordinal, known, carried)
        taken = frozenset[UUID]()
        if not step.partial:
            taken = await self._taken(step, chunk, former)
        facts = Facts(former, known, taken, last, dict(carried.ends))
        if step.unique == "personalities":
            await self._personalities(facts)
        elif step.unique:
            column = {"configs": "key", "embedding_models": "name"}[step.unique]
            query = f"SELECT {column} AS name, id FROM {step.unique}"
            facts.names = {row["name"]: row["id"] for row in await self.connection.fetch(query)}
        if step.one_each:
            query = f"SELECT user_id, id FROM {step.entity} WHERE user_id = ANY($1)"
            users = [each.id for (entity, _, _), each in known.items() if entity == "users"]
            facts.held = {row["user_id"]: row["id"] for row in await self.connection.fetch(query, users)}
        return facts

    async def _former(self, step: Step, chunk: Chunk) -> dict[tuple[str, str, str], Former]:
        entities = [step.entity, *step.also]
        rows = await self.connection.fetch(_FORMER, self.system, step.origin, list(chunk.keys), entities)
        prints = dict(zip(chunk.keys, chunk.fingerprints, strict=True))
        stale: dict[str, dict[UUID, Any]] = defaultdict(dict)
        for row in rows:
            if row["fingerprint"] not in {None, prints.get(row["source_key"])}:
                stale[row["entity"]][row["entity_id"]] = row["imported_at"]
        states = {entity: await self._states(entity, ids) for entity, ids in stale.items()}
        found = {}
        for row in rows:
            gone, edited = states.get(row["entity"], {}).get(row["entity_id"], (False, False))
            found[step.origin, row["source_key"], row["entity"]] = Former(
                row["entity_id"], row["fingerprint"], bool(row["merged"]), edited, gone
            )
        return found

    async def parts(self, tables: Sequence[str], keys: Sequence[str]) -> dict[tuple[str, str, str], Former]:
        """What parts of rows became in earlier imports: they bear the row's key before a `#`."""
        rows = await self.connection.fetch(_PARTS, self.system, list(tables), list(keys))
        return {
            (row["source_table"], row["source_key"], row["entity"]): Former(row["entity_id"], None)
            for row in rows
            if "#" in row["source_key"]
        }

    async def _states(self, entity: str, ids: Mapping[UUID, Any]) -> dict[UUID, tuple[bool, bool]]:
        """For rows that changed in the source: whether they are gone here, and whether they were edited."""
        changed = "updated_at" if "updated_at" in shape(entity).columns else "NULL::timestamptz"
        query = f"SELECT id, {changed} AS changed FROM {entity} WHERE id = ANY($1)"
        rows = {row["id"]: row["changed"] for row in await self.connection.fetch(query, list(ids))}
        return {
            key: (key not in rows, rows.get(key) is not None and rows[key] > imported)
            for key, imported in ids.items()
        }

    async def _known(self, step: Step, chunk: Chunk) -> dict[tuple[str, str, str], Known]:
        wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
        for ref in step.refs:
            values = {str(row[ref.column]) for row in chunk.rows if row[ref.column] is not None}
            wanted[ref.entity, ref.table] |= values
        if step.names is not None:
            for row in chunk.rows:
                for entity, table, key in step.names(row):
                    wanted[entity, table].add(key)
        found = {}
        for (entity, table), values in wanted.items():
            for key, known in (await self.known(entity, table, values)).items():
                found[entity, table, key] = known
        return found

    async def known(self, entity: str, table: str, values: Iterable[str]) -> dict[str, Known]:
        """What rows of a source table became, by key; sessions by their key in the source without a table."""
        wanted = set(values)
        found = {
            key: self._cache[entity, table, key] for key in wanted if (entity, table, key) in self._cache
        }
        missing = sorted(wanted - found.keys())
        if missing:
            if table:
                owner = {"users": "e.id"}.get(entity, "e.user_id")
                query = _KNOWN.format(entity=entity, owner=owner)
                rows = await self.connection.fetch(query, self.system, table, missing)
            else:
                rows = await self.connection.fetch(_SESSIONS, self.system, missing)
            fresh = {row["source_key"]: Known(row["id"], row["owner"]) for row in rows}
            if len(self._cache) > _MOST_CACHED:
                self._cache.clear()
            self._cache.update({(entity, table, key): known for key, known in fresh.items()})
            found |= fresh
        return found

    def forget(self) -> None:
        """Ask anew from now on: a step has ended that may have changed what is known."""
        self._cache.clear()

    async def _taken(self, step: Step, chunk: Chunk, former: Mapping[Any, Former]) -> frozenset[UUID]:
        """Ids of rows of the source that other rows have here already."""
        ours = {each.id for each in former.values()}
        name = step.key[-1]
        named = (row.get(name, key) for row, key in zip(chunk.rows, chunk.keys, strict=True))
        ids = [own for key in named if (own := as_uuid(key)) is not None and own not in ours]
        if not ids:
            return frozenset()
        query = f"SELECT id FROM {step.entity} WHERE id = ANY($1)"
        return frozenset(row["id"] for row in await self.connection.fetch(query, ids))

    async def users(self, keys: Iterable[str]) -> dict[tuple[str, str, str], Known]:
        """The placeholders that were made for these users, and the one for nobody."""
        found = {}
        for table, wanted in (("anonymous", ["anonymous"]), ("user_id", sorted(keys))):
            for key, known in (await self.known("users", table, wanted)).items():
                found["users", table, "" if table == "anonymous" else key] = known
        return found

    async def _last(
        self, entity: str, column: str, known: Mapping[tuple[str, str, str], Known], carried: Carried
    ) -> dict[UUID, int]:
        """The last number of each parent that rows of a batch may belong to, placeholders among them."""
        whole = f"{column.removesuffix('_id')}s"
        parents = {found.id for (kind, _, _), found in known.items() if kind == whole} - carried.last.keys()
        if not parents:
            return {}
        if entity == "execution_events":
            # Events go when they are old, and their numbers are not given again.
            query = "SELECT id AS parent, event_seq::int AS last FROM executions WHERE id = ANY($1)"
        else:
            number = {"workflow_versions": "version", "document_chunks": "chunk_index"}.get(entity, "seq")
            query = (
                f"SELECT {column} AS parent, max({number}) AS last FROM {entity} "
                f"WHERE {column} = ANY($1) GROUP BY 1"
            )
        return {row["parent"]: row["last"] for row in await self.connection.fetch(query, list(parents))}

    async def _personalities(self, facts: Facts) -> None:
        """Slugs and defaults are few: all of them at once."""
        query = "SELECT slug, user_id, is_default, id FROM personalities WHERE deleted_at IS NULL AND (slug IS NOT NULL OR is_default)"  # noqa: E501
        ours = {each.id for each in facts.former.values()}
        for row in await self.connection.fetch(query):
            if row["id"] not in ours:
                if row["slug"] is not None:
                    facts.slugs.add(row["slug"])
                if row["is_default"]:
                    facts.defaults.add(row["user_id"])
