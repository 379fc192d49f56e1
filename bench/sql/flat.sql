-- $1 viewer, $2 and $3 time and id of the message after which the page begins, $4 its size
SELECT json_build_object('messages', json_build_object('nodes', (
    SELECT coalesce(json_agg(t), '[]') FROM (
        SELECT encode(('Message:' || id)::bytea, 'base64') AS id, upper(role) AS role, content, model,
            total_tokens AS "totalTokens",
            to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
        FROM messages
        WHERE user_id = $1 AND deleted_at IS NULL AND (created_at, id) < ($2, $3)
            AND EXISTS (SELECT FROM sessions WHERE sessions.id = session_id AND sessions.deleted_at IS NULL)
        ORDER BY created_at DESC, messages.id DESC
        LIMIT $4
    ) AS t
)))
