SELECT anon_1._position,
  fetched.id,
  fetched.duration_ms,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.duration_ms AS duration_ms,
      executions_listed.status AS status,
      executions_listed.duration_ms AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.user_id = $2::UUID
    ORDER BY executions_listed.duration_ms ASC NULLS LAST, executions_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC NULLS LAST, fetched.id ASC;

SELECT anon_1._position,
  fetched.id,
  fetched.duration_ms,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.duration_ms AS duration_ms,
      executions_listed.status AS status,
      executions_listed.duration_ms AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.user_id = $2::UUID
    ORDER BY executions_listed.duration_ms DESC NULLS LAST, executions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC NULLS LAST, fetched.id DESC;
