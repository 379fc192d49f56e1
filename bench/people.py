"""The people of the data set beyond `seed_scale`: the one who asks, and crowds who have almost nothing."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]

VIEWER: Final = UUID("0198a000-0000-7000-8000-000000000001")
"""The ordinary user in whose name everything is read."""

KEY: Final = "atr_be9c4be9_" + "bench" * 8 + "key"
"""An API key of theirs, which opens nothing but made-up data on loopback."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much the viewer has: sessions, and messages in each."""

    sessions: int
    messages: int


# Ids of version 7 made from a time and a name, the same in every run.
_IDENTITY: Final = """
CREATE OR REPLACE FUNCTION pg_temp.identity(moment timestamptz, name text) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(name), 1, 3) || '8' || substr(md5(name), 4, 15))::uuid
$$
"""

_USER: Final = """
INSERT INTO users (id, username, email, display_name, roles, created_at, updated_at)
VALUES ($1, 'bench', 'bench@example.com', 'Bench', '{user}', '2024-11-01Z', '2024-11-01Z')
"""

_PERSONALITIES: Final = """
INSERT INTO personalities (id, user_id, name, description, tags, created_at, updated_at)
SELECT pg_temp.identity('2024-11-01Z', 'personality ' || n), $1, 'Personality ' || n,
    'Answers in manner ' || n, ARRAY['bench', 'manner-' || n], '2024-11-01Z', '2024-11-01Z'
FROM generate_series(1, 5) AS n
"""

# Spread over two years, so that the newest rows of the viewer are not the newest of the tables.
_SESSIONS: Final = """
INSERT INTO sessions (id, user_id, personality_id, mode, title, model, created_at, updated_at,
    message_count, total_tokens, last_message_at)
SELECT pg_temp.identity(moment, 'session ' || n), $1,
    CASE WHEN n % 6 > 0 THEN pg_temp.identity('2024-11-01Z', 'personality ' || n % 6) END,
    (ARRAY['llm', 'mcp', 'rag'])[1 + n % 3], 'Conversation ' || n, 'gpt-4o', moment, moment,
    $3, 25 * $3, moment + $3 * interval '47.123457 seconds'
FROM generate_series(1, $2::int) AS n,
    LATERAL (SELECT timestamptz '2024-11-02Z' + n * (interval '700 days' / $2)) AS at (moment)
"""

# What is said comes from the made-up users of `seed_scale`, in turn.
_MESSAGES: Final = """
WITH said AS (
    SELECT (row_number() OVER (ORDER BY created_at, id) - 1)::int AS place, content
    FROM messages WHERE user_id = (SELECT id FROM users WHERE username = 'scale-0-1')
), known AS (SELECT count(*)::int AS total FROM said)
INSERT INTO messages (id, user_id, session_id, parent_id, seq, branch_seq, role, content, model,
    total_tokens, created_at, updated_at)
SELECT pg_temp.identity(moment, name || seq), $1, session.id,
    CASE WHEN seq > 1 THEN
        pg_temp.identity(moment - interval '47.123457 seconds', name || seq - 1)
    END,
    seq, 1, CASE WHEN seq % 2 = 1 THEN 'user' ELSE 'assistant' END, said.content,
    CASE WHEN seq % 2 = 0 THEN 'gpt-4o' END, 25, moment, moment
FROM sessions AS session
CROSS JOIN known
CROSS JOIN generate_series(1, $2::int) AS seq
CROSS JOIN LATERAL (
    SELECT session.created_at + seq * interval '47.123457 seconds', session.title || ' message '
) AS at (moment, name)
JOIN said ON said.place = (seq * 31 + length(session.title) + hashtext(session.title) % 97 + 97) % known.total
WHERE session.user_id = $1
"""

_TOOL_CALLS: Final = """
INSERT INTO tool_calls (id, user_id, session_id, message_id, tool_name, tool_type, server_name, status,
    duration_ms, created_at, updated_at)
SELECT pg_temp.identity(message.created_at, message.id::text || call), $1, message.session_id, message.id,
    (ARRAY['run_query', 'web'])[call], 'mcp', 'bench', 'succeeded', message.seq * 7 + call,
    message.created_at + call * interval '1 second', message.created_at + call * interval '1 second'
FROM messages AS message, generate_series(1, 2) AS call
WHERE message.user_id = $1 AND message.seq % 4 = 0
"""

_CROWD: Final = (
    """
INSERT INTO users (id, username, email, display_name, roles, created_at, updated_at)
SELECT pg_temp.identity(moment, 'user ' || n), 'crowd-' || n, 'crowd-' || n || '@example.com', 'One of many',
    '{user}', moment, moment
FROM generate_series(1, $1::int) AS n,
    LATERAL (SELECT timestamptz '2024-11-02Z' + n * (interval '700 days' / $1)) AS at (moment)
""",
    """
INSERT INTO sessions (id, user_id, mode, title, model, created_at, updated_at, message_count,
    total_tokens, last_message_at)
SELECT pg_temp.identity(created_at, 'session ' || id), id, 'llm', 'Conversation', 'gpt-4o', created_at,
    created_at, 2, 50, created_at + interval '2 minutes'
FROM users WHERE username LIKE 'crowd-%'
""",
    """
INSERT INTO messages (id, user_id, session_id, seq, branch_seq, role, content, total_tokens, created_at,
    updated_at)
SELECT pg_temp.identity(created_at + seq * interval '1 minute', 'message ' || id || seq), user_id, id, seq, 1,
    (ARRAY['user', 'assistant'])[seq], repeat('Words of one of many. ', 5), 25,
    created_at + seq * interval '1 minute', created_at + seq * interval '1 minute'
FROM sessions, generate_series(1, 2) AS seq
WHERE title = 'Conversation' AND user_id IN (SELECT id FROM users WHERE username LIKE 'crowd-%')
""",
)


async def add_people(connection: "asyncpg.Connection[asyncpg.Record]", has: Holdings, crowd: int = 0) -> bool:
    """Add the viewer with what they have, and a crowd; False when they are there already.

    The made-up user 1 of `seed_scale` must be there, whose words the viewer says again. All is written in one
    transaction, without triggers, whose counters are written here.
    """
    if await connection.fetchval("SELECT EXISTS (SELECT FROM users WHERE id = $1)", VIEWER):
        return False
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute(_IDENTITY)
        await connection.execute(_USER, VIEWER)
        await connection.execute(_PERSONALITIES, VIEWER)
        await connection.execute(_SESSIONS, VIEWER, has.sessions, has.messages)
        await connection.execute(_MESSAGES, VIEWER, has.messages)
        await connection.execute(_TOOL_CALLS, VIEWER)
        for statement in _CROWD if crowd else ():
            if "$1" in statement:
                await connection.execute(statement, crowd)
            else:
                await connection.execute(statement)
    return True
