"""Databases that are made for a measurement or a test, and dropped after it."""

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL


def plain(url: URL) -> str:
    """An address as libpq and asyncpg read it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


async def administer(url: URL, *statements: str) -> None:
    """Run statements that cannot stand in a transaction, such as CREATE DATABASE."""
    connection = await asyncpg.connect(plain(url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
