"""How revisions speak SQL."""

import re
from typing import Final

from alembic import op

_BLANK_LINE: Final = re.compile(r"\n[ \t]*\n")


def run(sql: str) -> None:
    """Execute statements that stand apart by a blank line: the driver takes one at a time.

    A colon before a word names a parameter, as everywhere in SQLAlchemy; write it as `\\:`.
    """
    for statement in _BLANK_LINE.split(sql.strip()):
        op.execute(statement.strip().removesuffix(";"))


def keep_updated_at(table: str, *, of: str = "") -> None:
    """Let `updated_at` follow the changes of a table's rows; `of` names the columns whose changes count.

    Nothing happens when a statement leaves the row as it was, or sets `updated_at` itself, as imports do.
    Counters and the times of the last use are left out of `of`: they say that a row was used, not changed.
    """
    columns = f"OF {of}\n    " if of else ""
    run(f"""
CREATE TRIGGER set_updated_at BEFORE UPDATE {columns}ON {table} FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.* AND OLD.updated_at = NEW.updated_at)
    EXECUTE FUNCTION set_updated_at()
""")
