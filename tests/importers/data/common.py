"""What the generators share: a seeded source of values, texts in two scripts, and rows sent by COPY."""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL

DDL = Path(__file__).parents[1] / "ddl"
START = datetime(2025, 10, 3, 8, 30)  # noqa: DTZ001
BCRYPT = "$2b$12$abcdefghijklmnopqrstuOQ5F0p1J8k3Yx2Vw7Lr9Ts4Nq6Mz0Hyu"
WORDS = [
    "你好，今天的天氣怎麼樣？",
    "我想訂一張去高雄的車票。",
    "这个问题我想再确认一下",
    "please",
    "summarise",
    "the",
    "meeting",
    "notes",
    "資料庫",
    "的",
    "索引",
    "为什么",
    "变慢",
    "了",
    "how",
    "do",
    "I",
    "rotate",
    "the",
    "API",
    "key",
    "without",
    "downtime",
    "🙂",
    "naïve",
    "café",
    "Ωmega",
]

Row = tuple[Any, ...]
Rows = list[Row]
Values = list[Any]
"""Keys that other rows name, and whatever else a column is drawn from."""


@dataclass(frozen=True)
class Table:
    """Rows for one table of a source."""

    name: str
    columns: tuple[str, ...]
    rows: Rows


class Chance(random.Random):
    """Made-up values that are the same for the same seed."""

    def uuid(self) -> UUID:
        """A random UUID of version 4."""
        return UUID(int=self.getrandbits(128), version=4)

    def text(self, least: int = 3, most: int = 30) -> str:
        """A few words."""
        return " ".join(self.choices(WORDS, k=self.randint(least, most)))

    def time(self) -> datetime:
        """A time without a zone, within some months."""
        return START + timedelta(seconds=self.randrange(86_400 * 50), microseconds=self.randrange(1_000_000))

    def one_in(self, number: int) -> bool:
        """True about once in so many times."""
        return self.randrange(number) == 0


def zoned(time: datetime | None) -> datetime | None:
    """The same clock time in UTC."""
    return None if time is None else time.replace(tzinfo=UTC)


def js(value: Any) -> str:
    """JSON text."""
    return json.dumps(value, ensure_ascii=False)


async def create(url: URL, *scripts: str, before: str = "") -> None:
    """Run the statements of the documents in an empty database."""
    connection = await connect(url)
    try:
        await connection.execute("SET client_min_messages = error")
        if before:
            await connection.execute(before)
        for script in scripts:
            await connection.execute((DDL / f"{script}.sql").read_text(encoding="utf-8"))
    finally:
        await connection.close()


async def fill(url: URL, tables: Iterable[Table]) -> int:
    """Copy rows into a source, past its foreign keys where they break them; how many there were."""
    connection = await connect(url)
    count = 0
    try:
        await connection.execute("SET session_replication_role = replica")
        for table in tables:
            if "embedding" in table.columns:
                # The driver has no binary form for vectors, which COPY needs.
                await connection.executemany(_insert(table), table.rows)
            else:
                await connection.copy_records_to_table(table.name, records=table.rows, columns=table.columns)
            count += len(table.rows)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return count


def _insert(table: Table) -> str:
    values = ", ".join(
        f"${place}{'::text::vector' if name == 'embedding' else ''}"
        for place, name in enumerate(table.columns, 1)
    )
    return f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({values})"


async def connect(url: URL) -> Any:
    """A plain connection."""
    return await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
