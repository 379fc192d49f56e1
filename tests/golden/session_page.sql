SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT 'U2Vzc2lv' || encode(CAST('n:' || CAST(sessions_1.id AS TEXT) AS BYTEA), 'base64') AS id,
          sessions_1.title AS title,
          upper(sessions_1.mode) AS mode,
          sessions_1.model AS model,
          sessions_1.system_prompt AS "systemPrompt",
          CAST(sessions_1.total_tokens AS TEXT) AS "totalTokens",
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT personalities_1.name AS name,
                personalities_1.description AS description
              FROM personalities AS personalities_1
              WHERE personalities_1.id = sessions_1.personality_id
                AND personalities_1.deleted_at IS NULL
                AND (personalities_1.user_id = $1::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
            ) AS object
          ) AS personality,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT (
                SELECT count(*) AS count_1
                FROM messages AS messages_1
                WHERE messages_1.session_id = sessions_1.id
                  AND messages_1.deleted_at IS NULL
              ) AS "totalCount",
                coalesce(json_agg(fetched._1), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_1) AS _1
                FROM messages AS messages_2
                  JOIN LATERAL (
                    SELECT 'TWVzc2Fn' || encode(CAST('e:' || CAST(messages_2.id AS TEXT) AS BYTEA), 'base64') AS id,
                      messages_2.seq AS seq,
                      upper(messages_2.role) AS role,
                      messages_2.content AS content,
                      CASE
                        WHEN isfinite(messages_2.edited_at) THEN to_char(timezone('UTC', messages_2.edited_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                        WHEN (messages_2.edited_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                        WHEN (messages_2.edited_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                      END AS "editedAt",
                      (
                        SELECT row_to_json(object) AS json
                        FROM (
                          SELECT 'TWVzc2Fn' || encode(CAST('e:' || CAST(messages_3.id AS TEXT) AS BYTEA), 'base64') AS id,
                            messages_3.seq AS seq
                          FROM messages AS messages_3
                          WHERE messages_3.id = messages_2.parent_id
                            AND messages_3.deleted_at IS NULL
                            AND NOT (EXISTS (
                              SELECT *
                              FROM sessions AS sessions_of_messages
                              WHERE sessions_of_messages.id = messages_3.session_id
                                AND sessions_of_messages.deleted_at IS NOT NULL
                            ))
                            AND messages_3.user_id = $1::UUID
                        ) AS object
                      ) AS parent,
                      (
                        SELECT row_to_json(object) AS json
                        FROM (
                          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                          FROM (
                            SELECT row_to_json(node_0) AS _0
                            FROM messages AS messages_4
                              JOIN LATERAL (
                                SELECT 'TWVzc2Fn' || encode(CAST('e:' || CAST(messages_4.id AS TEXT) AS BYTEA), 'base64') AS id,
                                  messages_4.seq AS seq
                              ) AS node_0 ON true
                            WHERE messages_4.parent_id = messages_2.id
                              AND messages_4.deleted_at IS NULL
                              AND NOT (EXISTS (
                                SELECT *
                                FROM sessions AS sessions_of_messages
                                WHERE sessions_of_messages.id = messages_4.session_id
                                  AND sessions_of_messages.deleted_at IS NOT NULL
                              ))
                            ORDER BY messages_4.seq ASC, messages_4.id ASC
                            LIMIT 5
                          ) AS fetched
                          HAVING true
                        ) AS object
                      ) AS children
                  ) AS node_1 ON true
                WHERE messages_2.session_id = sessions_1.id
                  AND messages_2.deleted_at IS NULL
                ORDER BY messages_2.seq ASC, messages_2.id ASC
                LIMIT 50
              ) AS fetched
              HAVING true
            ) AS object
          ) AS messages
        FROM sessions AS sessions_1
        WHERE sessions_1.id = $2::UUID
          AND sessions_1.deleted_at IS NULL
          AND sessions_1.user_id = $1::UUID
      ) AS object
    ) AS session
  ) AS object
) AS TEXT) AS anon_1;
