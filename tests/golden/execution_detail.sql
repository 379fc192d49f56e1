SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT upper(executions_1.kind) AS kind,
          upper(executions_1.status) AS status,
          executions_1.input AS input,
          executions_1.output AS output,
          executions_1.duration_ms AS "durationMs",
          CAST(executions_1.total_tokens AS TEXT) AS "totalTokens",
          CAST(executions_1.cost_usd AS TEXT) AS "costUsd",
          CASE
            WHEN isfinite(executions_1.started_at) THEN to_char(timezone('UTC', executions_1.started_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            WHEN (executions_1.started_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
            WHEN (executions_1.started_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
          END AS "startedAt",
          CASE
            WHEN isfinite(executions_1.finished_at) THEN to_char(timezone('UTC', executions_1.finished_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            WHEN (executions_1.finished_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
            WHEN (executions_1.finished_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
          END AS "finishedAt",
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT workflows_1.name AS name,
                workflows_1.version AS version
              FROM workflows AS workflows_1
              WHERE workflows_1.id = executions_1.workflow_id
                AND workflows_1.deleted_at IS NULL
                AND workflows_1.user_id = $1::UUID
            ) AS object
          ) AS workflow,
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
                      upper(execution_steps_1.status) AS status,
                      execution_steps_1.input AS input,
                      execution_steps_1.output AS output,
                      CASE
                        WHEN isfinite(execution_steps_1.started_at) THEN to_char(timezone('UTC', execution_steps_1.started_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                        WHEN (execution_steps_1.started_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                        WHEN (execution_steps_1.started_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                      END AS "startedAt",
                      CASE
                        WHEN isfinite(execution_steps_1.finished_at) THEN to_char(timezone('UTC', execution_steps_1.finished_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                        WHEN (execution_steps_1.finished_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                        WHEN (execution_steps_1.finished_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                      END AS "finishedAt"
                  ) AS node_0 ON true
                WHERE execution_steps_1.execution_id = executions_1.id
                ORDER BY execution_steps_1.seq ASC, execution_steps_1.id ASC
                LIMIT 20
              ) AS fetched
              HAVING true
            ) AS object
          ) AS steps,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT (
                SELECT count(*) AS count_1
                FROM execution_events AS execution_events_1
                WHERE execution_events_1.execution_id = executions_1.id
              ) AS "totalCount",
                coalesce(json_agg(fetched._1), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_1) AS _1
                FROM execution_events AS execution_events_2
                  JOIN LATERAL (
                    SELECT CAST(execution_events_2.seq AS TEXT) AS seq,
                      upper(execution_events_2.type) AS type,
                      execution_events_2.message AS message,
                      execution_events_2.data AS data,
                      CASE
                        WHEN isfinite(execution_events_2.created_at) THEN to_char(timezone('UTC', execution_events_2.created_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                        WHEN (execution_events_2.created_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                        WHEN (execution_events_2.created_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                      END AS "createdAt"
                  ) AS node_1 ON true
                WHERE execution_events_2.execution_id = executions_1.id
                ORDER BY execution_events_2.seq ASC, execution_events_2.id ASC
                LIMIT 30
              ) AS fetched
              HAVING true
            ) AS object
          ) AS events,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM tool_calls AS tool_calls_1
                  JOIN LATERAL (
                    SELECT tool_calls_1.tool_name AS "toolName",
                      upper(tool_calls_1.status) AS status,
                      tool_calls_1.duration_ms AS "durationMs"
                  ) AS node_0 ON true
                WHERE tool_calls_1.execution_id = executions_1.id
                  AND NOT (EXISTS (
                    SELECT *
                    FROM sessions AS sessions_of_tool_calls
                    WHERE sessions_of_tool_calls.id = tool_calls_1.session_id
                      AND sessions_of_tool_calls.deleted_at IS NOT NULL
                  ))
                ORDER BY tool_calls_1.created_at DESC, tool_calls_1.id DESC
                LIMIT 20
              ) AS fetched
              HAVING true
            ) AS object
          ) AS "toolCalls",
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM llm_calls AS llm_calls_1
                  JOIN LATERAL (
                    SELECT llm_calls_1.model AS model,
                      llm_calls_1.total_tokens AS "totalTokens",
                      CAST(llm_calls_1.cost_usd AS TEXT) AS "costUsd"
                  ) AS node_0 ON true
                WHERE llm_calls_1.execution_id = executions_1.id
                  AND NOT (EXISTS (
                    SELECT *
                    FROM sessions AS sessions_of_llm_calls
                    WHERE sessions_of_llm_calls.id = llm_calls_1.session_id
                      AND sessions_of_llm_calls.deleted_at IS NOT NULL
                  ))
                ORDER BY llm_calls_1.created_at DESC, llm_calls_1.id DESC
                LIMIT 20
              ) AS fetched
              HAVING true
            ) AS object
          ) AS "llmCalls",
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM code_executions AS code_executions_1
                  JOIN LATERAL (
                    SELECT upper(code_executions_1.language) AS language,
                      code_executions_1.exit_code AS "exitCode",
                      code_executions_1.stdout AS stdout
                  ) AS node_0 ON true
                WHERE code_executions_1.execution_id = executions_1.id
                ORDER BY code_executions_1.created_at DESC, code_executions_1.id DESC
                LIMIT 20
              ) AS fetched
              HAVING true
            ) AS object
          ) AS "codeExecutions"
        FROM executions AS executions_1
        WHERE executions_1.id = $2::UUID
          AND executions_1.user_id = $1::UUID
      ) AS object
    ) AS execution
  ) AS object
) AS TEXT) AS anon_1;
