"""No column holds a value that an answer in JSON cannot show as the column's type promises."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ARRAY, Column, Double, Numeric, literal_column, update
from sqlalchemy.dialects.postgresql import JSONB

from db.errors import DataError, Invalid
from db.session import Database
from tests.db.rows import METADATA, create_rows

# By type, as SQL: what is refused, and what is not although it is next to it.
REFUSED: dict[type[Any], tuple[str, ...]] = {
    JSONB: ("'null'",),
    Double: ("'NaN'", "'Infinity'", "'-Infinity'"),
    Numeric: ("'NaN'",),
    ARRAY: ("ARRAY[NULL]", "ARRAY['a', NULL]", "'{{a,b},{c,d}}'"),
}
TAKEN: dict[type[Any], tuple[str, ...]] = {
    JSONB: ("'{}'", "'[null]'", "'false'", "'0'", "'\"null\"'"),
    ARRAY: ("'{}'", "ARRAY['NULL', '']"),
    Double: ("'0'", "'1'"),
    Numeric: ("'0'", "'1'"),
}
MESSAGES: dict[type[Any], str] = {
    JSONB: "must not be the JSON value null",
    Double: "must be a finite number",
    Numeric: "must be a finite number",
    ARRAY: "must be a plain list",
}
COLUMNS = [
    (column, kind)
    for table in METADATA.sorted_tables
    for column in table.c
    for kind in REFUSED
    if isinstance(column.type, kind) and not (kind is JSONB and column.nullable)
    # The audit takes no change at all.
    if table.name != "audit_logs"
]


@pytest.fixture
async def rows(database: Database) -> Database:
    """A row in every table."""
    async with database.transaction() as session:
        await (await session.connection()).run_sync(create_rows)
    return database


async def write(rows: Database, column: Column[Any], value: str) -> None:
    async with rows.transaction() as session:
        changed = await session.execute(
            update(column.table).values({column: literal_column(value)}).returning(column.table.c.id)
        )
        assert isinstance(changed.scalars().first(), UUID)


async def test_what_cannot_be_shown_is_refused_and_the_message_says_why(rows: Database) -> None:
    assert {kind for _, kind in COLUMNS} == REFUSED.keys()
    for column, kind in COLUMNS:
        for value in REFUSED[kind]:
            with pytest.raises(DataError) as caught:
                await write(rows, column, value)
            error = caught.value
            assert isinstance(error, Invalid), (column, value)
            assert error.field == column.name
            allowed = {MESSAGES[kind], "is not allowed"}
            assert any(text in error.message for text in allowed), (column, value, error.message)


async def test_no_numeric_column_is_infinite(rows: Database) -> None:
    value = METADATA.tables["metrics"].c.value
    for infinity in ("'Infinity'", "'-Infinity'"):
        with pytest.raises(Invalid, match="In metrics, value must be a finite number"):
            await write(rows, value, infinity)


async def test_what_is_next_to_it_is_taken(rows: Database) -> None:
    for column, kind in COLUMNS:
        if column.name in {"roles", "status_code"}:
            continue
        for value in TAKEN[kind]:
            await write(rows, column, value)


async def test_nullable_json_takes_the_value_null(rows: Database) -> None:
    nullable = [
        column
        for table in METADATA.sorted_tables
        for column in table.c
        if isinstance(column.type, JSONB) and column.nullable
    ]
    assert len(nullable) >= 5
    for column in nullable:
        await write(rows, column, "'null'")


async def test_the_message_names_the_table_and_not_its_part_for_a_month(rows: Database) -> None:
    with pytest.raises(Invalid, match="In error logs, context must not be the JSON value null"):
        await write(rows, METADATA.tables["error_logs"].c.context, "'null'")
