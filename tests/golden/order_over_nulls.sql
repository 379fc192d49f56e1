SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM executions AS executions_1
            JOIN LATERAL (
              SELECT upper(executions_1.status) AS status,
                executions_1.duration_ms AS "durationMs"
            ) AS node_0 ON true
          WHERE executions_1.user_id = $1::UUID
          ORDER BY executions_1.duration_ms ASC NULLS LAST, executions_1.id ASC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS rising,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM executions AS executions_2
              JOIN LATERAL (
                SELECT upper(executions_2.status) AS status,
                  executions_2.duration_ms AS "durationMs"
              ) AS node_0 ON true
            WHERE executions_2.user_id = $1::UUID
            ORDER BY executions_2.duration_ms DESC NULLS LAST, executions_2.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS falling
  ) AS object
) AS TEXT) AS anon_1;
