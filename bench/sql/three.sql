-- $1 viewer, $2 user, $3 and $4 time and id of the session after which the page begins
-- Whatever belongs to a session belongs to its owner, as foreign keys hold: asking once is enough.
SELECT json_build_object('user', (
    SELECT row_to_json(t) FROM (
        SELECT encode(('User:' || id)::bytea, 'base64') AS id, display_name AS "displayName",
            json_build_object('nodes', (
                SELECT coalesce(json_agg(t), '[]') FROM (
                    SELECT encode(('Session:' || session.id)::bytea, 'base64') AS id, title,
                        json_build_object('nodes', (
                            SELECT coalesce(json_agg(t), '[]') FROM (
                                SELECT encode(('Message:' || message.id)::bytea, 'base64') AS id, seq,
                                    upper(role) AS role, content,
                                    json_build_object('nodes', (
                                        SELECT coalesce(json_agg(t), '[]') FROM (
                                            SELECT encode(('ToolCall:' || id)::bytea, 'base64') AS id,
                                                tool_name AS "toolName", upper(status) AS status,
                                                duration_ms AS "durationMs",
                                                to_char(
                                                    created_at AT TIME ZONE 'UTC',
                                                    'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
                                                ) AS "createdAt"
                                            FROM tool_calls
                                            WHERE message_id = message.id
                                            ORDER BY created_at DESC, tool_calls.id DESC
                                            LIMIT 5
                                        ) AS t
                                    )) AS "toolCalls"
                                FROM messages AS message
                                WHERE session_id = session.id AND deleted_at IS NULL
                                ORDER BY seq
                                LIMIT 10
                            ) AS t
                        )) AS messages
                    FROM sessions AS session
                    WHERE user_id = users.id AND deleted_at IS NULL AND (created_at, id) < ($3, $4)
                    ORDER BY created_at DESC, session.id DESC
                    LIMIT 10
                ) AS t
            )) AS sessions
        FROM users
        WHERE id = $2 AND id = $1 AND deleted_at IS NULL
    ) AS t
))
