"""Approximate indexes over the vectors of the largest owners: one for each of them and each model in use.

An index over everybody's vectors would be searched first and filtered afterwards, and lose what is rare. One
that holds a single owner's is only searched for that owner, and costs nobody else anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Text,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    text,
)

from db.policy import Entity, Viewer
from db.session import Database, ReadSession, WriteSession

PREFIX: Final = "chunk_embeddings_near_"
SCANNING: Final[Mapping[str, str]] = {"hnsw.iterative_scan": "relaxed_order", "hnsw.ef_search": "400"}
"""How the indexes are searched: on and on, until what the filter lets through is enough."""

# Any number of our own, the same in every version, so that two processes never build at once.
_LOCK: Final = 7_316_402_219
# Measured with 100,000 vectors of 1,536: with pgvector's defaults single questions lost 2 of the nearest 10,
# and with these as much as without the index; it takes 27 s to build instead of 10.
_GRAPH: Final = "WITH (m = 24, ef_construction = 200)"
_BUILDING: Final = ("SET statement_timeout = 0", "SET maintenance_work_mem = '256MB'")
_BUILT: Final = ("RESET statement_timeout", "RESET maintenance_work_mem")

_OWNERS: Final = text("""
    SELECT owner.user_id, owner.volume, model.id AS model_id, model.dimensions
    FROM (
        SELECT user_id, sum(chunk_count) AS volume FROM documents WHERE deleted_at IS NULL
        GROUP BY user_id HAVING sum(chunk_count) >= :least
    ) owner CROSS JOIN embedding_models model
    WHERE model.is_active AND (model.is_default OR model.is_next)
    ORDER BY owner.volume DESC, owner.user_id, model.id
""")
_KNOWN: Final = text("""
    SELECT class.relname, indisvalid FROM pg_index JOIN pg_class class ON class.oid = indexrelid
    WHERE indrelid = to_regclass('public.chunk_embeddings') AND starts_with(class.relname, :prefix)
    ORDER BY 1
""")

_CATALOG: Final = table("pg_index", column("indexrelid", Integer()), column("indisvalid", Boolean()))
_VALID: Final = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")


@dataclass(frozen=True, slots=True)
class Kept:
    """The names of the indexes that were made and of those that were dropped."""

    made: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def name_of(owner: UUID, model: UUID) -> str:
    """The name of the index over an owner's vectors by a model, whether or not there is one."""
    return PREFIX + md5(f"{owner}{model}".encode(), usedforsecurity=False).hexdigest()


def has_index(viewer: Viewer, model: Entity) -> ColumnElement[bool]:
    """Whether the viewer's own vectors by a model have an index that can be searched."""
    if viewer.user_id is None:
        return literal_column("false", Boolean())
    named = func.md5(literal(str(viewer.user_id), Text()).concat(cast(model.id, Text())))
    index = func.to_regclass(literal(f"public.{PREFIX}", Text()).concat(named))
    found = select(_CATALOG.c.indisvalid).where(_CATALOG.c.indexrelid == index)
    return func.coalesce(found.scalar_subquery(), literal_column("false", Boolean()))


async def is_indexed(session: ReadSession, owner: UUID, model: UUID) -> bool:
    """Whether an owner's vectors by a model have an index that can be searched."""
    return bool(await session.scalar(_VALID, {"name": f"public.{name_of(owner, model)}"}))


async def scan_well(session: ReadSession | WriteSession, *, only_now: bool = True) -> None:
    """Let indexes be searched as they should until the transaction ends, or for good."""
    settings = [func.set_config(name, value, only_now) for name, value in SCANNING.items()]
    await session.execute(select(*settings))


async def keep_indexes(database: Database, least: int) -> Kept:
    """Make the indexes of owners with at least so many chunks, and drop those of whoever has less than half.

    Nothing waits for it but the process that calls: tables can be read and written meanwhile. Does nothing
    while another process is at it. With 0 for `least` all indexes are dropped.
    """
    async with database.read() as connection:
        if not await connection.scalar(select(func.pg_try_advisory_lock(_LOCK))):
            return Kept()
        try:
            for each in _BUILDING:
                await connection.execute(text(each))
            return await _keep(connection, least)
        finally:
            for each in _BUILT:
                await connection.execute(text(each))
            await connection.execute(select(func.pg_advisory_unlock(_LOCK)))


async def _keep(connection: ReadSession, least: int) -> Kept:
    known: dict[str, bool] = dict((await connection.execute(_KNOWN, {"prefix": PREFIX})).all())
    owners = (await connection.execute(_OWNERS, {"least": max(1, least // 2)})).all() if least else []
    named = {name_of(row.user_id, row.model_id): row for row in owners}
    # What a process that was ended has left can only be made anew.
    dropped = [name for name, valid in known.items() if not valid or name not in named]
    for name in dropped:
        await connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
    made = [
        name for name, row in named.items() if not known.get(name) and (row.volume >= least or name in known)
    ]
    for name in made:
        row = named[name]
        await connection.execute(
            text(
                f"CREATE INDEX CONCURRENTLY {name} ON chunk_embeddings"
                f" USING hnsw ((bits\\:\\:bit({int(row.dimensions)})) bit_hamming_ops)"
                f" {_GRAPH}"
                f" WHERE user_id = '{row.user_id}' AND model_id = '{row.model_id}'"
            )
        )
    return Kept(tuple(made), tuple(name for name in dropped if name not in made))
