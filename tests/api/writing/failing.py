"""A table to which nothing can be written for a while, so that a mutation fails after all else was done."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.api.writing.conftest import House


@asynccontextmanager
async def failing(house: House, table: str) -> AsyncIterator[None]:
    """The block, in which every row that is written to `table` is refused once it is written."""
    await house.run(
        "CREATE OR REPLACE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'a test is in the way'; END $$"
    )
    await house.run(
        f"CREATE TRIGGER in_the_way AFTER INSERT OR UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_row()"
    )
    try:
        yield
    finally:
        await house.run(f"DROP TRIGGER in_the_way ON {table}")
