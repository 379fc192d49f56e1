SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM sessions AS sessions_1
            JOIN LATERAL (
              SELECT sessions_1.title AS heading,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM messages AS messages_1
                        JOIN LATERAL (
                          SELECT messages_1.content AS text,
                            upper(messages_1.role) AS by
                        ) AS node_0 ON true
                      WHERE messages_1.session_id = sessions_1.id
                        AND messages_1.deleted_at IS NULL
                      ORDER BY messages_1.seq ASC, messages_1.id ASC
                      LIMIT 1
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS begin,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(numbered._0), '[]'::json) AS nodes
                    FROM (
                      SELECT fetched._0 AS _0,
                        row_number() OVER () AS _n
                      FROM (
                        SELECT row_to_json(node_0) AS _0
                        FROM messages AS messages_2
                          JOIN LATERAL (
                            SELECT messages_2.content AS text
                          ) AS node_0 ON true
                        WHERE messages_2.session_id = sessions_1.id
                          AND messages_2.deleted_at IS NULL
                        ORDER BY messages_2.seq DESC, messages_2.id DESC
                        LIMIT 1
                      ) AS fetched
                      ORDER BY _n DESC
                    ) AS numbered
                    HAVING true
                  ) AS object
                ) AS "end"
            ) AS node_0 ON true
          WHERE sessions_1.deleted_at IS NULL
            AND sessions_1.user_id = $1::UUID
          ORDER BY sessions_1.created_at DESC, sessions_1.id DESC
          LIMIT 2
        ) AS fetched
        HAVING true
      ) AS object
    ) AS newest,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM sessions AS sessions_2
              JOIN LATERAL (
                SELECT sessions_2.title AS heading,
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                      FROM (
                        SELECT row_to_json(node_0) AS _0
                        FROM messages AS messages_3
                          JOIN LATERAL (
                            SELECT messages_3.content AS text,
                              upper(messages_3.role) AS by
                          ) AS node_0 ON true
                        WHERE messages_3.session_id = sessions_2.id
                          AND messages_3.deleted_at IS NULL
                        ORDER BY messages_3.seq ASC, messages_3.id ASC
                        LIMIT 1
                      ) AS fetched
                      HAVING true
                    ) AS object
                  ) AS begin,
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT coalesce(json_agg(numbered._0), '[]'::json) AS nodes
                      FROM (
                        SELECT fetched._0 AS _0,
                          row_number() OVER () AS _n
                        FROM (
                          SELECT row_to_json(node_0) AS _0
                          FROM messages AS messages_4
                            JOIN LATERAL (
                              SELECT messages_4.content AS text
                            ) AS node_0 ON true
                          WHERE messages_4.session_id = sessions_2.id
                            AND messages_4.deleted_at IS NULL
                          ORDER BY messages_4.seq DESC, messages_4.id DESC
                          LIMIT 1
                        ) AS fetched
                        ORDER BY _n DESC
                      ) AS numbered
                      HAVING true
                    ) AS object
                  ) AS "end"
              ) AS node_0 ON true
            WHERE sessions_2.deleted_at IS NULL
              AND sessions_2.user_id = $1::UUID
            ORDER BY sessions_2.message_count DESC, sessions_2.id DESC
            LIMIT 2
          ) AS fetched
          HAVING true
        ) AS object
      ) AS longest
  ) AS object
) AS TEXT) AS anon_1;
