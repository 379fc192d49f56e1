"""What a database holds after an import, as a hash that two databases share when the import did the same."""

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import URL

from db.base import Base
from db.importers.vault import Vault
from tests.importers.data.common import connect

KEYS = (base64.urlsafe_b64encode(bytes(range(32))).decode(),)
"""The keys of the secrets that tests import, in every process."""

VOLATILE: dict[str, tuple[str, ...]] = {
    "import_map": ("id", "run_id", "created_at", "imported_at"),
}
"""What tells when and by which run a row came, and nothing of the row."""
LEFT_OUT = {"import_runs"}
SEALED: dict[str, tuple[str, ...]] = {
    "agent_plugins": (),
    "configs": (),
    "data_sources": ("connection_key_id",),
    "import_map": (),
}
"""Tables whose secrets are compared by what they are: no two tokens of one secret are the same."""
_TOKEN = re.compile(r"gAAAA[\w=-]+")
_KEY_ID = re.compile(r'"key_id": "\w+"')
_VAULT: ContextVar[Vault | None] = ContextVar("_VAULT", default=None)


async def contents(url: URL, *, exactly: bool = False) -> dict[str, Any]:
    """A hash of all rows of each table. Without `exactly`, the traces of the run itself are left out."""
    connection = await connect(url)
    try:
        found = {}
        for table in Base.metadata.sorted_tables:
            if table.name in LEFT_OUT:
                continue
            row = "to_jsonb(t)"
            if not exactly:
                for name in VOLATILE.get(table.name, ()):
                    row += f" - '{name}'"
            if table.name in SEALED and not exactly:
                found[table.name] = await _opened(connection, table.name, row)
                continue
            rows = f"string_agg(({row})::text, chr(10) ORDER BY ({row})::text)"
            query = f'SELECT count(*), md5({rows}) FROM "{table.name}" t'
            found[table.name] = tuple(await connection.fetchrow(query))
        return found
    finally:
        await connection.close()


@contextmanager
def opened_by(vault: Vault) -> Iterator[None]:
    """Open secrets with another vault inside the block."""
    token = _VAULT.set(vault)
    yield
    _VAULT.reset(token)


async def _opened(connection: Any, table: str, row: str) -> tuple[int, str]:
    vault = _VAULT.get() or Vault.of(KEYS)
    for name in (*SEALED[table], *(("updated_at", "version") if table != "import_map" else ())):
        row += f" - '{name}'"
    rows = [each[0] for each in await connection.fetch(f'SELECT ({row})::text FROM "{table}" t')]
    opened = sorted(_KEY_ID.sub("", _TOKEN.sub(lambda token: vault.open(token[0]), each)) for each in rows)
    return len(rows), hashlib.md5("\n".join(opened).encode(), usedforsecurity=False).hexdigest()
