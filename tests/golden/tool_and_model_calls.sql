SELECT sessions_found.id AS _key,
  sessions_found.id AS id,
  sessions_found.title AS title
FROM sessions AS sessions_found
WHERE sessions_found.deleted_at IS NULL
  AND sessions_found.user_id = $1::UUID
  AND sessions_found.id = ANY($2::UUID[]);

SELECT anon_1._position,
  fetched.id,
  fetched.arguments,
  fetched.error_message,
  fetched.message_id,
  fetched.result,
  fetched.server_name,
  fetched.status,
  fetched.tool_name,
  fetched.tool_type
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT tool_calls_listed.id AS id,
      tool_calls_listed.arguments AS arguments,
      tool_calls_listed.error_message AS error_message,
      tool_calls_listed.message_id AS message_id,
      tool_calls_listed.result AS result,
      tool_calls_listed.server_name AS server_name,
      tool_calls_listed.status AS status,
      tool_calls_listed.tool_name AS tool_name,
      tool_calls_listed.tool_type AS tool_type,
      tool_calls_listed.created_at AS _place0
    FROM tool_calls AS tool_calls_listed
    WHERE tool_calls_listed.session_id = anon_1.key
      AND (tool_calls_listed.session_id IS NULL OR (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_tool_calls
        WHERE sessions_of_tool_calls.id = tool_calls_listed.session_id
          AND sessions_of_tool_calls.deleted_at IS NULL
      )))
      AND tool_calls_listed.user_id = $2::UUID
    ORDER BY tool_calls_listed.created_at DESC, tool_calls_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.completion_tokens,
  fetched.cost_usd,
  fetched.latency_ms,
  fetched.model,
  fetched.prompt_tokens,
  fetched.provider
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM llm_calls AS llm_calls_counted
    WHERE llm_calls_counted.session_id = anon_1.key
      AND (llm_calls_counted.session_id IS NULL OR (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_llm_calls
        WHERE sessions_of_llm_calls.id = llm_calls_counted.session_id
          AND sessions_of_llm_calls.deleted_at IS NULL
      )))
      AND llm_calls_counted.user_id = $2::UUID
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT llm_calls_listed.id AS id,
      llm_calls_listed.completion_tokens AS completion_tokens,
      llm_calls_listed.cost_usd AS cost_usd,
      llm_calls_listed.latency_ms AS latency_ms,
      llm_calls_listed.model AS model,
      llm_calls_listed.prompt_tokens AS prompt_tokens,
      llm_calls_listed.provider AS provider,
      llm_calls_listed.cost_usd AS _place0
    FROM llm_calls AS llm_calls_listed
    WHERE llm_calls_listed.session_id = anon_1.key
      AND (llm_calls_listed.session_id IS NULL OR (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_llm_calls
        WHERE sessions_of_llm_calls.id = llm_calls_listed.session_id
          AND sessions_of_llm_calls.deleted_at IS NULL
      )))
      AND llm_calls_listed.user_id = $2::UUID
    ORDER BY llm_calls_listed.cost_usd DESC NULLS LAST, llm_calls_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC NULLS LAST, fetched.id DESC;

SELECT messages_found.id AS _key,
  messages_found.id AS id,
  messages_found.seq AS seq
FROM messages AS messages_found
WHERE messages_found.deleted_at IS NULL
  AND (EXISTS (
    SELECT *
    FROM sessions AS sessions_of_messages
    WHERE sessions_of_messages.id = messages_found.session_id
      AND sessions_of_messages.deleted_at IS NULL
  ))
  AND messages_found.user_id = $1::UUID
  AND messages_found.id = ANY($2::UUID[]);
