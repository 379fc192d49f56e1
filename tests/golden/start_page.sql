SELECT users_found.id AS _key,
  users_found.id AS id,
  users_found.avatar_url AS avatar_url,
  users_found.display_name AS display_name
FROM users AS users_found
WHERE users_found.deleted_at IS NULL
  AND users_found.id = $1::UUID
  AND users_found.id = ANY($2::UUID[]);

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.title
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM sessions AS sessions_counted
    WHERE sessions_counted.deleted_at IS NULL
      AND sessions_counted.user_id = $2::UUID
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT sessions_listed.id AS id,
      sessions_listed.title AS title,
      sessions_listed.updated_at AS _place0
    FROM sessions AS sessions_listed
    WHERE sessions_listed.deleted_at IS NULL
      AND sessions_listed.user_id = $2::UUID
    ORDER BY sessions_listed.updated_at DESC, sessions_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM executions AS executions_counted
    WHERE executions_counted.user_id = $2::UUID
      AND executions_counted.status = $3::VARCHAR COLLATE pg_c_utf8
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM workflows AS workflows_counted
    WHERE workflows_counted.deleted_at IS NULL
      AND workflows_counted.user_id = $2::UUID
      AND workflows_counted.status = $3::VARCHAR COLLATE pg_c_utf8
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total,
  fetched.id,
  fetched.status,
  fetched.title
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM documents AS documents_counted
    WHERE documents_counted.deleted_at IS NULL
      AND documents_counted.user_id = $2::UUID
      AND documents_counted.status IS NOT NULL
      AND documents_counted.status != ALL($3::TEXT[] COLLATE pg_c_utf8)
  ) AS counted ON true
  LEFT OUTER JOIN LATERAL (
    SELECT documents_listed.id AS id,
      documents_listed.status AS status,
      documents_listed.title AS title,
      documents_listed.created_at AS _place0
    FROM documents AS documents_listed
    WHERE documents_listed.deleted_at IS NULL
      AND documents_listed.user_id = $2::UUID
      AND documents_listed.status IS NOT NULL
      AND documents_listed.status != ALL($4::TEXT[] COLLATE pg_c_utf8)
    ORDER BY documents_listed.created_at DESC, documents_listed.id DESC
    LIMIT $5::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;
