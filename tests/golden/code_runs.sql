SELECT anon_1._position,
  fetched.id,
  fetched.agent_id,
  fetched.code,
  fetched.cpu_usage_percent,
  fetched.execution_id,
  fetched.exit_code,
  fetched.language,
  fetched.memory_used_mb,
  fetched.security_issues,
  fetched.security_score,
  fetched.status,
  fetched.stderr,
  fetched.stdout
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT code_executions_listed.id AS id,
      code_executions_listed.agent_id AS agent_id,
      code_executions_listed.code AS code,
      code_executions_listed.cpu_usage_percent AS cpu_usage_percent,
      code_executions_listed.execution_id AS execution_id,
      code_executions_listed.exit_code AS exit_code,
      code_executions_listed.language AS language,
      code_executions_listed.memory_used_mb AS memory_used_mb,
      code_executions_listed.security_issues AS security_issues,
      code_executions_listed.security_score AS security_score,
      code_executions_listed.status AS status,
      code_executions_listed.stderr AS stderr,
      code_executions_listed.stdout AS stdout,
      code_executions_listed.created_at AS _place0
    FROM code_executions AS code_executions_listed
    WHERE code_executions_listed.user_id = $2::UUID
    ORDER BY code_executions_listed.created_at DESC, code_executions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT agents_found.id AS _key,
  agents_found.id AS id,
  agents_found.name AS name
FROM agents AS agents_found
WHERE agents_found.deleted_at IS NULL
  AND agents_found.user_id = $1::UUID
  AND agents_found.id = ANY($2::UUID[]);

SELECT executions_found.id AS _key,
  executions_found.id AS id,
  executions_found.status AS status
FROM executions AS executions_found
WHERE executions_found.user_id = $1::UUID
  AND executions_found.id = ANY($2::UUID[]);
