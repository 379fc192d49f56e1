-- $1 viewer, $2 and $3 time and id of the session after which the page begins
-- Whatever belongs to a session belongs to its owner, as foreign keys hold: asking once is enough.
SELECT json_build_object('sessions', json_build_object('nodes', (
    SELECT coalesce(json_agg(t), '[]') FROM (
        SELECT encode(('Session:' || session.id)::bytea, 'base64') AS id, title,
            json_build_object('nodes', (
                SELECT coalesce(json_agg(t), '[]') FROM (
                    SELECT encode(('Message:' || id)::bytea, 'base64') AS id, seq, upper(role) AS role, content,
                        to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
                    FROM messages
                    WHERE session_id = session.id AND deleted_at IS NULL
                    ORDER BY seq
                    LIMIT 100
                ) AS t
            )) AS messages
        FROM sessions AS session
        WHERE user_id = $1 AND deleted_at IS NULL AND (created_at, id) < ($2, $3)
        ORDER BY created_at DESC, session.id DESC
        LIMIT 100
    ) AS t
)))
