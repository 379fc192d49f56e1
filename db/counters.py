"""Numbers that stand on rows and could be computed from other rows: their truth, and their repair."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Counter:
    """`column` of `table` must equal `truth`, an SQL expression over the row called `whole`."""

    table: str
    column: str
    truth: str

    @property
    def name(self) -> str:
        """The column with its table."""
        return f"{self.table}.{self.column}"

    @property
    def repair(self) -> str:
        """The statement that sets every wrong row right."""
        wrong = f"whole.{self.column} IS DISTINCT FROM ({self.truth})"
        return f"UPDATE {self.table} whole SET {self.column} = ({self.truth}) WHERE {wrong}"  # noqa: S608

    async def wrong(self, connection: AsyncConnection) -> int:
        """How many rows differ from the truth."""
        wrong = f"whole.{self.column} IS DISTINCT FROM ({self.truth})"
        count = f"SELECT count(*) FROM {self.table} whole WHERE {wrong}"  # noqa: S608
        return int(await connection.scalar(text(count)) or 0)


_MESSAGES: Final = "FROM messages part WHERE part.session_id = whole.id AND part.deleted_at IS NULL"

COUNTERS: Final = (
    Counter("sessions", "message_count", f"SELECT count(*) {_MESSAGES}"),
    Counter("sessions", "total_tokens", f"SELECT coalesce(sum(part.total_tokens), 0) {_MESSAGES}"),
    Counter("sessions", "last_message_at", f"SELECT max(part.created_at) {_MESSAGES}"),
    Counter(
        "personalities",
        "usage_count",
        "SELECT count(*) FROM sessions part WHERE part.personality_id = whole.id",
    ),
    Counter(
        "documents",
        "chunk_count",
        "SELECT count(*) FROM document_chunks part WHERE part.document_id = whole.id",
    ),
)
