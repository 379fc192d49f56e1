SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(numbered._0) FILTER (WHERE numbered._n <= 8), '[]'::json) AS nodes,
          json_build_object(
            'hasNextPage',
            count(*) > 8,
            'endCursor',
            CASE
              WHEN (1 <= least(count(*), 8)) THEN replace(
                encode(
                  convert_to(
                    CAST(json_build_array(
                      $1::VARCHAR,
                      CASE
                        WHEN isfinite((array_agg(numbered._place0))[least(count(*), 8)]) THEN to_char(
                          timezone('UTC', (array_agg(numbered._place0))[least(count(*), 8)]),
                          'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
                        )
                        WHEN ((array_agg(numbered._place0))[least(count(*), 8)] = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                        WHEN ((array_agg(numbered._place0))[least(count(*), 8)] IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                      END,
                      (array_agg(numbered._key))[least(count(*), 8)]
                    ) AS TEXT),
                    'UTF8'
                  ),
                  'base64'
                ),
                chr(10),
                ''
              )
            END
          ) AS "pageInfo"
        FROM (
          SELECT fetched._0 AS _0,
            fetched._place0 AS _place0,
            fetched._key AS _key,
            row_number() OVER () AS _n
          FROM (
            SELECT row_to_json(node_0) AS _0,
              sessions_1.last_message_at AS _place0,
              sessions_1.id AS _key
            FROM sessions AS sessions_1
              JOIN LATERAL (
                SELECT 'U2Vzc2lv' || encode(CAST('n:' || CAST(sessions_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                  sessions_1.title AS title,
                  CASE
                    WHEN isfinite(sessions_1.last_message_at) THEN to_char(timezone('UTC', sessions_1.last_message_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                    WHEN (sessions_1.last_message_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                    WHEN (sessions_1.last_message_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                  END AS "lastMessageAt",
                  sessions_1.message_count AS "messageCount",
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT 'UGVyc29uYWxpdHk6' || encode(CAST(CAST(personalities_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                        personalities_1.name AS name,
                        personalities_1.icon AS icon
                      FROM personalities AS personalities_1
                      WHERE personalities_1.id = sessions_1.personality_id
                        AND personalities_1.deleted_at IS NULL
                        AND (personalities_1.user_id = $2::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
                    ) AS object
                  ) AS personality,
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT coalesce(json_agg(numbered._0), '[]'::json) AS nodes
                      FROM (
                        SELECT fetched._0 AS _0,
                          row_number() OVER () AS _n
                        FROM (
                          SELECT row_to_json(node_0) AS _0
                          FROM messages AS messages_1
                            JOIN LATERAL (
                              SELECT upper(messages_1.role) AS role,
                                messages_1.content AS content,
                                CASE
                                  WHEN isfinite(messages_1.created_at) THEN to_char(timezone('UTC', messages_1.created_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                                  WHEN (messages_1.created_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                                  WHEN (messages_1.created_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                                END AS "createdAt"
                            ) AS node_0 ON true
                          WHERE messages_1.session_id = sessions_1.id
                            AND messages_1.deleted_at IS NULL
                          ORDER BY messages_1.seq DESC, messages_1.id DESC
                          LIMIT 1
                        ) AS fetched
                        ORDER BY _n DESC
                      ) AS numbered
                      HAVING true
                    ) AS object
                  ) AS "lastMessage"
              ) AS node_0 ON true
            WHERE sessions_1.deleted_at IS NULL
              AND sessions_1.user_id = $2::UUID
              AND sessions_1.kind = $3::VARCHAR COLLATE pg_c_utf8
              AND sessions_1.is_archived = $4::BOOLEAN
            ORDER BY sessions_1.last_message_at DESC NULLS LAST, sessions_1.id DESC
            LIMIT 9
          ) AS fetched
        ) AS numbered
        HAVING true
      ) AS object
    ) AS sessions
  ) AS object
) AS TEXT) AS anon_1;
