-- $1 viewer, $2 time before which the messages were written
SELECT json_build_object('messages', json_build_object('nodes', (
    SELECT coalesce(json_agg(t), '[]') FROM (
        SELECT encode(('Message:' || id)::bytea, 'base64') AS id, upper(role) AS role, content, model,
            total_tokens AS "totalTokens",
            to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
        FROM messages
        WHERE user_id = $1 AND deleted_at IS NULL AND created_at < $2
            AND EXISTS (
                SELECT FROM sessions
                WHERE sessions.id = session_id AND sessions.deleted_at IS NULL AND mode = 'rag'
            )
        ORDER BY created_at DESC, messages.id DESC
        LIMIT 50
    ) AS t
)))
