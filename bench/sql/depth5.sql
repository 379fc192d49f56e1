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
                            two.content,
                            json_build_object('nodes', (
                                SELECT coalesce(json_agg(t), '[]') FROM (
                                    SELECT encode(('Message:' || three.id)::bytea, 'base64') AS id,
                                        three.seq,
                                        three.content,
                                        (
                                            SELECT row_to_json(t) FROM (
                                                SELECT encode(('Message:' || four.id)::bytea, 'base64') AS id,
                                                    four.seq,
                                                    four.content,
                                                    (
                                                        SELECT row_to_json(t) FROM (
                                                            SELECT encode(('Session:' || five.id)::bytea, 'base64') AS id,
                                                                five.title
                                                            FROM sessions AS five
                                                            WHERE five.id = four.session_id AND five.deleted_at IS NULL
                                                        ) AS t
                                                    ) AS session
                                                FROM messages AS four
                                                WHERE four.id = three.parent_id AND four.deleted_at IS NULL
                                            ) AS t
                                        ) AS parent
                                    FROM messages AS three
                                    WHERE three.parent_id = two.id AND three.deleted_at IS NULL
                                    ORDER BY three.seq, three.id
                                    LIMIT 3
                                ) AS t
                            )) AS children
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
