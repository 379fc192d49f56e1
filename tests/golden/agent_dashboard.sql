SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM agents AS agents_1
            JOIN LATERAL (
              SELECT 'QWdlbnQ6' || encode(CAST(CAST(agents_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                agents_1.name AS name,
                upper(agents_1.status) AS status,
                agents_1.settings AS settings,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM agent_plugins AS agent_plugins_1
                        JOIN LATERAL (
                          SELECT agent_plugins_1.name AS name,
                            upper(agent_plugins_1.plugin_type) AS "pluginType",
                            agent_plugins_1.is_enabled AS "isEnabled"
                        ) AS node_0 ON true
                      WHERE agent_plugins_1.agent_id = agents_1.id
                      ORDER BY agent_plugins_1.order_index ASC, agent_plugins_1.id ASC
                      LIMIT 10
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS plugins,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_1
                      FROM executions AS executions_1
                      WHERE executions_1.agent_id = agents_1.id
                        AND executions_1.status = $1::VARCHAR COLLATE pg_c_utf8
                    ) AS "totalCount"
                  ) AS object
                ) AS completed,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_2
                      FROM executions AS executions_2
                      WHERE executions_2.agent_id = agents_1.id
                        AND executions_2.status = ANY($2::TEXT[] COLLATE pg_c_utf8)
                    ) AS "totalCount",
                      coalesce(json_agg(fetched._1), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_1) AS _1
                      FROM executions AS executions_3
                        JOIN LATERAL (
                          SELECT 'RXhlY3V0aW9u' || encode(CAST(':' || CAST(executions_3.id AS TEXT) AS BYTEA), 'base64') AS id,
                            executions_3.error AS error,
                            CASE
                              WHEN isfinite(executions_3.finished_at) THEN to_char(timezone('UTC', executions_3.finished_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                              WHEN (executions_3.finished_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                              WHEN (executions_3.finished_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                            END AS "finishedAt"
                        ) AS node_1 ON true
                      WHERE executions_3.agent_id = agents_1.id
                        AND executions_3.status = ANY($3::TEXT[] COLLATE pg_c_utf8)
                      ORDER BY executions_3.created_at DESC, executions_3.id DESC
                      LIMIT 3
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS failed,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM executions AS executions_4
                        JOIN LATERAL (
                          SELECT 'RXhlY3V0aW9u' || encode(CAST(':' || CAST(executions_4.id AS TEXT) AS BYTEA), 'base64') AS id,
                            upper(executions_4.status) AS status,
                            executions_4.progress AS progress,
                            executions_4.steps_total AS "stepsTotal",
                            executions_4.steps_completed AS "stepsCompleted",
                            (
                              SELECT row_to_json(object) AS json
                              FROM (
                                SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                                FROM (
                                  SELECT row_to_json(node_0) AS _0
                                  FROM execution_steps AS execution_steps_1
                                    JOIN LATERAL (
                                      SELECT execution_steps_1.seq AS seq,
                                        execution_steps_1.node_id AS "nodeId",
                                        upper(execution_steps_1.status) AS status
                                    ) AS node_0 ON true
                                  WHERE execution_steps_1.execution_id = executions_4.id
                                  ORDER BY execution_steps_1.seq ASC, execution_steps_1.id ASC
                                  LIMIT 10
                                ) AS fetched
                                HAVING true
                              ) AS object
                            ) AS steps,
                            (
                              SELECT row_to_json(object) AS json
                              FROM (
                                SELECT coalesce(json_agg(numbered._0), '[]'::json) AS nodes
                                FROM (
                                  SELECT fetched._0 AS _0,
                                    row_number() OVER () AS _n
                                  FROM (
                                    SELECT row_to_json(node_0) AS _0
                                    FROM execution_events AS execution_events_1
                                      JOIN LATERAL (
                                        SELECT CAST(execution_events_1.seq AS TEXT) AS seq,
                                          upper(execution_events_1.type) AS type,
                                          upper(execution_events_1.level) AS level,
                                          execution_events_1.message AS message
                                      ) AS node_0 ON true
                                    WHERE execution_events_1.execution_id = executions_4.id
                                    ORDER BY execution_events_1.seq DESC, execution_events_1.id DESC
                                    LIMIT 3
                                  ) AS fetched
                                  ORDER BY _n DESC
                                ) AS numbered
                                HAVING true
                              ) AS object
                            ) AS events
                        ) AS node_0 ON true
                      WHERE executions_4.agent_id = agents_1.id
                        AND executions_4.status = ANY($4::TEXT[] COLLATE pg_c_utf8)
                      ORDER BY executions_4.created_at DESC, executions_4.id DESC
                      LIMIT 20
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS active
            ) AS node_0 ON true
          WHERE agents_1.deleted_at IS NULL
            AND agents_1.user_id = $5::UUID
            AND agents_1.status != $6::VARCHAR COLLATE pg_c_utf8
          ORDER BY agents_1.created_at DESC, agents_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS agents
  ) AS object
) AS TEXT) AS anon_1;
