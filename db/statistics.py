"""How much is in the database: for people who ask how it is."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Estimates are free and exact enough for large tables; partitions count for their whole, small ones exactly.
_TABLES = text("""
    SELECT coalesce(parent.relname, part.relname) AS name,
           sum(greatest(part.reltuples, 0))::bigint AS rows,
           sum(pg_total_relation_size(part.oid))::bigint AS bytes,
           bool_or(part.reltuples < 0 OR part.relpages = 0) AS unknown
    FROM pg_class part
    LEFT JOIN pg_inherits link ON link.inhrelid = part.oid
    LEFT JOIN pg_class parent ON parent.oid = link.inhparent
    WHERE part.relkind = 'r' AND part.relnamespace = to_regnamespace('public')
    GROUP BY 1 ORDER BY 1
""")
_SIZE = text("SELECT pg_database_size(current_database())")
_CONNECTIONS = text("""
    SELECT count(*), current_setting('max_connections')::int
    FROM pg_stat_activity WHERE backend_type = 'client backend'
""")
_EXACT_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table with its indexes and partitions; `exact` says whether `rows` was counted or estimated."""

    name: str
    rows: int
    bytes: int
    exact: bool


async def table_sizes(connection: AsyncConnection) -> list[TableSize]:
    """All tables of the schema by name; those under ten megabytes are counted."""
    sizes = []
    for name, rows, size, unknown in (await connection.execute(_TABLES)).all():
        exact = unknown or size < _EXACT_BYTES
        if exact:
            quoted = connection.dialect.identifier_preparer.quote(name)
            rows = await connection.scalar(text(f"SELECT count(*) FROM public.{quoted}"))  # noqa: S608, PLW2901
        sizes.append(TableSize(name=name, rows=rows or 0, bytes=size, exact=exact))
    return sizes


async def database_size(connection: AsyncConnection) -> int:
    """Bytes of the whole database."""
    return int(await connection.scalar(_SIZE) or 0)


async def connections(connection: AsyncConnection) -> tuple[int, int]:
    """How many clients are connected to the server, and how many may be."""
    used, allowed = (await connection.execute(_CONNECTIONS)).one()
    return int(used), int(allowed)
