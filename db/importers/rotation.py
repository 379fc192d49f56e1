"""Changing the key that encrypts: every secret that an older one closed is encrypted anew."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from db.importers.sealing import resealed
from db.importers.texts import dumped, parsed
from db.importers.vault import Vault
from db.session import Database

_ROWS: Final = 500
_BEGIN: Final = UUID(int=0)
# Later by a hair, or the trigger would take it for an edit of today, and imports would keep off.
_TOUCHED: Final = ", updated_at = updated_at + interval '1 microsecond'"

_CONNECTIONS: Final = """
    SELECT id, connection_secret FROM data_sources
    WHERE connection_key_id <> :key AND id > :last ORDER BY id LIMIT :rows FOR NO KEY UPDATE
"""
_CONNECTION: Final = (
    f"UPDATE data_sources SET connection_secret = :token, connection_key_id = :key{_TOUCHED} WHERE id = :id"
)
_VALUES: Final = """
    SELECT id, {column}::text FROM {table}
    WHERE jsonb_path_exists({column}, '$.**.key_id ? (@ != $key)',
            jsonb_build_object('key', CAST(:key AS text)))
        AND id > :last ORDER BY id LIMIT :rows FOR NO KEY UPDATE
"""
_VALUE: Final = "UPDATE {table} SET {column} = CAST(:value AS jsonb){touched} WHERE id = :id"
_INSIDE: Final = (("agent_plugins", "config"), ("configs", "value"), ("import_map", "details"))
"""Where secrets stand inside JSON."""


async def rotate(database: Database, vault: Vault) -> dict[str, int]:
    """Encrypt with the vault's first key what others closed; by table, how many rows were changed.

    Rows are written a few hundred at a time, so that it may be broken off and begun again. Imports take no
    such change for somebody's edit. Raises Misconfigured where a key is lost.
    """
    changed = {"data_sources": await _connections(database, vault)}
    for table, column in _INSIDE:
        changed[table] = await _inside(database, vault, table, column)
    return changed


async def _connections(database: Database, vault: Vault) -> int:
    total, last = 0, _BEGIN
    while True:
        async with database.transaction() as session:
            wanted = {"key": vault.key_id, "last": last, "rows": _ROWS}
            rows = (await session.execute(text(_CONNECTIONS), wanted)).all()
            for key, token in rows:
                made = vault.seal(vault.open(token))
                values: dict[str, Any] = {"id": key, "token": made.token, "key": made.key_id}
                await session.execute(text(_CONNECTION), values)
        total += len(rows)
        if len(rows) < _ROWS:
            return total
        last = rows[-1][0]


async def _inside(database: Database, vault: Vault, table: str, column: str) -> int:
    find = text(_VALUES.format(table=table, column=column))
    touched = "" if table == "import_map" else _TOUCHED
    write = text(_VALUE.format(table=table, column=column, touched=touched))
    total, last = 0, _BEGIN
    while True:
        async with database.transaction() as session:
            rows = (await session.execute(find, {"key": vault.key_id, "last": last, "rows": _ROWS})).all()
            for key, held in rows:
                said = parsed(held)
                made = resealed(said, vault)
                if made != said:
                    await session.execute(write, {"id": key, "value": dumped(made)})
                    total += 1
        if len(rows) < _ROWS:
            return total
        last = rows[-1][0]
