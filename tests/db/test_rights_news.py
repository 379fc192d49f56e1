"""The database tells of every change of rights, and of nothing else that happens to people."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db.notify import News
from db.session import Database

CHANGES = {
    "suspended": "UPDATE users SET status = 'suspended'",
    "deleted for now": "UPDATE users SET deleted_at = now()",
    "roles": "UPDATE users SET roles = '{admin}'",
    "permissions": "UPDATE users SET permissions = '{agent:write}'",
    "deleted": "DELETE FROM users",
    "key revoked": "UPDATE api_keys SET status = 'revoked', revoked_at = now()",
    "key marked expired": "UPDATE api_keys SET status = 'expired'",
    "scopes": "UPDATE api_keys SET scopes = '{agent:read}'",
    "rate": "UPDATE api_keys SET rate_limit_per_minute = 3",
    "key expires": "UPDATE api_keys SET expires_at = now()",
    "key deleted": "DELETE FROM api_keys",
    "sign-in revoked": "UPDATE refresh_tokens SET revoked_at = now()",
    "sign-in expires": "UPDATE refresh_tokens SET expires_at = now()",
    "sign-in deleted": "DELETE FROM refresh_tokens",
}
OTHERS = {
    "seen": "UPDATE users SET last_seen_at = now(), last_login_at = now()",
    "renamed": "UPDATE users SET display_name = 'Lin'",
    "the same roles": "UPDATE users SET roles = roles, status = status",
    "key used": "UPDATE api_keys SET last_used_at = now()",
    "key renamed": "UPDATE api_keys SET name = 'other'",
    "token used": "UPDATE refresh_tokens SET used_at = now()",
    "signed in once more": "INSERT INTO refresh_tokens (user_id, token_hash, family_id, expires_at) "
    "SELECT id, 'other', uuidv7(), now() + interval '1 day' FROM users",
    "another key": "INSERT INTO api_keys (user_id, name, key_prefix, key_hash) "
    "SELECT id, 'k', 'p', 'other' FROM users",
}


@pytest.fixture
async def lin(database: Database) -> UUID:
    """A user with a key and a sign-in."""
    async with database.transaction() as session:
        found = await session.execute(
            text("""
                WITH made AS (INSERT INTO users (username) VALUES ('lin') RETURNING id),
                key AS (INSERT INTO api_keys (user_id, name, key_prefix, key_hash)
                    SELECT id, 'k', 'p', 'h' FROM made),
                sign_in AS (INSERT INTO refresh_tokens (user_id, token_hash, family_id, expires_at)
                    SELECT id, 'h', uuidv7(), now() + interval '1 day' FROM made)
                SELECT id FROM made
            """)
        )
        made: UUID = found.scalar_one()  # type: ignore[attr-defined]
    return made


@pytest.fixture
async def heard(database: Database, lin: UUID) -> AsyncIterator[Any]:
    """Runs a statement, and tells of what was heard."""
    news: list[News | None] = []
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.add_listener("atrium", lambda *given: news.append(News.read(given[3])))

        async def ask(sql: str) -> list[News | None]:
            async with database.transaction() as session:
                await session.execute(text(sql))
            await driver.fetchval("SELECT 1")
            return news

        yield ask
        await connection.invalidate()


@pytest.mark.parametrize("what", CHANGES)
async def test_changed_rights_are_told(heard: Any, lin: UUID, what: str) -> None:
    assert await heard(CHANGES[what]) == [News("rights", lin, lin)]


@pytest.mark.parametrize("what", OTHERS)
async def test_nothing_else_is(heard: Any, what: str) -> None:
    assert await heard(OTHERS[what]) == []


async def test_what_is_cleared_away_had_no_rights(heard: Any, lin: UUID) -> None:
    expired = await heard("UPDATE refresh_tokens SET expires_at = now() - interval '1 second'")
    assert expired == [News("rights", lin, lin)]
    assert await heard("DELETE FROM refresh_tokens") == [News("rights", lin, lin)]


async def test_writers_who_tell_by_another_way_tell_of_rights_all_the_same(heard: Any, lin: UUID) -> None:
    collected = "SELECT set_config('atrium.wake', 'collect', true)"
    sql = f"WITH way AS MATERIALIZED ({collected}) UPDATE users SET roles = '{{admin}}' FROM way"
    assert await heard(sql) == [News("rights", lin, lin)]
