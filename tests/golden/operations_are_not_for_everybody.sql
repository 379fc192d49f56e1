SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM configs AS configs_counted
    WHERE false
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM error_logs AS error_logs_counted
    WHERE false
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM metrics AS metrics_counted
    WHERE false
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM import_runs AS import_runs_counted
    WHERE import_runs_counted.started_by_id = $2::UUID
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM audit_logs AS audit_logs_counted
    WHERE audit_logs_counted.actor_user_id = $2::UUID
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  fetched.id,
  fetched.username
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT users_listed.id AS id,
      users_listed.username AS username,
      users_listed.created_at AS _place0
    FROM users AS users_listed
    WHERE users_listed.deleted_at IS NULL
      AND users_listed.id = $2::UUID
    ORDER BY users_listed.created_at DESC, users_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT lower(users_found.username) AS _key,
  users_found.id AS id
FROM users AS users_found
WHERE users_found.deleted_at IS NULL
  AND users_found.id = $1::UUID
  AND lower(users_found.username) = ANY($2::TEXT[] COLLATE pg_c_utf8);
