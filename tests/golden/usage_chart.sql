SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT (
          SELECT row_to_json(object) AS json
          FROM (
            SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
            FROM (
              SELECT row_to_json(node_0) AS _0
              FROM usage_daily AS usage_daily_1
                JOIN LATERAL (
                  SELECT CASE
                    WHEN isfinite(usage_daily_1.date) THEN CAST(usage_daily_1.date AS TEXT)
                    WHEN (usage_daily_1.date = 'infinity') THEN '9999-12-31'
                    WHEN (usage_daily_1.date IS NOT NULL) THEN '0001-01-01'
                  END AS date,
                    usage_daily_1.source AS source,
                    usage_daily_1.session_count AS "sessionCount",
                    usage_daily_1.message_count AS "messageCount",
                    usage_daily_1.tool_call_count AS "toolCallCount",
                    usage_daily_1.rag_query_count AS "ragQueryCount",
                    CAST(usage_daily_1.total_tokens AS TEXT) AS "totalTokens",
                    usage_daily_1.avg_response_time_ms AS "avgResponseTimeMs"
                ) AS node_0 ON true
              WHERE usage_daily_1.user_id = users_1.id
                AND usage_daily_1.user_id = $1::UUID
                AND usage_daily_1.date >= $2::DATE
              ORDER BY usage_daily_1.date ASC, usage_daily_1.id ASC
              LIMIT 31
            ) AS fetched
            HAVING true
          ) AS object
        ) AS "usageDays",
          (
            SELECT count(*) AS count_1
            FROM sessions AS sessions_1
            WHERE sessions_1.deleted_at IS NULL
              AND sessions_1.user_id = $1::UUID
              AND sessions_1.user_id = users_1.id
          ) AS "sessionCount",
          (
            SELECT CAST(coalesce(sum(sessions_2.message_count), $3::INTEGER) AS INTEGER) AS coalesce_1
            FROM sessions AS sessions_2
            WHERE sessions_2.deleted_at IS NULL
              AND sessions_2.user_id = $1::UUID
              AND sessions_2.user_id = users_1.id
          ) AS "messageCount",
          CAST((
            SELECT CAST(coalesce(sum(sessions_3.total_tokens), $4::INTEGER) AS BIGINT) AS coalesce_3
            FROM sessions AS sessions_3
            WHERE sessions_3.deleted_at IS NULL
              AND sessions_3.user_id = $1::UUID
              AND sessions_3.user_id = users_1.id
          ) AS TEXT) AS "totalTokens"
        FROM users AS users_1
        WHERE users_1.id = $5::UUID
          AND users_1.deleted_at IS NULL
          AND users_1.id = $1::UUID
      ) AS object
    ) AS viewer
  ) AS object
) AS TEXT) AS anon_1;
