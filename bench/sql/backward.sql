-- $1 viewer, $2 and $3 time and id of the session before which the page ends, $4 the cursors' first part
WITH fetched AS (
    SELECT *, row_number() OVER (ORDER BY created_at, id) AS place FROM (
        SELECT id, title, message_count, last_message_at, created_at
        FROM sessions
        WHERE user_id = $1 AND deleted_at IS NULL AND (created_at, id) > ($2, $3)
        ORDER BY created_at, id
        LIMIT 21
    ) AS t
), page AS (
    SELECT *, replace(
        encode(
            json_build_array(
                $4::text, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), id
            )::text::bytea,
            'base64'
        ),
        E'\n', ''
    ) AS cursor
    FROM fetched
    WHERE place <= 20
)
SELECT json_build_object('sessions', json_build_object(
    'nodes', (
        SELECT coalesce(json_agg(t), '[]') FROM (
            SELECT encode(('Session:' || id)::bytea, 'base64') AS id, title, message_count AS "messageCount",
                to_char(
                    last_message_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
                ) AS "lastMessageAt",
                to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "createdAt"
            FROM page
            ORDER BY place DESC
        ) AS t
    ),
    'pageInfo', json_build_object(
        'hasNextPage', EXISTS (
            SELECT FROM sessions
            WHERE user_id = $1 AND deleted_at IS NULL AND (created_at, id) <= ($2, $3)
        ),
        'hasPreviousPage', (SELECT count(*) > 20 FROM fetched),
        'startCursor', (SELECT cursor FROM page ORDER BY place DESC LIMIT 1),
        'endCursor', (SELECT cursor FROM page WHERE place = 1)
    ),
    'totalCount', (SELECT count(*) FROM sessions WHERE user_id = $1 AND deleted_at IS NULL)
))
