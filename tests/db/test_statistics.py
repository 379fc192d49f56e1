"""What the planner is told of columns that depend on each other."""

from sqlalchemy import text

from db.base import Base
from db.session import Database

DEPENDENCIES = """
SELECT relname, attname
FROM pg_statistic_ext
JOIN pg_class ON pg_class.oid = stxrelid
JOIN pg_attribute ON attrelid = stxrelid AND attnum = ANY (stxkeys)
WHERE 'f' = ANY (stxkind) AND attname <> 'user_id' AND EXISTS (
    SELECT FROM pg_attribute owner
    WHERE owner.attrelid = stxrelid AND owner.attnum = ANY (stxkeys) AND owner.attname = 'user_id'
)
"""


async def test_whatever_follows_the_owner_of_a_whole_is_known_to_do_so(database: Database) -> None:
    declared = {
        (table.name, column)
        for table in Base.metadata.tables.values()
        for key in table.foreign_key_constraints
        for column in key.column_keys
        if len(key.column_keys) == 2 and "user_id" in key.column_keys and column != "user_id"
    }
    async with database.read() as session:
        found = {(table, column) for table, column in await session.execute(text(DEPENDENCIES))}
    assert len(declared) > 30
    assert found == declared
