SELECT executions_found.id AS _key,
  executions_found.id AS id,
  executions_found.cost_usd AS cost_usd,
  executions_found.duration_ms AS duration_ms,
  executions_found.finished_at AS finished_at,
  executions_found.input AS input,
  executions_found.kind AS kind,
  executions_found.output AS output,
  executions_found.started_at AS started_at,
  executions_found.status AS status,
  executions_found.total_tokens AS total_tokens,
  executions_found.workflow_id AS workflow_id
FROM executions AS executions_found
WHERE executions_found.user_id = $1::UUID
  AND executions_found.id = ANY($2::UUID[]);

SELECT workflows_found.id AS _key,
  workflows_found.id AS id,
  workflows_found.name AS name,
  workflows_found.version AS version
FROM workflows AS workflows_found
WHERE workflows_found.deleted_at IS NULL
  AND workflows_found.user_id = $1::UUID
  AND workflows_found.id = ANY($2::UUID[]);

SELECT anon_1._position,
  fetched.id,
  fetched.finished_at,
  fetched.input,
  fetched.node_id,
  fetched.output,
  fetched.seq,
  fetched.started_at,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT execution_steps_listed.id AS id,
      execution_steps_listed.finished_at AS finished_at,
      execution_steps_listed.input AS input,
      execution_steps_listed.node_id AS node_id,
      execution_steps_listed.output AS output,
      execution_steps_listed.seq AS seq,
      execution_steps_listed.started_at AS started_at,
      execution_steps_listed.status AS status,
      execution_steps_listed.seq AS _place0
    FROM execution_steps AS execution_steps_listed
    WHERE execution_steps_listed.execution_id = anon_1.key
      AND execution_steps_listed.user_id = $2::UUID
    ORDER BY execution_steps_listed.seq ASC, execution_steps_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.created_at,
  fetched.data,
  fetched.message,
  fetched.seq,
  fetched.type
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM execution_events AS execution_events_counted
    WHERE execution_events_counted.execution_id = anon_1.key
      AND execution_events_counted.user_id = $2::UUID
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT execution_events_listed.id AS id,
      execution_events_listed.created_at AS created_at,
      execution_events_listed.data AS data,
      execution_events_listed.message AS message,
      execution_events_listed.seq AS seq,
      execution_events_listed.type AS type,
      execution_events_listed.seq AS _place0
    FROM execution_events AS execution_events_listed
    WHERE execution_events_listed.execution_id = anon_1.key
      AND execution_events_listed.user_id = $2::UUID
    ORDER BY execution_events_listed.seq ASC, execution_events_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  fetched.id,
  fetched.duration_ms,
  fetched.status,
  fetched.tool_name
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT tool_calls_listed.id AS id,
      tool_calls_listed.duration_ms AS duration_ms,
      tool_calls_listed.status AS status,
      tool_calls_listed.tool_name AS tool_name,
      tool_calls_listed.created_at AS _place0
    FROM tool_calls AS tool_calls_listed
    WHERE tool_calls_listed.execution_id = anon_1.key
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
  fetched.id,
  fetched.cost_usd,
  fetched.model,
  fetched.total_tokens
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT llm_calls_listed.id AS id,
      llm_calls_listed.cost_usd AS cost_usd,
      llm_calls_listed.model AS model,
      llm_calls_listed.total_tokens AS total_tokens,
      llm_calls_listed.created_at AS _place0
    FROM llm_calls AS llm_calls_listed
    WHERE llm_calls_listed.execution_id = anon_1.key
      AND (llm_calls_listed.session_id IS NULL OR (EXISTS (
        SELECT *
        FROM sessions AS sessions_of_llm_calls
        WHERE sessions_of_llm_calls.id = llm_calls_listed.session_id
          AND sessions_of_llm_calls.deleted_at IS NULL
      )))
      AND llm_calls_listed.user_id = $2::UUID
    ORDER BY llm_calls_listed.created_at DESC, llm_calls_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.exit_code,
  fetched.language,
  fetched.stdout
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT code_executions_listed.id AS id,
      code_executions_listed.exit_code AS exit_code,
      code_executions_listed.language AS language,
      code_executions_listed.stdout AS stdout,
      code_executions_listed.created_at AS _place0
    FROM code_executions AS code_executions_listed
    WHERE code_executions_listed.execution_id = anon_1.key
      AND code_executions_listed.user_id = $2::UUID
    ORDER BY code_executions_listed.created_at DESC, code_executions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
