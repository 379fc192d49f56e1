-- $1 viewer, $2 session
SELECT json_build_object('session', (
    SELECT row_to_json(t) FROM (
        SELECT encode(('Session:' || id)::bytea, 'base64') AS id, title, upper(mode) AS mode, model,
            message_count AS "messageCount",
            to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
        FROM sessions
        WHERE id = $2 AND user_id = $1 AND deleted_at IS NULL
    ) AS t
))
