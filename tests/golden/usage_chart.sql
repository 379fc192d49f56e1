SELECT anon_1._position,
  fetched.id,
  fetched.avg_response_time_ms,
  fetched.date,
  fetched.message_count,
  fetched.rag_query_count,
  fetched.session_count,
  fetched.source,
  fetched.tool_call_count,
  fetched.total_tokens
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT usage_daily_listed.id AS id,
      usage_daily_listed.avg_response_time_ms AS avg_response_time_ms,
      usage_daily_listed.date AS date,
      usage_daily_listed.message_count AS message_count,
      usage_daily_listed.rag_query_count AS rag_query_count,
      usage_daily_listed.session_count AS session_count,
      usage_daily_listed.source AS source,
      usage_daily_listed.tool_call_count AS tool_call_count,
      usage_daily_listed.total_tokens AS total_tokens,
      usage_daily_listed.date AS _place0
    FROM usage_daily AS usage_daily_listed
    WHERE usage_daily_listed.user_id = $2::UUID
      AND usage_daily_listed.date >= $3::DATE
    ORDER BY usage_daily_listed.date ASC, usage_daily_listed.id ASC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT users_found.id AS _key,
  users_found.id AS id,
  (
    SELECT CAST(coalesce(sum(sessions_1.message_count), $1::INTEGER) AS INTEGER) AS coalesce_1
    FROM sessions AS sessions_1
    WHERE sessions_1.deleted_at IS NULL
      AND sessions_1.user_id = $2::UUID
      AND sessions_1.user_id = users_found.id
  ) AS message_count,
  (
    SELECT count(*) AS count_1
    FROM sessions AS sessions_2
    WHERE sessions_2.deleted_at IS NULL
      AND sessions_2.user_id = $2::UUID
      AND sessions_2.user_id = users_found.id
  ) AS session_count,
  (
    SELECT CAST(coalesce(sum(sessions_3.total_tokens), $3::INTEGER) AS BIGINT) AS coalesce_3
    FROM sessions AS sessions_3
    WHERE sessions_3.deleted_at IS NULL
      AND sessions_3.user_id = $2::UUID
      AND sessions_3.user_id = users_found.id
  ) AS total_tokens
FROM users AS users_found
WHERE users_found.deleted_at IS NULL
  AND users_found.id = $2::UUID
  AND users_found.id = ANY($4::UUID[]);
