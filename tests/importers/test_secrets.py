"""Secrets that were imported: closed by the first key, and by the next one after it has changed."""

import asyncio

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import URL

from db.errors import Misconfigured
from db.importers.rotation import rotate
from db.importers.vault import Vault
from db.session import Database
from tests.importers.conftest import KEYS, NewDatabase, Source, bring
from tests.importers.hashing import contents, opened_by
from tests.importers.test_conflicts import fetch

HELD = (
    "SELECT count(*) FROM data_sources WHERE connection_key_id = $1",
    "SELECT count(*) FROM agent_plugins WHERE config::text LIKE '%' || $1 || '%'",
    "SELECT count(*) FROM configs WHERE value::text LIKE '%' || $1 || '%'",
    "SELECT count(*) FROM import_map WHERE details::text LIKE '%' || $1 || '%'",
)


def held(here: URL, key_id: str) -> list[int]:
    return [asyncio.run(fetch(here, query, key_id))[0][0] for query in HELD]


def rotated(here: URL, vault: Vault) -> dict[str, int]:
    async def run() -> dict[str, int]:
        database = Database.connect(here)
        try:
            return await rotate(database, vault)
        finally:
            await database.dispose()

    return asyncio.run(run())


def test_every_secret_is_given_to_the_new_key_and_imports_see_no_edit(
    source: Source, standing: Source, migrated: NewDatabase
) -> None:
    sources, genesis, here = standing("workflow"), source("genesis", 60), migrated()
    # A column that the design does not have, with a name that tells of a secret.
    asyncio.run(
        fetch(genesis[0], "ALTER TABLE chat_sessions ADD COLUMN access_token text DEFAULT 'hunter22'")
    )
    asyncio.run(bring(here, "workflow", sources))
    asyncio.run(bring(here, "genesis", genesis))
    assert (
        asyncio.run(fetch(here, "SELECT count(*) FROM import_map WHERE details::text LIKE '%hunter22%'"))[0][
            0
        ]
        == 0
    )
    old, new = Vault.of(KEYS), Vault.of([Fernet.generate_key().decode(), *KEYS])
    before, plain = held(here, old.key_id), asyncio.run(contents(here))
    assert all(before)
    changed = rotated(here, new)
    assert list(changed.values()) == before
    assert held(here, new.key_id) == before
    assert held(here, old.key_id) == [0, 0, 0, 0]
    assert rotated(here, new) == dict.fromkeys(changed, 0)
    with opened_by(new):
        after = asyncio.run(contents(here))
    assert {name for name in plain if plain[name] != after[name]} == set(), "they hold what they held"
    again = asyncio.run(bring(here, "workflow", sources, vault=new))
    assert (again.rows_written, again.rows_skipped) == (0, 0)


def test_a_secret_whose_key_is_lost_is_told(standing: Source, migrated: NewDatabase) -> None:
    sources, here = standing("workflow"), migrated()
    asyncio.run(bring(here, "workflow", sources))
    with pytest.raises(Misconfigured, match="not among ATRIUM_ENCRYPTION_KEYS"):
        rotated(here, Vault.of([Fernet.generate_key().decode()]))
