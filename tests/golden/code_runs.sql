SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM code_executions AS code_executions_1
            JOIN LATERAL (
              SELECT upper(code_executions_1.language) AS language,
                code_executions_1.code AS code,
                upper(code_executions_1.status) AS status,
                code_executions_1.exit_code AS "exitCode",
                code_executions_1.stdout AS stdout,
                code_executions_1.stderr AS stderr,
                code_executions_1.memory_used_mb AS "memoryUsedMb",
                CAST(code_executions_1.cpu_usage_percent AS TEXT) AS "cpuUsagePercent",
                code_executions_1.security_score AS "securityScore",
                code_executions_1.security_issues AS "securityIssues",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT agents_1.name AS name
                    FROM agents AS agents_1
                    WHERE agents_1.id = code_executions_1.agent_id
                      AND agents_1.deleted_at IS NULL
                      AND agents_1.user_id = $1::UUID
                  ) AS object
                ) AS agent,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT upper(executions_1.status) AS status
                    FROM executions AS executions_1
                    WHERE executions_1.id = code_executions_1.execution_id
                      AND executions_1.user_id = $1::UUID
                  ) AS object
                ) AS execution
            ) AS node_0 ON true
          WHERE code_executions_1.user_id = $1::UUID
          ORDER BY code_executions_1.created_at DESC, code_executions_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS "codeExecutions"
  ) AS object
) AS TEXT) AS anon_1;
