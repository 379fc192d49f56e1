SELECT agents_found.id AS _key,
  agents_found.id AS id,
  agents_found.name AS name
FROM agents AS agents_found
WHERE agents_found.deleted_at IS NULL
  AND agents_found.user_id = $1::UUID
  AND agents_found.id = ANY($2::UUID[]);

SELECT anon_1._position,
  fetched.id,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.status AS status,
      executions_listed.created_at AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.agent_id = anon_1.key
      AND executions_listed.user_id = $2::UUID
    ORDER BY executions_listed.created_at DESC, executions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
