SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT sessions_1.title AS title,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM tool_calls AS tool_calls_1
                  JOIN LATERAL (
                    SELECT tool_calls_1.tool_name AS "toolName",
                      upper(tool_calls_1.tool_type) AS "toolType",
                      tool_calls_1.server_name AS "serverName",
                      tool_calls_1.arguments AS arguments,
                      tool_calls_1.result AS result,
                      upper(tool_calls_1.status) AS status,
                      tool_calls_1.error_message AS "errorMessage",
                      (
                        SELECT row_to_json(object) AS json
                        FROM (
                          SELECT messages_1.seq AS seq
                          FROM messages AS messages_1
                          WHERE messages_1.id = tool_calls_1.message_id
                            AND messages_1.deleted_at IS NULL
                            AND NOT (EXISTS (
                              SELECT *
                              FROM sessions AS sessions_of_messages
                              WHERE sessions_of_messages.id = messages_1.session_id
                                AND sessions_of_messages.deleted_at IS NOT NULL
                            ))
                            AND messages_1.user_id = $1::UUID
                        ) AS object
                      ) AS message
                  ) AS node_0 ON true
                WHERE tool_calls_1.session_id = sessions_1.id
                ORDER BY tool_calls_1.created_at DESC, tool_calls_1.id DESC
                LIMIT 10
              ) AS fetched
              HAVING true
            ) AS object
          ) AS "toolCalls",
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT (
                SELECT count(*) AS count_1
                FROM llm_calls AS llm_calls_1
                WHERE llm_calls_1.session_id = sessions_1.id
              ) AS "totalCount",
                coalesce(json_agg(fetched._1), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_1) AS _1
                FROM llm_calls AS llm_calls_2
                  JOIN LATERAL (
                    SELECT llm_calls_2.provider AS provider,
                      llm_calls_2.model AS model,
                      llm_calls_2.prompt_tokens AS "promptTokens",
                      llm_calls_2.completion_tokens AS "completionTokens",
                      CAST(llm_calls_2.cost_usd AS TEXT) AS "costUsd",
                      llm_calls_2.latency_ms AS "latencyMs"
                  ) AS node_1 ON true
                WHERE llm_calls_2.session_id = sessions_1.id
                ORDER BY llm_calls_2.cost_usd DESC NULLS LAST, llm_calls_2.id DESC
                LIMIT 3
              ) AS fetched
              HAVING true
            ) AS object
          ) AS "llmCalls"
        FROM sessions AS sessions_1
        WHERE sessions_1.id = $2::UUID
          AND sessions_1.deleted_at IS NULL
          AND sessions_1.user_id = $1::UUID
      ) AS object
    ) AS session
  ) AS object
) AS TEXT) AS anon_1;
