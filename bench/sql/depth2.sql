-- $1 viewer, $2 and $3 time and id of the session after which the page begins
-- Whatever belongs to a session belongs to its owner, as foreign keys hold: asking once is enough.
SELECT json_build_object('sessions',
    json_build_object('nodes', (
        SELECT coalesce(json_agg(t), '[]') FROM (
            SELECT encode(('Session:' || one.id)::bytea, 'base64') AS id,
                one.title,
                to_char(one.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt",
                json_build_object('nodes', (
                    SELECT coalesce(json_agg(t), '[]') FROM (
                        SELECT encode(('Message:' || two.id)::bytea, 'base64') AS id,
                            two.seq,
                            two.content
                        FROM messages AS two
                        WHERE two.session_id = one.id AND two.deleted_at IS NULL
                        ORDER BY two.seq
                        LIMIT 3
                    ) AS t
                )) AS messages
            FROM sessions AS one
            WHERE one.user_id = $1 AND one.deleted_at IS NULL AND (one.created_at, one.id) < ($2, $3)
            ORDER BY one.created_at DESC, one.id DESC
            LIMIT 3
        ) AS t
    ))
)
