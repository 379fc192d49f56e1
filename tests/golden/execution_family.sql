SELECT anon_1._position,
  fetched.id,
  fetched.attempt,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.attempt AS attempt,
      executions_listed.status AS status,
      executions_listed.created_at AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.user_id = $2::UUID
      AND (EXISTS (
        SELECT *
        FROM executions AS executions_1
        WHERE executions_1.retry_of_id = executions_listed.id
          AND executions_1.user_id = $2::UUID
          AND true
      ))
    ORDER BY executions_listed.created_at DESC, executions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.kind
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.kind AS kind,
      executions_listed.created_at AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.user_id = $2::UUID
      AND (EXISTS (
        SELECT *
        FROM executions AS executions_1
        WHERE executions_1.parent_id = executions_listed.id
          AND executions_1.user_id = $2::UUID
          AND true
      ))
    ORDER BY executions_listed.created_at DESC, executions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.attempt,
  fetched.retry_of_id,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.attempt AS attempt,
      executions_listed.retry_of_id AS retry_of_id,
      executions_listed.status AS status,
      executions_listed.created_at AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.retry_of_id = anon_1.key
      AND executions_listed.user_id = $2::UUID
    ORDER BY executions_listed.created_at DESC, executions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.kind,
  fetched.parent_id,
  fetched.status
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT executions_listed.id AS id,
      executions_listed.kind AS kind,
      executions_listed.parent_id AS parent_id,
      executions_listed.status AS status,
      executions_listed.created_at AS _place0
    FROM executions AS executions_listed
    WHERE executions_listed.parent_id = anon_1.key
      AND executions_listed.user_id = $2::UUID
    ORDER BY executions_listed.created_at DESC, executions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT executions_found.id AS _key,
  executions_found.id AS id
FROM executions AS executions_found
WHERE executions_found.user_id = $1::UUID
  AND executions_found.id = ANY($2::UUID[]);

SELECT executions_found.id AS _key,
  executions_found.id AS id
FROM executions AS executions_found
WHERE executions_found.user_id = $1::UUID
  AND executions_found.id = ANY($2::UUID[]);
