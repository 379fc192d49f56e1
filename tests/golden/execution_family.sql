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
              SELECT 'RXhlY3V0aW9u' || encode(CAST(':' || CAST(executions_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                upper(executions_1.status) AS status,
                executions_1.attempt AS attempt,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM executions AS executions_2
                        JOIN LATERAL (
                          SELECT 'RXhlY3V0aW9u' || encode(CAST(':' || CAST(executions_2.id AS TEXT) AS BYTEA), 'base64') AS id,
                            upper(executions_2.status) AS status,
                            executions_2.attempt AS attempt,
                            (
                              SELECT row_to_json(object) AS json
                              FROM (
                                SELECT 'RXhlY3V0aW9u' || encode(CAST(':' || CAST(executions_3.id AS TEXT) AS BYTEA), 'base64') AS id
                                FROM executions AS executions_3
                                WHERE executions_3.id = executions_2.retry_of_id
                                  AND executions_3.user_id = $1::UUID
                              ) AS object
                            ) AS "retryOf"
                        ) AS node_0 ON true
                      WHERE executions_2.retry_of_id = executions_1.id
                      ORDER BY executions_2.created_at DESC, executions_2.id DESC
                      LIMIT 20
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS retries
            ) AS node_0 ON true
          WHERE executions_1.user_id = $1::UUID
            AND (EXISTS (
              SELECT *
              FROM executions AS executions_4
              WHERE executions_4.retry_of_id = executions_1.id
                AND true
            ))
          ORDER BY executions_1.created_at DESC, executions_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS retried,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM executions AS executions_5
              JOIN LATERAL (
                SELECT 'RXhlY3V0aW9u' || encode(CAST(':' || CAST(executions_5.id AS TEXT) AS BYTEA), 'base64') AS id,
                  upper(executions_5.kind) AS kind,
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                      FROM (
                        SELECT row_to_json(node_0) AS _0
                        FROM executions AS executions_6
                          JOIN LATERAL (
                            SELECT 'RXhlY3V0aW9u' || encode(CAST(':' || CAST(executions_6.id AS TEXT) AS BYTEA), 'base64') AS id,
                              upper(executions_6.kind) AS kind,
                              upper(executions_6.status) AS status,
                              (
                                SELECT row_to_json(object) AS json
                                FROM (
                                  SELECT 'RXhlY3V0aW9u' || encode(CAST(':' || CAST(executions_7.id AS TEXT) AS BYTEA), 'base64') AS id
                                  FROM executions AS executions_7
                                  WHERE executions_7.id = executions_6.parent_id
                                    AND executions_7.user_id = $1::UUID
                                ) AS object
                              ) AS parent
                          ) AS node_0 ON true
                        WHERE executions_6.parent_id = executions_5.id
                        ORDER BY executions_6.created_at DESC, executions_6.id DESC
                        LIMIT 20
                      ) AS fetched
                      HAVING true
                    ) AS object
                  ) AS children
              ) AS node_0 ON true
            WHERE executions_5.user_id = $1::UUID
              AND (EXISTS (
                SELECT *
                FROM executions AS executions_8
                WHERE executions_8.parent_id = executions_5.id
                  AND true
              ))
            ORDER BY executions_5.created_at DESC, executions_5.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS parents
  ) AS object
) AS TEXT) AS anon_1;
