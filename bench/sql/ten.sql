-- $1 viewer, $2 to $6 sessions, $7 to $11 messages
SELECT json_build_object(
    's0', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Session:' || id)::bytea, 'base64') AS id, title, upper(mode) AS mode,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM sessions
            WHERE id = $2 AND user_id = $1 AND deleted_at IS NULL
        ) AS t
    ),
    's1', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Session:' || id)::bytea, 'base64') AS id, title, upper(mode) AS mode,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM sessions
            WHERE id = $3 AND user_id = $1 AND deleted_at IS NULL
        ) AS t
    ),
    's2', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Session:' || id)::bytea, 'base64') AS id, title, upper(mode) AS mode,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM sessions
            WHERE id = $4 AND user_id = $1 AND deleted_at IS NULL
        ) AS t
    ),
    's3', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Session:' || id)::bytea, 'base64') AS id, title, upper(mode) AS mode,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM sessions
            WHERE id = $5 AND user_id = $1 AND deleted_at IS NULL
        ) AS t
    ),
    's4', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Session:' || id)::bytea, 'base64') AS id, title, upper(mode) AS mode,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM sessions
            WHERE id = $6 AND user_id = $1 AND deleted_at IS NULL
        ) AS t
    ),
    'm0', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Message:' || id)::bytea, 'base64') AS id, upper(role) AS role, content,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM messages
            WHERE id = $7 AND user_id = $1 AND deleted_at IS NULL
                AND EXISTS (SELECT FROM sessions WHERE sessions.id = session_id AND sessions.deleted_at IS NULL)
        ) AS t
    ),
    'm1', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Message:' || id)::bytea, 'base64') AS id, upper(role) AS role, content,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM messages
            WHERE id = $8 AND user_id = $1 AND deleted_at IS NULL
                AND EXISTS (SELECT FROM sessions WHERE sessions.id = session_id AND sessions.deleted_at IS NULL)
        ) AS t
    ),
    'm2', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Message:' || id)::bytea, 'base64') AS id, upper(role) AS role, content,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM messages
            WHERE id = $9 AND user_id = $1 AND deleted_at IS NULL
                AND EXISTS (SELECT FROM sessions WHERE sessions.id = session_id AND sessions.deleted_at IS NULL)
        ) AS t
    ),
    'm3', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Message:' || id)::bytea, 'base64') AS id, upper(role) AS role, content,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM messages
            WHERE id = $10 AND user_id = $1 AND deleted_at IS NULL
                AND EXISTS (SELECT FROM sessions WHERE sessions.id = session_id AND sessions.deleted_at IS NULL)
        ) AS t
    ),
    'm4', (
        SELECT row_to_json(t) FROM (
            SELECT encode(('Message:' || id)::bytea, 'base64') AS id, upper(role) AS role, content,
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM messages
            WHERE id = $11 AND user_id = $1 AND deleted_at IS NULL
                AND EXISTS (SELECT FROM sessions WHERE sessions.id = session_id AND sessions.deleted_at IS NULL)
        ) AS t
    )
)
