SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT 'Agent' AS __typename,
          'QWdlbnQ6' || encode(CAST(CAST(agents_1.id AS TEXT) AS BYTEA), 'base64') AS id,
          agents_1.name AS name,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM executions AS executions_1
                  JOIN LATERAL (
                    SELECT 'Execution' AS __typename,
                      'RXhlY3V0aW9u' || encode(CAST(':' || CAST(executions_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                      upper(executions_1.status) AS status
                  ) AS node_0 ON true
                WHERE executions_1.agent_id = agents_1.id
                ORDER BY executions_1.created_at DESC, executions_1.id DESC
                LIMIT 2
              ) AS fetched
              HAVING true
            ) AS object
          ) AS executions
        FROM agents AS agents_1
        WHERE agents_1.id = $1::UUID
          AND agents_1.deleted_at IS NULL
          AND agents_1.user_id = $2::UUID
      ) AS object
    ) AS node
  ) AS object
) AS TEXT) AS anon_1;
