"""What a whole database holds, so that a test can say that nothing of it changed."""

from sqlalchemy import text

from db.base import Base
from db.session import Database


async def fingerprints(database: Database) -> dict[str, str | None]:
    """A hash of all rows of each table; None for one without rows."""
    found = {}
    async with database.read() as connection:
        for table in Base.metadata.sorted_tables:
            row = f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table.name}" t'
            found[table.name] = await connection.scalar(text(row))
    return found
