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
              SELECT sessions_1.title AS title,
                sessions_1.message_count AS "messageCount"
            ) AS node_0 ON true
          WHERE sessions_1.deleted_at IS NULL
            AND sessions_1.user_id = $1::UUID
          ORDER BY sessions_1.created_at DESC, sessions_1.id DESC
          LIMIT 2
        ) AS fetched
        HAVING true
      ) AS object
    ) AS sessions
  ) AS object
) AS TEXT) AS anon_1;
